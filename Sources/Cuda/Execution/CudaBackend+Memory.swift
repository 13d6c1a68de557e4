package import Tensors

extension CudaBackend {
    package var memory: MemoryReport {
        // Graphs and other work do not need their most at the same time, so this is a bound.
        MemoryReport(
            activationBytes: activations.usedBytes + replays.arena.usedBytes,
            activationPeakBytes: activations.peakBytes + replays.arena.peakBytes,
            activationHeldBytes: activations.heldBytes + replays.arena.heldBytes,
            parameterBytes: parameters.usedBytes
        )
    }

    package func resetPeakMemory() {
        activations.resetPeak()
        replays.arena.resetPeak()
    }

    package func releaseUnusedMemory() {
        attempt { () throws(CudaError) in
            try refuseInside("giving memory back")
            try release()
        }
    }

    private func release() throws(CudaError) {
        try activations.releaseUnused()
        try parameters.releaseUnused()
        try replays.release()
    }

    /// Room for activations, or for those of the replayed part that is being run.
    func takeActivation(_ byteCount: Int) throws(CudaError) -> CudaArena.Block {
        try take(byteCount, from: replays.isInside ? replays.arena : activations)
    }

    func takeParameters(_ byteCount: Int) throws(CudaError) -> CudaArena.Block {
        try refuseInside("preparing parameters")
        return try take(byteCount, from: parameters)
    }

    /// Where there is no room, what activations left unused is given back first, then graphs.
    private func take(
        _ byteCount: Int,
        from arena: CudaArena
    ) throws(CudaError) -> CudaArena.Block {
        // Nothing can be given back while a stream is captured: that would have to wait for it.
        let remedies = replays.isCapturing ? [] : [activations.releaseUnused, release]
        for remedy in remedies {
            do throws(CudaError) {
                return try arena.take(byteCount)
            } catch {
                guard error.reason == .memory else { throw error }
                try remedy()
            }
        }
        do throws(CudaError) {
            return try arena.take(byteCount)
        } catch {
            guard error.reason == .memory else { throw error }
            throw CudaError(.memory, shortage(of: byteCount, error))
        }
    }

    private func shortage(of byteCount: Int, _ error: CudaError) -> String {
        func mebibytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
        let free = session.freeBytes.map(mebibytes) ?? "an unknown rest"
        return "no room for \(mebibytes(byteCount)) more: of \(mebibytes(device.memoryBytes)) "
            + "weights hold \(mebibytes(parameters.heldBytes)), activations "
            + "\(mebibytes(activations.heldBytes)), graphs "
            + "\(mebibytes(replays.arena.heldBytes)); \(free) free (\(error))"
    }
}
