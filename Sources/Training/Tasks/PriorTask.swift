import Diffusion
import Models
import NN
import Pipelines
package import Tensors

/// Trains the diffusion prior: from a caption to the embedding of a picture that fits it.
///
/// Ramesh et al. 2022 (arXiv 2204.06125), section 2.2: the network sees a noised embedding and the
/// text, and predicts the clean one; the loss is its squared error. Embeddings are of mean 0 and
/// deviation 1 in each channel: `clip_mean` and `clip_std` of the file, measured on a model that
/// has not got them yet. Captions are dropped now and then, so that sampling can be guided,
/// and others are shortened, so that texts which leave something open can be sampled.
package final class PriorTask: TrainingTask {
    package struct Options: Hashable, Sendable {
        package var request: ClipRequest
        package var batch: Int
        /// Share of examples whose caption is the empty text.
        package var captionDropout = 0.1
        /// Which of the others lose some words.
        package var partial = PartialCaption(share: 0.3)
        /// Pictures that mean and deviation are measured on.
        package var measured = 512
        /// Whether they are measured though the model has them, for a CLIP that was trained on.
        package var rescales = false
        /// Captions that are judged.
        package var judged = 32
        /// Of embeddings that are kept.
        package var cacheBytes = 256 << 20

        package init(width: Int, height: Int, batch: Int) {
            request = ClipRequest(width: width, height: height, needsCaption: true)
            self.batch = batch
        }
    }

    package let name = "prior"
    package let recording: RecordingBackend
    private let data: TrainingData
    private let options: Options
    private let network: PriorTransformer
    private let component: TrainedComponent
    private let images: ContentEncoder
    private let texts: CLIPTextEncoder
    private let tokenizer: BPETokenizer
    private let sampler: UnCLIPConfig
    private let schedule: NoiseSchedule
    private let kept: BoundedCache<ClipKey, Example>
    /// Of embeddings, one value a channel.
    private let mean: [Float]
    private let deviation: [Float]

    private struct Example: Sendable {
        let embedding: HostTensor
        let caption: String
    }

    /// - Parameters:
    ///   - start: A model with prior, both encoders and a tokenizer.
    ///   - data: Pictures with captions.
    ///   - options: Sizes.
    ///   - recording: Where it trains.
    /// - Throws: As `StartingModel` does, and `TrainingError` for parts that do not go together.
    package init(
        _ start: StartingModel,
        _ data: TrainingData,
        _ options: Options,
        on recording: RecordingBackend
    ) throws {
        self.recording = recording
        self.data = data
        self.options = options
        let base = recording.base
        let isLearned = { (key: String) in key != Self.meanKey && key != Self.deviationKey }
        (network, component) = try start.load(.prior, on: recording, trains: isLearned) {
            try PriorTransformer(PriorConfig($0), $1)
        }
        let images = try start.contentEncoder(on: base)
        self.images = images
        texts = try start.frozen(.textEncoder, on: base, StartingModel.makeTextEncoder)
        tokenizer = try start.tokenizer(for: texts.config)
        try Self.check(network.config, images, texts.config, tokenizer, start.folder.path)
        sampler = try start.folder.priorSchedule()
        guard sampler.prediction == .sample else {
            throw TrainingError(
                .data("\(start.folder.path): prior_scheduler: expected prediction_type sample")
            )
        }
        schedule = NoiseSchedule(.squaredCosine, timesteps: sampler.trainTimesteps)
        kept = BoundedCache(bytesMax: options.cacheBytes)
        let parameters = recording.parameters.filter {
            $0.component == ComponentKind.prior.folder
                && ($0.key == Self.meanKey || $0.key == Self.deviationKey)
        }
        (mean, deviation) = try Self.scales(parameters, data.training, images, options)
    }

    private static let meanKey = "clip_mean"
    private static let deviationKey = "clip_std"

    package func accumulate(_ draw: Draw) throws -> [Metric] {
        var captions: [String] = []
        var clean: [HostTensor] = []
        var noised: [HostTensor] = []
        var timesteps: [Float] = []
        for index in 0..<options.batch {
            var generator = draw.stream("clip", index)
            let example = try example(&generator, from: data.training, isKept: true)
            var chance = draw.stream("dropout", index)
            let isDropped = chance.bool(probability: options.captionDropout)
            captions.append(isDropped ? "" : options.partial(example.caption, &chance))
            var time = draw.stream("timestep", index)
            let timestep = time.integer(below: sampler.trainTimesteps)
            timesteps.append(Float(timestep))
            let x = normalised(example.embedding)
            clean.append(x)
            var noise = draw.stream("noise", index)
            noised.append(schedule.noising(at: timestep)(x, noise: noise.normals(x.shape)))
        }
        let output = try network(
            recording.upload(.stacked(noised)),
            timesteps: timesteps,
            conditioning(captions)
        )
        let loss = Self.loss(try output.download(), .stacked(clean))
        try recording.backward([(output, loss.gradient)])
        return [Metric("loss", loss.value)]
    }

    package func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        try recording.withoutRecording {
            let draw = Draw(seed: draw.seed, step: 0)
            let examples = try (0..<options.judged).map { index in
                var generator = draw.stream("validation", index)
                return try example(&generator, from: data.validation, isKept: false)
            }
            let width = network.config.embeddingChannels
            let steps = try UnCLIPSampler(sampler, steps: 25)
            let sampling = PriorSampling(network, steps, guidance: 1)
            let shape = Shape([examples.count, width])
            let captions = try conditioning(examples.map(\.caption))
            let found = try sampling(
                prompts: captions,
                empty: captions,
                start: noise(draw, 0, shape),
                noise: (1..<25).map { noise(draw, $0, shape) }
            )
            // Half of the noise's way: neither the text nor the noisy embedding alone suffices.
            let timestep = sampler.trainTimesteps / 2
            let clean = HostTensor.stacked(examples.map { normalised($0.embedding) })
            let noised = schedule.noising(at: timestep)(clean, noise: noise(draw, 99, shape))
            let predicted = try network(
                recording.upload(noised),
                timesteps: [Float](repeating: Float(timestep), count: examples.count),
                captions
            ).download()
            let agreement = Self.agreement(found, examples.map(\.embedding))
            return (
                [
                    Metric("loss", Self.loss(predicted, clean).value),
                    Metric("cosine", agreement.own),
                    Metric("cosine_others", agreement.others),
                ], []
            )
        }
    }

    package func components() throws -> [TrainedComponent] { [component] }

    /// Squared error, the mean over all elements.
    static func loss(_ found: HostTensor, _ clean: HostTensor) -> Loss {
        let share = 1 / Double(found.values.count)
        var value = 0.0
        let gradient = zip(found.values, clean.values).map { a, b in
            let error = Double(a) - Double(b)
            value += share * error * error
            return Float(2 * share * error)
        }
        return Loss(value: value, gradient: HostTensor(gradient, found.shape))
    }

    private func noise(_ draw: Draw, _ index: Int, _ shape: Shape) -> HostTensor {
        var generator = draw.stream("sampling", index)
        return generator.normals(shape)
    }

    private func normalised(_ embedding: HostTensor) -> HostTensor {
        HostTensor(
            embedding.values.enumerated().map { channel, value in
                (value - mean[channel]) / deviation[channel]
            },
            embedding.shape
        )
    }

    private func example(
        _ generator: inout KeyedGenerator,
        from source: any ClipSource,
        isKept: Bool
    ) throws -> Example {
        try source.example(&generator, options.request) { key in
            let make = { () throws -> Example? in
                guard let clip = try source.clip(key, self.options.request),
                    let caption = clip.caption
                else { return nil }
                return Example(
                    embedding: try self.images.embedding(of: clip.pictures, 0),
                    caption: caption
                )
            }
            guard isKept else { return try make() }
            return try kept(key, bytes: { $0.embedding.values.count * 4 + 200 }, make: make)
        }
    }

    private func conditioning(_ captions: [String]) throws -> PriorTransformer.Conditioning {
        let tokens = captions.map { tokenizer($0) }
        let output = try texts(tokens.map(\.ids))
        guard let embeddings = output.embeddings else {
            preconditionFailure("the text encoder has a projection")
        }
        return PriorTransformer.Conditioning(
            textEmbedding: recording.constant(embeddings),
            textStates: recording.constant(output.lastHiddenState),
            textMask: tokens.map { text in text.ids.indices.map { $0 < text.count } }
        )
    }
}

// What is measured and checked before the first step.
extension PriorTask {
    /// Mean and deviation of each channel: the model's, or measured and set if it has none, or is
    /// to have others.
    private static func scales(
        _ parameters: [TrainableParameter],
        _ source: any ClipSource,
        _ images: ContentEncoder,
        _ options: Options
    ) throws -> (mean: [Float], deviation: [Float]) {
        guard let mean = parameters.first(where: { $0.key == meanKey }),
            let deviation = parameters.first(where: { $0.key == deviationKey })
        else { preconditionFailure("a prior has a mean and a deviation") }
        let found = (
            mean: try mean.value.download().values,
            deviation: try deviation.value.download().values
        )
        let isFresh = found.mean.allSatisfy { $0 == 0 } && found.deviation.allSatisfy { $0 == 1 }
        guard isFresh || options.rescales else { return found }
        var sums = [Double](repeating: 0, count: images.channels)
        var squares = sums
        for index in 0..<options.measured {
            var generator = Draw(seed: 0, step: 0).stream("scales", index)
            let clip = try source.clip(&generator, options.request)
            let values = try images.embedding(of: clip.pictures, 0).doubles
            for (channel, value) in values.enumerated() {
                sums[channel] += value
                squares[channel] += value * value
            }
        }
        let count = Double(options.measured)
        let means = sums.map { $0 / count }
        let deviations = zip(squares, means).map { square, mean in
            max((square / count - mean * mean).squareRoot(), 1e-4)
        }
        let shape = mean.shape
        mean.replace(HostTensor(means.map { Float($0) }, shape))
        deviation.replace(HostTensor(deviations.map { Float($0) }, shape))
        return (means.map { Float($0) }, deviations.map { Float($0) })
    }

    private static func check(
        _ prior: PriorConfig,
        _ images: ContentEncoder,
        _ texts: CLIPTextConfig,
        _ tokenizer: BPETokenizer,
        _ path: String
    ) throws {
        let expected = [
            ("embedding_dim", prior.embeddingChannels, "image embeddings", images.channels),
            ("embedding_dim", prior.embeddingChannels, "text states", texts.channels),
            (
                "embedding_proj_dim", prior.textEmbeddingChannels, "text embeddings",
                texts.projectionChannels
            ),
            ("clip_embed_dim", prior.outputChannels, "image embeddings", images.channels),
            ("num_embeddings", prior.textTokens, "tokens a text", tokenizer.length),
        ]
        for (key, value, what, found) in expected where value != found {
            throw TrainingError(
                .data("\(path): prior: \(key) is \(value), and the model has \(found) \(what)")
            )
        }
        guard texts.hasProjection else {
            throw TrainingError(.data("\(path): text_encoder: expected one with a projection"))
        }
    }

    /// Mean cosine of sampled embeddings with those of their own pictures, and with the others'.
    private static func agreement(
        _ found: HostTensor,
        _ embeddings: [HostTensor]
    ) -> (own: Double, others: Double) {
        let count = embeddings.count
        func cosine(_ a: [Double], _ b: [Double]) -> Double {
            let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
            let squares = a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }
            return squares > 0 ? product / squares.squareRoot() : 0
        }
        var (own, others) = (0.0, 0.0)
        for i in 0..<count {
            let row = found.slice(i).doubles
            for j in 0..<count {
                let value = cosine(row, embeddings[j].doubles)
                if i == j { own += value } else { others += value }
            }
        }
        return (own / Double(count), others / Double(max(1, count * (count - 1))))
    }
}
