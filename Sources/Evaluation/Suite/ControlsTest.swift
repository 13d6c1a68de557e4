package import Pipelines
import Scenes
import Tensors

/// What each control of a rendering does, the others left where they are: structure level t_s,
/// content guidance ω, temporal guidance ω_t and strength.
package struct ControlsTest {
    package static let name = "controls"

    /// A control at one of its values.
    package enum Setting: Hashable, Sendable {
        case structureLevel(StructureLevel)
        case guidance(Double)
        case temporalGuidance(Double)
        case strength(Double)

        /// The table's row.
        package var row: String {
            switch self {
            case .structureLevel(let level): "t_s \(level.rounds)"
            case .guidance(let scale): "omega \(SuiteReport.decimal(scale, 1))"
            case .temporalGuidance(let scale): "omega_t \(SuiteReport.decimal(scale, 1))"
            case .strength(let share): "strength \(SuiteReport.decimal(share, 2))"
            }
        }

        /// What is sampled with it.
        package func applied(to sampling: SampleSettings) -> SampleSettings {
            var result = sampling
            switch self {
            case .structureLevel(let level): result.structureLevel = level
            case .guidance(let scale): result.guidance = scale
            case .temporalGuidance(let scale): result.temporalGuidance = scale
            case .strength(let share): result.strength = share
            }
            return result
        }

        var json: JSONValue { .string(row) }
    }

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let ways: [Setting]
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: Of the test.
    ///   - ways: What is rendered; a row each.
    ///   - observer: Is told.
    package init(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        _ ways: [Setting],
        _ observer: SuiteObserver
    ) {
        self.studio = studio
        self.settings = settings
        self.ways = ways
        self.observer = observer
    }

    /// What all renderings of a clip share.
    private struct Shared {
        /// The wished scene's.
        let colours: ColourReferences
        /// Scaled latents of the source, which a strength below 1 starts from.
        let source: HostTensor
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw.
    package func run() throws -> SuiteReport {
        var tally = SuiteTally()
        // Rows that say the same have the same rendering.
        var known: [SampleSettings: Pictures] = [:]
        let sweep = SuiteSweep(name: Self.name, ways: ways, shown: 4, row: \.row)
        try sweep.run(studio, settings, observer) { clip, sheet in
            sheet.add("depth", maps: clip.depth)
            let reconstruction = try studio.reconstruction(of: clip.scene.pictures)
            let shared = try shared(clip)
            try measure(clip.scene.pictures, clip, shared, Self.sourceRow, &tally)
            try measure(reconstruction, clip, shared, Self.ceilingRow, &tally)
            known = [:]
            return shared
        } rendering: { clip, shared, way, sheet in
            let sampling = way.applied(
                to: settings.sampling(scene: clip.scene.description.seed)
            )
            let pictures: Pictures
            if let found = known[sampling] {
                pictures = found
            } else {
                pictures = try studio.render(
                    structure: studio.structure(
                        ofDepth: clip.depth,
                        level: sampling.structureLevel
                    ),
                    content: clip.content,
                    source: sampling.strength < 1 ? shared.source : nil,
                    sampling,
                    settings.arrangement
                ).pictures
                known[sampling] = pictures
            }
            try measure(pictures, clip, shared, way.row, &tally)
            sheet.add(way.row, pictures)
        }
        return report(tally)
    }

    private static let sourceRow = "source"
    private static let ceilingRow = "source through the autoencoder"

    private func shared(_ clip: SuiteClip) throws -> Shared {
        Shared(
            colours: ColourReferences(
                clip.edit.applied(to: clip.scene.description),
                on: clip.scene,
                settings.scene
            ),
            source: try studio.latents(of: clip.scene.pictures)
        )
    }

    private func measure(
        _ pictures: Pictures,
        _ clip: SuiteClip,
        _ shared: Shared,
        _ row: String,
        _ tally: inout SuiteTally
    ) throws {
        let (told, wanted) = (shared.colours.told(pictures), clip.edit.colour)
        tally.add(row, "wanted", told.colour == wanted)
        tally.add(row, "distance", told.distance(to: wanted))
        let depth = try studio.depth(of: pictures)
        let agreement = StructureTest.agreement(of: depth, with: clip.scene)
        tally.add(row, "objects", agreement.objects)
        tally.add(
            row,
            "source",
            PictureQuality.psnr(pictures.tensor, clip.scene.pictures.tensor)
        )
        let steadiness = try Steadiness(of: pictures, clip.scene, studio)
        for (column, value) in steadiness.values { tally.add(row, column, value) }
    }

    private func report(_ tally: SuiteTally) -> SuiteReport {
        SuiteReport(
            Self.name,
            lines: [
                "Controls: what each does, the others left where they are."
            ] + settings.lines(studio.name, on: studio.deviceClass) + [
                "Wanted colour, dE to it: of the subject's mean, as in the content test.",
                "Near objects: correlation of estimated with true inverse depth there.",
                "PSNR of the source: how much of its look is left.",
            ] + Steadiness.lines,
            columns: [
                SuiteReport.Column("wanted", "wanted colour", .share),
                SuiteReport.Column("distance", "dE to wanted", .decimals(1)),
                SuiteReport.Column("objects", "near objects", .decimals(3)),
                SuiteReport.Column("source", "PSNR of the source", .decimals(1)),
            ] + Steadiness.columns.filter { $0.name != "pairs" },
            rows: ([Self.sourceRow, Self.ceilingRow] + ways.map(\.row)).map { tally.row($0) },
            settings: settings.json(studio.name, on: studio.deviceClass).merging(
                ["ways": .array(ways.map(\.json))]
            ) { $1 }
        )
    }
}
