import Pipelines
import Scenes
import Tensors

/// Whether the subject has the colour, and the finish, that a prompt or an example picture asks
/// for.
///
/// A scene in another colour differs in nothing else, so what the subject should look like is
/// rendered, in all twelve colours, and the output's is told by the nearest.
package struct ContentTest {
    package static let name = "content"

    /// How the wish is put.
    enum Way: String, CaseIterable {
        case prompt = "prompt"
        case otherScene = "example: another scene"
        case recoloured = "example: the scene recoloured"
        case own = "the clip's own picture"
        case nothing = "no content"

        /// Whether the wish is told at all.
        var isTold: Bool { self != .own && self != .nothing }
    }

    private let studio: SceneStudio
    private var settings: SuiteSettings
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: What they say of content is not used.
    ///   - observer: Is told.
    package init(_ studio: SceneStudio, _ settings: SuiteSettings, _ observer: SuiteObserver) {
        self.studio = studio
        self.settings = settings
        self.settings.content = .prompt
        self.observer = observer
    }

    /// What was found of one clip, the wish put in one way.
    private struct Finding {
        let colour: SceneColour
        let isWanted: Bool
        /// Whether it has the source's colour still.
        let isOld: Bool
        /// From the wanted colour's reference.
        let distance: Double
        /// Whether each instrument tells the wanted finish; empty where none is wanted.
        var finishes: [FinishReferences.Instrument: Bool] = [:]

        func add(to row: String, _ tally: inout SuiteTally) {
            tally.add(row, "wanted", isWanted)
            tally.add(row, "kept", isOld)
            tally.add(row, "distance", distance)
            for (instrument, isTold) in finishes { tally.add(row, instrument.column, isTold) }
        }
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw, `InputError` if the model takes no prompts
    ///   or no pictures.
    package func run() throws -> SuiteReport {
        if let missing = studio.facts.missing(forPrompt: true, forPicture: true) {
            throw InputError(missing)
        }
        var tally = SuiteTally()
        var clips: [(about: [String: JSONValue], found: [String: JSONValue])] = []
        let sweep = SuiteSweep(
            name: Self.name,
            ways: Way.allCases,
            shown: ColourReferences.framesMax,
            row: \.rawValue
        )
        try sweep.run(studio, settings, observer) { clip, sheet in
            let trial = try ContentTrial(clip, settings, studio)
            sheet.add("depth", maps: clip.depth)
            sheet.add("the wish, rendered truly", trial.wish.pictures)
            try ContentCeiling(trial, settings, studio).add(to: &tally)
            clips.append((Self.about(trial), [:]))
            let level = settings.sampling.structureLevel
            return (trial, try studio.structure(ofDepth: clip.depth, level: level))
        } rendering: { clip, shared, way, sheet in
            let (trial, structure) = shared
            let rendering = try studio.render(
                structure: structure,
                content: try content(way, trial),
                settings.sampling(scene: clip.scene.description.seed),
                settings.arrangement
            )
            let finding = try finding(rendering.pictures, trial, way)
            finding.add(to: way.rawValue, &tally)
            sheet.add(way.rawValue, rendering.pictures)
            clips[clips.count - 1].found[way.rawValue] = .string(finding.colour.rawValue)
        }
        return report(
            tally,
            clips.map { clip in .object(clip.about.merging(["found": .object(clip.found)]) { $1 }) }
        )
    }

    private func content(_ way: Way, _ trial: ContentTrial) throws -> HostTensor? {
        switch way {
        case .prompt: trial.clip.content
        case .otherScene: try studio.content(trial.example.pictures, frame: 0)
        case .recoloured: try studio.content(trial.wish.pictures, frame: trial.wish.middle)
        case .own: try studio.content(trial.clip.scene.pictures, frame: trial.clip.scene.middle)
        case .nothing: nil
        }
    }

    private func finding(
        _ pictures: Pictures,
        _ trial: ContentTrial,
        _ way: Way
    ) throws -> Finding {
        let references = way == .otherScene ? trial.coloursLikeExample : trial.colours
        let (told, clip) = (references.told(pictures), trial.clip)
        var finding = Finding(
            colour: told.colour,
            isWanted: told.colour == clip.edit.colour,
            isOld: told.colour == clip.scene.description.objects[0].colour,
            distance: told.distance(to: clip.edit.colour)
        )
        if let finishes = trial.finishes {
            let told = try finishes.told(pictures.one(clip.scene.middle), studio)
            finding.finishes = told.mapValues { $0 == clip.edit.finish }
        }
        return finding
    }

    private static func about(_ trial: ContentTrial) -> [String: JSONValue] {
        let (description, edit) = (trial.clip.scene.description, trial.clip.edit)
        return [
            "seed": .string("\(description.seed)"),
            "caption": .string(description.caption),
            "prompt": .string(trial.wish.description.caption),
            "wanted": .string(edit.colour.rawValue),
            "finish": edit.finish.map { .string($0.rawValue) } ?? .null,
        ]
    }

    // MARK: - Report

    private static let columns =
        [
            SuiteReport.Column("wanted", "wanted colour", .share),
            SuiteReport.Column("kept", "source's colour", .share),
            SuiteReport.Column("distance", "dE to wanted", .decimals(1)),
        ]
        + FinishReferences.Instrument.allCases.map { instrument in
            SuiteReport.Column(instrument.column, "finish by \(instrument.rawValue)", .share)
        }

    private func report(_ tally: SuiteTally, _ clips: [JSONValue]) -> SuiteReport {
        let names = Way.allCases.map(\.rawValue) + ContentCeiling.Kind.allCases.map(\.rawValue)
        var report = SuiteReport(
            Self.name,
            lines: [
                "Content: does the subject get the colour, and the finish, that is asked for?"
            ] + settings.lines(studio.name, on: studio.deviceClass) + [
                "Asked for: another colour in every clip, in every second one another finish too.",
                "Colour: the nearest of the 12 true renderings' mean colours on the subject, in "
                    + "CIELAB; by chance 8.3 %. With another scene's picture they are rendered on "
                    + "its ground in its light.",
                "Finish: of 6, by three instruments, whose accuracy on true renderings is their "
                    + "ceiling; by chance 16.7 %.",
            ],
            columns: Self.columns,
            rows: names.map { tally.row($0) },
            settings: settings.json(studio.name, on: studio.deviceClass)
        )
        report.clips = clips
        for way in Way.allCases {
            guard let share = report.cell(way.rawValue, "wanted")?.mean else { continue }
            let bound = way.isTold ? "at least 80 %" : "at most 20 %"
            report.targets.append(
                SuiteReport.Target(
                    "\(way.rawValue): wanted colour in \(bound)",
                    isMet: way.isTold ? share >= 0.8 : share <= 0.2
                )
            )
        }
        return report
    }
}
