/// Text that is not strict JSON.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Position of the offending byte, from 0.
    package let byteOffset: Int
    /// What is wrong there.
    package let reason: String

    package init(byteOffset: Int, reason: String) {
        self.byteOffset = byteOffset
        self.reason = reason
    }

    package var description: String { "byte \(byteOffset): \(reason)" }
}
