/// What the driver tells of one device.
package struct DeviceDescription: Hashable, Sendable {
    /// Position among the devices that `CUDA_VISIBLE_DEVICES` leaves.
    package var index: Int
    package var name: String
    /// `GPU-` and 32 hexadecimal digits in five groups, as the vendor's tools print it.
    package var identifier: String
    /// Ten times the major version and the minor one, such as 90.
    package var capability: Int
    package var memoryBytes: Int
    package var multiprocessors: Int
    /// Shared memory that one block may ask for.
    package var sharedBytes: Int
    /// Whether memory can be reserved first and filled later.
    package var canMapMemory: Bool

    package init(
        index: Int,
        name: String,
        identifier: String,
        capability: Int,
        memoryBytes: Int,
        multiprocessors: Int,
        sharedBytes: Int,
        canMapMemory: Bool
    ) {
        self.index = index
        self.name = name
        self.identifier = identifier
        self.capability = capability
        self.memoryBytes = memoryBytes
        self.multiprocessors = multiprocessors
        self.sharedBytes = sharedBytes
        self.canMapMemory = canMapMemory
    }

    /// Tensor cores with bfloat16 and asynchronous copies: Ampere.
    static let leastCapability = 80
    /// A network of the smallest supported kind, with nothing beside it.
    static let leastMemoryBytes = 3 << 30
    /// Three stages of a product's tile.
    static let leastSharedBytes = 96 << 10

    /// `8.0` and its kind.
    package var capabilityText: String { "\(capability / 10).\(capability % 10)" }

    /// Why weft does not compute on the device, in words; nil if it does.
    package var refusal: String? {
        if capability < Self.leastCapability {
            return "compute capability \(capabilityText), at least 8.0 is needed"
        }
        if memoryBytes < Self.leastMemoryBytes {
            return "\(memoryBytes >> 20) MiB of memory, at least "
                + "\(Self.leastMemoryBytes >> 20) MiB are needed"
        }
        if sharedBytes < Self.leastSharedBytes {
            return "\(sharedBytes >> 10) KiB of shared memory a block, at least "
                + "\(Self.leastSharedBytes >> 10) KiB are needed"
        }
        if !canMapMemory { return "no virtual memory management" }
        return nil
    }
}
