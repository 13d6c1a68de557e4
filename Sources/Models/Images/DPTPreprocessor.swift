package import Tensors

/// What is done to an image before DPT sees it: resized as a whole and normalised.
package struct DPTPreprocessor: Hashable, Sendable {
    package var height: Int
    package var width: Int
    /// Whether the image keeps its shape, so that one edge misses the size asked for.
    package var keepsAspectRatio: Bool
    /// Edges are rounded to multiples of this.
    package var multiple: Int
    package var filter: PILResampler.Filter
    package var normalization: PixelNormalization

    /// What `Intel/dpt-large` asks for: 384 by 384, bilinear, shape not kept, to -1...1.
    package init() {
        height = 384
        width = 384
        keepsAspectRatio = false
        multiple = 1
        filter = .bilinear
        normalization = .symmetric
    }

    /// Reads a `preprocessor_config.json`.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` naming the key that is missing or out of range.
    package init(_ config: ConfigObject) throws(ConfigError) {
        guard try config.bool("do_resize", default: true) else {
            throw ConfigError("\(config.label): do_resize: expected true")
        }
        guard try !config.bool("do_pad", default: false) else {
            throw ConfigError("\(config.label): do_pad: expected false")
        }
        height = try config.edge("size", "height", default: 384)
        width = try config.edge("size", "width", default: 384)
        keepsAspectRatio = try config.bool("keep_aspect_ratio", default: false)
        multiple = try config.count("ensure_multiple_of", default: 1)
        filter = try config.filter(default: .bicubic)
        normalization = try PixelNormalization(config, default: .symmetric)
    }

    /// The network's input, `[height, width, 3]`.
    package func callAsFunction(_ image: RGBImage) -> HostTensor {
        let size = targetSize(for: image)
        return normalization(
            PILResampler.resize(image, width: size.width, height: size.height, filter)
        )
    }

    /// The size that `image` is resized to.
    package func targetSize(for image: RGBImage) -> (width: Int, height: Int) {
        var vertical = Double(height) / Double(image.height)
        var horizontal = Double(width) / Double(image.width)
        if keepsAspectRatio {
            // The smaller change of the two serves both edges.
            if abs(1 - horizontal) < abs(1 - vertical) {
                vertical = horizontal
            } else {
                horizontal = vertical
            }
        }
        func rounded(_ length: Double) -> Int {
            let count = (length / Double(multiple)).rounded(.toNearestOrEven)
            return max(multiple, Int(count) * multiple)
        }
        return (rounded(horizontal * Double(image.width)), rounded(vertical * Double(image.height)))
    }
}
