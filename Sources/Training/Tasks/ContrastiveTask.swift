import Evaluation
import Models
import NN
import Pipelines
package import Tensors

/// Trains CLIP: image and text encoder, so that a picture and its caption have near embeddings.
///
/// Radford et al. 2021 (arXiv 2103.00020). The temperature is learned; it is part of the run, not
/// of the model, whose embeddings are compared by their angles alone.
package final class ContrastiveTask: TrainingTask {
    package struct Options: Hashable, Sendable {
        package var request: ClipRequest
        /// Pictures and captions that are told apart at once.
        package var batch: Int
        /// Pairs that are judged at once.
        package var judged = 64

        package init(width: Int, height: Int, batch: Int) {
            request = ClipRequest(width: width, height: height, needsCaption: true)
            self.batch = batch
        }
    }

    package let name = "clip"
    package let recording: RecordingBackend
    private let data: TrainingData
    private let options: Options
    private let images: (network: CLIPImageEncoder, component: TrainedComponent)
    private let texts: (network: CLIPTextEncoder, component: TrainedComponent)
    private let preprocessor: CLIPPreprocessor
    private let tokenizer: BPETokenizer
    /// τ, `[1]`.
    private let logScale: Tensor
    private let loss = ContrastiveLoss()

    /// - Parameters:
    ///   - start: A model with both encoders, whose projections are equally wide, and a tokenizer.
    ///   - data: Pictures with captions.
    ///   - options: Sizes.
    ///   - recording: Where it trains.
    /// - Throws: As `StartingModel` does, and `TrainingError` for encoders that do not go together.
    package init(
        _ start: StartingModel,
        _ data: TrainingData,
        _ options: Options,
        on recording: RecordingBackend
    ) throws {
        self.recording = recording
        self.data = data
        self.options = options
        images = try start.load(.imageEncoder, on: recording, StartingModel.makeImageEncoder)
        texts = try start.load(.textEncoder, on: recording, StartingModel.makeTextEncoder)
        preprocessor = try start.folder.imagePreprocessor(images.network.config)
        tokenizer = try start.tokenizer(for: texts.network.config)
        let widths = (
            images.network.config.projectionChannels, texts.network.config.projectionChannels
        )
        guard texts.network.config.hasProjection, widths.0 == widths.1 else {
            throw TrainingError(
                .data(
                    "\(start.folder.path): expected text and image encoder with projections of one "
                        + "width, found \(widths.1) and \(widths.0)"
                )
            )
        }
        let store = ParameterStore(backend: recording) { declaration in
            StoredTensor(name: declaration.key, shape: declaration.shape) {
                [ContrastiveLoss.initialLogScale]
            }
        }
        logScale = try recording.loading(component: "contrast") {
            try store.root.tensor("logit_scale", [1], initial: .zeros)
        }
    }

    package func accumulate(_ draw: Draw) throws -> [Metric] {
        let batch = try clips(draw, "clip", count: options.batch, from: data.training)
        let (pictures, captions) = try encoded(batch)
        let scale = try logScale.download().values[0]
        let found = loss(
            images: try pictures.download(),
            texts: try captions.download(),
            logScale: scale,
            captions: batch.map(\.caption)
        )
        try recording.backward([
            (pictures, found.images),
            (captions, found.texts),
            (logScale, HostTensor([Float(found.logScale)], [1])),
        ])
        return [
            Metric("loss", found.value),
            Metric("accuracy", found.accuracy),
            Metric("log_scale", Double(scale)),
        ]
    }

    package func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        try recording.withoutRecording {
            let batch = try clips(
                Draw(seed: draw.seed, step: 0),
                "validation",
                count: options.judged,
                from: data.validation
            )
            let (pictures, captions) = try encoded(batch)
            let (images, texts) = (try pictures.download(), try captions.download())
            let found = loss(
                images: images,
                texts: texts,
                logScale: try logScale.download().values[0],
                captions: batch.map(\.caption)
            )
            return (
                [Metric("loss", found.value), Metric("accuracy", found.accuracy)],
                [ValidationPicture("similarities", Self.similarities(images, texts))]
            )
        }
    }

    package func components() throws -> [TrainedComponent] {
        [images.component, texts.component]
    }

    private struct Pair: Sendable {
        let image: RGBImage
        let caption: String
    }

    private func clips(
        _ draw: Draw,
        _ stream: String,
        count: Int,
        from source: any ClipSource
    ) throws -> [Pair] {
        let request = options.request
        return try concurrentValues(count) { index in
            var generator = draw.stream(stream, index)
            let clip = try source.clip(&generator, request)
            guard let caption = clip.caption else {
                preconditionFailure("a clip with a caption was asked for")
            }
            return Pair(image: clip.pictures.image(0), caption: caption)
        }
    }

    private func encoded(_ batch: [Pair]) throws -> (images: Tensor, texts: Tensor) {
        let pixels = HostTensor.stacked(batch.map { preprocessor($0.image) })
        let pictures = try images.network(recording.upload(pixels)).embeddings
        let captions = try texts.network(batch.map { tokenizer($0.caption).ids }).embeddings
        guard let captions else { preconditionFailure("the text encoder has a projection") }
        return (pictures, captions)
    }

    /// Cosines of images (rows) and texts (columns), black for -1 and white for 1, each 4 × 4.
    private static func similarities(_ images: HostTensor, _ texts: HostTensor) -> RGBImage {
        let (rows, columns) = (images.normalisedRows, texts.normalisedRows)
        let (count, width, side) = (images.shape[0], images.shape[1], 4)
        var map: [Float] = []
        for y in 0..<count * side {
            for x in 0..<count * side {
                let (i, j) = (y / side * width, x / side * width)
                map.append((0..<width).reduce(0) { $0 + rows[i + $1] * columns[j + $1] })
            }
        }
        return ContactSheet.image([[HostTensor(map, [count * side, count * side])]])
    }
}

extension HostTensor {
    /// The values with each row of the innermost axis at length 1.
    fileprivate var normalisedRows: [Float] {
        let width = shape[-1]
        var result = values
        for start in stride(from: 0, to: values.count, by: width) {
            let squares = values[start..<start + width].reduce(0) { $0 + $1 * $1 }
            let length = max(squares.squareRoot(), 1e-12)
            for index in start..<start + width { result[index] /= length }
        }
        return result
    }
}
