import CKernels
import Synchronization

/// Memory of packed weights: how much is in use, and some blocks that came back.
///
/// Training packs all weights anew after each step, each into as much memory as before: fresh pages
/// would cost more than the packing.
@safe final class PackedMemory: Sendable {
    private struct State {
        var usedBytes = 0
        var spareBytes = 0
        /// Addresses of blocks that came back, by their size.
        var spare: [Int: [UInt]] = [:]
    }

    /// Blocks beyond these go back to the system at once.
    private static let spareBytesMax = 64 << 20

    private let state = Mutex(State())

    deinit {
        releaseUnused()
    }

    /// Of what is in use.
    var usedBytes: Int { state.withLock { $0.usedBytes } }

    /// Of blocks that wait to be taken again.
    var spareBytes: Int { state.withLock { $0.spareBytes } }

    /// Counts bytes that are elsewhere, such as biases.
    func count(_ bytes: Int) {
        state.withLock { $0.usedBytes += bytes }
    }

    /// A block of so many bytes, aligned for the kernels, with anything in it.
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        let address = state.withLock { state -> UInt? in
            state.usedBytes += bytes
            guard let address = state.spare[bytes]?.popLast() else { return nil }
            state.spareBytes -= bytes
            return address
        }
        if let address, let block = unsafe UnsafeMutableRawPointer(bitPattern: address) {
            return unsafe block
        }
        guard let block = unsafe weft_allocate(Int64(bytes)) else {
            fatalError("no memory for \(bytes) bytes of weights")
        }
        return unsafe block
    }

    /// Takes back a block that `take` gave for as many bytes.
    func give(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
        let address = UInt(bitPattern: block)
        let isKept = state.withLock { state in
            state.usedBytes -= bytes
            guard state.spareBytes + bytes <= Self.spareBytesMax else { return false }
            state.spareBytes += bytes
            state.spare[bytes, default: []].append(address)
            return true
        }
        if !isKept { unsafe weft_free(block) }
    }

    /// Gives the blocks that wait back to the system.
    func releaseUnused() {
        let addresses = state.withLock { state in
            defer { (state.spare, state.spareBytes) = ([:], 0) }
            return state.spare.values.flatMap(\.self)
        }
        for address in addresses {
            unsafe weft_free(UnsafeMutableRawPointer(bitPattern: address))
        }
    }
}
