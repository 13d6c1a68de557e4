package import Tensors

/// What a run does, whatever it trains.
package struct TrainingSettings: Hashable, Sendable {
    package var steps: Int
    /// The largest learning rate.
    package var learningRate: Double
    package var warmUp: Int
    package var schedule = RateSchedule.cosine
    package var adam = AdamWSettings()
    /// The gradient's norm over all parameters is made no larger than this; nil for as it is.
    package var clipNorm: Double?
    /// Micro-batches whose gradients' mean makes one step.
    package var accumulation = 1
    /// How much of the averaged weights stays at each step; 0 for no average.
    package var averageDecay: Double
    package var seed: UInt64 = 0
    /// Steps between checkpoints.
    package var checkpointEvery: Int
    /// Steps between validations.
    package var validateEvery: Int
    /// Newest checkpoints that are kept.
    package var keep = 2
    /// Checkpoints whose step is a multiple of this are kept for good; nil for none.
    package var keepEvery: Int?

    package init(
        steps: Int,
        learningRate: Double,
        warmUp: Int = 0,
        clipNorm: Double? = 1,
        averageDecay: Double = 0.999,
        checkpointEvery: Int = 500,
        validateEvery: Int = 500
    ) {
        self.steps = steps
        self.learningRate = learningRate
        self.warmUp = warmUp
        self.clipNorm = clipNorm
        self.averageDecay = averageDecay
        self.checkpointEvery = checkpointEvery
        self.validateEvery = validateEvery
    }

    package var rate: LearningRate {
        LearningRate(peak: learningRate, warmUp: warmUp, schedule: schedule, steps: steps)
    }

    /// The decay of the averaged weights at the step that `step` others came before: less at the
    /// start, so that the average leaves the first weights behind.
    package func averageDecay(at step: Int) -> Double {
        min(averageDecay, Double(1 + step) / Double(10 + step))
    }

    /// What decides about the weights, by the names of the options that set it.
    ///
    /// A run goes on only under the same. The number of steps is free where the rate does not
    /// depend on it.
    package var binding: [String: JSONValue] {
        var values: [String: JSONValue] = [
            "lr": .number(learningRate),
            "warm-up": .integer(warmUp),
            "schedule": .string(schedule.rawValue),
            "beta1": .number(adam.beta1),
            "beta2": .number(adam.beta2),
            "epsilon": .number(adam.epsilon),
            "weight-decay": .number(adam.weightDecay),
            "clip": clipNorm.map { .number($0) } ?? .null,
            "accumulate": .integer(accumulation),
            "ema": .number(averageDecay),
            // Beyond 63 bits an integer of JSON would not come back.
            "seed": .string("\(seed)"),
        ]
        if schedule != .constant { values["steps"] = .integer(steps) }
        return values
    }
}

/// The constants of AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2).
package struct AdamWSettings: Hashable, Sendable {
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    /// Of matrices and kernels; scales, shifts and biases do not decay.
    package var weightDecay = 0.01

    package init() {}
}
