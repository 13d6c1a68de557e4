extension JSONValue {
    /// Reads one JSON document (RFC 8259), strictly.
    ///
    /// Beyond the grammar: the bytes must be valid UTF-8, no object may have a key twice (nor two
    /// keys that Unicode holds for the same text), numbers must be finite, and nothing but space
    /// may follow the value.
    ///
    /// - Parameters:
    ///   - bytes: The whole document.
    ///   - maximumBytes: Longer documents are refused unread.
    ///   - maximumDepth: How deep arrays and objects may nest; the parser's stack grows with it.
    /// - Returns: The document's value.
    /// - Throws: `JSONError` with the offset of the first offending byte.
    package static func parse(
        _ bytes: [UInt8],
        maximumBytes: Int = 64 << 20,
        maximumDepth: Int = 64
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= maximumBytes else {
            throw JSONError(
                byteOffset: maximumBytes,
                reason: "expected at most \(maximumBytes) bytes, found \(bytes.count)"
            )
        }
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        return try parser.document()
    }
}

/// Recursive descent over the bytes of a document.
private struct JSONParser {
    private static let decimalDigits = UInt8(ascii: "0")...UInt8(ascii: "9")

    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return try number()
        case let byte? where Self.decimalDigits.contains(byte): return try number()
        default: throw unexpected("a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        try enter(depth)
        var members: [String: JSONValue] = [:]
        skipSpace()
        if consume("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let start = position
            let key = try string()
            skipSpace()
            guard consume(":") else { throw unexpected("':'") }
            skipSpace()
            let member = try value(depth: depth + 1)
            guard members.updateValue(member, forKey: key) == nil else {
                let text = JSONValue.string(key).serialized()
                throw JSONError(byteOffset: start, reason: "the key \(text) is there twice")
            }
            skipSpace()
            if consume("}") { return .object(members) }
            guard consume(",") else { throw unexpected("',' or '}'") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        try enter(depth)
        var elements: [JSONValue] = []
        skipSpace()
        if consume("]") { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if consume("]") { return .array(elements) }
            guard consume(",") else { throw unexpected("',' or ']'") }
        }
    }

    /// Steps over the opening bracket if `depth` more levels are allowed.
    private mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth < maximumDepth else {
            throw JSONError(
                byteOffset: position,
                reason: "more than \(maximumDepth) arrays and objects inside each other"
            )
        }
        position += 1
    }

    private mutating func literal(
        _ text: StaticString,
        _ value: JSONValue
    ) throws(JSONError) -> JSONValue {
        let expected = Array("\(text)".utf8)
        guard bytes[position...].starts(with: expected) else { throw unexpected("a value") }
        position += expected.count
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        _ = consume("-")
        if !consume("0") { try digits() }
        if consume(".") {
            isInteger = false
            try digits()
        }
        if consume("e") || consume("E") {
            isInteger = false
            if !consume("+") { _ = consume("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw JSONError(byteOffset: start, reason: "a number that float64 cannot hold")
        }
        return .number(number)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = next, Self.decimalDigits.contains(byte) {
            position += 1
        }
        guard position > start else { throw unexpected("a digit") }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        let start = position
        var runStart = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[runStart..<position]
                position += 1
                return try validated(text, from: start)
            case UInt8(ascii: "\\"):
                text += bytes[runStart..<position]
                position += 1
                try escape(into: &text)
                runStart = position
            case 0..<0x20:
                throw JSONError(
                    byteOffset: position,
                    reason: "a control character that is not escaped"
                )
            default:
                position += 1
            }
        }
        throw JSONError(byteOffset: bytes.count, reason: "a string that does not end")
    }

    private func validated(_ text: [UInt8], from start: Int) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONError(byteOffset: start, reason: "a string that is not valid UTF-8")
        }
        return string
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw unexpected("an escaped character") }
        let start = position - 1
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(String(try escapedScalar(from: start)).utf8)
        default: throw JSONError(byteOffset: start, reason: "an escape that JSON does not have")
        }
    }

    /// The scalar of `\uXXXX`, or of a surrogate pair of them, whose backslash is at `start`.
    private mutating func escapedScalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Not a scalar: half of a pair. The second half must follow at once.
        let unpaired = JSONError(byteOffset: start, reason: "half of a surrogate pair")
        guard unit < 0xDC00, consume("\\"), consume("u") else { throw unpaired }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
        else { throw unpaired }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var result: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            result = result << 4 | UInt32(digit)
            position += 1
        }
        return result
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func unexpected(_ expected: String) -> JSONError {
        guard let next else {
            return JSONError(byteOffset: position, reason: "expected \(expected), found the end")
        }
        let found =
            (0x21..<0x7F).contains(next)
            ? "'\(Character(Unicode.Scalar(next)))'" : "the byte \(next)"
        return JSONError(byteOffset: position, reason: "expected \(expected), found \(found)")
    }
}
