import Scheduling
import WireProtocol

/// What a terminal and a log show of a job on its way; nothing but text from values.
package struct ProgressText: Hashable, Sendable {
    /// Columns that may be used.
    package var columns: Int
    package var isColoured: Bool

    package init(columns: Int, isColoured: Bool) {
        self.columns = max(40, columns)
        self.isColoured = isColoured
    }

    private static let nameColumns = JobProgress.Stage.allCases.map(\.rawValue.count).max() ?? 0
    private static let textColumns = 48

    /// A head and a bar per stage, each a line, for a terminal.
    package func bars(_ progress: JobProgress) -> [String] {
        let report = progress.details.report
        let head =
            "\(report.id) \(report.state.rawValue), "
            + NumberText.count(report.workerCount, "worker") + ", "
            + TimeText.clock(progress.seconds)
        return [clipped(head + Self.trouble(report))] + progress.stages.map(bar)
    }

    /// One line for a log, about the stages that are on: of a long film the first shots are sampled
    /// while depth of the last has still to be found.
    package static func line(_ progress: JobProgress) -> String {
        let report = progress.details.report
        guard report.state == .running || report.state == .assembling else {
            return "\(report.id): \(report.state.rawValue)"
                + (report.reason.map { ", \($0)" } ?? "")
        }
        let begun = progress.stages.filter { $0.done > 0 && !$0.isDone }
        let stages = (begun.isEmpty ? [progress.current] : begun).map { stage in
            "\(stage.stage.rawValue) \(numbers(stage))"
        }
        return "\(report.id): \(stages.joined(separator: "; ")), "
            + NumberText.count(report.workerCount, "worker") + trouble(report)
    }

    private func bar(_ stage: JobProgress.StageProgress) -> String {
        let name = stage.stage.rawValue
        let padding = String(repeating: " ", count: Self.nameColumns - name.count)
        let width = max(8, min(40, columns - Self.nameColumns - Self.textColumns - 4))
        let filled = stage.fraction.map { Int($0 * Double(width)) } ?? 0
        let full = String(repeating: "#", count: filled)
        let rest = String(repeating: stage.total == nil ? "?" : ".", count: width - filled)
        let line = clipped("\(name)\(padding) [\(full)\(rest)] \(Self.numbers(stage))")
        guard isColoured else { return line }
        let colour = stage.isDone ? "32" : stage.done > 0 ? "33" : "2"
        return "\u{1B}[\(colour)m\(line)\u{1B}[0m"
    }

    private static func numbers(_ stage: JobProgress.StageProgress) -> String {
        let noun = stage.stage.noun
        guard let total = stage.total else { return "\(stage.done) \(noun) so far" }
        var text = "\(stage.done)/\(total) \(noun)"
        if stage.isDone { return text }
        if let rate = stage.rate { text += ", \(NumberText.rate(rate))/s" }
        if let left = stage.secondsLeft {
            text += ", \(TimeText.clock(left)) left"
        } else if stage.done > 0 {
            text += ", estimating"
        }
        return text
    }

    /// What a person should know before the end: units that wait for one.
    private static func trouble(_ report: JobReport) -> String {
        let held = report.units.values.reduce(0) { $0 + $1.held }
        return held == 0 ? "" : ", \(NumberText.count(held, "unit")) held"
    }

    private func clipped(_ line: String) -> String {
        line.count <= columns ? line : String(line.prefix(columns))
    }
}

/// Which moments of a job a log gets a line for: every change, and a sign of life now and then.
package struct ProgressLines: Sendable {
    /// Seconds between two lines that tell of no change.
    package let interval: Double
    private var lastSeconds: Double?
    private var lastKey: Key?

    private struct Key: Hashable, Sendable {
        var state: JobState
        var stage: JobProgress.Stage
        var held: Int
    }

    package init(interval: Double = 5) {
        self.interval = interval
    }

    /// The line for this moment; nil if there is nothing to say yet.
    package mutating func next(_ progress: JobProgress) -> String? {
        let report = progress.details.report
        let key = Key(
            state: report.state,
            stage: progress.current.stage,
            held: report.units.values.reduce(0) { $0 + $1.held }
        )
        let isDue = lastSeconds.map { progress.seconds - $0 >= interval } ?? true
        guard key != lastKey || isDue else { return nil }
        lastKey = key
        lastSeconds = progress.seconds
        return ProgressText.line(progress)
    }
}
