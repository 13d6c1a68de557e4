import Diffusion
import Models
package import Tensors

extension UnitRunner {
    /// The embeddings that the prior draws for prompts.
    ///
    /// What a single one gets is what a job of that prompt and seed has. Several at once cost less:
    /// each text is encoded once, and the prior takes them together. They are the same to the bit
    /// where a product's row does not depend on the rows beside it: by our own kernels, not by the
    /// libraries'.
    ///
    /// - Parameters:
    ///   - draws: At least one.
    ///   - guidance: Of the prior.
    ///   - model: The model's folder.
    ///   - variant: Of its weights, such as fp16.
    /// - Returns: `[N, D]`.
    /// - Throws: As `run` does.
    package func contents(
        _ draws: [PromptDraw],
        guidance: Double,
        model: String,
        variant: String? = nil
    ) throws -> HostTensor {
        precondition(!draws.isEmpty, "the contents of no prompts")
        var settings = UnitSettings(
            model: model,
            sampling: SampleSettings(structureLevel: try StructureLevel(0))
        )
        settings.variant = variant
        settings.priorGuidance = guidance
        return try judged {
            let found = try drawn(draws, settings, loaded(settings)) { _ in }
            try Self.checkFinite(found)
            return found
        }
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
        let draw = PromptDraw(prompt, seed: settings.sampling.seed)
        return try drawn([draw], settings, model, progress)
    }

    /// Draws that go through the prior together.
    private static let drawsAtOnce = 16

    private func drawn(
        _ draws: [PromptDraw],
        _ settings: UnitSettings,
        _ model: LoadedModel,
        _ progress: @escaping Progress
    ) throws -> HostTensor {
        let texts = try model.textEncoder(progress)
        let prior = try model.prior(progress)
        let sampler = try UnCLIPSampler(model.priorSchedule(), steps: settings.priorSteps)
        let sampling = PriorSampling(prior, sampler, guidance: Float(settings.priorGuidance))
        let negative = settings.negativePrompt ?? ""
        var encoded: [String: PriorTransformer.Conditioning] = [:]
        for text in [negative] + draws.map(\.prompt) where encoded[text] == nil {
            encoded[text] = try conditioning(text, texts)
        }
        var done = 0
        var rows: [HostTensor] = []
        for first in stride(from: 0, to: draws.count, by: Self.drawsAtOnce) {
            let batch = draws[first..<min(first + Self.drawsAtOnce, draws.count)]
            func noise(_ step: Int) -> HostTensor {
                .stacked(batch.map { $0.noise(prior.config.embeddingChannels, step: step) })
            }
            let found = try sampling(
                prompts: .joining(batch.compactMap { encoded[$0.prompt] }),
                empty: .joining(batch.compactMap { _ in encoded[negative] }),
                start: noise(0),
                noise: (1..<sampler.timesteps.count).map(noise),
                willStep: { _ in
                    try progress(.running(done: done))
                    done += 1
                }
            )
            rows += batch.indices.map { found.slice($0 - first) }
        }
        return .stacked(rows)
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

/// A prompt, and the seed with which the prior draws for it.
package struct PromptDraw: Hashable, Sendable {
    package let prompt: String
    package let seed: UInt64

    package init(_ prompt: String, seed: UInt64) {
        self.prompt = prompt
        self.seed = seed
    }

    /// Normal noise of a step, `[D]`: a whole job has one embedding, so the noise belongs to no
    /// frame; each step has its own.
    fileprivate func noise(_ width: Int, step: Int) -> HostTensor {
        let key = NoiseKey(.prior, step: step)
        return HostTensor(NoiseSource(seed: seed).normals(width, frame: 0, key: key), [width])
    }
}
