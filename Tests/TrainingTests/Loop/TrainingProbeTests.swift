import Models
import Tensors
import TestSupport
import Testing
import Training

struct TrainingProbeTests {
    @Test func `a probe counts parameters, measures a batch and changes nothing`() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
        let start = try StartingModel(folder("start"), seed: 1)
        let task = try EmbeddingTask(start, trains: { !$0.hasPrefix("transformer_blocks.0") })
        let before = try task.recording.parameters.map { try $0.value.download() }
        var settings = TrainingSettings(steps: 10, learningRate: 1e-3)
        settings.accumulation = 3
        var time = Duration.zero
        let probe = try TrainingProbe(task, settings) {
            time += .seconds(2)
            return time
        }
        let (trained, frozen) = task.recording.parameters.reduce(into: (0, 0)) {
            counts,
            parameter in
            if parameter.trains {
                counts.0 += parameter.shape.count
            } else {
                counts.1 += parameter.shape.count
            }
        }
        #expect(probe.trainedCount == trained && probe.frozenCount == frozen && frozen > 0)
        #expect(probe.stepSeconds == 6)
        #expect(probe.optimizerBytes == trained * 12)
        // Values and gradients are there at least.
        #expect(probe.activationPeakBytes >= (2 * trained + frozen) * 4)
        #expect(probe.peakBytes > probe.activationPeakBytes + probe.optimizerBytes)
        #expect(try task.recording.parameters.map { try $0.value.download() } == before)
        #expect(task.recording.parameters.allSatisfy { $0.gradient == nil })
    }

    @Test func `a first loss that is no number is told`() throws {
        let folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
        let task = try EmbeddingTask(StartingModel(folder("start"), seed: 1))
        task.change = { _, _ in .infinity }
        let settings = TrainingSettings(steps: 10, learningRate: 1e-3)
        #expect(throws: TrainingError.self) { try TrainingProbe(task, settings) { .zero } }
    }
}
