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

    /// The default, and one thing changed at a time; then the two ways to do without coupling.
    package static let standard: [WindowArrangement] = {
        func changed(_ change: (inout WindowArrangement) -> Void) -> WindowArrangement {
            var arrangement = WindowArrangement()
            change(&arrangement)
            return arrangement
        }
        let byInterval = [FusionInterval.every(2), .every(5), .never].map { interval in
            changed { $0.interval = interval }
        }
        let byTaper = WindowTaper.allCases.filter { $0 != .hann }.map { taper in
            changed { $0.taper = taper }
        }
        let byNoise = WindowArrangement.Noise.allCases.filter { $0 != .shuffled }.map { noise in
            changed { $0.noise = noise }
        }
        let apart = changed { arrangement in
            arrangement.interval = .never
            arrangement.noise = .unshared
        }
        let flat = changed { arrangement in
            arrangement.interval = .never
            arrangement.noise = .unshared
            arrangement.taper = .flat
        }
        return [WindowArrangement(), changed { $0.until = 1 }] + byInterval
            + [changed { $0.overlap = 4 }] + byTaper + byNoise + [apart, flat]
    }()

    /// Each of some values with each of the others.
    package static func grid(
        intervals: [FusionInterval],
        untils: [Double],
        overlaps: [Int?],
        tapers: [WindowTaper],
        noises: [WindowArrangement.Noise]
    ) -> [WindowArrangement] {
        var result = [WindowArrangement()]
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
            let plan = try arrangement.plan(frames: settings.frames, length: studio.windowLength)
            guard arrangement.prior(plan).isValid else {
                throw StitchError(.settings, "noise lock: expected windows of at least 2 frames")
            }
            _ = try FusionSchedule(
                steps: 0..<settings.steps,
                interval: arrangement.interval,
                until: arrangement.until
            )
        }
        var tally = SuiteTally()
        let scenes = settings.scenes
        for (index, description) in scenes.enumerated() {
            let clip = try SuiteClip(description, index: index, settings, studio)
            let structure = try studio.structure(
                ofDepth: clip.depth,
                level: settings.structureLevel
            )
            var sheet = SuiteSheet(Self.name, clip: index, frames: clip.scene.frames(atMost: 16))
            sheet.add("source", clip.scene.pictures)
            sheet.add("depth", maps: clip.depth)
            let source = try Steadiness(of: clip.scene.pictures, clip.scene, studio)
            for (column, value) in source.values { tally.add(Self.sourceRow, column, value) }
            for (position, arrangement) in arrangements.enumerated() {
                let start = clock()
                let rendering = try studio.render(
                    structure: structure,
                    content: clip.content,
                    settings.sampling(scene: description.seed),
                    arrangement
                )
                tally.add(arrangement.name, "seconds", clock() - start)
                try add(rendering, clip.scene, to: arrangement.name, &tally)
                sheet.add(arrangement.name, rendering.pictures)
                try observer.progress(
                    SuiteProgress(
                        rendering: position,
                        of: arrangements.count,
                        clip: index,
                        of: scenes.count,
                        arrangement.name
                    )
                )
            }
            try observer.sheet?(sheet)
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
                "Stitching: windows of \(studio.windowLength) frames over longer clips.",
                settings.sentence,
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
            settings: settings.json.merging(
                ["arrangements": .array(arrangements.map { .string($0.name) })]
            ) { $1 }
        )
        report.targets = targets(report)
        return report
    }

    private func targets(_ report: SuiteReport) -> [SuiteReport.Target] {
        let standard = WindowArrangement()
        guard let usual = report.cell(standard.name, "seam") else { return [] }
        var targets = [
            SuiteReport.Target("seam index of the default: at most 1.1", isMet: usual.mean <= 1.1)
        ]
        var apart = standard
        apart.interval = .never
        apart.noise = .unshared
        if let worst = report.cell(apart.name, "seam") {
            targets.append(
                SuiteReport.Target(
                    "blended at the end from unshared noise: seam index above the default's, "
                        + "intervals apart",
                    isMet: worst.low > usual.high
                )
            )
        }
        return targets
    }
}
