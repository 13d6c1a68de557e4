import Evaluation
import Models
import NN
import Pipelines
package import Tensors

/// Trains the autoencoder, both halves at once or the decoder alone.
///
/// Kingma & Welling 2013 (arXiv 1312.6114); Rombach et al. 2022 (arXiv 2112.10752), without the
/// losses that need networks of their own. Some of the pictures are depth maps, where there is
/// depth: gen1's structure goes through the same autoencoder.
package final class AutoencoderTask: TrainingTask {
    /// Which weights train.
    package enum Weights: String, CaseIterable, Sendable {
        case all
        /// Encoder, and with it every latent, stays as it is: what a gen1 has learned stays true.
        case decoder
    }

    package struct Options: Hashable, Sendable {
        package var request: ClipRequest
        package var batch: Int
        package var weights = Weights.all
        package var reconstruction = ReconstructionLoss()
        /// Weight of the mean divergence of a latent from N(0, 1).
        package var divergence = 1e-4
        /// Weight of the error of the latents' last three channels as a small picture; 0 leaves
        /// them free.
        package var thumbnail = 0.0
        /// Share of depth maps among the pictures: gen1 encodes them, and decodes none.
        package var depthShare = 0.125
        /// Pictures that are judged, and that latents are measured on.
        package var judged = 16

        package init(width: Int, height: Int, batch: Int) {
            request = ClipRequest(width: width, height: height)
            self.batch = batch
        }
    }

    package let name = "vae"
    package let recording: RecordingBackend
    private let data: TrainingData
    private let options: Options
    private let network: Autoencoder
    private let component: TrainedComponent

    /// - Parameters:
    ///   - start: A model with an autoencoder.
    ///   - data: Pictures.
    ///   - options: Sizes and weights.
    ///   - recording: Where it trains.
    /// - Throws: As `StartingModel` does, and `TrainingError` for pictures that do not divide into
    ///   latents.
    package init(
        _ start: StartingModel,
        _ data: TrainingData,
        _ options: Options,
        on recording: RecordingBackend
    ) throws {
        self.recording = recording
        self.data = data
        self.options = options
        (network, component) = try start.load(
            .vae,
            on: recording,
            trains: options.weights.include,
            StartingModel.makeAutoencoder
        )
        let patch = network.encoder.config.patch
        let channels = network.encoder.config.latentChannels
        guard options.thumbnail == 0 || channels >= ThumbnailError.channels else {
            throw TrainingError(
                .usage(
                    "thumbnail: expected an autoencoder of at least \(ThumbnailError.channels) "
                        + "latent channels, found \(channels)"
                )
            )
        }
        guard options.request.width % patch == 0, options.request.height % patch == 0 else {
            throw TrainingError(
                .usage(
                    "size: expected multiples of \(patch) pixels, the edge of a latent, found "
                        + "\(options.request.width)x\(options.request.height)"
                )
            )
        }
    }

    package func accumulate(_ draw: Draw) throws -> [Metric] {
        let (source, options) = (data.training, options)
        let pictures = HostTensor.stacked(
            try concurrentValues(options.batch) {
                try Self.picture(draw, $0, from: source, options)
            }
        )
        return switch options.weights {
        case .all: try accumulate(pictures, draw)
        case .decoder: try accumulate(pictures)
        }
    }

    /// Reconstructions of samples of the posterior, and its divergence.
    private func accumulate(_ pictures: HostTensor, _ draw: Draw) throws -> [Metric] {
        let posterior = try network.encoder(recording.upload(pictures))
        var noise = draw.stream("posterior")
        let field = noise.normals(posterior.mean.shape)
        var values: LatentPosterior?
        let latents = try recording.hostFunction([
            posterior.mean, posterior.unboundedLogVariance,
        ]) { inputs in
            let inner = LatentPosterior(mean: inputs[0], logVariance: inputs[1])
            values = inner
            return (
                [inner.sample(noise: field)],
                { gradients in
                    guard let gradient = gradients[0] else { return [nil, nil] }
                    let found = inner.gradients(ofSample: gradient, noise: field)
                    return [found.mean, found.logVariance]
                }
            )
        }
        let output = try network.decoder(latents[0])
        let found = try output.download()
        let loss = options.reconstruction(found, pictures)
        guard let divergence = values?.divergence(weight: options.divergence) else {
            preconditionFailure("the posterior was not sampled")
        }
        var targets = [
            (output, loss.gradient),
            (posterior.mean, divergence.mean),
            (posterior.unboundedLogVariance, divergence.logVariance),
        ]
        var metrics = [
            Metric("reconstruction", loss.value),
            Metric("divergence", divergence.value),
            Metric("psnr", PictureQuality.psnr(found, pictures)),
        ]
        var total = loss.value + divergence.value
        if options.thumbnail > 0 {
            let error = ThumbnailError(weight: options.thumbnail)
            let thumbnail = error(try posterior.mean.download(), pictures)
            targets.append((posterior.mean, thumbnail.gradient))
            metrics.append(Metric("thumbnail", thumbnail.value))
            total += thumbnail.value
        }
        try recording.backward(targets)
        return [Metric("loss", total)] + metrics
    }

    /// Reconstructions of the posterior's mean: gen1 learns to make means, so what it makes is
    /// nearer to them than to samples.
    private func accumulate(_ pictures: HostTensor) throws -> [Metric] {
        let latents = try network.encoder(recording.upload(pictures)).mean
        let output = try network.decoder(latents)
        let found = try output.download()
        let loss = options.reconstruction(found, pictures)
        try recording.backward([(output, loss.gradient)])
        return [
            Metric("loss", loss.value), Metric("psnr", PictureQuality.psnr(found, pictures)),
        ]
    }

    package func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        try recording.withoutRecording {
            var (quality, loss) = (0.0, 0.0)
            var pairs: [[HostTensor]] = []
            let judged = Draw(seed: draw.seed, step: 0)
            for index in 0..<options.judged {
                let original = HostTensor.stacked([
                    try colours(judged, index, from: data.validation)
                ])
                let latents = try network.encoder(recording.upload(original)).mean
                let found = try network.decoder(latents).download()
                quality += PictureQuality.psnr(found, original) / Double(options.judged)
                loss += options.reconstruction(found, original).value / Double(options.judged)
                if pairs.count < 4 { pairs.append([original.slice(0), found.slice(0)]) }
            }
            return (
                [Metric("reconstruction", loss), Metric("psnr", quality)],
                [ValidationPicture("reconstruction", ContactSheet.image(pairs))]
            )
        }
    }

    /// The autoencoder, with a scaling factor that gives the latents of pictures the deviation 1.
    ///
    /// It is measured over the means of those of validation, a function of the weights alone.
    /// Latents of an encoder that does not train keep the factor that gen1 knows.
    package func components() throws -> [TrainedComponent] {
        guard options.weights == .all else { return [component] }
        let deviation = try recording.withoutRecording {
            var (sum, squares, count) = (0.0, 0.0, 0.0)
            for index in 0..<options.judged {
                let picture = try colours(Draw(seed: 0, step: 0), index, from: data.validation)
                let mean = try network.encoder(recording.upload(.stacked([picture]))).mean
                for value in try mean.download().doubles {
                    sum += value
                    squares += value * value
                    count += 1
                }
            }
            return max(squares / count - (sum / count) * (sum / count), 0).squareRoot()
        }
        guard deviation > 0, deviation.isFinite else {
            throw TrainingError(.data("vae: all latents are equal, so there is no scaling factor"))
        }
        var values = component.config.values
        // Rounded: more digits than this mean nothing, and the file is read by people.
        values["scaling_factor"] = .number((1e5 / deviation).rounded() / 1e5)
        return [
            TrainedComponent(
                kind: component.kind,
                config: ConfigObject(values, label: component.config.label),
                source: component.source
            )
        ]
    }

    /// A picture to learn from, or a depth map.
    private static func picture(
        _ draw: Draw,
        _ index: Int,
        from source: any ClipSource,
        _ options: Options
    ) throws -> HostTensor {
        var generator = draw.stream("clip", index)
        let clip = try source.clip(&generator, options.request)
        var choice = draw.stream("depth", index)
        guard let depth = clip.depth, choice.bool(probability: options.depthShare),
            let range = DepthRange(of: depth)
        else { return clip.pictures.tensor.slice(0) }
        let level = try StructureLevel(choice.integer(below: StructureLevel.largest + 1))
        return level.picture(of: range.normalised(depth)).slice(0)
    }

    private func colours(
        _ draw: Draw,
        _ index: Int,
        from source: any ClipSource
    ) throws -> HostTensor {
        var generator = draw.stream("validation", index)
        return try source.clip(&generator, options.request).pictures.tensor.slice(0)
    }
}

extension AutoencoderTask.Weights {
    /// Whether the parameter of a key of the autoencoder trains.
    package func include(_ key: String) -> Bool {
        switch self {
        case .all: true
        case .decoder: key.hasPrefix("decoder.") || key.hasPrefix("post_quant_conv.")
        }
    }
}
