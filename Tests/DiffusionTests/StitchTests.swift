import Diffusion
import Tensors
import TestSupport
import Testing

/// The sampler, the windows and the fuser driven together as a farm drives them.
struct StitchTests {
    static let frameCount = 44
    static let steps = 12
    static let extent = NoiseExtent(channels: 4, height: 2, width: 3)

    /// A denoiser's output for the latents of some absolute frames at a step.
    typealias Denoiser = (HostTensor, Range<Int>, DDIMStep) -> HostTensor

    struct Farm {
        let plan: WindowPlan
        let fuser: LatentFuser
        let rounds: [Range<Int>]
        let eta: Double
        let denoiser: Denoiser
        private let sampler: DDIMSampler
        private let noise = NoiseSource(seed: 11)

        init(
            length: Int,
            overlap: Int,
            taper: WindowTaper,
            interval: FusionInterval,
            eta: Double,
            denoiser: @escaping Denoiser
        ) throws {
            plan = try WindowPlan(
                frameCount: StitchTests.frameCount,
                length: length,
                overlap: overlap
            )
            fuser = LatentFuser(BlendWeights(plan, taper: taper))
            let run = 0..<StitchTests.steps
            rounds = try FusionSchedule(steps: run, interval: interval).rounds
            self.eta = eta
            self.denoiser = denoiser
            var config = SchedulerConfig.stableDiffusion
            config.prediction = .velocity
            sampler = try DDIMSampler(config, steps: StitchTests.steps)
        }

        func start(_ window: Int) -> HostTensor {
            noise.frames(plan.windows[window], StitchTests.extent, key: .initial)
        }

        /// Samples one window through one round.
        func sample(_ window: Int, _ round: Range<Int>, from latents: HostTensor) -> HostTensor {
            let frames = plan.windows[window]
            return round.reduce(latents) { latents, position in
                let step = sampler.step(position, eta: eta)
                let key = NoiseKey(.samplerStep, step: position)
                return step.advance(
                    latents,
                    output: denoiser(latents, frames, step),
                    noise: step.freshNoise > 0
                        ? noise.frames(frames, StitchTests.extent, key: key) : nil
                )
            }
        }

        /// Runs every round for all windows before the next.
        func run() -> HostTensor {
            var fused = plan.windows.indices.map { start($0) }
            var stepped = fused
            for round in rounds {
                stepped = fused.indices.map { sample($0, round, from: fused[$0]) }
                fused = fused.indices.map { index in fuser.fuse(window: index) { stepped[$0] } }
            }
            return fuser.fuse(stepped)
        }

        /// Runs windows in a random order that only makes each wait for those that touch it.
        func runInAnyOrder(seed: UInt64) -> HostTensor {
            var generator = SeededGenerator(seed: seed)
            // Results by round and window.
            var results: [[Int: HostTensor]] = rounds.map { _ in [:] }
            while let round = results.firstIndex(where: { $0.count < plan.windows.count }) {
                let candidates = (round..<rounds.count).flatMap { round in
                    plan.windows.indices.filter { window in
                        results[round][window] == nil
                            && (round == 0
                                || plan.windows(touching: window)
                                    .allSatisfy { results[round - 1][$0] != nil })
                    }.map { (round: round, window: $0) }
                }
                let next = candidates[Int(generator.next() % UInt64(candidates.count))]
                let latents =
                    next.round == 0
                    ? start(next.window)
                    : fuser.fuse(window: next.window) { results[next.round - 1][$0]! }
                results[next.round][next.window] = sample(
                    next.window,
                    rounds[next.round],
                    from: latents
                )
            }
            return fuser.fuse(plan.windows.indices.map { results[rounds.count - 1][$0]! })
        }
    }

    /// A network that treats each frame by itself.
    static func perFrame(
        _ latents: HostTensor,
        _ frames: Range<Int>,
        _ step: DDIMStep
    ) -> HostTensor {
        let count = extent.count
        let values = latents.values.enumerated().map { index, value in
            let frame = Float(frames.lowerBound + index / count)
            let level = Float(step.timestep) / 1000
            return 0.8 * value / (1 + abs(value)) - 0.3 * level + 0.01 * frame
        }
        return HostTensor(values, latents.shape)
    }

    /// A network that mixes the frames of its window, so that windows disagree.
    static func mixing(
        _ latents: HostTensor,
        _ frames: Range<Int>,
        _ step: DDIMStep
    ) -> HostTensor {
        let count = extent.count
        let mean = (0..<count).map { element in
            stride(from: element, to: latents.values.count, by: count)
                .reduce(Float(0)) { $0 + latents.values[$1] } / Float(latents.shape[0])
        }
        let own = perFrame(latents, frames, step)
        return HostTensor(
            own.values.enumerated().map { 0.5 * $1 + mean[$0 % count] },
            latents.shape
        )
    }

    struct Scheme: Sendable {
        var length = 16
        var overlap = 8
        var taper = WindowTaper.hann
        var interval = FusionInterval.every(1)

        func farm(eta: Double, _ denoiser: @escaping Denoiser) throws -> Farm {
            try Farm(
                length: length,
                overlap: overlap,
                taper: taper,
                interval: interval,
                eta: eta,
                denoiser: denoiser
            )
        }
    }

    static let schemes = [
        Scheme(),
        Scheme(overlap: 4, taper: .linear),
        Scheme(overlap: 13, taper: .pyramid, interval: .every(5)),
        Scheme(length: 10, overlap: 3, taper: .flat, interval: .every(2)),
        Scheme(interval: .never),
        Scheme(overlap: 0, interval: .never),
    ]

    /// Where windows cannot disagree, nothing may depend on how they are cut and blended.
    @Test(arguments: schemes, [0.0, 1.0])
    func perFrameNetworkDoesNotFeelTheWindows(scheme: Scheme, eta: Double) throws {
        let whole = Scheme(length: Self.frameCount, overlap: 0, interval: .never)
        let expected = try whole.farm(eta: eta, Self.perFrame).run()
        let found = try scheme.farm(eta: eta, Self.perFrame).run()
        #expect(found.shape == expected.shape)
        for (left, right) in zip(found.values, expected.values) {
            #expect(abs(left - right) <= 1e-6)
        }
    }

    @Test(arguments: schemes, [UInt64(1), 2, 3])
    func orderOfCompletionDoesNotChangeABit(scheme: Scheme, seed: UInt64) throws {
        let farm = try scheme.farm(eta: 1, Self.mixing)
        #expect(farm.runInAnyOrder(seed: seed) == farm.run())
    }

    /// Blending predictions and stepping equals stepping and blending, if the windows hold the same
    /// latents and the same noise.
    @Test(arguments: schemes, [0.0, 1.0])
    func fusingPredictionsIsFusingSteps(scheme: Scheme, eta: Double) throws {
        let farm = try scheme.farm(eta: eta, Self.mixing)
        let sampler = try DDIMSampler(.stableDiffusion, steps: 25)
        let frames = 0..<Self.frameCount
        let noise = NoiseSource(seed: 4)
        let latents = noise.frames(frames, Self.extent, key: .initial)
        func slice(_ tensor: HostTensor, _ window: Range<Int>) -> HostTensor {
            let count = Self.extent.count
            return HostTensor(
                Array(tensor.values[window.lowerBound * count..<window.upperBound * count]),
                [window.count, Self.extent.height, Self.extent.width, Self.extent.channels]
            )
        }
        for position in [0, 12, 24] {
            let step = sampler.step(position, eta: eta)
            let key = NoiseKey(.samplerStep, step: position)
            let fresh = step.freshNoise > 0 ? noise.frames(frames, Self.extent, key: key) : nil
            let outputs = farm.plan.windows.map { Self.mixing(slice(latents, $0), $0, step) }
            let fusedFirst = step.advance(latents, output: farm.fuser.fuse(outputs), noise: fresh)
            let steppedFirst = farm.fuser.fuse(
                zip(farm.plan.windows, outputs).map { window, output in
                    step.advance(
                        slice(latents, window),
                        output: output,
                        noise: fresh.map { slice($0, window) }
                    )
                }
            )
            #expect(nmse(steppedFirst, fusedFirst) < 1e-12)
        }
    }
}
