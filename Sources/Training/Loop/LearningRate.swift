import Glibc

/// How the learning rate goes on after the warm-up.
package enum RateSchedule: String, CaseIterable, Sendable {
    case constant
    /// Half a cosine from the peak to 0 at the last step's end.
    case cosine
    /// A straight line from the peak to 0 at the last step's end.
    case linear
}

/// The learning rate as a function of the step, and of nothing else.
package struct LearningRate: Hashable, Sendable {
    package let peak: Double
    /// Steps in which the rate rises from peak/(warmUp) to the peak.
    package let warmUp: Int
    package let schedule: RateSchedule
    /// Steps in all, the warm-up included.
    package let steps: Int

    package init(peak: Double, warmUp: Int, schedule: RateSchedule, steps: Int) {
        self.peak = peak
        self.warmUp = warmUp
        self.schedule = schedule
        self.steps = steps
    }

    /// The rate of the step that `step` others came before.
    ///
    /// With w = `warmUp` and p = (step − w) / (steps − w):
    ///
    ///     step < w:  peak · (step + 1) / w
    ///     constant:  peak
    ///     cosine:    peak · (1 + cos πp) / 2
    ///     linear:    peak · (1 − p)
    package func callAsFunction(at step: Int) -> Double {
        if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
        let rest = max(1, steps - warmUp)
        let share = min(1, Double(step - warmUp) / Double(rest))
        return switch schedule {
        case .constant: peak
        case .cosine: peak * (1 + cos(Double.pi * share)) / 2
        case .linear: peak * (1 - share)
        }
    }
}
