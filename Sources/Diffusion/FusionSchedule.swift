/// How often windows are blended while they are sampled.
package enum FusionInterval: Hashable, Sendable {
    /// After every K steps.
    case every(Int)
    /// Only when all steps are done.
    case never
}

/// The rounds of a run: step ranges that windows are sampled through on their own, with a blend
/// after each.
///
/// Windows are blended after K, 2K, … steps while the share of the run done is at most `until`, and
/// always after the last step.
package struct FusionSchedule: Hashable, Sendable {
    /// Consecutive step ranges that cover the run.
    package let rounds: [Range<Int>]

    /// Plans the rounds of a run.
    ///
    /// - Parameters:
    ///   - steps: Steps to run, as positions in the sampler's timesteps; a run from a noised source
    ///     does not start at 0.
    ///   - interval: K.
    ///   - until: Share of the run after which windows are sampled on their own, 0 to 1.
    /// - Throws: `StitchError` if there are no steps or a number is out of range.
    package init(
        steps: Range<Int>,
        interval: FusionInterval,
        until: Double = 1
    ) throws(StitchError) {
        guard !steps.isEmpty else { throw StitchError(.settings, "no steps to run") }
        guard until >= 0, until <= 1 else {
            throw StitchError(.settings, "fuse-until \(until): expected a share from 0 to 1")
        }
        var ends: [Int] = []
        if case .every(let count) = interval {
            guard count >= 1 else {
                throw StitchError(
                    .settings,
                    "fuse-every \(count): expected at least 1 step, or never"
                )
            }
            // Shares such as 0.29 of 100 steps must not lose a step to rounding.
            let last = Int((until * Double(steps.count) + 1e-9).rounded(.down))
            var done = min(count, steps.count)
            while done <= last, done < steps.count {
                ends.append(steps.lowerBound + done)
                done += min(count, steps.count - done)
            }
        }
        ends.append(steps.upperBound)
        rounds = zip([steps.lowerBound] + ends, ends).map { $0..<$1 }
    }
}
