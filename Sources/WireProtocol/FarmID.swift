/// Tells a farm from every other: drawn once, when the coordinator's state is made.
///
/// Numbers of jobs and leases mean something within one farm only.
package struct FarmID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// - Throws: `WireError` unless there are `WireLimits.farmIDBytes` bytes.
    package init(_ bytes: [UInt8]) throws(WireError) {
        try WireError.check(bytes, "farm", count: WireLimits.farmIDBytes)
        self.bytes = bytes
    }

    /// Reads what `description` gives; nil for anything else.
    package init?(_ text: String) {
        var bytes: [UInt8] = []
        var digits = text.utf8.makeIterator()
        while let high = digits.next() {
            guard let low = digits.next(), let high = Self.value(high), let low = Self.value(low)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        guard bytes.count == WireLimits.farmIDBytes else { return nil }
        self.bytes = bytes
    }

    /// 32 hexadecimal digits.
    package var description: String {
        bytes.map { (byte: UInt8) -> String in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
