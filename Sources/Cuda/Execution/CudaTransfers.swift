import Synchronization

/// Copies between the host and a device on a stream of their own, so that they neither wait for
/// what the device computes nor keep it waiting.
///
/// What comes in goes through a ring of pinned memory into a ring of the same size on the device,
/// and from there to its place in the order of the computing stream: memory is used again as soon
/// as the last operation on it is queued, and only that stream knows when that is.
@safe package final class CudaTransfers {
    /// Of the ring.
    package static let ringBytes = 16 << 20
    /// Copied at a time: long enough to be fast, short enough that the host fills one while the
    /// device takes another.
    private static let pieceBytes = 2 << 20
    /// Pieces on their way in.
    private static let most = 16

    private let session: CudaSession
    private let side: Stream
    private let inbound: PinnedMemory
    private let outbound: PinnedMemory
    /// Holds the ring's memory on the device.
    private let block: CudaArena.Block
    /// A piece has come to the device's ring.
    private let arrived: [CudaEvent]
    /// It is in its place.
    private let left: [CudaEvent]
    private let ring = Mutex(TransferRing(capacity: ringBytes, most: most))
    /// What is to be copied out is there.
    private let ready: CudaEvent
    /// A half of `outbound` is filled.
    private let filled: [CudaEvent]
    private let isReading = Mutex(())

    init(_ session: CudaSession) throws(CudaError) {
        self.session = session
        side = try Stream(session.driver.functions, session.context)
        inbound = try PinnedMemory(session, Self.ringBytes)
        outbound = try PinnedMemory(session, 2 * Self.pieceBytes)
        block = try CudaArena(session, chunkBytes: Self.ringBytes).take(Self.ringBytes)
        arrived = try Self.events(Self.most, session)
        left = try Self.events(Self.most, session)
        ready = try CudaEvent(session)
        filled = try Self.events(2, session)
    }

    deinit {
        finish()
    }

    /// Waits for all copies, whether or not something has failed.
    func finish() {
        try? session.enter()
        _ = unsafe session.driver.functions.synchronizeStream(side.handle)
    }

    private static func events(
        _ count: Int,
        _ session: CudaSession
    ) throws(CudaError) -> [CudaEvent] {
        var events: [CudaEvent] = []
        for _ in 0..<count { events.append(try CudaEvent(session)) }
        return events
    }

    /// Queues a copy to the device; the bytes have been read when this returns.
    ///
    /// It waits only where the ring is full.
    func copyIn(_ bytes: UnsafeRawBufferPointer, to address: UInt64) throws(CudaError) {
        try session.enter()
        for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
            let end = min(start + Self.pieceBytes, bytes.count)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            try ring.withLock { ring throws(CudaError) in
                try unsafe bring(piece, to: address + UInt64(start), ring.take(piece.count))
            }
        }
    }

    private func bring(
        _ piece: UnsafeRawBufferPointer,
        to address: UInt64,
        _ place: TransferRing.Place
    ) throws(CudaError) {
        if let awaited = place.awaited { try left[awaited % Self.most].wait() }
        let source = unsafe inbound.start + place.offset
        unsafe UnsafeMutableRawBufferPointer(start: source, count: piece.count)
            .copyMemory(from: piece)
        let onDevice = block.address + UInt64(place.offset)
        let functions = session.driver.functions
        let code = unsafe functions.copyIn(onDevice, source, piece.count, side.handle)
        try functions.check(code, "copying \(piece.count) bytes to the device")
        let number = place.number % Self.most
        try arrived[number].record(on: side)
        try arrived[number].hold(session.stream)
        try session.copy(piece.count, from: onDevice, to: address)
        try left[number].record(on: session.stream)
    }

    /// Copies from the device what is queued so far, and waits for that alone.
    func copyOut(
        _ address: UInt64,
        to target: UnsafeMutableRawBufferPointer
    ) throws(CudaError) {
        try isReading.withLock { _ throws(CudaError) in
            try session.enter()
            try ready.record(on: session.stream)
            try ready.hold(side)
            let size = Self.pieceBytes
            let count = (target.count + size - 1) / size
            for number in 0..<min(2, count) {
                try ask(for: number, of: address, target.count)
            }
            for number in 0..<count {
                try filled[number % 2].wait()
                let start = number * size
                let end = min(start + size, target.count)
                let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: target[start..<end])
                let source = unsafe UnsafeRawBufferPointer(
                    start: outbound.start + number % 2 * size,
                    count: end - start
                )
                unsafe piece.copyMemory(from: source)
                if number + 2 < count { try ask(for: number + 2, of: address, target.count) }
            }
        }
    }

    /// Queues the copy of a piece into its half of the memory for what goes out.
    private func ask(
        for number: Int,
        of address: UInt64,
        _ byteCount: Int
    ) throws(CudaError) {
        let size = Self.pieceBytes
        let start = number * size
        let bytes = min(size, byteCount - start)
        let functions = session.driver.functions
        let code = unsafe functions.copyOut(
            outbound.start + number % 2 * size,
            address + UInt64(start),
            bytes,
            side.handle
        )
        try functions.check(code, "copying \(bytes) bytes from the device")
        try filled[number % 2].record(on: side)
    }
}

// Streams, events and memory are set once; the rings' places are given behind locks.
extension CudaTransfers: @unchecked Sendable {}
