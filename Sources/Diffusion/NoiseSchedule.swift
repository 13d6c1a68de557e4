import Glibc

/// How the variances β of the forward process are spread over the training timesteps.
package enum BetaSchedule: Hashable, Sendable {
    /// Evenly spaced.
    case linear(start: Double, end: Double)
    /// Evenly spaced square roots, squared: latent diffusion's schedule.
    case scaledLinear(start: Double, end: Double)
    /// Nichol & Dhariwal 2021, equation 17, β capped at 0.999 (`squaredcos_cap_v2`).
    case squaredCosine
    /// Given one by one.
    case trained([Float])
}

/// The forward process: q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I).
///
/// β and ᾱ are float32 values, bit for bit those that diffusers computes with PyTorch on a CPU.
package struct NoiseSchedule: Hashable, Sendable {
    /// β_t for t = 0 ..< T.
    package let betas: [Float]
    /// ᾱ_t, the product of 1 − β up to t: the share of signal power left at timestep t.
    package let alphaBars: [Float]

    /// Spreads `schedule` over `timesteps` training timesteps.
    ///
    /// - Parameters:
    ///   - schedule: How β is spread.
    ///   - timesteps: T; ignored for trained betas, which bring their own count.
    ///   - hasZeroTerminalSNR: Shifts √ᾱ so that nothing of the signal is left at the last timestep
    ///     (Lin et al. 2023, algorithm 1).
    package init(_ schedule: BetaSchedule, timesteps: Int, hasZeroTerminalSNR: Bool = false) {
        precondition(timesteps > 0, "a schedule of \(timesteps) timesteps")
        let spread: [Float] =
            switch schedule {
            case .linear(let start, let end):
                Self.evenlySpaced(from: Float(start), to: Float(end), count: timesteps)
            case .scaledLinear(let start, let end):
                Self.evenlySpaced(
                    from: Float(start.squareRoot()),
                    to: Float(end.squareRoot()),
                    count: timesteps
                ).map { $0 * $0 }
            case .squaredCosine: Self.squaredCosine(count: timesteps)
            case .trained(let betas): betas
            }
        betas = hasZeroTerminalSNR ? Self.withZeroTerminalSNR(spread) : spread
        alphaBars = Self.products(betas)
    }

    /// Coefficients of a clean latent and of noise in the noised latent at `timestep`.
    package func noising(at timestep: Int) -> Noising {
        Noising(alphaBar: Double(alphaBars[timestep]))
    }

    /// Running products of 1 − β, accumulated in double and rounded one by one as PyTorch does.
    private static func products(_ betas: [Float]) -> [Float] {
        var product = 1.0
        return betas.map {
            product *= Double(1 - $0)
            return Float(product)
        }
    }

    /// PyTorch's `linspace`: each half counts from its own end, with one rounding a value.
    private static func evenlySpaced(from start: Float, to end: Float, count: Int) -> [Float] {
        guard count > 1 else { return [start] }
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? start.addingProduct(step, Float(index))
                : end.addingProduct(-step, Float(count - 1 - index))
        }
    }

    private static func squaredCosine(count: Int) -> [Float] {
        func alphaBar(_ time: Double) -> Double {
            let root = cos((time + 0.008) / 1.008 * Double.pi / 2)
            return root * root
        }
        return (0..<count).map { index in
            let now = alphaBar(Double(index) / Double(count))
            let next = alphaBar(Double(index + 1) / Double(count))
            return Float(min(1 - next / now, 0.999))
        }
    }

    private static func withZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        var roots = products(betas).map { $0.squareRoot() }
        let first = roots[0]
        let last = roots[roots.count - 1]
        let scale = first / (first - last)
        for index in roots.indices {
            roots[index] = (roots[index] - last) * scale
        }
        let alphaBars = roots.map { $0 * $0 }
        return alphaBars.indices.map { index in
            1 - (index == 0 ? alphaBars[0] : alphaBars[index] / alphaBars[index - 1])
        }
    }
}
