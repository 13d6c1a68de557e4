import Diffusion
import Evaluation
import Models
import Pipelines
package import Tensors

/// Trains gen1: v of noised latents, from structure, its level and content.
///
/// Esser et al. 2023 (arXiv 2302.03011), section 3. A batch is of videos or of images, by chance:
/// an image is a video of one frame on which the layers along time are off, so an image batch gives
/// them no gradient. Structure and content come from the clip itself, content from one of its
/// frames by chance.
package final class Gen1Task: TrainingTask {
    package let name: String
    package let recording: RecordingBackend
    private let recipe: Gen1Recipe
    private let network: Gen1UNet
    private let component: TrainedComponent
    private let scheduler: SchedulerConfig
    /// Of the plain error of v.
    private let objective: DiffusionObjective
    private let training: EncodedClips
    private let validation: EncodedClips
    private let decoder: LatentDecoder
    /// Where the recipe has prompts.
    private let prompts: PromptContent?

    /// - Parameters:
    ///   - name: The stage.
    ///   - start: A model with autoencoder, image encoder, and a gen1 or the image UNet it grows
    ///     from; with a depth estimator where depth is estimated.
    ///   - data: Clips.
    ///   - recipe: How.
    ///   - recording: Where it trains.
    /// - Throws: As `StartingModel` and `PromptContent` do, and `ConfigError` or `TrainingError`
    ///   for parts or sizes that do not go together.
    package init(
        _ name: String,
        _ start: StartingModel,
        _ data: TrainingData,
        _ recipe: Gen1Recipe,
        on recording: RecordingBackend
    ) throws {
        self.name = name
        self.recording = recording
        self.recipe = recipe
        (network, component) = try start.load(
            .gen1,
            on: recording,
            trains: recipe.weights.include
        ) { config, weights in
            try Gen1UNet(Gen1Config(config), weights)
        }
        scheduler = try start.gen1Schedule()
        objective = DiffusionObjective(
            schedule: NoiseSchedule(
                scheduler.betas,
                timesteps: scheduler.trainTimesteps,
                hasZeroTerminalSNR: scheduler.hasZeroTerminalSNR
            )
        )
        let base = recording.base
        let autoencoder = try start.autoencoder(on: base)
        let needsEstimates = recipe.levels != nil && recipe.depth != .exact
        let networks = EncodedClips.Networks(
            latents: LatentEncoder(autoencoder, on: base),
            content: try start.contentEncoder(on: base),
            depth: needsEstimates ? try start.depthMaps(on: base) : nil
        )
        // What does not fit is told before anything is computed.
        try Gen1Task.check(
            network.config,
            recipe,
            autoencoder.encoder.config,
            networks.content,
            start.folder.path
        )
        decoder = LatentDecoder(autoencoder, on: base)
        var keeping = EncodedClips.Keeping(bytesMax: recipe.cacheBytes)
        keeping.keepsDepth = (recipe.levels?.count ?? 0) > 1
        keeping.shared = try recipe.sharedCache.map {
            try start.shared($0, with: recording.base, estimatesDepth: needsEstimates)
        }
        training = EncodedClips(data.training, networks, depth: recipe.depth, keeping)
        // Validations come seldom: the memory is the training's.
        keeping.bytesMax = 0
        validation = EncodedClips(data.validation, networks, depth: recipe.depth, keeping)
        prompts =
            recipe.prompts.isEmpty
            ? nil : try PromptContent(recipe.prompts, start, on: recording.base)
    }

    /// Whether network, model and recipe go together.
    private static func check(
        _ network: Gen1Config,
        _ recipe: Gen1Recipe,
        _ autoencoder: AutoencoderConfig,
        _ content: ContentEncoder,
        _ path: String
    ) throws {
        try autoencoder.check(latents: network.latentChannels, path: "\(path)/vae")
        guard content.channels == network.contentChannels else {
            throw TrainingError(
                .data(
                    "\(path): unet: cross_attention_dim is \(network.contentChannels), and "
                        + "image embeddings have \(content.channels) channels"
                )
            )
        }
        let (patch, request) = (autoencoder.patch, recipe.request)
        guard request.width % patch == 0, request.height % patch == 0 else {
            throw TrainingError(
                .usage(
                    "size: expected multiples of \(patch) pixels, the edge of a latent, found "
                        + "\(request.width)x\(request.height)"
                )
            )
        }
        guard recipe.imageShare == 1 || request.frames <= network.maxFrames else {
            throw TrainingError(
                .usage(
                    "frames: expected at most \(network.maxFrames), the positions that the "
                        + "network has, found \(request.frames)"
                )
            )
        }
    }

    package func accumulate(_ draw: Draw) throws -> [Metric] {
        var chance = draw.stream("kind")
        let isImage = chance.bool(probability: recipe.imageShare)
        var request = recipe.request
        if isImage { request.frames = 1 }
        let examples = try (0..<(isImage ? recipe.images : recipe.clips)).map {
            try example(draw, $0, request, from: training)
        }
        let output = try predict(examples, isImage ? .image : .video)
        let found = try output.download()
        let (loss, error) = judged(found, examples)
        try recording.backward([(output, loss.gradient)])
        return [
            Metric("loss", loss.value), Metric("error", error),
            Metric("images", isImage ? 1 : 0),
        ]
    }

    package func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        try recording.withoutRecording {
            let draw = Draw(seed: draw.seed, step: 0)
            let isImage = recipe.imageShare == 1
            var request = recipe.request
            if isImage { request.frames = 1 }
            var sums: [String: (Double, Int)] = [:]
            for index in 0..<recipe.judged {
                // Timesteps at even distances, whatever chance would say.
                var example = try example(draw, index, request, from: validation)
                let share = (Double(index) + 0.5) / Double(recipe.judged)
                let timestep = Int(share * Double(scheduler.trainTimesteps))
                example = example.moved(to: timestep, objective)
                let found = try predict([example], isImage ? .image : .video).download()
                let error = judged(found, [example]).error
                let third = ["clean", "middle", "noisy"][min(2, Int(share * 3))]
                for name in ["error", "error_\(third)"] {
                    let sum = sums[name, default: (0, 0)]
                    sums[name] = (sum.0 + error, sum.1 + 1)
                }
            }
            let metrics = ["error", "error_clean", "error_middle", "error_noisy"].compactMap {
                name in sums[name].map { Metric(name, $0.0 / Double($0.1)) }
            }
            return (metrics, try sampled(draw, request))
        }
    }

    package func components() throws -> [TrainedComponent] { [component] }

    // MARK: Examples

    /// A clip with all that chance decides about it.
    private struct Example {
        let clip: EncodedClips.Example
        let level: StructureLevel
        /// `[D]`; zeros, the null content, where it was dropped: it can stand beside others.
        let content: HostTensor
        let noise: HostTensor
        let diffusion: DiffusionObjective.Example

        func moved(to timestep: Int, _ objective: DiffusionObjective) -> Example {
            Example(
                clip: clip,
                level: level,
                content: content,
                noise: noise,
                diffusion: objective.example(
                    clean: clip.latents,
                    noise: noise,
                    timestep: timestep
                )
            )
        }
    }

    private func example(
        _ draw: Draw,
        _ index: Int,
        _ request: ClipRequest,
        from clips: EncodedClips
    ) throws -> Example {
        var (place, level, frame) = (
            draw.stream("clip", index), draw.stream("level", index), draw.stream("frame", index)
        )
        var (content, time, field) = (
            draw.stream("content", index), draw.stream("timestep", index),
            draw.stream("noise", index)
        )
        var twin = draw.stream("twin", index)
        let rounds = recipe.levels.map { $0.lowerBound + level.integer(below: $0.count) }
        let structure = try rounds.map { try StructureLevel($0) }
        let clip = try clips.example(
            &place,
            request,
            level: structure,
            frame: frame.integer(below: request.frames),
            isTwin: twin.bool(probability: recipe.twinShare)
        )
        let noise = field.normals(clip.latents.shape)
        return Example(
            clip: clip,
            level: try structure ?? StructureLevel(0),
            content: seen(clip.content, &content),
            noise: noise,
            diffusion: objective.example(
                clean: clip.latents,
                noise: noise,
                timestep: recipe.timestepShift.draw(&time, below: scheduler.trainTimesteps)
            )
        )
    }

    /// The content that the network sees in the place of a clip's own.
    private func seen(_ own: HostTensor, _ chance: inout KeyedGenerator) -> HostTensor {
        if chance.bool(probability: recipe.contentDropout) {
            return HostTensor(repeating: 0, own.shape)
        }
        guard let prompts, chance.bool(probability: 0.5) else { return own }
        return prompts.draw(&chance)
    }

    private func predict(_ examples: [Example], _ mode: Gen1UNet.Mode) throws -> Tensor {
        try network(
            sample: recording.upload(.stacked(examples.map(\.diffusion.noised))),
            structure: recording.upload(.stacked(examples.map(\.clip.structure))),
            structureLevel: examples.map { Float($0.level.rounds) },
            timesteps: examples.map { Float($0.diffusion.timestep) },
            content: recording.upload(.stacked(examples.map(\.content))),
            mode: mode
        )
    }

    /// The weighted loss and the plain error of v, means over the clips.
    private func judged(
        _ found: HostTensor,
        _ examples: [Example]
    ) -> (loss: Loss, error: Double) {
        let share = 1 / Double(examples.count)
        var (value, error) = (0.0, 0.0)
        var gradient: [Float] = []
        gradient.reserveCapacity(found.values.count)
        for (index, example) in examples.enumerated() {
            let loss = objective.loss(found.slice(index), example.diffusion)
            let weight = recipe.weighting.weight(
                at: example.diffusion.timestep,
                in: objective.schedule
            )
            value += share * weight * loss.value
            error += share * loss.value
            gradient += loss.gradient.values.map { $0 * Float(share * weight) }
        }
        return (Loss(value: value, gradient: HostTensor(gradient, found.shape)), error)
    }

    // MARK: Looking

    /// Source, structure and what is sampled with the source's own content, frame by frame.
    private func sampled(
        _ draw: Draw,
        _ request: ClipRequest
    ) throws -> [ValidationPicture] {
        guard recipe.sampledSteps > 0 else { return [] }
        let example = try example(draw, 0, request, from: validation)
        var settings = SampleSettings(structureLevel: example.level)
        settings.steps = recipe.sampledSteps
        settings.guidance = 2
        var inputs = ShotInputs(structure: example.clip.structure)
        inputs.content = .stacked([example.clip.content])
        let sampler = try ShotSampler(
            network,
            on: recording,
            schedule: scheduler,
            settings: settings,
            hasContent: true
        )
        let latents = try sampler.sample(
            sampler.start(inputs),
            window: 0..<request.frames,
            steps: sampler.steps,
            inputs
        )
        let rows = try [example.clip.latents, example.clip.structure, latents].map { latents in
            let frames = try decoder.frames(of: latents)
            // Four frames are enough to see whether they hang together.
            return stride(from: 0, to: request.frames, by: max(1, request.frames / 4))
                .map { frames.slice($0) }
        }
        return [ValidationPicture("sample", ContactSheet.image(rows))]
    }
}
