import Pipelines
import Scenes
import Tensors

/// What temporal guidance does: how steady the output is, and what of its detail that costs.
package struct TemporalTest {
    package static let name = "temporal"

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let scales: [Double]
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: Of the test.
    ///   - scales: ω_t of each row.
    ///   - observer: Is told.
    package init(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        scales: [Double],
        _ observer: SuiteObserver
    ) {
        self.studio = studio
        self.settings = settings
        self.scales = scales
        self.observer = observer
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw.
    package func run() throws -> SuiteReport {
        var tally = SuiteTally()
        let level = settings.sampling.structureLevel
        let sweep = SuiteSweep(name: Self.name, ways: scales, shown: 8, row: Self.row)
        try sweep.run(studio, settings, observer) { clip, sheet in
            sheet.add("depth", maps: clip.depth)
            let reconstruction = try studio.reconstruction(of: clip.scene.pictures)
            try add(clip.scene.pictures, clip.scene, to: Self.sourceRow, &tally)
            try add(reconstruction, clip.scene, to: Self.ceilingRow, &tally)
            return try studio.structure(ofDepth: clip.depth, level: level)
        } rendering: { clip, structure, scale, sheet in
            var sampling = settings.sampling(scene: clip.scene.description.seed)
            sampling.temporalGuidance = scale
            let rendering = try studio.render(
                structure: structure,
                content: clip.content,
                sampling,
                settings.arrangement
            )
            try add(rendering.pictures, clip.scene, to: Self.row(scale), &tally)
            sheet.add(Self.row(scale), rendering.pictures)
        }
        return report(tally)
    }

    private static let sourceRow = "source"
    private static let ceilingRow = "source through the autoencoder"

    private static func row(_ scale: Double) -> String {
        "omega_t \(SuiteReport.decimal(scale, 2))"
    }

    private func add(
        _ pictures: Pictures,
        _ scene: SceneCase,
        to row: String,
        _ tally: inout SuiteTally
    ) throws {
        let steadiness = try Steadiness(of: pictures, scene, studio)
        for (column, value) in steadiness.values { tally.add(row, column, value) }
    }

    private func report(_ tally: SuiteTally) -> SuiteReport {
        SuiteReport(
            Self.name,
            lines: [
                "Temporal guidance: how steady the output is, and what of its detail that costs."
            ] + settings.lines(studio.name, on: studio.deviceClass) + Steadiness.lines,
            columns: Steadiness.columns,
            rows: ([Self.sourceRow, Self.ceilingRow] + scales.map(Self.row)).map { tally.row($0) },
            settings: settings.json(studio.name, on: studio.deviceClass).merging(
                ["temporal_guidance": .array(scales.map { .number($0) })]
            ) { $1 }
        )
    }
}
