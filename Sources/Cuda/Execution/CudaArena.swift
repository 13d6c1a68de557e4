import Synchronization
import Tensors

/// Memory of a device that is used again and again, as `ActivationArena` does it on the host.
///
/// Addresses are reserved once; chunks of memory are put behind them as blocks need it. What
/// happens
/// on a device happens in one order, so that a block may be given to the next operation as soon as
/// the last one that uses it is queued.
@safe final class CudaArena {
    /// Blocks begin at multiples of this, which suits every access.
    static let granule = 256

    private struct State {
        var plan = RegionPlan()
        /// Memory behind the chunk of each number.
        var chunks: [Int: UInt64] = [:]
        var used = 0
        var peak = 0
    }

    private let session: CudaSession
    private let base: UInt64
    private let reserved: Int
    private let chunkBytes: Int
    private let state = Mutex(State())

    /// Reserves addresses for twice what the device has, so that holes do not matter.
    ///
    /// - Parameters:
    ///   - session: The device.
    ///   - chunkBytes: What is taken from the device at a time, rounded to what it allows.
    /// - Throws: `CudaError` if there are no addresses.
    init(_ session: CudaSession, chunkBytes: Int = 64 << 20) throws(CudaError) {
        try session.enter()
        let functions = session.driver.functions
        var granularity = 0
        let properties = Self.properties(session.number)
        let code = unsafe properties.withUnsafeBytes { bytes in
            guard let bytes = bytes.baseAddress else { return Int32(1) }
            return unsafe functions.granularity(&granularity, bytes, 0)
        }
        try functions.check(code, "cuMemGetAllocationGranularity")
        let step = max(granularity, 1)
        let chunk = (chunkBytes + step - 1) / step * step
        let size = (2 * session.device.memoryBytes + chunk - 1) / chunk * chunk
        var address: UInt64 = 0
        try functions.check(unsafe functions.reserve(&address, size, 0, 0, 0), "addresses")
        self.session = session
        self.chunkBytes = chunk
        base = address
        reserved = size
    }

    deinit {
        try? session.synchronize()
        let functions = session.driver.functions
        for (number, handle) in state.withLock({ $0.chunks }) {
            _ = functions.unmap(address(ofChunk: number), chunkBytes)
            _ = functions.release(handle)
        }
        _ = functions.freeReserved(base, reserved)
    }

    /// A block of at least `byteCount` bytes.
    ///
    /// - Throws: `CudaError` if the device has no room.
    func take(_ byteCount: Int) throws(CudaError) -> Block {
        let granule = Self.granule
        let capacity = max(granule, (byteCount + granule - 1) / granule * granule)
        let range = try state.withLock { state throws(CudaError) in
            let offset = state.plan.take(capacity)
            let range = offset..<offset + capacity
            do throws(CudaError) {
                try open(range, &state)
            } catch {
                state.plan.give(range)
                throw error
            }
            state.used += capacity
            state.peak = max(state.peak, state.used)
            return range
        }
        return Block(address: base + UInt64(range.lowerBound), range: range, arena: self)
    }

    private func open(_ range: Range<Int>, _ state: inout State) throws(CudaError) {
        guard range.upperBound <= reserved else {
            throw CudaError(.memory, "\(range.count) bytes exceed the device's addresses")
        }
        let first = range.lowerBound / chunkBytes
        let last = (range.upperBound - 1) / chunkBytes
        for number in first...last where state.chunks[number] == nil {
            state.chunks[number] = try map(number)
        }
    }

    /// Puts memory behind a chunk's addresses.
    private func map(_ number: Int) throws(CudaError) -> UInt64 {
        try session.enter()
        let functions = session.driver.functions
        let properties = Self.properties(session.number)
        var handle: UInt64 = 0
        let code = unsafe properties.withUnsafeBytes { bytes in
            guard let bytes = bytes.baseAddress else { return Int32(1) }
            return unsafe functions.create(&handle, chunkBytes, bytes, 0)
        }
        try functions.check(code, "\(chunkBytes >> 20) MiB more of the device's memory")
        let address = address(ofChunk: number)
        do throws(CudaError) {
            try functions.check(functions.map(address, chunkBytes, 0, handle, 0), "cuMemMap")
        } catch {
            _ = functions.release(handle)
            throw error
        }
        // Location of the kind "device", its number, and the right to read and write.
        let access: [Int32] = [1, session.number, 3]
        let granted = unsafe access.withUnsafeBytes { bytes in
            guard let bytes = bytes.baseAddress else { return Int32(1) }
            return unsafe functions.setAccess(address, chunkBytes, bytes, 1)
        }
        do throws(CudaError) {
            try functions.check(granted, "cuMemSetAccess")
        } catch {
            _ = functions.unmap(address, chunkBytes)
            _ = functions.release(handle)
            throw error
        }
        return handle
    }

    /// Gives chunks in which no block lies back to the device, after waiting for it.
    func releaseUnused() throws(CudaError) {
        try session.synchronize()
        let functions = session.driver.functions
        state.withLock { state in
            let holes = state.plan.holes + [state.plan.end..<reserved]
            for (number, handle) in state.chunks {
                let range = number * chunkBytes..<(number + 1) * chunkBytes
                guard
                    holes.contains(where: {
                        $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
                    })
                else { continue }
                _ = functions.unmap(address(ofChunk: number), chunkBytes)
                _ = functions.release(handle)
                state.chunks[number] = nil
            }
        }
    }

    private func address(ofChunk number: Int) -> UInt64 { base + UInt64(number * chunkBytes) }

    /// `CUmemAllocationProp`: pinned memory of a device, shared with nobody.
    private static func properties(_ device: Int32) -> [Int32] { [1, 0, 1, device, 0, 0, 0, 0] }

    fileprivate func give(_ range: Range<Int>) {
        state.withLock { state in
            state.used -= range.count
            state.plan.give(range)
        }
    }

    var usedBytes: Int { state.withLock { $0.used } }
    var peakBytes: Int { state.withLock { $0.peak } }
    var heldBytes: Int { state.withLock { $0.chunks.count * chunkBytes } }

    func resetPeak() {
        state.withLock { $0.peak = $0.used }
    }

    /// Counts memory that is used again without being taken again.
    func reachPeak(_ byteCount: Int) {
        state.withLock { $0.peak = max($0.peak, byteCount) }
    }

    /// Part of the arena; returns to it when nobody refers to it any more.
    final class Block: Sendable {
        let address: UInt64
        let arena: CudaArena
        private let range: Range<Int>

        fileprivate init(address: UInt64, range: Range<Int>, arena: CudaArena) {
            self.address = address
            self.range = range
            self.arena = arena
        }

        deinit {
            arena.give(range)
        }
    }
}

// The session may be used from any thread; what changes is behind a lock.
extension CudaArena: @unchecked Sendable {}
