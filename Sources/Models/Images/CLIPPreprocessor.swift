package import Tensors

/// What is done to an image before CLIP sees it: shorter edge to size, centre cut out, normalised.
package struct CLIPPreprocessor: Hashable, Sendable {
    /// Length of the shorter edge after resizing.
    package var shorterEdge: Int
    /// Height and width of what is cut out, at most `shorterEdge`.
    package var cropSize: Int
    package var filter: PILResampler.Filter
    package var normalization: PixelNormalization

    /// OpenAI's preprocessing for images of `size` pixels.
    package init(size: Int = 224) {
        shorterEdge = size
        cropSize = size
        filter = .bicubic
        normalization = .clip
    }

    /// Reads a `preprocessor_config.json`.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` naming the key that is missing or out of range.
    package init(_ config: ConfigObject) throws(ConfigError) {
        for step in ["do_resize", "do_center_crop"] {
            guard try config.bool(step, default: true) else {
                throw ConfigError("\(config.label): \(step): expected true")
            }
        }
        shorterEdge = try config.edge("size", "shortest_edge", default: 224)
        cropSize = try config.edge("crop_size", "height", default: 224)
        let cropWidth = try config.edge("crop_size", "width", default: 224)
        filter = try config.filter(default: .bicubic)
        normalization = try PixelNormalization(config, default: .clip)
        guard cropSize == cropWidth, cropSize <= shorterEdge else {
            throw ConfigError(
                "\(config.label): crop_size: expected a square within \(shorterEdge) pixels"
            )
        }
    }

    /// The network's input, `[cropSize, cropSize, 3]`.
    package func callAsFunction(_ image: RGBImage) -> HostTensor {
        let (short, long) = (min(image.width, image.height), max(image.width, image.height))
        let longerEdge = Int(Double(shorterEdge * long) / Double(short))
        let width = image.width <= image.height ? shorterEdge : longerEdge
        let height = image.width <= image.height ? longerEdge : shorterEdge
        let (x, y) = ((width - cropSize) / 2, (height - cropSize) / 2)
        return normalization(
            PILResampler.resize(
                image,
                width: width,
                height: height,
                filter,
                keeping: (x..<x + cropSize, y..<y + cropSize)
            )
        )
    }
}

extension ConfigObject {
    /// A length in pixels, which older files give as a bare number and newer ones under `name`.
    func edge(_ key: String, _ name: String, default fallback: Int) throws(ConfigError) -> Int {
        if case .object? = values[key] {
            return try object(key).count(name)
        }
        return try count(key, default: fallback)
    }

    /// The filter of `resample`.
    func filter(default fallback: PILResampler.Filter) throws(ConfigError) -> PILResampler.Filter {
        let number = try integer("resample", default: fallback.rawValue)
        guard let filter = PILResampler.Filter(rawValue: number) else {
            throw ConfigError("\(label): resample: expected 1, 2, 3 or 4, found \(number)")
        }
        return filter
    }
}
