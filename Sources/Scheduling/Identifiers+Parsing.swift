// Names back to values: file names and the lines of a runner carry them as text. Only the exact
// text that `description` writes is read, so that a value has one name.

extension UnitID {
    /// Reads what `description` writes, such as `sample/3/0`.
    package init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard let kind = UnitKind(rawValue: String(parts[0])) else { return nil }
        let numbers = parts.dropFirst().compactMap { Int($0) }
        guard numbers.count == parts.count - 1, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        switch (kind, numbers.count) {
        case (.content, 0): self.init(kind)
        case (.depth, 1), (.decode, 1): self.init(kind, index: numbers[0])
        case (.sample, 2): self.init(kind, index: numbers[0], round: numbers[1])
        default: return nil
        }
        guard self.description == description else { return nil }
    }
}

extension UnitKey {
    /// Reads what `description` writes, such as `job-1/0/sample/3/0`.
    package init?(_ description: String) {
        let parts = description.split(separator: "/", maxSplits: 2)
        guard parts.count >= 2, let job = JobID(String(parts[0])) else { return nil }
        if parts.count == 2 {
            guard let unit = UnitID(String(parts[1])), unit.kind == .content else { return nil }
            self.init(job: job, shot: 0, unit: unit)
        } else {
            guard let shot = Int(parts[1]), shot >= 0, let unit = UnitID(String(parts[2])),
                unit.kind != .content
            else { return nil }
            self.init(job: job, shot: shot, unit: unit)
        }
        guard self.description == description else { return nil }
    }
}

extension Epoch {
    /// Reads what `description` writes, such as `2.17`.
    package init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let instance = UInt64(parts[0]), let number = UInt64(parts[1])
        else { return nil }
        self.init(instance: instance, number: number)
        guard self.description == description else { return nil }
    }
}

extension Lease {
    /// Reads what `description` writes, such as `job-1/0/sample/3/0@2.17`.
    package init?(_ description: String) {
        let parts = description.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let unit = UnitKey(String(parts[0])),
            let epoch = Epoch(String(parts[1]))
        else { return nil }
        self.init(unit, epoch)
    }
}
