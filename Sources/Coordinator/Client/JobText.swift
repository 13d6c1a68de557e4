package import Scheduling
package import WireProtocol

/// Jobs and workers as text for people, from the values that `--json` prints.
package enum JobText {
    /// The report at the end of a job.
    ///
    /// - Parameters:
    ///   - details: The job, at its end.
    ///   - work: Who made what, if somebody has asked.
    ///   - seconds: How long it took; nil takes the coordinator's times.
    ///   - outputSeconds: Length of the output, if somebody has looked.
    /// - Returns: Lines without an end of the last.
    package static func report(
        _ details: JobDetails,
        _ work: WorkShares? = nil,
        seconds: Double? = nil,
        outputSeconds: Double? = nil
    ) -> String {
        let report = details.report
        var head = "\(report.id) \(report.state.rawValue)"
        if let seconds = seconds ?? self.seconds(details) {
            head += " after \(TimeText.clock(seconds))"
        }
        if report.state == .done { head += ": \(details.output)" }
        if let reason = report.reason { head += ": \(reason)" }
        var rows: [(String, String)] = []
        var frames = "\(report.frameCount) in \(NumberText.count(report.shotCount, "shot"))"
        if let outputSeconds { frames += ", \(NumberText.fixed(outputSeconds, 3)) s" }
        if !report.isPlanned { frames += " so far" }
        rows.append(("frames", frames))
        rows.append(("units", units(report)))
        rows.append(("attempts", attempts(report)))
        if details.mismatchCount > 0 {
            rows.append(("overlap mismatch", mismatch(details)))
        }
        if !details.deviceClasses.isEmpty {
            rows.append(("devices", details.deviceClasses.joined(separator: ", ")))
        }
        rows += work?.rows ?? []
        rows += deviations(details)
        if !report.heldUnits.isEmpty {
            let named = report.heldUnits.prefix(8).map(\.description).joined(separator: ", ")
            let held = report.units.values.reduce(0) { $0 + $1.held }
            rows.append(("held", named + (held > 8 ? " and \(held - 8) more" : "")))
        }
        return ([head] + aligned(rows)).joined(separator: "\n")
    }

    /// `weft show`: the job, its progress, and the last events.
    package static func details(_ details: JobDetails, _ work: WorkShares? = nil) -> String {
        let report = details.report
        let name = report.request.name
        let head = "\(report.id)\(name.isEmpty ? "" : " (\(name))") \(report.state.rawValue)"
        var rows: [(String, String)] = [
            ("input", details.input), ("output", details.output),
            ("submitted", UTCTime.text(details.submittedAt)),
        ]
        if let ended = details.endedAt { rows.append(("ended", UTCTime.text(ended))) }
        if let reason = report.reason { rows.append(("reason", reason)) }
        rows.append(("priority", "\(report.request.priority)"))
        if let most = report.request.workersMax { rows.append(("workers at most", "\(most)")) }
        for stage in JobProgress(details, at: 0).stages {
            let total = stage.total.map { "/\($0)" } ?? ""
            rows.append((stage.stage.rawValue, "\(stage.done)\(total) \(stage.stage.noun)"))
        }
        rows.append(("workers", "\(report.workerCount)"))
        let body = Self.report(details, work).split(separator: "\n").dropFirst().map(String.init)
        let events = details.events.map { "  \(UTCTime.text($0.time)) \($0.text)" }
        return ([head] + aligned(rows) + body + events).joined(separator: "\n")
    }

    /// `weft ls`: a line per job, newest first.
    package static func list(_ jobs: [JobDetails]) -> String {
        let rows = jobs.map { details -> [String] in
            let report = details.report
            let steps = report.isPlanned ? report.stepsTotal : 0
            let share = steps == 0 ? "-" : "\(100 * report.stepsDone / steps) %"
            return [
                report.id.description, report.state.rawValue, share, "\(report.workerCount)",
                "\(report.request.priority)", UTCTime.text(details.submittedAt),
                report.request.name.isEmpty ? details.output : report.request.name,
            ]
        }
        return table(
            ["job", "state", "sampled", "workers", "priority", "submitted", "name"],
            rows,
            rightAligned: [2, 3, 4]
        )
    }

    /// `weft workers ls`: a line per worker.
    package static func list(_ workers: [WorkerReport]) -> String {
        let rows = workers.map { worker -> [String] in
            let units = worker.leases.map { progress in
                "\(progress.lease.unit) \(progress.phase.rawValue)"
                    + (progress.total > 0 ? " \(progress.done)/\(progress.total)" : "")
            }
            return [
                worker.id.name, worker.name, worker.deviceClass,
                standing(worker),
                "\(worker.unitsDone)", "\(worker.unitsFailed)",
                TimeText.clock(Double(worker.silence.wholeNanoseconds) / 1e9),
                units.isEmpty ? "-" : units.joined(separator: ", "),
            ]
        }
        return table(
            ["worker", "name", "device", "standing", "done", "failed", "silent", "units"],
            rows,
            rightAligned: [4, 5, 6]
        )
    }

    private static func standing(_ worker: WorkerReport) -> String {
        let word = worker.standing == .heldBack ? "held back" : worker.standing.rawValue
        return worker.isConnected ? word : "\(word), away"
    }

    private static func units(_ report: JobReport) -> String {
        UnitKind.allCases.map { kind in
            let counts = report.units[kind] ?? UnitCounts()
            return "\(kind.rawValue) \(counts.done)/\(counts.total)"
        }.joined(separator: ", ")
    }

    private static func attempts(_ report: JobReport) -> String {
        let accepted = report.units.values.reduce(0) { $0 + $1.done }
        var parts = ["\(accepted) accepted"]
        for end in AttemptEnd.allCases {
            if let count = report.attempts[end], count > 0 { parts.append("\(count) \(end.words)") }
        }
        if report.speculativeAttempts > 0 {
            parts.append("\(report.speculativeAttempts) of them copies")
        }
        return parts.joined(separator: ", ")
    }

    private static func mismatch(_ details: JobDetails) -> String {
        let left = details.mismatchLargestWindow
        return "D/(2 sigma^2) \(NumberText.fixed(details.mismatchMean, 5)) in the mean of "
            + "\(details.mismatchCount), at most \(NumberText.fixed(details.mismatchLargest, 5)) "
            + "between windows \(left) and \(left + 1) after round \(details.mismatchLargestRound)"
    }

    private static func deviations(_ details: JobDetails) -> [(String, String)] {
        guard details.deviceClasses.count > 1 else { return [] }
        guard !details.deviations.isEmpty else { return [("deviation", "not measured")] }
        return details.deviations.map { deviation in
            let ratio = NumberText.scientific(deviation.ratio)
            let classes = "\(deviation.first) and \(deviation.second)"
            return ("deviation", "D/(2 sigma^2) \(ratio) between \(classes)")
        }
    }

    private static func seconds(_ details: JobDetails) -> Double? {
        details.endedAt.map { Double($0 - details.submittedAt) }
    }

    private static func aligned(_ rows: [(name: String, value: String)]) -> [String] {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { name, value in
            "  \(name):" + String(repeating: " ", count: width - name.count + 1) + value
        }
    }

    private static func table(
        _ head: [String],
        _ rows: [[String]],
        rightAligned: Set<Int>
    ) -> String {
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([head] + rows).map { row in
            let cells = row.indices.map { column in
                let cell = row[column]
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if rightAligned.contains(column) { return padding + cell }
                return column == row.count - 1 ? cell : cell + padding
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

extension AttemptEnd {
    /// How an attempt ended, as a participle after a count.
    package var words: String {
        switch self {
        case .failedUnit: "failed by the unit"
        case .failedWorker: "failed by the worker"
        case .failedResource: "failed for want of a resource"
        case .failedSpecification: "failed by the job's settings"
        default: rawValue
        }
    }
}
