import Evaluation
import Tensors

/// The logs of a run and the picture that is drawn of them.
final class RunLogs {
    private let run: RunFolder
    private let steps: RunLog
    private let timing: RunLog
    private let validation: RunLog
    private var lossName = "loss"
    private var validationName = "loss"

    /// Opens them and drops what was logged after a step.
    init(_ run: RunFolder, after step: Int) throws {
        self.run = run
        steps = try RunLog(run("log.csv"), after: step)
        timing = try RunLog(run("timing.csv"), after: step)
        validation = try RunLog(run("validation.csv"), after: step)
        // Learning rate and gradient's norm stand first.
        if steps.table.columns.count > 2 { lossName = steps.table.columns[2] }
        if let name = validation.table.columns.first { validationName = name }
    }

    func append(_ report: StepReport) throws {
        let fixed = [
            Metric("lr", report.learningRate), Metric("gradient_norm", report.gradientNorm),
        ]
        try steps.append(step: report.step, fixed + report.metrics)
        if let loss = report.metrics.first { lossName = loss.name }
        let (seconds, attoseconds) = report.duration.components
        let time = Double(seconds) + Double(attoseconds) / 1e18
        try timing.append(step: report.step, [Metric("seconds", time)])
    }

    func appendValidation(step: Int, _ metrics: [Metric]) throws {
        guard let first = metrics.first else { return }
        validationName = first.name
        try validation.append(step: step, metrics)
    }

    func synchronize() throws {
        for log in [steps, timing, validation] { try log.synchronize() }
    }

    /// Draws the curves anew.
    func draw(title: String) throws {
        let curves = [
            CurvePlot.Series(name: lossName, points: points(steps, lossName)),
            CurvePlot.Series(
                name: "\(validationName), validation",
                points: points(validation, validationName),
                hasDots: true
            ),
        ].filter { !$0.points.isEmpty }
        let values = curves.flatMap(\.points).map(\.value)
        guard let least = values.min(), let largest = values.max() else { return }
        let plot = CurvePlot(
            title: title,
            series: curves,
            isLogarithmic: least > 0 && largest / least > 10
        )
        try SystemFile.writeAtomically(Array(plot.svg.utf8), to: run("loss.svg"))
    }

    private func points(_ log: RunLog, _ name: String) -> [CurvePlot.Point] {
        log.table.points(name).map { CurvePlot.Point(step: $0.step, value: $0.value) }
    }
}
