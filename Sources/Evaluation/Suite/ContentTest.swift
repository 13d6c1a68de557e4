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

    /// Frames of a clip on which colours are told.
    private static let judgedMax = 4

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let observer: SuiteObserver

    package init(_ studio: SceneStudio, _ settings: SuiteSettings, _ observer: SuiteObserver) {
        self.studio = studio
        self.settings = settings
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
        var clips: [JSONValue] = []
        for (index, description) in settings.scenes.enumerated() {
            let trial = try ContentTrial(
                description,
                edit: SceneEdit(of: description, index: index),
                settings,
                judgedMax: Self.judgedMax,
                studio
            )
            let findings = try findings(trial, clip: index)
            for (way, finding) in findings { finding.add(to: way.rawValue, &tally) }
            try ContentCeiling(trial, settings, studio).add(to: &tally)
            clips.append(Self.json(trial, findings))
        }
        return report(tally, clips)
    }

    private func findings(_ trial: ContentTrial, clip: Int) throws -> [Way: Finding] {
        let depth = try studio.depth(of: trial.scene.pictures)
        let structure = try studio.structure(
            ofDepth: depth,
            level: settings.sampling.structureLevel
        )
        var sheet = SuiteSheet(Self.name, clip: clip, frames: trial.judged)
        sheet.add("source", trial.scene.pictures)
        sheet.add("depth", maps: depth)
        sheet.add("the wish, rendered truly", trial.wish.pictures)
        var result: [Way: Finding] = [:]
        for (index, way) in Way.allCases.enumerated() {
            let rendering = try studio.render(
                structure: structure,
                content: try content(way, trial),
                settings.sampling(scene: trial.scene.description.seed),
                settings.arrangement
            )
            result[way] = try finding(rendering.pictures, trial, way)
            sheet.add(way.rawValue, rendering.pictures)
            try observer.progress(
                SuiteProgress(
                    rendering: index,
                    of: Way.allCases.count,
                    clip: clip,
                    of: settings.count,
                    way.rawValue
                )
            )
        }
        try observer.sheet?(sheet)
        return result
    }

    private func content(_ way: Way, _ trial: ContentTrial) throws -> HostTensor? {
        switch way {
        case .prompt:
            try studio.content(
                prompt: trial.wish.description.caption,
                seed: trial.scene.description.seed,
                guidance: settings.priorGuidance
            )
        case .otherScene: try studio.content(trial.example.pictures, frame: 0)
        case .recoloured: try studio.content(trial.wish.pictures, frame: trial.wish.middle)
        case .own: try studio.content(trial.scene.pictures, frame: trial.scene.middle)
        case .nothing: nil
        }
    }

    private func finding(
        _ pictures: Pictures,
        _ trial: ContentTrial,
        _ way: Way
    ) throws -> Finding {
        let mean = ColourReferences.mean(of: pictures, frames: trial.judged, masks: trial.masks)
        let references = way == .otherScene ? trial.coloursLikeExample : trial.colours
        let colour = references.nearest(to: mean)
        var finding = Finding(
            colour: colour,
            isWanted: colour == trial.edit.colour,
            isOld: colour == trial.scene.description.objects[0].colour,
            distance: mean.distance(to: references[trial.edit.colour])
        )
        if let finishes = trial.finishes {
            let told = try finishes.told(pictures.one(trial.scene.middle), studio)
            finding.finishes = told.mapValues { $0 == trial.edit.finish }
        }
        return finding
    }

    private static func json(_ trial: ContentTrial, _ findings: [Way: Finding]) -> JSONValue {
        let told = findings.map { ($0.key.rawValue, JSONValue.string($0.value.colour.rawValue)) }
        return .object([
            "seed": .string("\(trial.scene.description.seed)"),
            "caption": .string(trial.scene.description.caption),
            "prompt": .string(trial.wish.description.caption),
            "wanted": .string(trial.edit.colour.rawValue),
            "finish": trial.edit.finish.map { .string($0.rawValue) } ?? .null,
            "found": .object(Dictionary(uniqueKeysWithValues: told)),
        ])
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
            ] + settings.lines(studio.name) + [
                "Asked for: another colour in every clip, in every second one another finish too.",
                "Colour: the nearest of the 12 true renderings' mean colours on the subject, in "
                    + "CIELAB; by chance 8.3 %. With another scene's picture they are rendered on "
                    + "its ground in its light.",
                "Finish: of 6, by three instruments, whose accuracy on true renderings is their "
                    + "ceiling; by chance 16.7 %.",
            ],
            columns: Self.columns,
            rows: names.map { tally.row($0) },
            settings: settings.json(studio.name)
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
