// Several devices of one machine, for as many processes.
extension DeviceChoice {
    /// The devices that a list of choices means, each once, in its order.
    ///
    /// `auto` stands for all devices of CUDA that weft computes on, or else for the processor; what
    /// is named beside it is not taken twice.
    ///
    /// - Parameters:
    ///   - choices: Of which those that are named are different.
    ///   - inventory: What is on this machine; asked for only if a choice needs it.
    /// - Returns: Devices by their identifiers, and the processor.
    /// - Throws: `CudaError` that says why a device cannot be used, or which is named twice.
    package static func devices(
        of choices: [DeviceChoice],
        in inventory: () -> CudaInventory
    ) throws(CudaError) -> [DeviceChoice] {
        guard choices.contains(where: { $0 != .cpu }) else {
            guard choices.count < 2 else { throw repeated(.cpu) }
            return choices
        }
        let inventory = inventory()
        var devices: [DeviceChoice] = []
        var named: Set<DeviceChoice> = []
        for choice in choices {
            guard choice != .automatic else {
                devices += inventory.usable
                continue
            }
            let found = try choice.device(in: inventory)
            let device = found.map { DeviceChoice.cudaIdentifier($0.identifier) } ?? .cpu
            guard named.insert(device).inserted else { throw repeated(choice) }
            devices.append(device)
        }
        var seen: Set<DeviceChoice> = []
        return devices.filter { seen.insert($0).inserted }
    }

    private static func repeated(_ choice: DeviceChoice) -> CudaError {
        CudaError(.misuse, "\(choice): it is named twice")
    }
}

extension CudaInventory {
    /// What `auto` stands for, where several are wanted.
    fileprivate var usable: [DeviceChoice] {
        let usable = refusal == nil ? devices.filter { $0.refusal == nil } : []
        return usable.isEmpty ? [.cpu] : usable.map { .cudaIdentifier($0.identifier) }
    }
}
