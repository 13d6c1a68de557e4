package import Diffusion
import Pipelines
import Scenes
import Tensors

/// Whether windows can be seen: long clips, rendered with windows laid out and blended in several
/// ways, each measured where windows meet against elsewhere.
package struct StitchingTest {
    package static let name = "stitching"

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let arrangements: [WindowArrangement]
    private let observer: SuiteObserver
    private let clock: () -> Double

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: Of the test; clips want to be several windows long.
    ///   - arrangements: The rows.
    ///   - observer: Is told.
    ///   - clock: Seconds since some time.
    package init(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        _ arrangements: [WindowArrangement],
        _ observer: SuiteObserver,
        clock: @escaping () -> Double
    ) {
        self.studio = studio
        self.settings = settings
        self.arrangements = arrangements
        self.observer = observer
        self.clock = clock
    }

    /// What is usual for a model, and one thing changed at a time; then the two ways to do without
    /// coupling.
    package static func standard(_ usual: WindowArrangement) -> [WindowArrangement] {
        var result = [usual]
        func add(_ arrangement: WindowArrangement) {
            if !result.contains(where: { $0.name == arrangement.name }) {
                result.append(arrangement)
            }
        }
        func vary<Value>(_ values: [Value], _ place: WritableKeyPath<WindowArrangement, Value>) {
            for value in values {
                var changed = usual
                changed[keyPath: place] = value
                add(changed)
            }
        }
        vary([1], \.until)
        vary([.every(1), .every(2), .every(5), .never], \.interval)
        vary([usual.length / 4], \.overlap)
        vary(WindowTaper.allCases, \.taper)
        vary(WindowArrangement.Noise.allCases, \.noise)
        var apart = usual.uncoupled
        add(apart)
        apart.taper = .flat
        add(apart)
        return result
    }

    /// Each of some values with each of the others.
    package static func grid(
        around usual: WindowArrangement,
        intervals: [FusionInterval],
        untils: [Double],
        overlaps: [Int?],
        tapers: [WindowTaper],
        noises: [WindowArrangement.Noise]
    ) -> [WindowArrangement] {
        var result = [usual]
        func vary<Value>(_ values: [Value], _ place: WritableKeyPath<WindowArrangement, Value>) {
            result = result.flatMap { arrangement in
                values.map { value in
                    var changed = arrangement
                    changed[keyPath: place] = value
                    return changed
                }
            }
        }
        vary(intervals, \.interval)
        vary(untils, \.until)
        vary(overlaps, \.overlap)
        vary(tapers, \.taper)
        vary(noises, \.noise)
        return result
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw, `StitchError` if an arrangement does not fit
    ///   the model's windows.
    package func run() throws -> SuiteReport {
        // A window that does not fit is told before the first network runs.
        for arrangement in arrangements {
            _ = try arrangement.plan(frames: settings.frames)
            _ = try FusionSchedule(
                steps: 0..<settings.sampling.steps,
                interval: arrangement.interval,
                until: arrangement.until
            )
        }
        var tally = SuiteTally()
        let level = settings.sampling.structureLevel
        let sweep = SuiteSweep(name: Self.name, ways: arrangements, shown: 16, row: \.name)
        try sweep.run(studio, settings, observer) { clip, sheet in
            sheet.add("depth", maps: clip.depth)
            let source = try Steadiness(of: clip.scene.pictures, clip.scene, studio)
            for (column, value) in source.values { tally.add(Self.sourceRow, column, value) }
            return try studio.structure(ofDepth: clip.depth, level: level)
        } rendering: { clip, structure, arrangement, sheet in
            let start = clock()
            let rendering = try studio.render(
                structure: structure,
                content: clip.content,
                settings.sampling(scene: clip.scene.description.seed),
                arrangement
            )
            tally.add(arrangement.name, "seconds", clock() - start)
            try add(rendering, clip.scene, to: arrangement.name, &tally)
            sheet.add(arrangement.name, rendering.pictures)
        }
        return report(tally)
    }

    private static let sourceRow = "source"

    private func add(
        _ rendering: SceneStudio.Rendering,
        _ scene: SceneCase,
        to row: String,
        _ tally: inout SuiteTally
    ) throws {
        let change = FrameChange(rendering.pictures)
            .relative(to: FrameChange(scene.pictures))
        let layout = try ShotLayout(
            frameCount: rendering.plan.frameCount,
            length: rendering.plan.length,
            overlap: rendering.plan.overlap
        )
        tally.add(row, "seam", SeamIndex(change: change, layout: layout)?.value ?? .nan)
        let period = layout.stride.flatMap { StridePeriodicity(change: change, stride: $0) }
        tally.add(row, "period", period?.value ?? .nan)
        if !rendering.mismatches.isEmpty {
            let ratios = rendering.mismatches.map(\.ratio)
            tally.add(row, "mismatch", ratios.reduce(0, +) / Double(ratios.count))
            tally.add(row, "variance", Self.varianceKept(rendering))
        }
        let steadiness = try Steadiness(of: rendering.pictures, scene, studio)
        for (column, value) in steadiness.values { tally.add(row, column, value) }
    }

    /// How much of the windows' variance the last blend has left on the frames they share, in the
    /// mean over overlaps: 1 where windows agree, ½ for plain means of unrelated ones.
    static func varianceKept(_ rendering: SceneStudio.Rendering) -> Double {
        let frames = rendering.latents.shape[0]
        let size = rendering.latents.shape.count / max(1, frames)
        let ratios = rendering.mismatches.filter { $0.variance > 0 }.map { mismatch in
            let shared = mismatch.overlap.frames
            let values = rendering.latents.values[
                shared.lowerBound * size..<shared.upperBound * size
            ]
            return LatentVariance.variance(values) / mismatch.variance
        }
        return ratios.reduce(0, +) / Double(max(1, ratios.count))
    }

    private func report(_ tally: SuiteTally) -> SuiteReport {
        var report = SuiteReport(
            Self.name,
            lines: [
                "Stitching: windows of \(settings.arrangement.length) frames over longer clips."
            ] + settings.lines(studio.name, on: studio.deviceClass) + [
                "Seam index: change from frame to frame over the source's, where the set of "
                    + "windows changes or an overlap has its middle, against elsewhere; 1 is none.",
                "Period: power of that change at one cycle a stride over its neighbours'; about "
                    + "1.4 without rhythm, rarely above 6.",
                "D/(2 sigma^2) and variance: of the last blend, in the mean over overlaps.",
            ] + Steadiness.lines,
            columns: [
                SuiteReport.Column("seam", "seam index", .decimals(3)),
                SuiteReport.Column("period", "period", .decimals(2)),
                SuiteReport.Column("mismatch", "D/(2 sigma^2)", .decimals(4)),
                SuiteReport.Column("variance", "variance kept", .decimals(3)),
            ] + Steadiness.columns + [SuiteReport.Column("seconds", "s", .decimals(1))],
            rows: ([Self.sourceRow] + arrangements.map(\.name)).map { tally.row($0) },
            settings: settings.json(studio.name, on: studio.deviceClass).merging(
                ["arrangements": .array(arrangements.map { .string($0.name) })]
            ) { $1 }
        )
        report.targets = targets(report)
        return report
    }

    private func targets(_ report: SuiteReport) -> [SuiteReport.Target] {
        let name = settings.arrangement.name
        guard let usual = report.cell(name, "seam") else { return [] }
        var targets = [
            SuiteReport.Target("seam index of the default: at most 1.1", isMet: usual.mean <= 1.1)
        ]
        // A taper that fades over the whole overlap changes most in its middle and least at its
        // ends. Both are borders, so the index of such a blend is that of none, and only the
        // rhythm tells: without a taper the index does.
        let apart = settings.arrangement.uncoupled
        func addWorse(_ apart: WindowArrangement, _ column: String, _ words: String) {
            guard let usual = report.cell(name, column),
                let worst = report.cell(apart.name, column)
            else { return }
            targets.append(
                SuiteReport.Target(
                    "\(apart.name): \(words) above the default's, intervals apart",
                    isMet: worst.low > usual.high
                )
            )
        }
        var flat = apart
        flat.taper = .flat
        if apart != flat { addWorse(apart, "period", "period") }
        addWorse(flat, "seam", "seam index")
        return targets
    }
}
