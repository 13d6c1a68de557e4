import Evaluation
import Models
import Pipelines
package import Tensors

/// Trains the depth estimator on exact depth.
///
/// Ranftl et al. 2020 (arXiv 1907.01341) on the network of Ranftl et al. 2021 (arXiv 2103.13413).
package final class DepthTask: TrainingTask {
    package struct Options: Hashable, Sendable {
        package var request: ClipRequest
        package var batch: Int
        package var loss = RelativeDepthLoss()
        /// Pictures that are judged.
        package var judged = 16

        package init(width: Int, height: Int, batch: Int) {
            request = ClipRequest(width: width, height: height)
            self.batch = batch
        }
    }

    package let name = "depth"
    package let recording: RecordingBackend
    private let data: TrainingData
    private let options: Options
    private let network: DepthEstimator
    private let component: TrainedComponent
    private let preprocessor: DPTPreprocessor

    /// - Parameters:
    ///   - start: A model with a depth estimator.
    ///   - data: Pictures of which the depth is known.
    ///   - options: Sizes and weights.
    ///   - recording: Where it trains.
    /// - Throws: As `StartingModel` does.
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
            .depthEstimator,
            on: recording,
            StartingModel.makeDepthEstimator
        )
        preprocessor = try start.folder.depthPreprocessor(network.config)
    }

    package func accumulate(_ draw: Draw) throws -> [Metric] {
        let batch = try examples(draw, "clip", 0..<options.batch, from: data.training)
        let output = try network(recording.upload(batch.pixels))
        let found = try output.download()
        let map = found.reshaped(Shape(found.shape.dimensions.dropLast()))
        let truth = try batch.truth(like: map, on: recording.base)
        let loss = options.loss(map, truth)
        try recording.backward([(output, loss.gradient.reshaped(found.shape))])
        return [
            Metric("loss", loss.value),
            Metric("correlation", DepthAgreement(map, truth).correlation),
        ]
    }

    package func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        try recording.withoutRecording {
            var (loss, correlation) = (0.0, 0.0)
            var rows: [[HostTensor]] = []
            let share = 1 / Double(options.judged)
            for index in 0..<options.judged {
                let example = try examples(
                    Draw(seed: draw.seed, step: 0),
                    "validation",
                    index..<index + 1,
                    from: data.validation
                )
                let found = try network(recording.upload(example.pixels)).download()
                let map = found.reshaped(Shape(found.shape.dimensions.dropLast()))
                let truth = try example.truth(like: map, on: recording.base)
                loss += share * options.loss(map, truth).value
                correlation += share * DepthAgreement(map, truth).correlation
                guard rows.count < 4 else { continue }
                rows.append([
                    try Examples.sized(example.pictures[0].tensor, like: map, on: recording.base)
                        .slice(0),
                    ContactSheet.stretched(truth.slice(0)), ContactSheet.stretched(map.slice(0)),
                ])
            }
            return (
                [Metric("loss", loss), Metric("correlation", correlation)],
                [ValidationPicture("depth", ContactSheet.image(rows))]
            )
        }
    }

    package func components() throws -> [TrainedComponent] { [component] }

    /// Pictures and what is known of them.
    private struct Examples {
        var pictures: [Pictures] = []
        /// `[N, H, W]`.
        var depth: HostTensor
        /// `[N, h, w, 3]`, as the network takes them.
        var pixels: HostTensor

        /// The true depth in the size of an estimate.
        func truth(like map: HostTensor, on backend: any Backend) throws -> HostTensor {
            let shape = Shape(depth.shape.dimensions + [1])
            return try Self.sized(depth.reshaped(shape), like: map, on: backend)
                .reshaped(map.shape)
        }

        static func sized(
            _ images: HostTensor,
            like map: HostTensor,
            on backend: any Backend
        ) throws -> HostTensor {
            guard images.shape[1] != map.shape[1] || images.shape[2] != map.shape[2] else {
                return images
            }
            return try backend.upload(images)
                .resize(height: map.shape[1], width: map.shape[2], .bilinear).download()
        }
    }

    private func examples(
        _ draw: Draw,
        _ stream: String,
        _ range: Range<Int>,
        from source: any ClipSource
    ) throws -> Examples {
        let request = options.request
        let clips = try concurrentValues(range.count) { index in
            var generator = draw.stream(stream, range.lowerBound + index)
            return try source.clip(&generator, request)
        }
        let depth = try clips.map { clip in
            guard let depth = clip.depth else {
                throw TrainingError(.data("depth: scenes alone have the depth that is learned"))
            }
            return depth.slice(0)
        }
        return Examples(
            pictures: clips.map(\.pictures),
            depth: .stacked(depth),
            pixels: .stacked(clips.map { preprocessor($0.pictures.image(0)) })
        )
    }
}
