extension StoredTensor {
    /// A float16 tensor whose `shape.count` values are made each time they are read, as a file
    /// would hold them.
    package static func halves(
        named name: String,
        _ shape: Shape,
        make: @escaping @Sendable () -> [Float16]
    ) -> StoredTensor {
        StoredTensor(
            name: name,
            scalarType: .float16,
            shape: shape,
            region: MadeHalves(make: make, count: shape.count),
            range: 0..<2 * shape.count
        )
    }
}

/// Halves that are made when they are read.
private final class MadeHalves: ByteRegion {
    private let make: @Sendable () -> [Float16]
    private let count: Int

    init(make: @escaping @Sendable () -> [Float16], count: Int) {
        self.make = make
        self.count = count
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let values = make()
        precondition(values.count == count, "made \(values.count) of \(count) halves")
        return try unsafe values.withUnsafeBytes(body)
    }

    func discard(_ range: Range<Int>) {}
}
