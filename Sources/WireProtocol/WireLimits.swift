/// Bounds that every message has to keep; the decoder refuses what is beyond them.
package enum WireLimits {
    /// Bytes of an encoded envelope.
    package static let envelopeBytes = 256 << 10
    /// UTF-8 bytes of a name: a tensor, a role, a version.
    package static let nameBytes = 256
    /// UTF-8 bytes of a sentence.
    package static let textBytes = 4096
    /// Axes of a tensor.
    package static let rank = 8
    /// Bytes of a whole tensor.
    package static let tensorBytes = 1 << 36
    /// Bytes of one chunk, the frame that follows a tensor's header.
    package static let chunkBytes = 8 << 20
    /// Bytes of a checksum: BLAKE2b-256.
    package static let checksumBytes = 32
    /// Bytes that name one run of a process.
    package static let bootIDBytes = 16
}
