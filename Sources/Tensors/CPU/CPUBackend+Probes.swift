import CKernels

// What the machine can do at most, for benchmarks.
extension CPUBackend: MeasurableBackend {
    /// Runs independent multiply-adds in registers on every thread.
    ///
    /// - Returns: Additions and multiplications done.
    package func probeArithmetic() -> Double {
        unsafe weft_probe_arithmetic(pool, version, 4_000_000)
    }

    /// Copies a block larger than the caches with every thread.
    ///
    /// - Returns: Bytes read plus bytes written.
    package func probeCopy() -> Int {
        let count = 32 << 20
        let source = allocate([count])
        let target = allocate([count])
        unsafe weft_probe_copy(pool, pointer(source), mutable(target), Int64(count))
        return 8 * count
    }
}
