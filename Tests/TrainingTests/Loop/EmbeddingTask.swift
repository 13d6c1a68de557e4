import Models
import NN
import Tensors
import TestSupport
import Training

/// A task that costs milliseconds and is a real one all the same: a tiny prior learns to say which
/// of a few embeddings a noisy one came from.
final class EmbeddingTask: TrainingTask {
    let name = "embedding"
    let recording: RecordingBackend
    let component: TrainedComponent
    private let network: PriorTransformer
    private let targets: HostTensor
    /// Called before each micro-batch.
    var before: (Draw) -> Void = { _ in }
    /// What the loss is made, to see what becomes of it.
    var change: (Draw, Double) -> Double = { $1 }

    init(
        _ start: StartingModel,
        threads: Int = 1,
        trains: @escaping (String) -> Bool = { _ in true }
    ) throws {
        let base = CPUBackend(CPUConfiguration(threads: threads))
        recording = RecordingBackend(base)
        (network, component) = try start.load(.prior, on: recording, trains: trains) {
            try PriorTransformer(PriorConfig($0), $1)
        }
        targets = randomTensor([4, network.config.outputChannels], seed: 9)
    }

    private func loss(_ draw: Draw) throws -> (output: Tensor, value: Double, slope: HostTensor) {
        let config = network.config
        var generator = draw.stream("noise")
        let width = config.outputChannels
        let rows = (0..<2).map { _ in generator.integer(below: 4) }
        let clean = rows.flatMap { Array(targets.values[$0 * width..<($0 + 1) * width]) }
        let noise = generator.normals([2, width])
        let noised = zip(clean, noise.values).map { 0.8 * $0 + 0.6 * $1 }
        let output = try network(
            recording.upload(HostTensor(noised, [2, width])),
            timesteps: [3, 3],
            PriorTransformer.Conditioning(
                textEmbedding: recording.upload(HostTensor(repeating: 0.1, [2, width])),
                textStates: recording.upload(HostTensor(repeating: 0.1, [2, 77, width])),
                textMask: [[Bool]](repeating: [Bool](repeating: true, count: 77), count: 2)
            )
        )
        let found = try output.download()
        let differences = zip(found.values, clean).map { Double($0) - Double($1) }
        let count = Double(differences.count)
        let value = differences.map { $0 * $0 }.reduce(0, +) / count
        let slope = HostTensor(differences.map { Float(2 * $0 / count) }, found.shape)
        return (output, value, slope)
    }

    func accumulate(_ draw: Draw) throws -> [Metric] {
        before(draw)
        let (output, value, slope) = try loss(draw)
        try recording.backward([(output, slope)])
        return [Metric("loss", change(draw, value)), Metric("root", value.squareRoot())]
    }

    func validate(
        _ draw: Draw
    ) throws -> (metrics: [Metric], pictures: [ValidationPicture]) {
        let value = try loss(draw).value
        let grey = UInt8(max(0, min(255, 100 * value)))
        let image = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: grey, count: 192))
        return ([Metric("loss", value)], [ValidationPicture("grey", image)])
    }

    func components() throws -> [TrainedComponent] { [component] }
}
