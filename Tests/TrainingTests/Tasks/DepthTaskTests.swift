import Tensors
import Testing
import Training

struct DepthTaskTests {
    private func task(_ short: ShortTraining, _ data: TrainingData) throws -> DepthTask {
        var options = DepthTask.Options(width: 48, height: 32, batch: 2)
        options.judged = 4
        return try DepthTask(short.start, data, options, on: ShortTraining.recording())
    }

    @Test func `estimates come to agree with the depth in sixty steps`() throws {
        let short = try ShortTraining()
        let task = try task(short, short.data)
        let steps = try ShortTraining.run(task, steps: 0..<60, rate: 3e-3)
        let (first, last) = ShortTraining.ends(steps, count: 4)
        #expect(last < 0.7 * first, "\(first) to \(last)")
        let found = try task.validate(Draw(seed: 1, step: 0))
        #expect(found.metrics[1].name == "correlation")
        #expect(found.metrics[1].value > 0.7)
    }

    @Test func `pictures without depth are an error`() throws {
        let short = try ShortTraining()
        let source = SquareSource(hasDepth: false)
        let task = try task(short, TrainingData(training: source, validation: source))
        #expect(throws: TrainingError.self) { try task.accumulate(Draw(seed: 1, step: 0)) }
    }
}
