import Glibc
import Synchronization

/// Recycles activation memory: fresh pages cost more than the arithmetic on them.
///
/// One region of address space is reserved and becomes memory as it is touched; `RegionPlan` says
/// where in it a block goes. Pages stay when blocks come back, until `releaseUnused`.
@safe final class ActivationArena {
    /// Blocks begin at multiples of this.
    static let granule = 4096
    /// The region becomes writable in steps of this.
    private static let growth = 64 << 20

    private struct State {
        var plan = RegionPlan()
        /// What is writable.
        var open = 0
        /// What may hold pages: the largest end of a block since the last release.
        var touched = 0
        /// Whether blocks came back since the last release.
        var hasUnused = false
        var used = 0
        var peak = 0
    }

    private let state = Mutex(State())
    private let base: UnsafeMutableRawPointer
    private let reserved: Int

    /// Reserves address space, which takes no memory: as much as the system lets, up to far more
    /// than any machine has.
    init() {
        var size = 1 << 40
        var address = unsafe Self.reserve(size)
        while unsafe address == nil, size > Self.growth {
            size /= 2
            unsafe address = unsafe Self.reserve(size)
        }
        guard let address = unsafe address else {
            fatalError("no address space for activations")
        }
        unsafe base = unsafe address
        reserved = size
        // Whole huge pages where the system grants them.
        unsafe madvise(base, reserved, MADV_HUGEPAGE)
    }

    deinit {
        unsafe munmap(base, reserved)
    }

    private static func reserve(_ size: Int) -> UnsafeMutableRawPointer? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = unsafe mmap(nil, size, PROT_NONE, flags, -1, 0)
        return unsafe address == MAP_FAILED ? nil : address
    }

    /// What a request is rounded up to.
    static func capacity(for byteCount: Int) -> Int {
        max(granule, (byteCount + granule - 1) / granule * granule)
    }

    func take(_ byteCount: Int) -> CPUBuffer {
        let capacity = Self.capacity(for: byteCount)
        let offset = state.withLock { state in
            let offset = state.plan.take(capacity)
            if offset + capacity > state.open { open(to: offset + capacity, &state) }
            state.touched = max(state.touched, offset + capacity)
            state.used += capacity
            state.peak = max(state.peak, state.used)
            return offset
        }
        return unsafe CPUBuffer(
            base + offset,
            byteCount: byteCount,
            block: offset..<offset + capacity,
            arena: self
        )
    }

    private func open(to end: Int, _ state: inout State) {
        let wanted = (end + Self.growth - 1) / Self.growth * Self.growth
        let count = wanted - state.open
        guard wanted <= reserved,
            unsafe mprotect(base + state.open, count, PROT_READ | PROT_WRITE) == 0
        else { fatalError("no memory for \(end) bytes of activations") }
        state.open = wanted
    }

    fileprivate func give(_ block: Range<Int>) {
        state.withLock { state in
            state.used -= block.count
            state.plan.give(block)
            state.hasUnused = true
        }
    }

    /// Gives the pages of unused memory back to the system.
    func releaseUnused() {
        state.withLock { state in
            guard state.hasUnused else { return }
            for hole in state.plan.holes + [state.plan.end..<state.touched] where !hole.isEmpty {
                unsafe madvise(base + hole.lowerBound, hole.count, MADV_DONTNEED)
            }
            state.touched = state.plan.end
            state.hasUnused = false
        }
    }

    var usedBytes: Int { state.withLock { $0.used } }
    var peakBytes: Int { state.withLock { $0.peak } }
    /// What may hold pages; above `peakBytes` by what no request fitted.
    var heldBytes: Int { state.withLock { $0.touched } }

    func resetPeak() {
        state.withLock { $0.peak = $0.used }
    }
}

// The region belongs to this object alone; the plan of it is behind a lock.
extension ActivationArena: @unchecked Sendable {}

/// A block of the arena; returns to it when nobody refers to it any more.
@safe final class CPUBuffer: Buffer {
    let byteCount: Int
    let floats: UnsafeMutablePointer<Float>
    private let block: Range<Int>
    private let arena: ActivationArena

    init(
        _ start: UnsafeMutableRawPointer,
        byteCount: Int,
        block: Range<Int>,
        arena: ActivationArena
    ) {
        self.byteCount = byteCount
        self.block = block
        self.arena = arena
        unsafe floats = start.assumingMemoryBound(to: Float.self)
    }

    deinit {
        arena.give(block)
    }
}

// The block belongs to this object alone and is written only by the operation that makes the
// tensor, before anybody else can see it.
extension CPUBuffer: @unchecked Sendable {}
