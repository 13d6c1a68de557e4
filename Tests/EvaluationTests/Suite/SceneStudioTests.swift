import Diffusion
import Evaluation
import Models
import Pipelines
import Scenes
import Tensors
import TestSupport
import Testing

/// The suite on the whole model of the smallest sizes: what it makes is noise, but all of it is
/// run.
struct SceneStudioTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
    }

    private func studio(threads: Int = 1) throws -> SceneStudio {
        try SceneStudio(
            folder("model"),
            on: CPUBackend(CPUConfiguration(threads: threads)),
            deviceClass: "cpu-x"
        )
    }

    private func settings(count: Int = 2, frames: Int = 2) throws -> SuiteSettings {
        var choice = SamplingDefaults()
        choice.steps = 2
        choice.guidance = 2
        return SuiteSettings(
            count: count,
            frames: frames,
            width: 32,
            height: 32,
            try SampleSettings(choice),
            WindowArrangement()
        )
    }

    // MARK: - The studio

    /// Conditioned, started, stepped and decoded as a farm's units do it.
    @Test func `a rendering has the bits of a farm's units`() throws {
        let studio = try studio()
        let settings = try settings(frames: 3)
        let scene = SceneCase(settings.scenes[0], frames: 0..<3, settings.scene)
        let depth = try studio.depth(of: scene.pictures)
        var sampling = settings.sampling(scene: 5)
        sampling.structureLevel = try StructureLevel(1)
        let content = try studio.content(prompt: "a red cube", seed: 5, guidance: 4)
        let rendering = try studio.render(
            structure: studio.structure(ofDepth: depth, level: sampling.structureLevel),
            content: content,
            sampling,
            settings.arrangement
        )
        sampling.noisePrior = NoiseKind.shuffled.prior(length: 16, overlap: 8)
        var units = UnitSettings(model: folder("model"), sampling: sampling)
        units.prompt = "a red cube"
        let runner = UnitRunner(CPUBackend(CPUConfiguration(threads: 1)))
        func run(_ request: UnitRequest) throws -> UnitResult {
            try runner.run(request, units) { _ in }
        }
        #expect(try run(.content(picture: nil)) == .tensor(content))
        #expect(try run(.depth(scene.pictures)) == .tensor(depth))
        let range = try #require(DepthRange(of: depth))
        var inputs = SampleInputs(depth: depth, depthRange: range)
        inputs.content = content
        let unit = UnitFrames(job: "job", shot: 0, frames: 0..<3, firstFrame: 0)
        let sampled = try run(.sample(inputs, unit, steps: 0..<2))
        #expect(sampled == .tensor(rendering.latents))
        #expect(try run(.decode(rendering.latents)) == .pictures(rendering.pictures))
    }

    @Test func `a folder that is not there, and one that is no model, are refused`() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        #expect(throws: CheckpointError.self) {
            try SceneStudio(folder("nothing"), on: backend, deviceClass: "cpu-x")
        }
        _ = try folder.write("{}", to: "empty/model_index.json")
        #expect(throws: (any Error).self) {
            try SceneStudio(folder("empty"), on: backend, deviceClass: "cpu-x")
        }
    }

    // MARK: - Tests of the suite

    private final class Log {
        var progress: [SuiteProgress] = []
        var sheets: [SuiteSheet] = []

        var observer: SuiteObserver {
            SuiteObserver(
                progress: { self.progress.append($0) },
                sheet: { self.sheets.append($0) }
            )
        }
    }

    private func check(_ log: Log, renderings: Int, clips: Int) {
        #expect(log.progress.map(\.done) == Array(1...renderings))
        #expect(log.progress.allSatisfy { $0.total == renderings && !$0.label.isEmpty })
        #expect(log.sheets.count == clips && Set(log.sheets.map(\.name)).count == clips)
        #expect(log.sheets.allSatisfy { $0.image.height == $0.rows.count * 34 - 2 })
    }

    @Test func `content: five ways and three ceilings, the same on any number of threads`() throws {
        let log = Log()
        let report = try ContentTest(studio(), settings(), log.observer).run()
        check(log, renderings: 10, clips: 2)
        #expect(report.rows.count == 8 && report.clips.count == 2 && report.targets.count == 5)
        for row in report.rows.prefix(5) {
            #expect(row.cells.keys.sorted() == report.columns.map(\.name).sorted())
            #expect(row.cells["wanted"]?.count == 2 && row.cells["finish_words"]?.count == 1)
        }
        #expect(report.cell("true renderings", "wanted")?.mean ?? 0 > 0.8)
        // What is lit otherwise is told less well, and cannot be told better.
        let alike = report.rows[7].cells["wanted"]?.mean ?? 2
        #expect(alike <= report.cell("true renderings", "wanted")?.mean ?? 0)
        let again = try ContentTest(studio(threads: 2), settings(), SuiteObserver()).run()
        #expect(again == report)
    }

    @Test func `structure: a row a level, and the source's own`() throws {
        let log = Log()
        let levels = try [0, 3, 7].map { try StructureLevel($0) }
        let report = try StructureTest(studio(), settings(), levels: levels, log.observer).run()
        check(log, renderings: 6, clips: 2)
        #expect(report.rows.map(\.name).suffix(3) == ["t_s 0", "t_s 3", "t_s 7"])
        #expect(report.rows.count == 5 && report.targets.count == 2)
        for cell in report.rows.flatMap({ $0.cells.values }) {
            #expect((-1...1).contains(cell.mean) && cell.count == 2)
        }
    }

    @Test func `temporal: a row a scale, beside the source`() throws {
        let log = Log()
        var settings = try settings()
        settings.content = .none
        let report = try TemporalTest(studio(), settings, scales: [0, 1], log.observer).run()
        check(log, renderings: 4, clips: 2)
        #expect(
            report.rows.map(\.name)
                == [
                    "source", "source through the autoencoder", "omega_t 0.00", "omega_t 1.00",
                ]
        )
        #expect(report.rows[2].cells != report.rows[3].cells)
        #expect(report.rows.allSatisfy { $0.cells.count == 4 })
    }

    @Test func `stitching: a row an arrangement, and only seconds depend on the clock`() throws {
        let log = Log()
        var settings = try settings(count: 1, frames: 36)
        settings.content = .picture
        var apart = WindowArrangement()
        apart.interval = .never
        apart.noise = .unshared
        var flat = apart
        flat.taper = .flat
        let arrangements = [WindowArrangement(), apart, flat]
        var time = 0.0
        let report = try StitchingTest(studio(), settings, arrangements, log.observer) {
            time += 1
            return time
        }.run()
        check(log, renderings: 3, clips: 1)
        #expect(report.rows.map(\.name) == ["source"] + arrangements.map(\.name))
        let (usual, worst) = (report.rows[1].cells, report.rows[2].cells)
        #expect(usual.keys.sorted() == report.columns.map(\.name).sorted())
        #expect(usual["seconds"]?.mean == 1)
        // Each blend by the measure that can see it.
        #expect(
            report.targets.map(\.text) == [
                "seam index of the default: at most 1.1",
                "\(apart.name): period above the default's, intervals apart",
                "\(flat.name): seam index above the default's, intervals apart",
            ]
        )
        // Noise of their own makes windows disagree, and blending them takes variance.
        let (little, much) = (usual["mismatch"]?.mean ?? 1, worst["mismatch"]?.mean ?? 0)
        #expect(little < much && much > 0.2)
        #expect(worst["variance"]?.mean ?? 1 < usual["variance"]?.mean ?? 0)
    }

    @Test func `stitching: what does not fit is told before anything is rendered`() throws {
        let log = Log()
        var wide = WindowArrangement()
        wide.overlap = 16
        var never = WindowArrangement()
        never.until = 2
        for arrangement in [wide, never] {
            let test = try StitchingTest(
                studio(),
                settings(frames: 20),
                [arrangement],
                log.observer
            ) { 0 }
            #expect(throws: StitchError.self) { try test.run() }
        }
        #expect(log.progress.isEmpty)
    }

    @Test func `vae: scenes, and frames of files`() throws {
        let path = try folder.write(
            SyntheticMedia.movingSquare(width: 48, height: 40, frames: 5),
            to: "clip.y4m"
        )
        let log = Log()
        let report = try AutoencoderTest(studio(), settings(), files: [path], log.observer).run()
        check(log, renderings: 4, clips: 3)
        #expect(report.rows.map(\.name) == ["scenes", path, "all files"])
        #expect(report.rows.allSatisfy { $0.cells["psnr"]?.count == 2 })
        #expect(report.rows[1].cells == report.rows[2].cells && report.targets.count == 2)
    }

    @Test func `subject: before and after, beside the truth`() throws {
        _ = try FreshModel(.tiny, seed: 2).write(to: folder("after"))
        let after = try SceneStudio(
            folder("after"),
            on: CPUBackend(CPUConfiguration(threads: 1)),
            deviceClass: "cpu-x"
        )
        let log = Log()
        let report = try SubjectTest(
            before: studio(),
            after: after,
            settings(),
            subject: 7,
            prompts: [],
            log.observer
        ).run()
        check(log, renderings: 16, clips: 2)
        let asked = ["", "another colour, ", "another form, ", "another form and colour, "]
        let rows = asked.flatMap { ["\($0)before", "\($0)after"] }
        #expect(report.rows.map(\.name) == ["the subject, rendered truly"] + rows)
        #expect(report.cell("the subject, rendered truly", "colour")?.mean == 1)
        for name in asked {
            let (old, new) = ("\(name)before", "\(name)after")
            #expect(report.cell(old, "distance") != report.cell(new, "distance"))
            #expect((report.cell(old, "wanted") != nil) == name.contains("colour"))
            #expect((report.cell(new, "looks") != nil) == name.isEmpty)
        }
        #expect(report.clips.count == 8 && log.sheets[0].rows.count == 11)
    }
}
