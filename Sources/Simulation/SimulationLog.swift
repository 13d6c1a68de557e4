import Scheduling

/// What happened in a run, a line an event; only the hash is kept unless the lines are wanted.
struct SimulationLog: Sendable {
    private(set) var lines: [String] = []
    /// FNV-1a of all bytes so far: two runs with the same hash had the same log.
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private let keepsLines: Bool

    init(keepsLines: Bool) {
        self.keepsLines = keepsLines
    }

    mutating func append(_ line: String) {
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 10) &* 0x100_0000_01B3
        if keepsLines { lines.append(line) }
    }
}
