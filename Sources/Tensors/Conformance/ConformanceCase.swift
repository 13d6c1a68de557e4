/// One operation on one shape, run on a backend and by the float64 reference.
package struct ConformanceCase: Sendable, CustomStringConvertible {
    package struct Outcome: Sendable {
        /// Σ(found − expected)² / Σ expected²; infinite if anything is not finite.
        package let error: Double
        package let isWithinBound: Bool
    }

    /// Name of the operation, as `Backend` has it.
    package let operation: String
    /// Shapes and options.
    package let detail: String
    /// Largest permitted normalised mean squared error in float32.
    package let bound: Double
    /// Whether operands or results are smaller than the normal numbers of float16, so that a device
    /// that keeps values so cannot have them.
    package let hasTinyValues: Bool
    private let body: @Sendable (any Backend) throws -> (HostTensor, Reference)

    init(
        _ operation: String,
        _ detail: String,
        bound: Double = 1e-12,
        hasTinyValues: Bool = false,
        _ body: @escaping @Sendable (any Backend) throws -> (HostTensor, Reference)
    ) {
        self.operation = operation
        self.detail = detail
        self.bound = bound
        self.hasTinyValues = hasTinyValues
        self.body = body
    }

    package var description: String { "\(operation) \(detail)" }

    /// Runs the case.
    ///
    /// - Parameters:
    ///   - backend: The device to judge.
    ///   - bound: What a device that keeps fewer digits is held to instead of the case's own.
    ///   - alter: Applied to what the device found, to prove that the comparison can fail.
    /// - Returns: The error and the verdict.
    /// - Throws: `BackendError` if the device fails.
    package func run(
        on backend: any Backend,
        bound: Double? = nil,
        altering alter: (HostTensor) -> HostTensor = { $0 }
    ) throws -> Outcome {
        let (original, expected) = try body(backend)
        let found = alter(original)
        guard found.shape == expected.shape else {
            return Outcome(error: .infinity, isWithinBound: false)
        }
        var error = 0.0
        var power = 0.0
        for (a, b) in zip(found.values, expected.values) {
            guard a.isFinite else { return Outcome(error: .infinity, isWithinBound: false) }
            error += (Double(a) - b) * (Double(a) - b)
            power += b * b
        }
        let ratio = power > 0 ? error / power : error
        return Outcome(error: ratio, isWithinBound: ratio <= bound ?? self.bound)
    }
}

/// Reproducible inputs of a case, drawn in order.
struct CaseInputs {
    private let noise: NoiseSource
    private var drawn = 0

    init(seed: UInt64) {
        noise = NoiseSource(seed: seed)
    }

    /// Normal values with a mean, so that norms and sums meet an offset.
    mutating func tensor(_ shape: Shape, scale: Float = 1, mean: Float = 0) -> HostTensor {
        drawn += 1
        let values = noise.normals(shape.count, frame: drawn, key: .initial)
        return HostTensor(values.map { $0 * scale + mean }, shape)
    }
}

extension HostTensor {
    /// The tensor as a checkpoint would hold it.
    func stored(_ name: String) -> StoredTensor {
        let values = values
        return StoredTensor(name: name, shape: shape) { values }
    }
}

/// Bytes in memory, as a file would hold them.
private final class MemoryRegion: ByteRegion {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try unsafe bytes.withUnsafeBytes(body)
    }

    func discard(_ range: Range<Int>) {}
}

extension HostTensor {
    /// The tensor rounded to a half type, and as a checkpoint would hold that.
    func halved(_ name: String, _ type: ScalarType) -> (rounded: HostTensor, stored: StoredTensor) {
        let bits = values.map { value in
            type == .float16
                ? Float16(value).bitPattern : UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        }
        // One of the types lies at an odd address, as a file may put it.
        let start = type == .float16 ? 0 : 1
        let bytes = bits.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let stored = StoredTensor(
            name: name,
            scalarType: type,
            shape: shape,
            region: MemoryRegion([UInt8](repeating: 0, count: start) + bytes),
            range: start..<start + bytes.count
        )
        return (HostTensor(stored.floats(), shape), stored)
    }
}
