import Models
import Tensors
import TestSupport
import Training

/// A tiny model in a folder, and some steps of training on it.
struct ShortTraining {
    let folder: TemporaryFolder
    let start: StartingModel
    let data = TrainingData(training: SquareSource(), validation: SquareSource())

    init(seed: UInt64 = 1) throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: seed).write(to: folder("model"))
        start = try StartingModel(folder("model"), seed: seed)
    }

    /// The same from a model that was changed.
    init(_ other: ShortTraining, _ start: StartingModel) {
        folder = other.folder
        self.start = start
    }

    static func recording() -> RecordingBackend { RecordingBackend(CPUBackend()) }

    /// Takes steps of AdamW.
    ///
    /// - Returns: Each step's metrics.
    @discardableResult
    static func run(
        _ task: any TrainingTask,
        steps: Range<Int>,
        rate: Double,
        seed: UInt64 = 7
    ) throws -> [[Metric]] {
        var settings = TrainingSettings(
            steps: steps.upperBound,
            learningRate: rate,
            averageDecay: 0
        )
        settings.schedule = .constant
        let optimizer = try Optimizer(task.recording, settings)
        return try steps.map { step in
            task.recording.clearGradients()
            let metrics = try task.accumulate(Draw(seed: seed, step: step))
            optimizer.step(step, norm: optimizer.gradientNorm() ?? 0)
            return metrics
        }
    }

    /// The mean loss of some first and as many last steps.
    static func ends(_ steps: [[Metric]], count: Int) -> (first: Double, last: Double) {
        let losses = steps.map { $0[0].value }
        func mean(_ values: ArraySlice<Double>) -> Double {
            values.reduce(0, +) / Double(values.count)
        }
        return (mean(losses.prefix(count)), mean(losses.suffix(count)))
    }
}

extension RecordingBackend {
    /// The bits of all parameters of a component, by key.
    func bits(of component: String) throws -> [String: [UInt32]] {
        var result: [String: [UInt32]] = [:]
        for parameter in parameters where parameter.component == component {
            result[parameter.key] = try parameter.value.download().values.map(\.bitPattern)
        }
        return result
    }
}
