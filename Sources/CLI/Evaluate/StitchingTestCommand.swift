import ArgumentParser
import Diffusion
import Evaluation
import Pipelines

extension WindowArrangement.Noise: ExpressibleByArgument {}

/// `weft evaluate scenes stitching`.
struct StitchingTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: StitchingTest.name,
        abstract: "Can windows be seen, and what do fusion, overlap, taper and noise do about it?",
        discussion: """
            Clips of several windows, rendered once for each row of the table. Without lists the \
            rows are the defaults, each with one thing changed, and windows that share nothing and \
            are blended at the end. With any list every value of the lists given is combined with \
            every other; what has no list stays at its default. Seconds are this machine's: they \
            are the only column that differs from run to run.
            """
    )

    @OptionGroup var model: SuiteModelOptions
    @OptionGroup(title: "Clips") var clips: SuiteClipOptions
    @OptionGroup(title: "Sampling") var sampling: SuiteSamplingOptions
    @OptionGroup(title: "Sampling") var level: SuiteLevelOption
    @OptionGroup(title: "Sampling") var content: SuiteContentOption

    @Option(help: "Blend after so many steps, or never, such as 1,5,never.")
    var fuseEvery: NameList<FusionInterval>?

    @Option(help: "Share of the steps after which windows run on their own, such as 0.6,1.")
    var fuseUntil: ValueList<Double>?

    @Option(help: "Frames that neighbouring windows share at least, such as 4,8.")
    var overlap: ValueList<Int>?

    @Option(help: "How a window's weight falls: hann, linear, pyramid, flat.")
    var taper: NameList<WindowTaper>?

    @Option(
        help: """
            What windows have of each other's noise: shuffled, independent, lock as in rendering, \
            or unshared, where each has its own.
            """
    )
    var noise: NameList<WindowArrangement.Noise>?

    @OptionGroup(title: "Results") var output: SuiteOutput

    func validate() throws {
        try content.check(sampling)
    }

    func run() throws {
        let studio = try model.studio()
        let choice = level.resolved(sampling.resolved(studio.defaults))
        var settings = try clips.settings(studio, count: 4, frames: 64, choice)
        guard settings.frames > settings.arrangement.length else {
            throw Failure(
                .usage,
                "--frames: expected more than a window of \(settings.arrangement.length), "
                    + "found \(settings.frames)"
            )
        }
        settings.content = content.content
        let clock = ContinuousClock()
        let start = clock.now
        try output.run { observer in
            try StitchingTest(
                studio,
                settings,
                arrangements(around: settings.arrangement),
                observer,
                clock: { (clock.now - start).seconds }
            ).run()
        }
    }

    private func arrangements(around usual: WindowArrangement) -> [WindowArrangement] {
        let isStandard =
            fuseEvery == nil && fuseUntil == nil && overlap == nil && taper == nil && noise == nil
        guard !isStandard else { return StitchingTest.standard(usual) }
        return StitchingTest.grid(
            around: usual,
            intervals: fuseEvery?.values ?? [usual.interval],
            untils: fuseUntil?.values ?? [usual.until],
            overlaps: overlap?.values ?? [usual.overlap],
            tapers: taper?.values ?? [usual.taper],
            noises: noise?.values ?? [usual.noise]
        )
    }
}
