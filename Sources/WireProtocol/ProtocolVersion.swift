/// The version of the messages, not of the program.
package struct ProtocolVersion: Hashable, Sendable, CustomStringConvertible {
    /// Raised by a change that an older peer cannot do without.
    package var major: UInt32
    /// Raised by an addition that an older peer may ignore.
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// What this program speaks.
    package static let current = ProtocolVersion(major: 1, minor: 0)

    /// Whether this program understands messages of this version.
    package var isUnderstood: Bool { major == Self.current.major }

    package var description: String { "\(major).\(minor)" }
}
