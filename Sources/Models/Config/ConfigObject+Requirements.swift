package import Tensors

// Keys of the public libraries' configs that select between networks: weft computes one of the
// choices and says so when a file asks for another.
extension ConfigObject {
    /// Refuses a key whose value is none of `accepted`; a missing key passes.
    ///
    /// - Parameters:
    ///   - key: A key whose class default is among `accepted`.
    ///   - accepted: Values that mean the network weft computes; numbers compare by value, and a
    ///     list passes if each element does.
    /// - Throws: `ConfigError` naming key and value.
    package func require(_ key: String, _ accepted: JSONValue...) throws(ConfigError) {
        guard let value = values[key] else { return }
        let elements: [JSONValue]
        if case .array(let list) = value { elements = list } else { elements = [value] }
        let isAccepted = elements.allSatisfy { element in
            accepted.contains { Self.isSame($0, element) }
        }
        guard isAccepted else {
            let choices = accepted.map { $0.serialized() }.joined(separator: " or ")
            throw unsupported(key, "weft computes \(choices)")
        }
    }

    /// Refuses an explicit null where the reading library takes null as a choice of its own.
    package func refuseNull(_ keys: String...) throws(ConfigError) {
        for key in keys where values[key] == .null {
            throw unsupported(key, "weft needs a value")
        }
    }

    /// The error for a key whose value is legal elsewhere but not here.
    package func unsupported(_ key: String, _ reason: String) -> ConfigError {
        let value = values[key, default: .null].serialized()
        return ConfigError("\(label): \(key): \(value) is not supported, \(reason)")
    }

    /// One count for each block, from a list of that length or one number for all.
    package func counts(
        _ key: String,
        blocks: Int,
        default fallback: Int
    ) throws(ConfigError) -> [Int] {
        guard case .array? = values[key] else {
            return [Int](repeating: try count(key, default: fallback), count: blocks)
        }
        let list = try integers(key)
        guard list.count == blocks else {
            throw ConfigError("\(label): \(key): expected \(blocks) values, found \(list.count)")
        }
        guard list.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }) else {
            throw ConfigError("\(label): \(key): expected counts from 1 on, found \(list)")
        }
        return list
    }

    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)): Double(a) == b
        default: left == right
        }
    }
}
