/// The first message of a connection, in both directions.
package struct Hello: Hashable, Sendable {
    /// What the peer is, for people: `worker`, `coordinator`, `client`.
    package let role: String
    /// The program's own version, such as `0.1.0`.
    package let software: String
    /// Random for each start of the process: tells a restart from a reconnect.
    package let bootID: [UInt8]

    /// Checks and keeps the values.
    ///
    /// - Parameters:
    ///   - role: 1 to `WireLimits.nameBytes` bytes.
    ///   - software: Up to `WireLimits.nameBytes` bytes.
    ///   - bootID: `WireLimits.bootIDBytes` bytes.
    /// - Throws: `WireError` if a value is outside its limits.
    package init(role: String, software: String, bootID: [UInt8]) throws(WireError) {
        try WireError.check(role, "role", minimum: 1, limit: WireLimits.nameBytes)
        try WireError.check(software, "software", limit: WireLimits.nameBytes)
        try WireError.check(bootID, "boot id", count: WireLimits.bootIDBytes)
        self.role = role
        self.software = software
        self.bootID = bootID
    }
}
