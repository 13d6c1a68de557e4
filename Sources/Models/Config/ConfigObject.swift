package import Tensors

/// A `config.json` that does not say what a network needs.
package struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The object of a `config.json`, read key by key with types checked.
///
/// A missing or null key takes the default given, which is the reading library's class default;
/// without one it is an error.
package struct ConfigObject: Sendable {
    package let values: [String: JSONValue]
    /// The file, for messages.
    package let label: String

    package init(_ values: [String: JSONValue], label: String) {
        self.values = values
        self.label = label
    }

    /// Whether the key is there and not null.
    package func contains(_ key: String) -> Bool {
        values[key, default: .null] != .null
    }

    package func integer(_ key: String, default fallback: Int? = nil) throws(ConfigError) -> Int {
        try read(key, "an integer", fallback) { value in
            switch value {
            case .integer(let integer): integer
            case .number(let number): Int(exactly: number)
            default: nil
            }
        }
    }

    /// An integer of at least 1.
    package func count(_ key: String, default fallback: Int? = nil) throws(ConfigError) -> Int {
        let value = try integer(key, default: fallback)
        guard value >= 1, value <= 1 << 24 else {
            throw ConfigError("\(label): \(key): expected a count from 1 on, found \(value)")
        }
        return value
    }

    package func number(
        _ key: String,
        default fallback: Double? = nil
    ) throws(ConfigError) -> Double {
        try read(key, "a number", fallback, Self.number)
    }

    package func bool(_ key: String, default fallback: Bool? = nil) throws(ConfigError) -> Bool {
        try read(key, "true or false", fallback) { value in
            guard case .bool(let bool) = value else { return nil }
            return bool
        }
    }

    package func string(
        _ key: String,
        default fallback: String? = nil
    ) throws(ConfigError) -> String {
        try read(key, "a string", fallback, Self.string)
    }

    package func integers(
        _ key: String,
        default fallback: [Int]? = nil
    ) throws(ConfigError) -> [Int] {
        try read(key, "a list of integers", fallback) { value in
            guard case .array(let elements) = value else { return nil }
            var result: [Int] = []
            for element in elements {
                guard case .integer(let integer) = element else { return nil }
                result.append(integer)
            }
            return result
        }
    }

    package func numbers(
        _ key: String,
        default fallback: [Double]? = nil
    ) throws(ConfigError) -> [Double] {
        try read(key, "a list of numbers", fallback) { value in
            guard case .array(let elements) = value else { return nil }
            let result = elements.compactMap(Self.number)
            return result.count == elements.count ? result : nil
        }
    }

    package func strings(
        _ key: String,
        default fallback: [String]? = nil
    ) throws(ConfigError) -> [String] {
        try read(key, "a list of strings", fallback) { value in
            guard case .array(let elements) = value else { return nil }
            let result = elements.compactMap(Self.string)
            return result.count == elements.count ? result : nil
        }
    }

    /// An object within this one; empty if absent.
    package func object(_ key: String) throws(ConfigError) -> ConfigObject {
        let inner: [String: JSONValue] = try read(key, "an object", [:]) { value in
            guard case .object(let object) = value else { return nil }
            return object
        }
        return ConfigObject(inner, label: "\(label): \(key)")
    }

    private func read<Value>(
        _ key: String,
        _ expected: String,
        _ fallback: Value?,
        _ convert: (JSONValue) -> Value?
    ) throws(ConfigError) -> Value {
        let value = values[key, default: .null]
        if value == .null {
            guard let fallback else {
                throw ConfigError("\(label): \(key): missing, expected \(expected)")
            }
            return fallback
        }
        guard let result = convert(value) else {
            throw ConfigError("\(label): \(key): expected \(expected)")
        }
        return result
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    private static func string(_ value: JSONValue) -> String? {
        guard case .string(let string) = value else { return nil }
        return string
    }
}
