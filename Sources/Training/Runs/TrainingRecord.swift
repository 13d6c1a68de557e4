package import Tensors

/// A checkpoint's `training.json`: everything of a run's state that is no tensor.
package struct TrainingRecord: Hashable, Sendable {
    /// The version of the layout of a checkpoint's own files.
    package static let schema = 1

    /// The program that wrote it.
    package var version: String
    package var stage: String
    /// Completed steps.
    package var step: Int
    /// What decides about the weights, by the names of options.
    package var settings: [String: JSONValue]
    /// How often each parameter was updated, by component and key.
    package var updates: [String: Int]
    /// Of each tensor of `training.safetensors`.
    package var checksums: [String: UInt64]

    package init(
        version: String,
        stage: String,
        step: Int,
        settings: [String: JSONValue],
        updates: [String: Int],
        checksums: [String: UInt64]
    ) {
        self.version = version
        self.stage = stage
        self.step = step
        self.settings = settings
        self.updates = updates
        self.checksums = checksums
    }

    package var json: JSONValue {
        .object([
            "schema": .integer(Self.schema),
            "version": .string(version),
            "stage": .string(stage),
            "step": .integer(step),
            "settings": .object(settings),
            "updates": .object(updates.mapValues { .integer($0) }),
            "checksums": .object(checksums.mapValues { .string(String($0, radix: 16)) }),
        ])
    }

    /// Reads what `json` gave; nil if it is something else.
    package init?(_ json: JSONValue) {
        guard case .object(let members) = json, members["schema"] == .integer(Self.schema),
            case .string(let version)? = members["version"],
            case .string(let stage)? = members["stage"],
            case .integer(let step)? = members["step"], step > 0,
            case .object(let settings)? = members["settings"],
            case .object(let updates)? = members["updates"],
            case .object(let checksums)? = members["checksums"]
        else { return nil }
        self.init(
            version: version,
            stage: stage,
            step: step,
            settings: settings,
            updates: [:],
            checksums: [:]
        )
        for (name, value) in updates {
            guard case .integer(let count) = value, count >= 0 else { return nil }
            self.updates[name] = count
        }
        for (name, value) in checksums {
            guard case .string(let text) = value, let sum = UInt64(text, radix: 16) else {
                return nil
            }
            self.checksums[name] = sum
        }
    }

    /// The settings in which this run and another differ, by name.
    package func differences(
        stage: String,
        settings other: [String: JSONValue]
    ) -> [TrainingError.Difference] {
        var differences: [TrainingError.Difference] = []
        if stage != self.stage {
            differences.append(.init(name: "stage", recorded: self.stage, given: stage))
        }
        for name in Set(settings.keys).union(other.keys).sorted() {
            let (recorded, given) = (settings[name] ?? .null, other[name] ?? .null)
            guard recorded != given else { continue }
            differences.append(
                .init(name: "--\(name)", recorded: Self.text(recorded), given: Self.text(given))
            )
        }
        return differences
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "not given"
        case .string(let text): text
        default: value.serialized()
        }
    }

    /// Of a tensor's values.
    package static func checksum(_ values: [Float]) -> UInt64 {
        var hash = ContentHash()
        hash.add(values)
        return hash.value
    }
}
