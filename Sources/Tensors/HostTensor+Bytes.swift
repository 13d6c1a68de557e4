// The layout in which tensors travel and lie on disks: dense, row-major, little-endian. All
// machines this program is built for are little-endian, so memory has that layout already.

extension HostTensor {
    /// Reads float32 values; nil unless there are exactly as many bytes as `shape` needs.
    package init?(littleEndian bytes: [UInt8], _ shape: Shape) {
        guard bytes.count == shape.count * 4 else { return nil }
        let values = unsafe [Float](unsafeUninitializedCapacity: shape.count) { target, count in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
            }
            count = shape.count
        }
        self.init(values, shape)
    }

    /// The values' bytes, `shape.count * 4` of them.
    package var littleEndianBytes: [UInt8] {
        unsafe values.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
