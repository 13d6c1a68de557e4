import Diffusion
import Tensors
import TestSupport

/// One scheme of the exact-Gaussian toy: 64 scalar frames in windows of 16, 50 DDIM steps.
struct StitchExperiment {
    enum Noise: Sendable {
        /// Keyed by the frame, so that windows share it.
        case prior(NoisePrior)
        /// Drawn anew for each window.
        case perWindow
    }

    static let frameCount = 64

    var overlap = 8
    var interval = FusionInterval.every(1)
    var until = 1.0
    /// Nil for a hard switch in the middle of the overlaps.
    var taper: WindowTaper? = .linear
    var noise = Noise.prior(.independent)
    var seed: UInt64 = 0

    /// What a scheme makes of each unit vector of the noise, and D of the overlaps before the last
    /// blend.
    struct Outcome {
        let output: HostTensor
        let mismatches: [Double]

        private func product(_ left: Int, _ right: Int) -> Double {
            let columns = output.shape[1]
            return (0..<columns).reduce(0) {
                $0 + Double(output.values[left * columns + $1])
                    * Double(output.values[right * columns + $1])
            }
        }

        func variance(_ frame: Int) -> Double { product(frame, frame) }

        /// Expected squared difference of `frame` and the next one.
        func step(_ frame: Int) -> Double {
            product(frame, frame) + product(frame + 1, frame + 1) - 2 * product(frame, frame + 1)
        }

        /// Mean correlation of frames `distance` apart.
        func correlation(apart distance: Int) -> Double {
            let count = output.shape[0] - distance
            return (0..<count).reduce(0) {
                $0 + product($1, $1 + distance)
                    / (variance($1) * variance($1 + distance)).squareRoot()
            } / Double(count)
        }
    }

    /// All frames in one window.
    static func joint() throws -> Outcome {
        let plan = try WindowPlan(frameCount: frameCount, length: frameCount, overlap: 0)
        return try StitchExperiment(interval: .never).run(plan)
    }

    func run() throws -> Outcome {
        try run(WindowPlan(frameCount: Self.frameCount, length: 16, overlap: overlap))
    }

    private func run(_ plan: WindowPlan) throws -> Outcome {
        var config = SchedulerConfig.stableDiffusion
        config.isFinalAlphaOne = true
        let sampler = try DDIMSampler(config, steps: 50)
        let schedule = try FusionSchedule(steps: 0..<50, interval: interval, until: until)
        let fuser = LatentFuser(weights(plan))
        var denoiser = GaussianDenoiser()
        var windows = initialNoise(plan)
        var mismatches: [OverlapMismatch] = []
        for round in schedule.rounds {
            for index in windows.indices {
                for position in round {
                    let step = sampler.step(position)
                    let alphaBar = Double(sampler.schedule.alphaBars[step.timestep])
                    let output = denoiser.noise(windows[index], alphaBar: alphaBar)
                    windows[index] = step.advance(windows[index], output: output)
                }
            }
            mismatches = fuser.mismatches(windows)
            let stepped = windows
            for index in windows.indices {
                windows[index] = fuser.fuse(window: index) { stepped[$0] }
            }
        }
        let columns = Double(windows[0].shape[1])
        return Outcome(
            // Fused windows agree, so that blending them again changes nothing.
            output: fuser.fuse(windows),
            mismatches: mismatches.filter { $0.overlap.right == $0.overlap.left + 1 }
                .map { $0.meanSquaredDifference * columns }
        )
    }

    private func weights(_ plan: WindowPlan) -> BlendWeights {
        if let taper { return BlendWeights(plan, taper: taper) }
        let raw = plan.windows.indices.map { index in
            let window = plan.windows[index]
            let start =
                index > 0 ? (window.lowerBound + plan.windows[index - 1].upperBound) / 2 : 0
            let end =
                index + 1 < plan.windows.count
                ? (window.upperBound + plan.windows[index + 1].lowerBound) / 2 : plan.frameCount
            return window.map { start..<end ~= $0 ? 1.0 : 0.0 }
        }
        return BlendWeights(plan, normalising: raw)
    }

    /// Each window's initial noise as a matrix from independent unit normals to its frames.
    private func initialNoise(_ plan: WindowPlan) -> [HostTensor] {
        switch noise {
        case .perWindow:
            let columns = plan.windows.reduce(0) { $0 + $1.count }
            var first = 0
            return plan.windows.map { window in
                defer { first += window.count }
                var values = [Float](repeating: 0, count: window.count * columns)
                for index in 0..<window.count { values[index * columns + first + index] = 1 }
                return HostTensor(values, [window.count, columns])
            }
        case .prior(let prior):
            // The last column is the field common to the video.
            let columns = plan.frameCount + 1
            let source = NoiseSource(seed: seed)
            return plan.windows.map { window in
                var values = [Float](repeating: 0, count: window.count * columns)
                for (index, frame) in window.enumerated() {
                    let mixture = source.mixture(of: frame, prior: prior)
                    for term in mixture.terms {
                        values[index * columns + term.frame] = Float(term.coefficient)
                    }
                    values[index * columns + columns - 1] = Float(mixture.common)
                }
                return HostTensor(values, [window.count, columns])
            }
        }
    }
}
