import CKernels
import Synchronization

/// Recycles activation memory: fresh pages cost more than the arithmetic on them.
///
/// Blocks come in size classes an eighth of a power of two apart, so at most an eighth is wasted
/// and a network's repeated shapes meet their own old blocks again.
final class ActivationArena: Sendable {
    private struct State {
        // Addresses of free blocks by capacity.
        var free: [Int: [UInt]] = [:]
        var used = 0
        var peak = 0
    }

    private let state = Mutex(State())

    deinit {
        let blocks = state.withLock { $0.free.values.flatMap { $0 } }
        for block in blocks {
            unsafe weft_free(UnsafeMutableRawPointer(bitPattern: block))
        }
    }

    /// The capacity that a request is rounded up to.
    static func capacity(for byteCount: Int) -> Int {
        let least = 4096
        guard byteCount > least else { return least }
        let step = max(least, 1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4))
        return (byteCount + step - 1) / step * step
    }

    func take(_ byteCount: Int) -> CPUBuffer {
        let capacity = Self.capacity(for: byteCount)
        let recycled: UInt? = state.withLock { state in
            state.used += capacity
            state.peak = max(state.peak, state.used)
            return state.free[capacity]?.popLast()
        }
        let block =
            unsafe recycled.flatMap { unsafe UnsafeMutableRawPointer(bitPattern: $0) }
            ?? weft_allocate(Int64(capacity))
        guard let block = unsafe block else {
            fatalError("no memory for an activation of \(byteCount) bytes")
        }
        return unsafe CPUBuffer(block, byteCount: byteCount, capacity: capacity, arena: self)
    }

    fileprivate func give(_ block: UnsafeMutableRawPointer, capacity: Int) {
        let address = UInt(bitPattern: block)
        state.withLock { state in
            state.used -= capacity
            state.free[capacity, default: []].append(address)
        }
    }

    var usedBytes: Int { state.withLock { $0.used } }
    var peakBytes: Int { state.withLock { $0.peak } }

    func resetPeak() {
        state.withLock { $0.peak = $0.used }
    }
}

/// A block of the arena; returns to it when nobody refers to it any more.
@safe final class CPUBuffer: Buffer {
    let byteCount: Int
    let floats: UnsafeMutablePointer<Float>
    private let block: UnsafeMutableRawPointer
    private let capacity: Int
    private let arena: ActivationArena

    init(
        _ block: UnsafeMutableRawPointer,
        byteCount: Int,
        capacity: Int,
        arena: ActivationArena
    ) {
        unsafe self.block = block
        self.byteCount = byteCount
        self.capacity = capacity
        self.arena = arena
        unsafe floats = block.assumingMemoryBound(to: Float.self)
    }

    deinit {
        unsafe arena.give(block, capacity: capacity)
    }
}

// The block belongs to this object alone and is written only by the operation that makes the
// tensor, before anybody else can see it.
extension CPUBuffer: @unchecked Sendable {}
