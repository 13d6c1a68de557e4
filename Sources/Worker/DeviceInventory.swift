/// What a machine offers a worker: processor, memory, and the limits that a container sets.
package struct DeviceInventory: Hashable, Sendable {
    /// The processor's name for people; empty if the machine does not say.
    package let processorName: String
    /// Hardware threads.
    package let logicalProcessors: Int
    /// Physical cores, over all sockets.
    package let cores: Int
    /// What every processor has, in the order of the enumeration.
    package let instructionSets: [InstructionSet]
    /// Memory of the machine.
    package let memoryBytes: Int
    /// Memory that can be had now without swapping.
    package let availableMemoryBytes: Int
    /// Memory that this process's control group may use, if it is limited.
    package let memoryLimitBytes: Int?

    /// Memory that a worker may plan with: the machine's, or the container's if that is less.
    package var usableMemoryBytes: Int {
        min(memoryBytes, memoryLimitBytes ?? memoryBytes)
    }

    /// Reads the texts that Linux offers.
    ///
    /// - Parameters:
    ///   - processors: Contents of `/proc/cpuinfo`.
    ///   - memory: Contents of `/proc/meminfo`.
    ///   - memoryLimit: Contents of the control group's limit file, if there is one.
    /// - Throws: `InventoryError` if a text lacks what it has to say.
    package init(
        processors: String,
        memory: String,
        memoryLimit: String? = nil
    ) throws(InventoryError) {
        let blocks = Self.processorBlocks(processors)
        guard !blocks.isEmpty else {
            throw InventoryError("/proc/cpuinfo: no processor listed")
        }
        logicalProcessors = blocks.count
        processorName = blocks[0]["model name"] ?? ""
        // Hypervisors may leave the core numbers out; each processor then counts as a core.
        cores =
            Set(
                blocks.enumerated().map { index, block in
                    guard let core = block["core id"] else { return "processor \(index)" }
                    return "\(block["physical id"] ?? "0")/\(core)"
                }
            ).count
        let shared = blocks.map { Set(($0["flags"] ?? "").split(separator: " ")) }
            .reduce(nil) { (all: Set<Substring>?, flags) in all?.intersection(flags) ?? flags }
        instructionSets = InstructionSet.allCases.filter {
            shared?.contains(Substring($0.rawValue)) ?? false
        }
        memoryBytes = try Self.bytes("MemTotal", in: memory)
        availableMemoryBytes = try Self.bytes("MemAvailable", in: memory)
        memoryLimitBytes = memoryLimit.flatMap { text in
            // The word "max", and the huge number of the first version, both mean no limit.
            guard let limit = Int(text.trimmingSpaces), limit < 1 << 60 else { return nil }
            return limit
        }
    }

    /// One dictionary per processor, from the blank-line separated blocks of `/proc/cpuinfo`.
    private static func processorBlocks(_ text: String) -> [[String: String]] {
        var blocks: [[String: String]] = []
        var isNew = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: ":") else {
                isNew = true
                continue
            }
            if isNew {
                blocks.append([:])
                isNew = false
            }
            let key = String(line[..<colon]).trimmingSpaces
            let value = String(line[line.index(after: colon)...]).trimmingSpaces
            blocks[blocks.count - 1][key] = value
        }
        return blocks.filter { $0["processor"] != nil }
    }

    /// A line such as `MemTotal:  24684092 kB`, in bytes.
    private static func bytes(_ key: String, in text: String) throws(InventoryError) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        guard let line else { throw InventoryError("/proc/meminfo: no line \(key)") }
        let words = line.split(separator: " ")
        guard words.count == 3, words[2] == "kB", let kibibytes = Int(words[1]), kibibytes >= 0,
            kibibytes < 1 << 50
        else {
            throw InventoryError("/proc/meminfo: expected a size in kB, found '\(line)'")
        }
        return kibibytes << 10
    }
}

/// A machine that does not describe itself as Linux does.
package struct InventoryError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
