import Coordinator
import Tensors
import Training

/// What `weft train --dry-run` prints.
struct TrainingEstimate {
    let probe: TrainingProbe
    let settings: TrainingSettings
    let inputs: TrainingInputs
    let stage: String

    func print(isJSON: Bool) {
        isJSON ? Swift.print(json.serialized(isIndented: true)) : Swift.print(text)
    }

    private var text: String {
        let loss = probe.metrics.map { "\($0.name) \(NumberText.rate($0.value))" }
        let lines = [
            ("parameters", "\(probe.trainedCount) trained, \(probe.frozenCount) beside them"),
            (
                "example",
                "\(inputs.width)x\(inputs.height), \(NumberText.count(inputs.frames, "frame"))"
            ),
            (
                "step",
                "\(settings.accumulation) x \(inputs.batch) examples, about "
                    + "\(NumberText.rate(probe.stepSeconds)) s"
            ),
            (
                "steps",
                "\(settings.steps), about "
                    + TimeText.clock(probe.stepSeconds * Double(settings.steps))
            ),
            ("memory", "about \(NumberText.bytes(probe.peakBytes))"),
            ("checkpoint", "about \(NumberText.bytes(probe.checkpointBytes))"),
            ("first batch", loss.joined(separator: ", ")),
        ]
        return lines.map { padded($0.0, 13) + $0.1 }.joined(separator: "\n")
    }

    private var json: JSONValue {
        let metrics = probe.metrics.map { ($0.name, JSONValue.number($0.value)) }
        return .object([
            "schema": .integer(1),
            "stage": .string(stage),
            "trained_parameters": .integer(probe.trainedCount),
            "frozen_parameters": .integer(probe.frozenCount),
            "width": .integer(inputs.width),
            "height": .integer(inputs.height),
            "frames": .integer(inputs.frames),
            "examples_per_step": .integer(settings.accumulation * inputs.batch),
            "steps": .integer(settings.steps),
            "seconds_per_step": .number(probe.stepSeconds),
            "peak_bytes": .integer(probe.peakBytes),
            "activation_peak_bytes": .integer(probe.activationPeakBytes),
            "packed_parameter_bytes": .integer(probe.packedBytes),
            "optimizer_bytes": .integer(probe.optimizerBytes),
            "checkpoint_bytes": .integer(probe.checkpointBytes),
            "metrics": .object(Dictionary(uniqueKeysWithValues: metrics)),
        ])
    }
}
