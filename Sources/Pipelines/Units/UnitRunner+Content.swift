import Diffusion
import Models
package import Tensors

extension UnitRunner {
    /// The embedding that the prior draws for a prompt, as a job of this seed has it.
    ///
    /// - Parameters:
    ///   - prompt: The text.
    ///   - seed: Of the draw.
    ///   - guidance: Of the prior.
    ///   - model: The model's folder.
    ///   - variant: Of its weights, such as fp16.
    /// - Returns: `[1, D]`.
    /// - Throws: As `run` does.
    package func content(
        prompt: String,
        seed: UInt64,
        guidance: Double,
        model: String,
        variant: String? = nil
    ) throws -> HostTensor {
        var settings = UnitSettings(
            model: model,
            sampling: SampleSettings(structureLevel: try StructureLevel(0))
        )
        settings.variant = variant
        settings.prompt = prompt
        settings.priorGuidance = guidance
        settings.sampling.seed = seed
        guard
            case .tensor(let embedding) = try run(
                .content(picture: nil),
                settings,
                progress: { _ in }
            )
        else { preconditionFailure("a prompt's content is pictures") }
        return embedding
    }

    /// The embedding `[1, D]` that guides the look: a picture's own, or that which the prior draws
    /// for a prompt.
    func content(
        _ picture: Pictures?,
        _ settings: UnitSettings,
        _ model: LoadedModel,
        _ progress: @escaping Progress
    ) throws -> HostTensor {
        if let picture { return try embedding(of: picture, model, progress) }
        guard let prompt = settings.prompt else {
            throw UnitError(.specification, "content: neither a prompt nor a picture")
        }
        let texts = try model.textEncoder(progress)
        let prior = try model.prior(progress)
        let sampler = try UnCLIPSampler(model.priorSchedule(), steps: settings.priorSteps)
        let width = prior.config.embeddingChannels
        let source = NoiseSource(seed: settings.sampling.seed)
        // The whole job has one embedding, so the noise belongs to no frame; each step has its own.
        func noise(_ step: Int) -> HostTensor {
            HostTensor(
                source.normals(width, frame: 0, key: NoiseKey(.prior, step: step)),
                Shape([1, width])
            )
        }
        var done = 0
        let sampling = PriorSampling(prior, sampler, guidance: Float(settings.priorGuidance))
        return try sampling(
            prompts: conditioning(prompt, texts),
            empty: conditioning(settings.negativePrompt ?? "", texts),
            start: noise(0),
            noise: (1..<sampler.timesteps.count).map(noise),
            willStep: { _ in
                try progress(.running(done: done))
                done += 1
            }
        )
    }

    private func embedding(
        of picture: Pictures,
        _ model: LoadedModel,
        _ progress: Progress
    ) throws -> HostTensor {
        guard picture.count == 1 else {
            throw UnitError(.specification, "content: expected 1 picture, found \(picture.count)")
        }
        let encoder = try model.imageEncoder(progress)
        try progress(.running(done: 0))
        let content = ContentEncoder(
            encoder,
            try model.imagePreprocessor(encoder.config),
            on: model.backend
        )
        return try content.embedding(of: picture, 0).reshaped([1, content.channels])
    }

    private func conditioning(
        _ text: String,
        _ texts: LoadedModel.TextEncoder
    ) throws -> PriorTransformer.Conditioning {
        let tokens = texts.tokenizer(text)
        let output = try texts.network([tokens.ids])
        guard let embedding = output.embeddings else {
            throw UnitError(.resource, "text_encoder: expected one with a projection for the prior")
        }
        return PriorTransformer.Conditioning(
            textEmbedding: embedding,
            textStates: output.lastHiddenState,
            textMask: [tokens.ids.indices.map { $0 < tokens.count }]
        )
    }
}
