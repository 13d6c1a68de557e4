package import Tensors

/// Which timesteps a diffusion network is trained at, and how often.
///
/// Esser et al. 2024 (arXiv 2403.03206), equation 23: an even draw u of 0 ..< 1 becomes
///
///     s · u / (1 + (s − 1) · u)
///
/// of the schedule. A factor above 1 draws noisy timesteps more often, s times as often at the
/// last as an even draw does, and 1 / s times as often at the first. What a subject's colour is
/// gets decided where hardly anything but noise is seen, and the smaller the latents, the earlier:
/// a look that covers n latents is told from noise √n times as strong.
package struct TimestepShift: Hashable, Sendable {
    package let factor: Double

    /// All timesteps evenly.
    package static let none = TimestepShift(factor: 1)

    package init(factor: Double) {
        precondition(factor > 0 && factor.isFinite, "timesteps shifted by \(factor)")
        self.factor = factor
    }

    /// - Parameters:
    ///   - generator: Where chance comes from.
    ///   - count: Timesteps of the schedule.
    /// - Returns: A timestep from 0 to `count` − 1.
    package func draw(_ generator: inout KeyedGenerator, below count: Int) -> Int {
        guard factor != 1 else { return generator.integer(below: count) }
        let even = generator.uniform()
        let shifted = factor * even / (1 + (factor - 1) * even)
        // Rounding may reach 1.
        return min(count - 1, Int(shifted * Double(count)))
    }
}
