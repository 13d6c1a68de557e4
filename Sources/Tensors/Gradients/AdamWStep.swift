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
}
