import Tensors

/// What a run takes, measured on its first micro-batch.
package struct TrainingProbe: Hashable, Sendable {
    /// Parameters that get gradients, and those beside them in components that are trained.
    package let trainedCount: Int
    package let frozenCount: Int
    /// The loss first, then its parts, before any step.
    package let metrics: [Metric]
    /// Of one micro-batch, forward and back.
    package let microBatchDuration: Duration
    /// The largest memory of values, gradients and activations.
    package let activationPeakBytes: Int
    /// Parameters as the products want them.
    package let packedBytes: Int
    private let accumulation: Int
    private let keepsAverage: Bool

    /// Runs one micro-batch and updates nothing.
    ///
    /// - Throws: `TrainingError` if a number is not finite, or what the task and the device throw.
    package init(
        _ task: any TrainingTask,
        _ settings: TrainingSettings,
        clock: () -> Duration
    ) throws {
        let recording = task.recording
        recording.resetPeakMemory()
        let begin = clock()
        metrics = try task.accumulate(Draw(seed: settings.seed, step: 0))
        try recording.synchronize()
        microBatchDuration = clock() - begin
        recording.clearGradients()
        let memory = recording.memory
        activationPeakBytes = memory.activationPeakBytes
        packedBytes = memory.parameterBytes
        func count(_ trains: Bool) -> Int {
            recording.parameters.filter { $0.trains == trains }.map(\.shape.count).reduce(0, +)
        }
        trainedCount = count(true)
        frozenCount = count(false)
        accumulation = settings.accumulation
        keepsAverage = settings.averageDecay > 0
        if let metric = metrics.first(where: { !$0.value.isFinite }) {
            throw TrainingError(
                .notFinite(metric: metric.name, value: "\(metric.value)", step: 1, kept: nil)
            )
        }
    }

    /// Both moments, and the average if it is kept.
    package var optimizerBytes: Int { trainedCount * 4 * (keepsAverage ? 3 : 2) }

    /// An estimate of the largest memory of the run, the program and its data apart.
    package var peakBytes: Int { activationPeakBytes + packedBytes + optimizerBytes }

    /// A checkpoint's own files and its trained components; the others are shared.
    package var checkpointBytes: Int {
        trainedCount * 4 + optimizerBytes + (trainedCount + frozenCount) * 4
    }

    /// An estimate of the seconds of a step, whose update is small beside the way there and back.
    package var stepSeconds: Double {
        let (seconds, attoseconds) = microBatchDuration.components
        return (Double(seconds) + Double(attoseconds) / 1e18) * Double(accumulation)
    }
}
