package import Tensors

extension ConfigObject {
    /// A pointwise function by the name that transformers and diffusers give it.
    ///
    /// - Parameters:
    ///   - key: The config's key.
    ///   - fallback: The reading library's default.
    /// - Returns: The function.
    /// - Throws: `ConfigError` if the name is missing, no string, or not one of those known.
    package func activation(
        _ key: String,
        default fallback: String? = nil
    ) throws(ConfigError) -> Activation {
        let name = try string(key, default: fallback)
        switch name {
        case "gelu": return .gelu
        case "quick_gelu": return .quickGELU
        case "silu", "swish": return .silu
        case "relu": return .relu
        default:
            throw ConfigError(
                "\(label): \(key): expected gelu, quick_gelu, silu or relu, found \(name)"
            )
        }
    }

    /// A positive number that is added to variances.
    func epsilon(_ key: String, default fallback: Double) throws(ConfigError) -> Float {
        let value = try number(key, default: fallback)
        guard value > 0, value < 1 else {
            throw ConfigError("\(label): \(key): expected a number between 0 and 1, found \(value)")
        }
        return Float(value)
    }

    /// Checks that heads share the channels out evenly.
    func checkHeads(_ heads: Int, of channels: Int) throws(ConfigError) {
        guard channels % heads == 0 else {
            throw ConfigError("\(label): \(channels) channels cannot be shared by \(heads) heads")
        }
    }
}
