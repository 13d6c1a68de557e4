import ArgumentParser
import Training

/// Options about data that stages share.
struct StageData: ParsableArguments {
    @Option(help: "How many different scenes there are to draw from; 20000 by default.")
    var scenes: Int?

    func validate() throws {
        guard (1...1_000_000_000).contains(count) else {
            throw ValidationError("--scenes: expected 1 to 1000000000, found \(count)")
        }
    }

    /// Of different scenes.
    var count: Int { scenes ?? 20_000 }

    /// The data of a run; what is to be said of it goes to standard error.
    func load(
        _ inputs: TrainingInputs,
        style: FramePlacement.Style = .random
    ) throws -> TrainingData {
        try inputs.refuseWithoutScenes("--scenes", if: scenes != nil)
        return try TrainingData(inputs.data, sceneCount: count, style: style) { sentence in
            writeToStandardError("\(sentence)\n")
        }
    }
}

extension TrainingInputs {
    /// Refuses an option that is about scenes where none are trained on.
    func refuseWithoutScenes(_ option: String, if isGiven: Bool) throws {
        guard !isGiven || data.contains(TrainingData.scenes) else {
            throw Failure(.usage, "\(option) does nothing without --data scenes")
        }
    }
}
