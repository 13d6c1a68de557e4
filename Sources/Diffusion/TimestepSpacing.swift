/// Which training timesteps a short run visits.
///
/// Lin et al. 2023 (arXiv 2305.08891), table 2.
package enum TimestepSpacing: String, CaseIterable, Sendable {
    /// Multiples of T / N, from the cleanest up.
    case leading
    /// From the noisiest to the cleanest inclusive.
    case linspace
    /// Multiples of T / N, from the noisiest down.
    case trailing

    /// The timesteps of a run, noisiest first, as diffusers' DDIM computes them.
    ///
    /// - Parameters:
    ///   - count: N, steps of the run.
    ///   - trainCount: T, timesteps of the schedule.
    ///   - offset: Added to each timestep; only `leading` has one.
    /// - Returns: N values, each in 0 ..< T.
    /// - Throws: `SamplerError` if there are not that many timesteps, or the offset leaves them.
    package func timesteps(
        count: Int,
        of trainCount: Int,
        offset: Int
    ) throws(SamplerError) -> [Int] {
        guard count >= 1, count <= trainCount else {
            throw SamplerError(
                "\(count) steps: expected 1 to \(trainCount), the timesteps of the schedule"
            )
        }
        let ascending: [Int]
        switch self {
        case .leading:
            ascending = (0..<count).map { $0 * (trainCount / count) + offset }
        case .linspace:
            let step = count > 1 ? Double(trainCount - 1) / Double(count - 1) : 0
            ascending = (0..<count).map { Int((Double($0) * step).rounded(.toNearestOrEven)) }
        case .trailing:
            // Counts down in floating point as NumPy's `arange` does, rounding included, but for
            // the timestep below 0 that it ends on when N · (T / N) rounds to less than T.
            let start = Double(trainCount)
            let delta = (start - start / Double(count)) - start
            ascending = (0..<count).reversed().map {
                Int((start + Double($0) * delta).rounded(.toNearestOrEven)) - 1
            }
        }
        guard let first = ascending.first, let last = ascending.last, first >= 0, last < trainCount
        else {
            throw SamplerError(
                "steps_offset \(offset) with \(count) steps: timesteps \(ascending[0])..."
                    + "\(ascending[count - 1]) leave the schedule's 0..<\(trainCount)"
            )
        }
        return ascending.reversed()
    }
}
