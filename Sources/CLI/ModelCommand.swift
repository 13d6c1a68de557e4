import ArgumentParser

/// `weft model`: what a checkpoint folder holds, and whether it is sound.
struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Look at, check, run, make, widen and pack model folders.",
        subcommands: [
            ModelInspectCommand.self, ModelCheckCommand.self, ModelRunCommand.self,
            ModelCreateCommand.self, ModelPackCommand.self, ModelWidenCommand.self,
        ]
    )
}

/// The folder all `weft model` subcommands read.
struct ModelFolderOptions: ParsableArguments {
    @Argument(
        help: """
            A model folder, with model_index.json and one folder per component, or weft-small.
            """,
        completion: .directory
    )
    var directory: String

    @Option(help: "Read the weights of this variant, such as fp16, rather than the plain ones.")
    var variant: String?

    /// The folder that is meant.
    var path: String {
        get throws { try ModelChoice.folder(directory) }
    }

    func validate() throws {
        if let variant, variant.isEmpty || variant.contains("/") {
            throw ValidationError("--variant: expected a name such as fp16, found '\(variant)'")
        }
    }
}
