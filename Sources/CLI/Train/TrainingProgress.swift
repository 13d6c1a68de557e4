import Coordinator
import Glibc
import Tensors
import Training

/// Shows how far a training is: one line on a terminal, lines now and then elsewhere.
struct TrainingProgress {
    private let steps: Int
    private let isJSON: Bool
    private var smoothed: Double?
    /// Seconds of the last steps, the newest last.
    private var recent: [Double] = []
    private var secondsSinceLine = Double.infinity
    private var isLineOpen = false

    /// Seconds between lines where there is no terminal.
    private static let interval = 10.0
    private static let recentMax = 50
    /// How much of the shown loss stays at each step.
    private static let smoothing = 0.95

    init(_ steps: Int, isJSON: Bool) {
        self.steps = steps
        self.isJSON = isJSON
    }

    mutating func show(_ event: TrainingEvent) {
        if case .step(let report) = event { note(report) }
        if isJSON {
            // Not through a buffer: whoever reads along wants each line when it is true.
            writeText(object(event).serialized() + "\n", to: STDOUT_FILENO)
            return
        }
        switch event {
        case .resumed(let step, let checkpoint):
            say("goes on after step \(step) from \(checkpoint)")
        case .setAside(let checkpoint, let reason):
            say("set aside \(checkpoint): damaged: \(reason)")
        case .step(let report): showStep(report)
        case .validated(let step, let metrics):
            let values = metrics.map { "\($0.name) \(NumberText.rate($0.value))" }
            say("step \(step): validation: \(values.joined(separator: ", "))")
        case .checkpoint(let step, let path): say("step \(step): wrote \(path)")
        }
    }

    /// The last word, on standard output.
    mutating func end(_ end: TrainingLoop.End, run: String) {
        closeLine()
        let (word, step) =
            switch end {
            case .finished: ("finished", steps)
            case .stopped(let step): ("stopped", step)
            }
        if isJSON {
            let members: [String: JSONValue] = [
                "event": .string(word), "step": .integer(step), "steps": .integer(steps),
                "model": step > 0 ? .string("\(run)/model") : .null,
            ]
            writeText(JSONValue.object(members).serialized() + "\n", to: STDOUT_FILENO)
        } else if case .stopped = end {
            say("stopped after step \(step) of \(steps); the same command continues")
        } else {
            print("\(run)/model: \(NumberText.count(step, "step"))")
        }
    }

    private mutating func note(_ report: StepReport) {
        let loss = report.metrics.first?.value ?? 0
        smoothed = smoothed.map { Self.smoothing * $0 + (1 - Self.smoothing) * loss } ?? loss
        recent.append(report.duration.seconds)
        if recent.count > Self.recentMax { recent.removeFirst() }
        secondsSinceLine += report.duration.seconds
    }

    private mutating func showStep(_ report: StepReport) {
        let line = line(report)
        if let terminal = Terminal() {
            writeToStandardError("\r\u{1B}[2K" + line.prefix(terminal.columns - 1))
            isLineOpen = true
        } else if secondsSinceLine >= Self.interval || report.step == steps {
            writeToStandardError(line + "\n")
            secondsSinceLine = 0
        }
    }

    private func line(_ report: StepReport) -> String {
        let seconds = recent.reduce(0, +) / Double(max(1, recent.count))
        let rate =
            seconds < 1
            ? "\(NumberText.rate(1 / max(seconds, 1e-9))) steps/s"
            : "\(NumberText.rate(seconds)) s/step"
        let left = TimeText.clock(seconds * Double(steps - report.step))
        let loss = NumberText.fixed(smoothed ?? 0, 4)
        return "step \(report.step)/\(steps)  loss \(loss)  \(rate)  \(left) left"
    }

    /// A line of its own, below whatever stands on the terminal.
    private mutating func say(_ text: String) {
        closeLine()
        writeToStandardError(text + "\n")
    }

    private mutating func closeLine() {
        if isLineOpen { writeToStandardError("\n") }
        isLineOpen = false
    }

    private func object(_ event: TrainingEvent) -> JSONValue {
        func metrics(_ metrics: [Metric]) -> JSONValue {
            let pairs = metrics.map { ($0.name, JSONValue.number($0.value)) }
            return .object(Dictionary(uniqueKeysWithValues: pairs))
        }
        let members: [String: JSONValue]
        switch event {
        case .resumed(let step, let checkpoint):
            members = [
                "event": .string("resumed"), "step": .integer(step),
                "checkpoint": .string(checkpoint),
            ]
        case .setAside(let checkpoint, let reason):
            members = [
                "event": .string("set_aside"), "checkpoint": .string(checkpoint),
                "reason": .string(reason),
            ]
        case .step(let report):
            members = [
                "event": .string("step"), "step": .integer(report.step),
                "steps": .integer(steps), "metrics": metrics(report.metrics),
                "lr": .number(report.learningRate),
                "gradient_norm": .number(report.gradientNorm),
                "seconds": .number(report.duration.seconds),
            ]
        case .validated(let step, let values):
            members = [
                "event": .string("validation"), "step": .integer(step),
                "metrics": metrics(values),
            ]
        case .checkpoint(let step, let path):
            members = [
                "event": .string("checkpoint"), "step": .integer(step), "path": .string(path),
            ]
        }
        return .object(members)
    }
}
