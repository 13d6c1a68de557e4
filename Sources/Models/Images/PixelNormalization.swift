package import Tensors

/// Bytes to network input: value / 255, less the mean, over the deviation, colour by colour.
package struct PixelNormalization: Hashable, Sendable {
    /// Red, green, blue, for values in 0...1.
    package let mean: [Float]
    package let deviation: [Float]
    /// What bytes are multiplied by; 1 / 255.
    package let factor: Double

    package init(mean: [Float], deviation: [Float], factor: Double = 1.0 / 255) {
        precondition(mean.count == 3 && deviation.count == 3)
        self.mean = mean
        self.deviation = deviation
        self.factor = factor
    }

    /// What OpenAI's CLIP was trained with.
    package static let clip = PixelNormalization(
        mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
        deviation: [0.268_629_54, 0.261_302_58, 0.275_777_11]
    )

    /// To -1...1.
    package static let symmetric = PixelNormalization(
        mean: [0.5, 0.5, 0.5],
        deviation: [0.5, 0.5, 0.5]
    )

    /// Reads `image_mean`, `image_std` and `rescale_factor` of a preprocessor config.
    ///
    /// - Throws: `ConfigError` if one of them is not what it should be, or a step that the
    ///   networks need is switched off.
    init(_ config: ConfigObject, default fallback: PixelNormalization) throws(ConfigError) {
        for step in ["do_rescale", "do_normalize"] {
            guard try config.bool(step, default: true) else {
                throw ConfigError("\(config.label): \(step): expected true")
            }
        }
        let mean = try config.numbers("image_mean", default: fallback.mean.map(Double.init))
        let deviation = try config.numbers(
            "image_std",
            default: fallback.deviation.map(Double.init)
        )
        guard mean.count == 3, deviation.count == 3, deviation.allSatisfy({ $0 > 0 }) else {
            throw ConfigError(
                "\(config.label): expected three image_mean and three positive image_std"
            )
        }
        self.init(
            mean: mean.map(Float.init),
            deviation: deviation.map(Float.init),
            factor: try config.number("rescale_factor", default: fallback.factor)
        )
    }

    /// The values of `image`, `[height, width, 3]`.
    package func callAsFunction(_ image: RGBImage) -> HostTensor {
        // Each byte has one value a colour; the steps and their rounding are the reference's.
        let tables = (0..<3).map { colour in
            (0..<256).map { byte in
                (Float(Double(byte) * factor) - mean[colour]) / deviation[colour]
            }
        }
        var values: [Float] = []
        values.reserveCapacity(image.pixels.count)
        for start in stride(from: 0, to: image.pixels.count, by: 3) {
            for colour in 0..<3 { values.append(tables[colour][Int(image.pixels[start + colour])]) }
        }
        return HostTensor(values, [image.height, image.width, 3])
    }
}
