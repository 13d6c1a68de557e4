/// What the compiler makes for a device.
package enum KernelTarget: Hashable, Sendable {
    /// Machine code of an architecture.
    case machineCode(Int)
    /// Code that the driver translates: for a device newer than the compiler.
    case portable(Int)

    /// The best a compiler can do for a device.
    ///
    /// Machine code runs on devices of the same major version and of the same or a later minor one.
    ///
    /// - Parameters:
    ///   - capability: The device's, such as 89.
    ///   - supported: Architectures that the compiler knows.
    package init?(for capability: Int, supported: [Int]) {
        let older = supported.filter { $0 <= capability && $0 >= DeviceDescription.leastCapability }
        guard let best = older.max() else { return nil }
        self = best / 10 == capability / 10 ? .machineCode(best) : .portable(best)
    }

    /// As the compiler's option has it.
    var name: String {
        switch self {
        case .machineCode(let architecture): "sm_\(architecture)"
        case .portable(let architecture): "compute_\(architecture)"
        }
    }
}
