import CSodium

/// BLAKE2b-256 of bytes that come in pieces.
@safe package struct Checksum: ~Copyable {
    private let state: UnsafeMutableRawPointer

    package init() {
        precondition(Self.isLibraryReady, "libsodium does not start")
        unsafe state = UnsafeMutableRawPointer.allocate(
            byteCount: weft_blake2b_state_bytes(),
            alignment: 64
        )
        let status = unsafe weft_blake2b_init(state)
        precondition(status == 0, "BLAKE2b does not start")
    }

    deinit {
        unsafe state.deallocate()
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    /// Adds the little-endian bytes of the values.
    package mutating func update(_ values: [Float]) {
        unsafe values.withUnsafeBytes { buffer in unsafe update(buffer) }
    }

    private mutating func update(_ buffer: UnsafeRawBufferPointer) {
        let status = unsafe weft_blake2b_update(state, buffer.baseAddress, buffer.count)
        precondition(status == 0, "BLAKE2b of \(buffer.count) bytes")
    }

    /// The checksum of all that was added, `WireLimits.checksumBytes` bytes.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: WireLimits.checksumBytes) { digest, count in
            let status = unsafe weft_blake2b_final(state, digest.baseAddress)
            precondition(status == 0, "BLAKE2b does not end")
            count = WireLimits.checksumBytes
        }
    }

    package static func of(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = Checksum()
        checksum.update(bytes)
        return checksum.finish()
    }

    package static func of(_ values: [Float]) -> [UInt8] {
        var checksum = Checksum()
        checksum.update(values)
        return checksum.finish()
    }

    /// Whether the library could be started; done once for the process.
    private static let isLibraryReady = sodium_init() >= 0
}
