import ArgumentParser

/// `weft evaluate scenes`: a model on scenes that it was not trained on.
struct EvaluateScenesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenes",
        abstract: "Judge a model on small animated worlds whose truth is known.",
        discussion: """
            Each test renders clips of scenes whose seeds are never trained on, in this process \
            and by the arithmetic of the farm, and prints a table: what was measured, means over \
            clips with the 95 % interval that chance leaves them (bootstrap), and whether what is \
            promised of a model is so. The same settings give the same table, to the bit.
            """,
        subcommands: [
            ContentTestCommand.self, StructureTestCommand.self, TemporalTestCommand.self,
            ControlsTestCommand.self, StitchingTestCommand.self, AutoencoderTestCommand.self,
            SubjectTestCommand.self,
        ]
    )
}
