package import Diffusion
package import Models
package import Tensors

/// From texts to the CLIP embeddings of images that fit them: unCLIP's prior, sampled with
/// guidance.
///
/// Ramesh et al. 2022, arXiv 2204.06125, section 2.2. N texts, D embedding channels.
package struct PriorSampling: Sendable {
    private let prior: PriorTransformer
    private let sampler: UnCLIPSampler
    private let guidance: Float

    /// - Parameters:
    ///   - prior: The network; what it predicts must be as wide as what it denoises.
    ///   - sampler: The steps.
    ///   - guidance: ω of x̂(empty) + ω (x̂(prompt) − x̂(empty)); with 1 the empty text is not
    ///     evaluated.
    package init(_ prior: PriorTransformer, _ sampler: UnCLIPSampler, guidance: Float) {
        precondition(
            prior.config.outputChannels == prior.config.embeddingChannels,
            "a prior of \(prior.config.outputChannels) channels cannot be sampled"
        )
        self.prior = prior
        self.sampler = sampler
        self.guidance = guidance
    }

    /// Samples one embedding a text.
    ///
    /// - Parameters:
    ///   - prompts: The texts.
    ///   - empty: As many empty, or negative, texts.
    ///   - start: Normal noise, `[N, D]`.
    ///   - noise: Normal noise for each step but the last, `[N, D]` each.
    ///   - willStep: Called before each step with its position; throws to stop.
    /// - Returns: `[N, D]`, scaled as CLIP's image encoder scales them.
    /// - Throws: `NetworkInputError` if a tensor does not fit, `BackendError` if the device failed,
    ///   or what `willStep` throws.
    package func callAsFunction(
        prompts: PriorTransformer.Conditioning,
        empty: PriorTransformer.Conditioning,
        start: HostTensor,
        noise: [HostTensor],
        willStep: (Int) throws -> Void = { _ in }
    ) throws -> HostTensor {
        guard noise.count == sampler.timesteps.count - 1,
            noise.allSatisfy({ $0.shape == start.shape })
        else {
            throw NetworkInputError(
                "noise: expected \(sampler.timesteps.count - 1) tensors of shape \(start.shape)"
            )
        }
        let texts = guidance == 1 ? prompts : .joining([empty, prompts])
        var embedding = start
        for index in sampler.timesteps.indices {
            try willStep(index)
            let step = sampler.step(index)
            embedding = step.advance(
                embedding,
                output: try predict(embedding, step.timestep, texts),
                noise: index < noise.count ? noise[index] : nil
            )
        }
        return try unnormalized(embedding)
    }

    private func predict(
        _ embedding: HostTensor,
        _ timestep: Int,
        _ texts: PriorTransformer.Conditioning
    ) throws -> HostTensor {
        let backend = texts.textStates.backend
        let copies = guidance == 1 ? 1 : 2
        let noisy = backend.upload(embedding)
        let predicted = try prior(
            copies == 1 ? noisy : backend.concatenateOuter([noisy, noisy]),
            timesteps: [Float](repeating: Float(timestep), count: copies * embedding.shape[0]),
            texts
        )
        guard copies == 2 else { return try predicted.download() }
        let count = embedding.shape[0]
        let (empty, prompt) = (predicted.outer(0..<count), predicted.outer(count..<2 * count))
        return try backend.combine([(1 - guidance, empty), (guidance, prompt)]).download()
    }

    /// The prior works on embeddings of mean 0 and deviation 1.
    private func unnormalized(_ embedding: HostTensor) throws -> HostTensor {
        let mean = try prior.embeddingMean.download().values
        let deviation = try prior.embeddingDeviation.download().values
        let channels = embedding.shape[-1]
        var result = embedding
        for index in result.values.indices {
            let channel = index % channels
            result.values[index] = result.values[index] * deviation[channel] + mean[channel]
        }
        return result
    }
}

extension PriorTransformer.Conditioning {
    /// Several, at least one, as one.
    static func joining(_ parts: [PriorTransformer.Conditioning]) -> Self {
        let backend = parts[0].textStates.backend
        return Self(
            textEmbedding: backend.concatenateOuter(parts.map(\.textEmbedding)),
            textStates: backend.concatenateOuter(parts.map(\.textStates)),
            textMask: parts.flatMap(\.textMask)
        )
    }
}
