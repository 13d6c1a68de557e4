import ArgumentParser
import Evaluation
import Pipelines

/// `weft evaluate scenes controls`.
struct ControlsTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ControlsTest.name,
        abstract: "What do t_s, omega, omega_t and strength do?",
        discussion: """
            Each clip is rendered with each value of each control, the others left where they \
            are, from the same noise; a strength below 1 starts from the noised source. With \
            --pictures the sheets show it.
            """
    )

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var content: SuiteContentOption

    @Option(help: "Structure levels, t_s, such as 0,3,7.")
    var levels = ValueList([0, 3, 7])

    @Option(help: "Content guidance, omega, such as 1,3.")
    var omegas = ValueList([1, 2, 3, 5, 7.5])

    @Option(help: "Temporal guidance, omega_t, such as 0,1.")
    var temporalGuidance = ValueList([0, 1, 1.5])

    @Option(help: "Shares of the noise that sampling starts from, such as 0.5,1.")
    var strengths = ValueList([0.25, 0.5, 0.75, 1])

    @OptionGroup(title: "Results") var output: SuiteOutput

    func validate() throws {
        try content.check(sampling)
        try levels.checkLevels("--levels")
        try omegas.checkNumbers("--omegas")
        try temporalGuidance.checkNumbers("--temporal-guidance")
        if let wrong = strengths.values.first(where: { !($0 > 0 && $0 <= 1) }) {
            throw ValidationError("--strengths: expected more than 0, up to 1, found \(wrong)")
        }
    }

    func run() throws {
        let studio = try model.studio()
        let choice = sampling.resolved(studio.defaults)
        var settings = try clips.settings(studio, count: 12, frames: 8, choice)
        settings.content = content.content
        let ways: [ControlsTest.Setting] =
            try Set(levels.values).sorted().map { .structureLevel(try StructureLevel($0)) }
            + Set(omegas.values).sorted().map { .guidance($0) }
            + Set(temporalGuidance.values).sorted().map { .temporalGuidance($0) }
            + Set(strengths.values).sorted().map { .strength($0) }
        try output.run { try ControlsTest(studio, settings, ways, $0).run() }
    }
}
