import ArgumentParser
import Diffusion
import Evaluation
import Pipelines
import Scenes
import ShippedModel

/// `weft evaluate scenes content`.
struct ContentTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ContentTest.name,
        abstract: "Does the subject get the colour and finish that is asked for?",
        discussion: """
            Each clip is rendered five times: with a prompt that names another colour (in every \
            second clip another finish, too), with a picture of another scene whose subject has \
            them, with a picture of the same scene with them, with the clip's own picture, and \
            with nothing. The colour is that of the nearest of twelve true renderings.
            """
    )

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var level: SuiteLevelOption
    @OptionGroup(title: "Results") var output: SuiteOutput

    func run() throws {
        let studio = try model.studio()
        let choice = level.resolved(sampling.resolved(studio.defaults))
        let settings = try clips.settings(studio, count: 50, frames: 8, choice)
        try output.run { try ContentTest(studio, settings, $0).run() }
    }
}

/// `weft evaluate scenes structure`.
struct StructureTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: StructureTest.name,
        abstract: "Is the clip's depth kept, and less of it the higher the structure level?",
        discussion: """
            Each clip is rendered at each level from the same noise. The depth that the model \
            estimates of the output is compared with the true depth of the input.
            """
    )

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var content: SuiteContentOption

    @Option(help: "Structure levels, such as 0,3,7.")
    var levels = ValueList([0, 1, 2, 3, 4, 5, 6, 7])

    @OptionGroup(title: "Results") var output: SuiteOutput

    func validate() throws {
        try content.check(sampling)
        try levels.checkLevels("--levels")
    }

    func run() throws {
        let studio = try model.studio()
        let choice = sampling.resolved(studio.defaults)
        var settings = try clips.settings(studio, count: 12, frames: 8, choice)
        settings.content = content.content
        let levels = try Set(levels.values).sorted().map { try StructureLevel($0) }
        try output.run { try StructureTest(studio, settings, levels: levels, $0).run() }
    }
}

/// `weft evaluate scenes temporal`.
struct TemporalTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: TemporalTest.name,
        abstract: "What does temporal guidance do to flicker and detail?",
        discussion: """
            Each clip is rendered at each omega_t from the same noise. Frames are warped by the \
            exact flow of the scene; the source's own values stand beside the output's.
            """
    )

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var level: SuiteLevelOption
    @OptionGroup(title: "Sampling") var content: SuiteContentOption

    @Option(help: "Temporal guidance, omega_t, such as 0,1,1.5.")
    var temporalGuidance = ValueList([0, 1, 1.5])

    @OptionGroup(title: "Results") var output: SuiteOutput

    func validate() throws {
        try content.check(sampling)
        try temporalGuidance.checkNumbers("--temporal-guidance")
    }

    func run() throws {
        let studio = try model.studio()
        let choice = level.resolved(sampling.resolved(studio.defaults))
        var settings = try clips.settings(studio, count: 24, frames: 16, choice)
        guard settings.frames > 1 else {
            throw Failure(.usage, "--frames: expected at least 2, found \(settings.frames)")
        }
        settings.content = content.content
        let scales = Set(temporalGuidance.values).sorted()
        try output.run { try TemporalTest(studio, settings, scales: scales, $0).run() }
    }
}

/// `weft evaluate scenes vae`.
struct AutoencoderTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: AutoencoderTest.name,
        abstract: "How much does the autoencoder lose, of scenes and of your own files?",
        discussion: """
            Pictures are encoded and decoded: the middle frame of each scene, and frames of each \
            file, evenly spread, scaled until they cover the size and cut to it.
            """
    )

    @Argument(help: "Videos and pictures besides the scenes.", completion: .file())
    var files: [String] = []

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Results") var output: SuiteOutput

    func run() throws {
        let studio = try model.studio()
        let settings = try clips.settings(studio, count: 100, frames: 16, studio.defaults)
        try output.run { try AutoencoderTest(studio, settings, files: files, $0).run() }
    }
}

/// `weft evaluate scenes subject`.
struct SubjectTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: SubjectTest.name,
        abstract: "What has 'weft train customize' bound to a subject?",
        discussion: """
            weft scene -o pictures --subject 7 --count 20 --seed 1000 --frames 1 --codec png
            weft train customize --model MODEL --data pictures -o run
            weft evaluate scenes subject --before MODEL --model run/model --subject 7

            Clips show the subject's form in another colour and finish. Prompts name the form and \
            say nothing of its looks: how often does the output have them, before and after?
            """
    )

    @Option(
        help: """
            The model before it was fine-tuned; else WEFT_MODEL, else \(ShippedModel.name).
            """,
        completion: .directory
    )
    var before: String?

    @OptionGroup var model: SuiteModelOptions

    @Option(help: "The seed of the scene whose subject it is, as for 'weft scene --subject'.")
    var subject: UInt64

    @Option(
        name: .customLong("prompt"),
        help: """
            What to render, once for each prompt; they are taken in turn. "a FORM on GROUND, \
            LIGHT" of each clip unless given.
            """
    )
    var prompts: [String] = []

    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var level: SuiteLevelOption
    @OptionGroup(title: "Results") var output: SuiteOutput

    func run() throws {
        let old = try ModelChoice(before)
        let new = try ModelChoice(model.model)
        guard old.folder != new.folder else {
            throw Failure(
                .usage,
                "--model: expected the model that was fine-tuned, found \(new.folder), which it "
                    + "was before (--before)"
            )
        }
        let before = try model.studio(old)
        let after = try model.studio(new)
        let choice = level.resolved(sampling.resolved(after.defaults))
        let settings = try clips.settings(after, count: 20, frames: 8, choice)
        try output.run { observer in
            try SubjectTest(
                before: before,
                after: after,
                settings,
                subject: subject,
                prompts: prompts,
                observer
            ).run()
        }
    }
}
