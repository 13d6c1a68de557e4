/// Bytes that stay valid and unchanged for the object's life: a mapped file, or memory.
package protocol ByteRegion: AnyObject, Sendable {
    /// Lends the whole region.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    /// Tells that a range has been read for the last time, so that its pages can leave memory; the
    /// range stays readable.
    func discard(_ range: Range<Int>)
}

/// A named tensor as a checkpoint stores it: little-endian, row-major, of any scalar type.
package struct StoredTensor: Sendable {
    private enum Contents {
        case bytes(any ByteRegion, Range<Int>)
        case values(@Sendable () -> [Float])
    }

    /// How the elements come from those of another tensor.
    package indirect enum Arrangement: Sendable {
        /// Axis i is the other's axis `axes[i]`.
        case permuted(StoredTensor, axes: [Int])
        /// The other's elements, all of them several times over.
        case repeated(StoredTensor)
    }

    /// Full key in the checkpoint.
    package let name: String
    package let scalarType: ScalarType
    package let shape: Shape
    /// Nil unless the tensor is another one's elements in another order.
    package let arrangement: Arrangement?
    private let contents: Contents

    /// A tensor in `range` of `region`, which holds exactly `shape.count` elements.
    package init(
        name: String,
        scalarType: ScalarType,
        shape: Shape,
        region: any ByteRegion,
        range: Range<Int>
    ) {
        precondition(
            range.count == shape.count * scalarType.byteCount,
            "\(name): \(range.count) bytes cannot hold \(shape) of \(scalarType.rawValue)"
        )
        self.init(name, scalarType, shape, .bytes(region, range))
    }

    /// A tensor whose `shape.count` values are made each time they are asked for.
    ///
    /// - Parameters:
    ///   - name: Full key.
    ///   - scalarType: The floating-point type that a file is to hold them in; until then they are
    ///     what was made.
    ///   - shape: How many there are.
    ///   - values: Makes them.
    package init(
        name: String,
        scalarType: ScalarType = .float32,
        shape: Shape,
        values: @escaping @Sendable () -> [Float]
    ) {
        precondition(scalarType.isFloatingPoint, "\(name): made as \(scalarType.rawValue)")
        self.init(name, scalarType, shape, .values(values))
    }

    private init(
        _ name: String,
        _ scalarType: ScalarType,
        _ shape: Shape,
        _ contents: Contents,
        arrangement: Arrangement? = nil
    ) {
        self.name = name
        self.scalarType = scalarType
        self.shape = shape
        self.contents = contents
        self.arrangement = arrangement
    }

    /// The same tensor under another key.
    package func named(_ name: String) -> StoredTensor {
        StoredTensor(name, scalarType, shape, contents, arrangement: arrangement)
    }

    /// The tensor whose axis i is this one's axis `axes[i]`, under another shape of equal count.
    package func permuted(_ axes: [Int], as shape: Shape) -> StoredTensor {
        let values: @Sendable () -> [Float] = { hostTensor().permuted(axes).values }
        return StoredTensor(
            name,
            .float32,
            shape,
            .values(values),
            arrangement: .permuted(self, axes: axes)
        )
    }

    /// All elements `count` times over, as one axis.
    package func repeated(_ count: Int) -> StoredTensor {
        let values: @Sendable () -> [Float] = {
            Array(repeatElement(floats(), count: count).joined())
        }
        return StoredTensor(
            name,
            .float32,
            [count * shape.count],
            .values(values),
            arrangement: .repeated(self)
        )
    }

    /// All elements as float32; half types widen exactly, wider types round to nearest.
    package func floats() -> [Float] {
        switch contents {
        case .values(let make):
            let values = make()
            precondition(values.count == shape.count, "\(name): made \(values.count) values")
            return values
        case .bytes(let region, let range):
            return unsafe region.withBytes { bytes in
                let slice = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
                return unsafe Self.floats(slice, scalarType, count: shape.count)
            }
        }
    }

    /// All elements as integers; floating-point elements are truncated to the nearest that fits and
    /// NaN is 0.
    package func integers() -> [Int64] {
        guard case .bytes(let region, let range) = contents else {
            return floats().map(Self.truncated)
        }
        return unsafe region.withBytes { bytes in
            let slice = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> [Int64] {
                (0..<shape.count).map {
                    let offset = $0 * MemoryLayout<T>.size
                    return Int64(unsafe slice.loadUnaligned(fromByteOffset: offset, as: T.self))
                }
            }
            switch scalarType {
            case .int64: return load(Int64.self)
            case .int32: return load(Int32.self)
            case .int16: return load(Int16.self)
            case .int8: return load(Int8.self)
            case .uint8, .bool: return load(UInt8.self)
            case .float64, .float32, .float16, .bfloat16: return floats().map(Self.truncated)
            }
        }
    }

    /// Whether the elements are halves (`F16` or `BF16`) in a file.
    package var hasHalfBits: Bool {
        guard case .bytes = contents else { return false }
        return scalarType == .float16 || scalarType == .bfloat16
    }

    /// What holds the elements; nil if they are made.
    package var region: (any ByteRegion)? {
        guard case .bytes(let region, _) = contents else { return nil }
        return region
    }

    /// Some of the elements' bytes, little-endian and row-major.
    ///
    /// - Parameter range: Within the bytes of `shape.count` elements.
    /// - Returns: Nil if the elements are made and not stored.
    package func bytes(in range: Range<Int>) -> [UInt8]? {
        unsafe withStoredBytes { unsafe [UInt8]($0[range]) }
    }

    /// Lends the elements as the file holds them, little-endian and perhaps unaligned; nil if they
    /// are made and not stored.
    package func withStoredBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard case .bytes(let region, let range) = contents else { return nil }
        return unsafe region.withBytes { bytes in
            unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// The values as a host tensor.
    package func hostTensor() -> HostTensor {
        HostTensor(floats(), shape)
    }

    /// Tells the file that these bytes have been read for the last time.
    package func discard() {
        guard case .bytes(let region, let range) = contents else { return }
        region.discard(range)
    }

    /// A file may hold any number, so this must not trap.
    private static func truncated(_ value: Float) -> Int64 {
        if value.isNaN { return 0 }
        if value >= 0x1p63 { return .max }
        if value < -0x1p63 { return .min }
        return Int64(value)
    }

    private static func floats(
        _ bytes: UnsafeRawBufferPointer,
        _ type: ScalarType,
        count: Int
    ) -> [Float] {
        func load<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Float) -> [Float] {
            unsafe [Float](unsafeUninitializedCapacity: count) { target, initialized in
                for index in 0..<count {
                    let offset = index * MemoryLayout<T>.size
                    unsafe target[index] = convert(
                        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
                    )
                }
                initialized = count
            }
        }
        switch type {
        case .float32:
            return unsafe [Float](unsafeUninitializedCapacity: count) { target, initialized in
                unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
                initialized = count
            }
        case .float16: return load(Float16.self) { Float($0) }
        case .bfloat16: return load(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float64: return load(Double.self) { Float($0) }
        case .int64: return load(Int64.self) { Float($0) }
        case .int32: return load(Int32.self) { Float($0) }
        case .int16: return load(Int16.self) { Float($0) }
        case .int8: return load(Int8.self) { Float($0) }
        case .uint8, .bool: return load(UInt8.self) { Float($0) }
        }
    }
}
