/// Bounds that every message has to keep; the decoder refuses what is beyond them.
package enum WireLimits {
    /// Bytes of an encoded envelope.
    package static let envelopeBytes = 256 << 10
    /// Bytes of memory that an envelope may take while it is being read.
    static let unpackedBytes = 4 << 20
    /// UTF-8 bytes of a name: a tensor, a role, a version, a worker.
    package static let nameBytes = 256
    /// UTF-8 bytes of a sentence.
    package static let textBytes = 4096
    /// UTF-8 bytes of a path.
    package static let pathBytes = 4096
    /// UTF-8 bytes of a prompt.
    package static let promptBytes = 8 << 10
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
    /// Bytes of a worker's session.
    package static let sessionBytes = 16
    /// Bytes of a farm's name.
    package static let farmIDBytes = 16
    /// Bytes that tell a model from others.
    package static let fingerprintBytes = 32

    /// Frames of a video, and every position among them.
    package static let frames = 1 << 30
    /// Steps of a sampler.
    package static let steps = 10_000
    /// Pixels of a side of the picture.
    package static let sidePixels = 16_384
    /// Every other number that counts things.
    package static let count = 1 << 53

    /// Leases of one list: running, finished, of a heartbeat.
    package static let leases = 1024
    /// Inputs of a unit.
    package static let inputs = 16
    /// Held units that a report names.
    package static let heldUnits = 128
    /// Classes of devices that a report names.
    package static let deviceClasses = 64
    /// Pairs of classes of devices that a report compares.
    package static let deviations = 64
    /// Latents that a class of devices is compared by.
    package static let calibrationValues = 4096
    /// Lines of a job's history in one report.
    package static let events = 64
    /// UTF-8 bytes of such a line.
    package static let eventBytes = 1024
    /// Jobs, workers or units in one list.
    package static let listed = 512
    /// Priorities go from its negative to it.
    package static let priority = 1_000_000
}
