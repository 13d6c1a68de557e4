/// What a run tells of itself.
package enum TrainingEvent: Hashable, Sendable {
    /// It goes on from a checkpoint.
    case resumed(step: Int, checkpoint: String)
    /// A damaged checkpoint was taken out of the row.
    case setAside(checkpoint: String, reason: String)
    case step(StepReport)
    case validated(step: Int, metrics: [Metric])
    case checkpoint(step: Int, path: String)
}

/// One step, when it is done.
package struct StepReport: Hashable, Sendable {
    /// Completed steps, this one among them.
    package let step: Int
    /// The loss first, then its parts; means over the micro-batches.
    package let metrics: [Metric]
    package let learningRate: Double
    /// Before it was clipped.
    package let gradientNorm: Double
    package let duration: Duration

    package init(
        step: Int,
        metrics: [Metric],
        learningRate: Double,
        gradientNorm: Double,
        duration: Duration
    ) {
        self.step = step
        self.metrics = metrics
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.duration = duration
    }
}
