package import Tensors

/// Something that is timed: an operation or a whole network on one shape.
package struct Benchmark: Sendable {
    /// What its speed is measured against.
    package enum Bound: String, Sendable {
        /// Multiply-adds of the kernels in use.
        case arithmetic
        /// Copying memory.
        case memory
    }

    /// `operation/shape` or `network/configuration`; `--filter` looks for a part of it.
    package let name: String
    package let bound: Bound
    /// Bytes read and written at least once a run; for memory-bound work.
    let bytes: Int
    /// Makes parameters and inputs on a device and returns the work to be timed.
    let prepare: @Sendable (BenchmarkInputs) throws -> () throws -> Tensor
}

/// How fast the machine can go at most with the kernels in use.
package struct MachineBounds: Hashable, Sendable {
    /// Best of many runs of independent multiply-adds in registers.
    package let arithmeticPerSecond: Double
    /// Best of many copies of blocks larger than the caches; bytes read plus bytes written.
    package let copiedBytesPerSecond: Double

    /// Measures them; takes about a second.
    ///
    /// - Throws: `BackendError` if the device fails.
    package init(
        of backend: any MeasurableBackend,
        clock: ContinuousClock = ContinuousClock()
    ) throws {
        var arithmetic = 0.0
        var copied = 0.0
        for _ in 0..<25 {
            var operations = 0.0
            let spent = try clock.measure {
                operations = backend.probeArithmetic()
                try backend.synchronize()
            }
            arithmetic = max(arithmetic, operations / spent.seconds)
            var bytes = 0
            let moved = try clock.measure {
                bytes = backend.probeCopy()
                try backend.synchronize()
            }
            copied = max(copied, Double(bytes) / moved.seconds)
        }
        arithmeticPerSecond = arithmetic
        copiedBytesPerSecond = copied
    }
}

/// The times of one benchmark.
package struct BenchmarkResult: Sendable {
    package let name: String
    package let bound: Benchmark.Bound
    /// Seconds of each repetition, ascending.
    package let seconds: [Double]
    /// The same where the backend replayed the work and then queued it anew; else empty.
    package let queuedSeconds: [Double]
    /// Additions and multiplications of its products.
    package let operations: Int
    package let bytes: Int
    package let parameterBytes: Int
    package let activationPeakBytes: Int
    /// What the device kept for them.
    package let activationHeldBytes: Int
    /// Of the result, so that the work cannot be left out, and to compare devices.
    package let checksum: Double
    package let machine: MachineBounds

    package var median: Double { seconds[seconds.count / 2] }
    /// Operations or bytes a second at the median.
    package var rate: Double {
        Double(bound == .arithmetic ? operations : bytes) / median
    }
    /// Of the machine's bound.
    package var share: Double {
        let limit =
            bound == .arithmetic ? machine.arithmeticPerSecond : machine.copiedBytesPerSecond
        return rate / limit
    }

    package var json: JSONValue {
        var values: [String: JSONValue] = [
            "name": .string(name),
            "bound": .string(bound.rawValue),
            "median_seconds": .number(median),
            "min_seconds": .number(seconds[0]),
            "max_seconds": .number(seconds[seconds.count - 1]),
            "repetitions": .integer(seconds.count),
            "operations": .integer(operations),
            "bytes": .integer(bytes),
            "rate_per_second": .number(rate),
            "share_of_bound": .number(share),
            "parameter_bytes": .integer(parameterBytes),
            "activation_peak_bytes": .integer(activationPeakBytes),
            "activation_held_bytes": .integer(activationHeldBytes),
            "checksum": .number(checksum),
        ]
        if !queuedSeconds.isEmpty {
            values["queued_median_seconds"] = .number(queuedSeconds[queuedSeconds.count / 2])
        }
        return .object(values)
    }
}

extension Benchmark {
    /// Times the work.
    ///
    /// - Parameters:
    ///   - makeBackend: Makes the device anew, so that its memory is this benchmark's alone.
    ///   - weights: How they are stored.
    ///   - repetitions: How often after one run that is not counted.
    ///   - machine: Bounds measured on such a device.
    ///   - clock: Tells the time.
    /// - Returns: The times.
    /// - Throws: What the network throws.
    package func run(
        on makeBackend: () throws -> any Backend,
        weights: BenchmarkWeights = .float32,
        repetitions: Int,
        machine: MachineBounds,
        clock: ContinuousClock = ContinuousClock()
    ) throws -> BenchmarkResult {
        let shapes = ShapeBackend()
        _ = try prepare(BenchmarkInputs(on: shapes, weights: weights))()
        let backend = try makeBackend()
        let work = try prepare(BenchmarkInputs(on: backend, weights: weights))
        var checksum = 0.0
        // The first run meets fresh memory; its result is what the checksum is made of.
        for value in try work().download().values { checksum += Double(value) }
        backend.resetPeakMemory()
        func times() throws -> [Double] {
            try (0..<repetitions).map { _ in
                let start = clock.now
                let result = try work()
                try backend.synchronize()
                precondition(result.count > 0, "\(name) made nothing")
                return (clock.now - start).seconds
            }.sorted()
        }
        // A backend that replays parts of the work captures them in the second run.
        let replaying = backend as? any ReplayingBackend
        if replaying != nil {
            _ = try work()
            try backend.synchronize()
        }
        let seconds = try times()
        let memory = backend.memory
        var queuedSeconds: [Double] = []
        if let replaying, replaying.replayCount > 0 {
            replaying.isReplaying = false
            queuedSeconds = try times()
        }
        return BenchmarkResult(
            name: name,
            bound: bound,
            seconds: seconds,
            queuedSeconds: queuedSeconds,
            operations: shapes.productOperations,
            bytes: bytes,
            parameterBytes: memory.parameterBytes,
            activationPeakBytes: memory.activationPeakBytes,
            activationHeldBytes: memory.activationHeldBytes,
            checksum: checksum,
            machine: machine
        )
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
