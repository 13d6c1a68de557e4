/// A training that cannot start or cannot go on.
package struct TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Options that do not go together, or not with the model.
        case usage(String)
        /// Data or a model that is there and cannot be trained on.
        case data(String)
        /// A loss, gradient or other number that is infinite or none at all.
        case notFinite(metric: String, value: String, step: Int, kept: String?)
        /// A checkpoint that is not what was written.
        case damaged(checkpoint: String, reason: String, older: String?)
        /// The run was started with other settings.
        case otherSettings(folder: String, differences: [Difference])
        /// Another process trains in the folder.
        case inUse(folder: String)
        /// A log that is not what was written.
        case log(path: String, line: Int, expected: String)
    }

    /// A setting that is not what it was.
    package struct Difference: Hashable, Sendable {
        package let name: String
        package let recorded: String
        package let given: String

        package init(name: String, recorded: String, given: String) {
            self.name = name
            self.recorded = recorded
            self.given = given
        }
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    package var description: String {
        switch code {
        case .usage(let sentence), .data(let sentence): return sentence
        case .notFinite(let metric, let value, let step, let kept):
            let rest = kept.map { "the last checkpoint is \($0)" } ?? "there is no checkpoint yet"
            return "step \(step): \(metric) must be finite, but is \(value); \(rest)"
        case .damaged(let checkpoint, let reason, let older):
            let rest =
                older.map { "; --skip-damaged goes on from \($0)" }
                ?? "; there is no older one to go on from"
            return "\(checkpoint): damaged: \(reason)\(rest)"
        case .otherSettings(let folder, let differences):
            let list = differences.map {
                "\($0.name) was \($0.recorded) and is now \($0.given)"
            }
            return "\(folder): the run was started with other settings: "
                + list.joined(separator: ", ") + "; give the same ones or another --output"
        case .inUse(let folder): return "\(folder): another process trains in this folder"
        case .log(let path, let line, let expected):
            return "\(path): line \(line): expected \(expected)"
        }
    }
}
