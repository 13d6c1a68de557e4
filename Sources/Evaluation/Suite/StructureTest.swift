package import Pipelines
import Scenes
package import Tensors

/// Whether structure is kept, and less of it the higher the structure level: how far the depth that
/// the model estimates of its output agrees with the true depth of the input.
package struct StructureTest {
    package static let name = "structure"

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let levels: [StructureLevel]
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: Its structure level is not used.
    ///   - levels: Those compared, ascending.
    ///   - observer: Is told.
    package init(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        levels: [StructureLevel],
        _ observer: SuiteObserver
    ) {
        self.studio = studio
        self.settings = settings
        self.levels = levels
        self.observer = observer
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw.
    package func run() throws -> SuiteReport {
        var tally = SuiteTally()
        let sweep = SuiteSweep(name: Self.name, ways: levels, shown: 4, row: Self.row)
        try sweep.run(studio, settings, observer) { clip, sheet in
            sheet.add("true depth", maps: clip.scene.inverseDepth)
            add(clip.depth, of: clip.scene, to: Self.sourceRow, &tally)
            let reconstruction = try studio.reconstruction(of: clip.scene.pictures)
            add(try studio.depth(of: reconstruction), of: clip.scene, to: Self.ceilingRow, &tally)
        } rendering: { clip, _, level, sheet in
            var sampling = settings.sampling(scene: clip.scene.description.seed)
            sampling.structureLevel = level
            let rendering = try studio.render(
                structure: studio.structure(ofDepth: clip.depth, level: level),
                content: clip.content,
                sampling,
                settings.arrangement
            )
            let depth = try studio.depth(of: rendering.pictures)
            add(depth, of: clip.scene, to: Self.row(level), &tally)
            sheet.add(Self.row(level), rendering.pictures)
            sheet.add("\(Self.row(level)), depth", maps: depth)
        }
        return report(tally)
    }

    private static let sourceRow = "source, estimated"
    private static let ceilingRow = "source through the autoencoder"

    private static func row(_ level: StructureLevel) -> String { "t_s \(level.rounds)" }

    private func add(
        _ depth: HostTensor,
        of scene: SceneCase,
        to row: String,
        _ tally: inout SuiteTally
    ) {
        let agreement = Self.agreement(of: depth, with: scene)
        tally.add(row, "whole", agreement.whole)
        tally.add(row, "objects", agreement.objects)
    }

    /// Correlation of relative inverse depth with a scene's own, which no scale or shift changes:
    /// in the mean over frames, over the whole picture, and where objects are and what is near.
    package static func agreement(
        of depth: HostTensor,
        with scene: SceneCase
    ) -> (whole: Double, objects: Double) {
        let size = depth.shape[1] * depth.shape[2]
        var (whole, objects) = (0.0, 0.0)
        for frame in 0..<scene.frameCount {
            let found = depth.values[frame * size..<(frame + 1) * size]
            let truth = scene.inverseDepth.values[frame * size..<(frame + 1) * size]
            whole += StructureError.fit(found, truth).correlation
            let places = scene.surroundings(frame).places
            objects +=
                StructureError.fit(
                    places.map { found[found.startIndex + $0] }[...],
                    places.map { truth[truth.startIndex + $0] }[...]
                ).correlation
        }
        return (whole / Double(scene.frameCount), objects / Double(scene.frameCount))
    }

    private func report(_ tally: SuiteTally) -> SuiteReport {
        let names = [Self.sourceRow, Self.ceilingRow] + levels.map(Self.row)
        var report = SuiteReport(
            Self.name,
            lines: [
                "Structure: correlation of the output's estimated inverse depth with the input's "
                    + "true one."
            ] + settings.lines(studio.name, on: studio.deviceClass) + [
                "Per frame, whatever scale and shift; a ground alone correlates over the whole "
                    + "picture, so objects and what is near them stand beside it."
            ],
            columns: [
                SuiteReport.Column("whole", "whole picture", .decimals(3)),
                SuiteReport.Column("objects", "near objects", .decimals(3)),
            ],
            rows: names.map { tally.row($0) },
            settings: settings.json(studio.name, on: studio.deviceClass).merging(
                ["levels": .array(levels.map { .integer($0.rounds) })]
            ) { $1 }
        )
        if let first = report.cell("t_s 0", "objects") {
            report.targets.append(
                SuiteReport.Target("near objects at t_s 0: at least 0.8", isMet: first.mean >= 0.8)
            )
        }
        let compared = levels.filter { [0, 3, 7].contains($0.rounds) }
        let means = compared.compactMap { report.cell(Self.row($0), "objects")?.mean }
        if means.count > 1 {
            let list = compared.map { "\($0.rounds)" }.joined(separator: ", ")
            report.targets.append(
                SuiteReport.Target(
                    "near objects: falls over t_s \(list)",
                    isMet: zip(means, means.dropFirst()).allSatisfy { $0 > $1 }
                )
            )
        }
        return report
    }
}
