import ArgumentParser
import Training

/// Options about data that stages share.
struct StageData: ParsableArguments {
    @Option(help: "How many different scenes there are to draw from.")
    var scenes = 20_000

    func validate() throws {
        guard (1...1_000_000_000).contains(scenes) else {
            throw ValidationError("--scenes: expected 1 to 1000000000, found \(scenes)")
        }
    }

    /// The data of a run; files that cannot be read are named on standard error.
    func load(
        _ inputs: TrainingInputs,
        style: FramePlacement.Style = .random
    ) throws -> TrainingData {
        try TrainingData(inputs.data, sceneCount: scenes, style: style) { sentence in
            writeToStandardError("skipped \(sentence)\n")
        }
    }
}
