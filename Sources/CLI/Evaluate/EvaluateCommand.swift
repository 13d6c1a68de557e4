import ArgumentParser

/// `weft evaluate`: how good videos and models are.
struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure how good a model is.",
        subcommands: [EvaluateScenesCommand.self]
    )
}
