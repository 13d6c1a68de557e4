import ArgumentParser

/// `weft evaluate`: how good videos are.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure how good videos are.",
        discussion: """
            weft evaluate out.mp4 in.mp4 --prompt "a clay figure on snow" --model my-model

            No single number says that a video is good: a still picture is consistent, a blurred \
            one warps without error. What belongs together stands together, and the source's own \
            values stand beside the output's.
            """,
        subcommands: [
            EvaluateVideoCommand.self, EvaluateFolderCommand.self, EvaluateScenesCommand.self,
        ],
        defaultSubcommand: EvaluateVideoCommand.self
    )
}
