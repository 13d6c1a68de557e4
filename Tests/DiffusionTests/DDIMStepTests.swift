import Diffusion
import Tensors
import TestSupport
import Testing

struct DDIMStepTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let steps: Int
        var eta = 0.0
        let config: SchedulerConfig

        init(
            _ name: String,
            steps: Int,
            eta: Double = 0,
            from base: SchedulerConfig = .stableDiffusion,
            _ change: (inout SchedulerConfig) -> Void = { _ in }
        ) {
            var config = base
            change(&config)
            (self.name, self.steps, self.eta, self.config) = (name, steps, eta, config)
        }

        var testDescription: String { name }
    }

    /// The cases of `Goldens/generate.py`.
    static let cases = [
        Case("defaults", steps: 50, from: SchedulerConfig()),
        Case("stable-diffusion", steps: 25),
        Case("stable-diffusion-eta", steps: 25, eta: 1),
        Case("velocity", steps: 50, eta: 0.3) { $0.prediction = .velocity },
        Case("sample", steps: 20) { $0.prediction = .sample },
        Case("linspace", steps: 25) { $0.spacing = .linspace },
        Case("trailing", steps: 30) {
            $0.prediction = .velocity
            $0.spacing = .trailing
            $0.isFinalAlphaOne = true
        },
        Case("motion", steps: 25) { $0.betas = .linear(start: 0.00085, end: 0.012) },
        Case("cosine-clip", steps: 10, eta: 0.5, from: SchedulerConfig()) {
            $0.betas = .squaredCosine
            $0.clipping = .range(0.7)
        },
        Case("threshold", steps: 10, from: SchedulerConfig()) {
            $0.clipping = .dynamic(ratio: 0.9, largest: 1.6)
        },
        Case("zero-snr", steps: 25) {
            $0.prediction = .velocity
            $0.spacing = .trailing
            $0.hasZeroTerminalSNR = true
        },
    ]

    @Test(arguments: cases)
    func matchesDiffusers(case: Case) throws {
        let goldens = try SchedulerGoldens()
        let prefix = "ddim.\(`case`.name)"
        let sampler = try DDIMSampler(`case`.config, steps: `case`.steps)
        #expect(sampler.timesteps == (try goldens.integers("\(prefix).timesteps")))
        let alphaBars = try goldens.tensor("\(prefix).alpha_bars").values
        if `case`.config.hasZeroTerminalSNR {
            // PyTorch's vectorised square root is not correctly rounded.
            #expect(nmse(sampler.schedule.alphaBars, alphaBars) < 1e-12)
        } else {
            #expect(sampler.schedule.alphaBars == alphaBars)
        }
        let sample = try goldens.tensor("\(prefix).sample")
        let output = try goldens.tensor("\(prefix).output")
        let noise = try goldens.tensor("\(prefix).noise")
        let positions = goldens.positions(prefix)
        #expect(positions.count == 4)
        for index in positions {
            let step = sampler.step(index, eta: `case`.eta)
            let previous = step.advance(
                sample,
                output: output,
                noise: step.freshNoise > 0 ? noise : nil
            )
            let original = step.predictedOriginal(sample, output: output)
            let noised = sampler.schedule.noising(at: step.timestep)(sample, noise: noise)
            #expect(nmse(previous, try goldens.tensor("\(prefix).previous.\(index)")) < 1e-12)
            #expect(nmse(original, try goldens.tensor("\(prefix).original.\(index)")) < 1e-12)
            #expect(nmse(noised, try goldens.tensor("\(prefix).noised.\(index)")) < 1e-12)
        }
    }

    /// A denoiser that knows the clean latent is answered with the process's own trajectory: the
    /// clean latent and the noise are recovered whatever the parameterisation.
    @Test(arguments: PredictionType.allCases, [0, 7, 24])
    func recoversTheCleanLatentAndItsNoise(prediction: PredictionType, index: Int) throws {
        var config = SchedulerConfig.stableDiffusion
        config.prediction = prediction
        let sampler = try DDIMSampler(config, steps: 25)
        let clean = randomTensor([3, 4, 4, 2], seed: 1)
        let noise = randomTensor([3, 4, 4, 2], seed: 2)
        let step = sampler.step(index)
        let level = sampler.schedule.noising(at: step.timestep)
        let latents = level(clean, noise: noise)
        let output =
            switch prediction {
            case .epsilon: noise
            case .sample: clean
            case .velocity:
                HostTensor(
                    zip(noise.values, clean.values).map {
                        Float(level.signal * Double($0) - level.noise * Double($1))
                    },
                    clean.shape
                )
            }
        #expect(nmse(step.predictedOriginal(latents, output: output), clean) < 1e-10)
        let expected = Noising(alphaBar: sampler.alphaBar(after: index))(clean, noise: noise)
        #expect(nmse(step.advance(latents, output: output), expected) < 1e-10)
    }

    @Test(arguments: [0, 12, 24])
    func freshNoiseHasTheVarianceOfThePosterior(index: Int) throws {
        let sampler = try DDIMSampler(.stableDiffusion, steps: 25)
        let step = sampler.step(index, eta: 1)
        let now = Double(sampler.schedule.alphaBars[step.timestep])
        let next = sampler.alphaBar(after: index)
        let variance = (1 - next) / (1 - now) * (1 - now / next)
        #expect(abs(step.freshNoise * step.freshNoise - variance) < 1e-12)
        // What is left of the noise and what is added make up the next level's noise.
        let total = step.noiseWeight * step.noiseWeight + step.freshNoise * step.freshNoise
        #expect(abs(total - (1 - next)) < 1e-12)
    }

    /// Blending predictions and stepping is stepping and blending (steps are linear), also with
    /// fresh noise that the windows share.
    @Test(arguments: [0.0, 1.0], PredictionType.allCases)
    func stepIsLinear(eta: Double, prediction: PredictionType) throws {
        var config = SchedulerConfig.stableDiffusion
        config.prediction = prediction
        let sampler = try DDIMSampler(config, steps: 50)
        let shape: Shape = [5, 3, 3, 2]
        let latents = randomTensor(shape, seed: 1)
        let outputs = [randomTensor(shape, seed: 2), randomTensor(shape, seed: 3)]
        func blend(_ tensors: [HostTensor]) -> HostTensor {
            HostTensor(
                zip(tensors[0].values, tensors[1].values).map { 0.3 * $0 + 0.7 * $1 },
                shape
            )
        }
        for index in [0, 10, 30, 49] {
            let step = sampler.step(index, eta: eta)
            let noise = step.freshNoise > 0 ? randomTensor(shape, seed: 4) : nil
            let blended = step.advance(latents, output: blend(outputs), noise: noise)
            let stepped = blend(
                outputs.map { step.advance(latents, output: $0, noise: noise) }
            )
            #expect(nmse(stepped, blended) < 1e-12)
        }
    }

    @Test func thresholdingIsPerFrame() {
        let clipping = SampleClipping.dynamic(ratio: 0.9, largest: 8)
        let frames = (0..<3).map { randomTensor([1, 4, 4, 2], seed: $0, scale: Float($0 + 1) * 2) }
        let together = HostTensor(frames.flatMap(\.values), [3, 4, 4, 2])
        let apart = frames.flatMap { clipping.apply(to: $0).values }
        #expect(clipping.apply(to: together).values == apart)
        #expect(apart.allSatisfy { abs($0) <= 1 })
    }

    @Test(arguments: cases)
    func deviceTakesTheSameStep(case: Case) throws {
        let sampler = try DDIMSampler(`case`.config, steps: `case`.steps)
        let backend = CPUBackend()
        let shape: Shape = [3, 4, 4, 2]
        let tensors = (1...3).map { randomTensor(shape, seed: $0, scale: 1.5) }
        let device = tensors.map { backend.upload($0) }
        for index in [0, `case`.steps / 2, `case`.steps - 1] {
            let step = sampler.step(index, eta: `case`.eta)
            let isNoisy = step.freshNoise > 0
            let expected = step.advance(
                tensors[0],
                output: tensors[1],
                noise: isNoisy ? tensors[2] : nil
            )
            let found = try step.advance(
                device[0],
                output: device[1],
                noise: isNoisy ? device[2] : nil
            ).download()
            #expect(nmse(found, expected) < 1e-12)
            let original = try step.predictedOriginal(device[0], output: device[1]).download()
            let hostOriginal = step.predictedOriginal(tensors[0], output: tensors[1])
            #expect(nmse(original, hostOriginal) < 1e-12)
        }
    }
}
