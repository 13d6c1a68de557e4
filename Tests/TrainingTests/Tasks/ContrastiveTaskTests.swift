import Models
import Tensors
import Testing
import Training

struct ContrastiveTaskTests {
    @Test func `captions find their pictures after thirty steps`() throws {
        let short = try ShortTraining()
        var options = ContrastiveTask.Options(width: 32, height: 32, batch: 8)
        options.judged = 16
        let task = try ContrastiveTask(
            short.start,
            short.data,
            options,
            on: ShortTraining.recording()
        )
        let steps = try ShortTraining.run(task, steps: 0..<30, rate: 3e-3)
        let (first, last) = ShortTraining.ends(steps, count: 4)
        #expect(last < 0.8 * first, "\(first) to \(last)")
        let found = try task.validate(Draw(seed: 1, step: 0))
        #expect(found.metrics[1].name == "accuracy")
        #expect(found.metrics[1].value > 0.8)
        let scale = task.recording.parameters.first { $0.key == "logit_scale" }
        #expect(scale?.component == "contrast")
        let learned = try scale?.value.download().values[0]
        #expect(learned != nil && learned != ContrastiveLoss.initialLogScale)
        let kinds = try task.components().map(\.kind)
        #expect(kinds == [.imageEncoder, .textEncoder])
    }
}
