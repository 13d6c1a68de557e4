/// A message that cannot be sent or that was received and means nothing.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The bytes are no envelope.
        case malformed
        case tooLarge(bytes: Int, limit: Int)
        case unsupportedVersion(ProtocolVersion)
        /// An envelope whose body is absent, or of a kind this version does not know.
        case unknownBody
        /// A field whose value is outside what the protocol allows.
        case invalidField(String, reason: String)
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var description: String {
        switch code {
        case .malformed:
            "malformed message"
        case .tooLarge(let bytes, let limit):
            "message of \(bytes) bytes, at most \(limit) are allowed"
        case .unsupportedVersion(let version):
            "message of protocol version \(version), this program speaks \(ProtocolVersion.current)"
        case .unknownBody:
            "message without a body that protocol version \(ProtocolVersion.current) knows"
        case .invalidField(let field, let reason):
            "message with an invalid \(field): \(reason)"
        }
    }

    /// Throws unless `text` has between `minimum` and `limit` bytes of UTF-8.
    static func check(
        _ text: String,
        _ field: String,
        minimum: Int = 0,
        limit: Int
    ) throws(WireError) {
        let bytes = text.utf8.count
        guard bytes >= minimum, bytes <= limit else {
            throw WireError(
                .invalidField(field, reason: "\(bytes) bytes, expected \(minimum) to \(limit)")
            )
        }
        // A C string ends at its first NUL, so the other side would read another text.
        guard !text.utf8.contains(0) else {
            throw WireError(.invalidField(field, reason: "it contains a NUL"))
        }
    }

    /// Throws unless `bytes` has exactly `count` elements.
    static func check(_ bytes: [UInt8], _ field: String, count: Int) throws(WireError) {
        guard bytes.count == count else {
            throw WireError(
                .invalidField(field, reason: "\(bytes.count) bytes, expected \(count)")
            )
        }
    }

    /// Throws unless `number` lies in `range`.
    static func check(
        _ number: some BinaryInteger,
        _ field: String,
        _ range: ClosedRange<Int>
    ) throws(WireError) {
        guard number >= range.lowerBound, number <= range.upperBound else {
            let reason = "\(number), expected \(range.lowerBound) to \(range.upperBound)"
            throw WireError(.invalidField(field, reason: reason))
        }
    }

    /// Throws unless `number` lies in `range`; what is not a number does not.
    static func check(
        _ number: Double,
        _ field: String,
        _ range: ClosedRange<Double>
    ) throws(WireError) {
        guard range.contains(number) else {
            let reason = "\(number), expected \(range.lowerBound) to \(range.upperBound)"
            throw WireError(.invalidField(field, reason: reason))
        }
    }

    /// Throws unless a list has at most `limit` elements.
    static func check(count: Int, _ field: String, limit: Int) throws(WireError) {
        guard count <= limit else {
            throw WireError(.invalidField(field, reason: "\(count) of them, at most \(limit)"))
        }
    }

    /// Throws unless `condition` holds.
    static func require(
        _ condition: Bool,
        _ field: String,
        _ reason: @autoclosure () -> String
    ) throws(WireError) {
        guard condition else { throw WireError(.invalidField(field, reason: reason())) }
    }
}
