import Glibc

/// The numbers of one update by AdamW.
package struct AdamWStep: Hashable, Sendable {
    /// The learning rate.
    package var rate: Float
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float
    package var weightDecay: Float
    /// The gradient is multiplied by it first: the mean over micro-batches, and clipping.
    package var gradientScale: Float
    /// 1, 2, ...: the update's number, for the correction of the moments' bias.
    package var number: Int

    package init(
        rate: Float,
        beta1: Float,
        beta2: Float,
        epsilon: Float,
        weightDecay: Float,
        gradientScale: Float,
        number: Int
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.gradientScale = gradientScale
        self.number = number
    }

    /// What an element of the update is multiplied by.
    package struct Factors: Hashable, Sendable {
        /// How much of the gradient's difference goes into the mean, and of its square's into the
        /// variance.
        package let meanRate: Float
        package let varianceRate: Float
        /// Of the variance's root, before `epsilon` is added.
        package let rootScale: Float
        /// Of the mean over the root.
        package let rate: Float
        /// What stays of the value.
        package let decay: Float
    }

    /// With the moments' bias corrected, in float64: 1 - beta^n cancels.
    package var factors: Factors {
        precondition(number > 0, "update \(number): the first is 1")
        let meanCorrection = 1 - pow(Double(beta1), Double(number))
        let varianceCorrection = 1 - pow(Double(beta2), Double(number))
        return Factors(
            meanRate: Float(1 - Double(beta1)),
            varianceRate: Float(1 - Double(beta2)),
            rootScale: Float(1 / varianceCorrection.squareRoot()),
            rate: Float(Double(rate) / meanCorrection),
            decay: Float(1 - Double(rate) * Double(weightDecay))
        )
    }
}
