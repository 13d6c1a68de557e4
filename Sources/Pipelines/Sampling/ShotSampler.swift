package import Diffusion
package import Models
package import Tensors

/// Samples a shot with gen1, window by window and round by round, in this process.
///
/// It does what a farm does with many machines: each round every window continues from the fused
/// latents of its frames, and the fused latents are all that passes from round to round.
package struct ShotSampler: Sendable {
    private let network: Gen1UNet
    private let backend: any Backend
    package let settings: SampleSettings
    package let sampler: DDIMSampler
    /// Steps to run: all, or those below the source's noise level.
    package let steps: Range<Int>
    private let windowSampler: WindowSampler

    /// - Throws: `SamplerError` for settings that make no run.
    package init(
        _ network: Gen1UNet,
        on backend: any Backend,
        schedule: SchedulerConfig,
        settings: SampleSettings,
        hasContent: Bool
    ) throws(SamplerError) {
        self.network = network
        self.backend = backend
        self.settings = settings
        (sampler, steps) = try settings.plan(schedule)
        windowSampler = WindowSampler(
            sampler,
            // Without content its branch equals the null one, so its scale has nothing to act on.
            guidance: GuidancePlan(
                scale: hasContent ? settings.guidance : 0,
                temporalScale: settings.temporalGuidance
            ),
            eta: settings.eta,
            noise: NoiseSource(seed: settings.seed)
        )
    }

    /// Evaluations of the network that a step of a window needs.
    package var evaluationsPerStep: Int { windowSampler.guidance.terms.count }

    /// The latents of all frames before the first step: noise, or the noised source.
    ///
    /// - Throws: `InputError` if a strength below 1 has no source.
    package func start(_ inputs: ShotInputs) throws(InputError) -> HostTensor {
        let noise = initialNoise(inputs)
        guard settings.strength < 1 else { return noise }
        guard let source = inputs.source else {
            throw InputError("source: missing; a strength below 1 starts from its latents")
        }
        let timestep = sampler.timesteps[steps.lowerBound]
        let level = Noising(alphaBar: Double(sampler.schedule.alphaBars[timestep]))
        return level(source, noise: noise)
    }

    /// Takes one window through steps `range`: the farm's unit of sampling.
    ///
    /// - Parameters:
    ///   - latents: Fused latents of the window's frames, `[L, h, w, C]`.
    ///   - window: Its frames within the shot.
    ///   - range: Within `steps`.
    ///   - inputs: The shot.
    ///   - willStep: Called before each step; throws to stop.
    /// - Returns: Stepped latents, `[L, h, w, C]`.
    /// - Throws: `NetworkInputError`, `InputError`, `DivergenceError`, `BackendError`, or what
    ///   `willStep` throws.
    package func sample(
        _ latents: HostTensor,
        window: Range<Int>,
        steps range: Range<Int>,
        _ inputs: ShotInputs,
        willStep: (Int) throws -> Void = { _ in }
    ) throws -> HostTensor {
        let asClip = { (x: Tensor) in x.reshaped(Shape([1] + x.shape.dimensions)) }
        let clip = try network.prepare(
            structure: asClip(backend.upload(inputs.structure.outer(window))),
            structureLevel: [Float(settings.structureLevel.rounds)],
            content: inputs.content.map { backend.upload($0) }
        )
        let frames = inputs.firstFrame + window.lowerBound..<inputs.firstFrame + window.upperBound
        let result = try windowSampler.run(
            backend.upload(latents),
            frames: frames,
            steps: range,
            edit: try edit(inputs, window),
            willStep: willStep
        ) { branches, x, timestep in
            try network.evaluate(
                asClip(x),
                of: clip,
                timesteps: [timestep],
                branches: branches.map(\.ofNetwork)
            ).map { $0.reshaped(x.shape) }
        }
        return try result.download()
    }

    /// Samples the whole shot.
    ///
    /// - Parameters:
    ///   - inputs: The shot.
    ///   - weights: How its windows are blended.
    ///   - schedule: The rounds, which cover `steps`.
    ///   - starts: What each window starts from in place of its part of `start`, at the same noise
    ///     level: only to find out what sharing the noise is good for.
    ///   - progress: Called after each window of each round with the number done; throws to stop.
    ///   - didFuse: Called after each round.
    /// - Returns: Clean latents, `[F, h, w, C]`.
    /// - Throws: As `sample` and `start`.
    package func sampleShot(
        _ inputs: ShotInputs,
        weights: BlendWeights,
        schedule: FusionSchedule,
        starts: [HostTensor]? = nil,
        progress: (Int) throws -> Void = { _ in },
        didFuse: (FusionReport) -> Void = { _ in }
    ) throws -> HostTensor {
        precondition(
            weights.plan.frameCount == inputs.frameCount,
            "\(inputs.frameCount) frames, windows for \(weights.plan.frameCount)"
        )
        let fuser = LatentFuser(weights)
        var fused = try start(inputs)
        var done = 0
        for (number, round) in schedule.rounds.enumerated() {
            var windows: [HostTensor] = []
            for (index, window) in weights.plan.windows.enumerated() {
                let own = number == 0 ? starts?[index] : nil
                windows.append(
                    try sample(own ?? fused.outer(window), window: window, steps: round, inputs)
                )
                done += 1
                try progress(done)
            }
            didFuse(FusionReport(steps: round, mismatches: fuser.mismatches(windows)))
            fused = fuser.fuse(windows)
        }
        return fused
    }

    private func edit(_ inputs: ShotInputs, _ window: Range<Int>) throws(InputError) -> MaskedEdit?
    {
        guard let mask = inputs.mask else { return nil }
        guard let source = inputs.source else {
            throw InputError("source: missing; a mask keeps its latents")
        }
        return MaskedEdit(
            source: source.outer(window),
            noise: initialNoise(inputs, window),
            mask: mask.outer(window)
        )
    }

    private func initialNoise(_ inputs: ShotInputs, _ window: Range<Int>? = nil) -> HostTensor {
        let window = window ?? 0..<inputs.frameCount
        let shape = inputs.structure.shape
        return NoiseSource(seed: settings.seed).initialNoise(
            inputs.firstFrame + window.lowerBound..<inputs.firstFrame + window.upperBound,
            NoiseExtent(channels: shape[3], height: shape[1], width: shape[2]),
            prior: settings.noisePrior
        )
    }
}

extension GuidanceBranch {
    fileprivate var ofNetwork: Gen1Clip.Branch {
        Gen1Clip.Branch(
            hasContent: self == .videoWithContent,
            mode: self == .imageWithoutContent ? .image : .video
        )
    }
}

extension HostTensor {
    /// Slices `range` of the outermost axis.
    func outer(_ range: Range<Int>) -> HostTensor {
        let size = shape.count / max(1, shape[0])
        return HostTensor(
            Array(values[range.lowerBound * size..<range.upperBound * size]),
            Shape([range.count] + shape.dimensions.dropFirst())
        )
    }
}
