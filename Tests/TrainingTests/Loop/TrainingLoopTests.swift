import FFmpeg
import Glibc
import Models
import NN
import Pipelines
import Tensors
import TestSupport
import Testing
import Training

struct TrainingLoopTests {
    private let folder: TemporaryFolder
    private let start: StartingModel

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("start"))
        start = try StartingModel(folder("start"), seed: 1)
    }

    private func settings(_ change: (inout TrainingSettings) -> Void = { _ in }) -> TrainingSettings
    {
        var settings = TrainingSettings(steps: 8, learningRate: 1e-3, warmUp: 2)
        settings.checkpointEvery = 3
        settings.validateEvery = 4
        settings.accumulation = 2
        settings.averageDecay = 0.9
        change(&settings)
        return settings
    }

    private final class Events {
        var all: [TrainingEvent] = []
    }

    /// One process's part of a run: it ends by itself, or after so many micro-batches.
    @discardableResult
    private func run(
        _ name: String,
        _ settings: TrainingSettings,
        task: EmbeddingTask? = nil,
        micros: Int = .max,
        knobs: [String: JSONValue] = [:],
        skipsDamaged: Bool = false,
        events: Events = Events()
    ) throws -> TrainingLoop.End {
        var asked = 0
        let loop = try TrainingLoop(
            task ?? EmbeddingTask(start),
            settings: settings,
            knobs: knobs,
            start: start.folder,
            run: RunFolder(folder(name)),
            skipsDamaged: skipsDamaged,
            clock: { .zero },
            observe: { events.all.append($0) }
        )
        return try loop.run {
            asked += 1
            return asked > micros
        }
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        try SystemFile.read(folder(path), limit: 1 << 30)
    }

    /// All that must not depend on how a run got there.
    private func expectSame(_ a: String, _ b: String) throws {
        for file in [
            "model/prior/diffusion_pytorch_model.safetensors", "model/training.safetensors",
            "model/training.json", "model/model_index.json", "log.csv", "validation.csv",
            "loss.svg", "validation/step-00000008-grey.png",
        ] {
            #expect(try bytes("\(a)/\(file)") == bytes("\(b)/\(file)"), "\(file)")
        }
    }

    @Test func `a run ends with a model that is whole, its logs and its pictures`() throws {
        let events = Events()
        #expect(try run("run", settings(), events: events) == .finished)
        let model = try CheckpointFolder.open(folder("run/model"))
        let check = model.check()
        #expect(check.count == 8)
        for component in check {
            #expect(["sound", "readable"].contains(component.word), "\(component)")
        }
        #expect(
            try SystemFile.names(in: folder("run/checkpoints")) == [
                "step-00000006", "step-00000008",
            ]
        )
        let log = String(decoding: try bytes("run/log.csv"), as: UTF8.self).split(separator: "\n")
        #expect(log[0] == "step,lr,gradient_norm,loss,root" && log.count == 9)
        #expect(String(decoding: try bytes("run/loss.svg"), as: UTF8.self).hasPrefix("<svg"))
        let picture = try StillImage.read(
            folder("run/validation/step-00000004-grey.png"),
            sideMax: 8
        )
        #expect(picture.width == 8)
        let checkpoints = events.all.compactMap { event -> Int? in
            guard case .checkpoint(let step, _) = event else { return nil }
            return step
        }
        #expect(checkpoints == [3, 6, 8])
    }

    @Test func `the loss falls, and the averaged weights are those of the model`() throws {
        var settings = settings { $0.steps = 60 }
        settings.validateEvery = 30
        try run("run", settings)
        let log = try RunLog(folder("run/log.csv"), after: 60).table.points("loss").map(\.value)
        let (first, last) = (log.prefix(6).reduce(0, +), log.suffix(6).reduce(0, +))
        #expect(last < 0.8 * first, "\(first) to \(last)")
        let state = try SafetensorsFile.open(folder("run/model/training.safetensors"))
        let weights = try CheckpointFolder.open(folder("run/model")).component("prior").tensors()
        for name in weights.names {
            let average = state.tensor(named: "average/prior/\(name)")
            #expect(weights.tensor(named: name)?.floats() == average?.floats(), "\(name)")
        }
    }

    /// Stops at every place there is: before each micro-batch, so also in the middle of a step.
    @Test(arguments: 1..<16)
    func `interrupted and gone on with equals uninterrupted, to the bit`(micros: Int) throws {
        try run("whole", settings())
        let end = try run("parts", settings(), micros: micros)
        #expect(end == .stopped(step: micros / 2))
        let events = Events()
        // What checkpoints there are is no part of the result.
        #expect(try run("parts", settings { $0.checkpointEvery = 2 }, events: events) == .finished)
        let step = micros / 2
        if step > 0 {
            let path = folder("parts/checkpoints/\(CheckpointShelf.name(step))")
            #expect(events.all.first == .resumed(step: step, checkpoint: path))
        }
        try expectSame("whole", "parts")
    }

    @Test func `killed without a word, a run repeats what is in no checkpoint`() throws {
        struct Killed: Error {}
        try run("whole", settings())
        let task = try EmbeddingTask(start)
        // Step 5's second micro-batch fails: the newest checkpoint is of step 3.
        task.change = { draw, value in draw.step == 5 && draw.micro == 1 ? .nan : value }
        #expect(throws: TrainingError.self) { try run("parts", settings(), task: task) }
        #expect(try run("parts", settings()) == .finished)
        try expectSame("whole", "parts")
    }

    @Test func `threads change nothing, another seed everything`() throws {
        try run("one", settings(), task: EmbeddingTask(start, threads: 1))
        try run("three", settings(), task: EmbeddingTask(start, threads: 3))
        try expectSame("one", "three")
        try run("other", settings { $0.seed = 1 })
        #expect(try bytes("other/log.csv") != bytes("one/log.csv"))
    }

    @Test func `a run that is finished stays as it is`() throws {
        try run("run", settings())
        let before = try bytes("run/log.csv")
        #expect(try run("run", settings()) == .finished)
        #expect(try bytes("run/log.csv") == before)
    }

    @Test func `a longer run with a constant rate goes on, one with a cosine is refused`() throws {
        let constant = settings { $0.schedule = .constant }
        try run("run", constant)
        #expect(try run("run", settings { ($0.schedule, $0.steps) = (.constant, 10) }) == .finished)
        try run("longer", settings { ($0.schedule, $0.steps) = (.constant, 10) })
        #expect(try bytes("run/log.csv") == bytes("longer/log.csv"))
        let shorter = #expect(throws: TrainingError.self) { try run("run", constant) }
        #expect(
            shorter?.description
                == "--steps: \(folder("run")) has 10 steps behind it, found 8"
        )
        try run("cosine", settings())
        let error = #expect(throws: TrainingError.self) {
            try run("cosine", settings { $0.steps = 10 })
        }
        #expect(error?.description.contains("--steps was 8 and is now 10") == true)
    }

    @Test func `other settings are refused, and named`() throws {
        try run("run", settings(), knobs: ["t-s": .integer(0)])
        let error = #expect(throws: TrainingError.self) {
            try run("run", settings { $0.learningRate = 2e-3 }, knobs: ["t-s": .integer(7)])
        }
        #expect(
            error?.description == "\(folder("run")): the run was started with other settings: "
                + "--lr was 0.001 and is now 0.002, --t-s was 0 and is now 7; give the same ones "
                + "or another --output"
        )
    }

    @Test func `a loss that is no number stops the run before it reaches a weight`() throws {
        for (value, text) in [(Double.nan, "nan"), (.infinity, "inf")] {
            let name = "run-\(text)"
            let task = try EmbeddingTask(start)
            task.change = { draw, loss in draw.step == 4 ? value : loss }
            let error = #expect(throws: TrainingError.self) {
                try run(name, settings(), task: task)
            }
            #expect(
                error?.description == "step 5: loss must be finite, but is \(text); the last "
                    + "checkpoint is \(folder("\(name)/checkpoints/step-00000003"))"
            )
            #expect(try SystemFile.names(in: folder("\(name)/checkpoints")) == ["step-00000003"])
        }
        let early = try EmbeddingTask(start)
        early.change = { _, _ in .nan }
        let error = #expect(throws: TrainingError.self) {
            try run("early", settings(), task: early)
        }
        #expect(error?.description.hasSuffix("there is no checkpoint yet") == true)
    }
}

// What becomes of checkpoints that are not what was written.
extension TrainingLoopTests {
    /// Names and what is done to a checkpoint's folder.
    static let damages: [(String, @Sendable (String) throws -> Void)] = [
        ("training.json", { try SystemFile.delete("\($0)/training.json") }),
        (
            "training.json",
            {
                try SystemFile.writeAtomically(
                    Array("{\"schema\":".utf8),
                    to: "\($0)/training.json"
                )
            }
        ),
        ("training.safetensors", { try SystemFile.delete("\($0)/training.safetensors") }),
        (
            "training.safetensors",
            { folder in
                let path = "\(folder)/training.safetensors"
                let bytes = try SystemFile.read(path, limit: 1 << 30)
                try SystemFile.writeAtomically(Array(bytes.dropLast(1000)), to: path)
            }
        ),
        (
            "is not what was written",
            { folder in
                let path = "\(folder)/training.safetensors"
                var bytes = try SystemFile.read(path, limit: 1 << 30)
                bytes[bytes.count * 2 / 3] ^= 1
                try SystemFile.writeAtomically(bytes, to: path)
            }
        ),
    ]

    @Test(arguments: damages.indices)
    func `a damaged checkpoint is refused by name, and set aside if told`(index: Int) throws {
        let (word, damage) = Self.damages[index]
        try run("whole", settings())
        try run("run", settings(), micros: 14)
        let newest = folder("run/checkpoints/step-00000007")
        let older = folder("run/checkpoints/step-00000006")
        try damage(newest)
        let error = try #require(
            #expect(throws: TrainingError.self) { try run("run", settings()) }
        )
        #expect(error.description.hasPrefix("\(newest): damaged: "))
        #expect(error.description.contains(word), "\(error)")
        #expect(error.description.hasSuffix("; --skip-damaged goes on from \(older)"))
        let events = Events()
        #expect(try run("run", settings(), skipsDamaged: true, events: events) == .finished)
        guard case .setAside(newest, _) = events.all.first else {
            Issue.record("nothing said of \(newest): \(events.all.first as Any)")
            return
        }
        try expectSame("whole", "run")
        #expect(
            try SystemFile.status(of: folder("run/checkpoints/damaged-step-00000007")) != nil
        )
    }

    @Test func `with no other checkpoint a damaged one is an error all the same`() throws {
        try run("run", settings(), micros: 4)
        try Self.damages[0].1(folder("run/checkpoints/step-00000002"))
        let error = #expect(throws: TrainingError.self) {
            try run("run", settings(), skipsDamaged: true)
        }
        #expect(error?.description.hasSuffix("there is no older one to go on from") == true)
    }

    @Test func `a disk that is full ends the run, and the last checkpoint stays`() async {
        await #expect(processExitsWith: .success) {
            let tests = try TrainingLoopTests()
            let task = try EmbeddingTask(tests.start)
            signal(SIGXFSZ, SIG_IGN)
            task.before = { draw in
                // A file that may grow no more stands for a disk that is full.
                var limit = rlimit(rlim_cur: 20_000, rlim_max: .max)
                if draw.step == 4 { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
            }
            let error = #expect(throws: CheckpointError.self) {
                try tests.run("run", tests.settings(), task: task)
            }
            guard case .file(let file)? = error?.code, file.isFull else {
                preconditionFailure("\(error as Any)")
            }
            let names = try SystemFile.names(in: tests.folder("run/checkpoints"))
            precondition(names == ["step-00000003"], "\(names)")
            var limit = rlimit(rlim_cur: .max, rlim_max: .max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            // With room again the same command goes on.
            try tests.run("whole", tests.settings())
            try tests.run("run", tests.settings())
            let logs = try ["whole", "run"].map { try tests.bytes("\($0)/log.csv") }
            precondition(logs[0] == logs[1], "the logs differ")
        }
    }
}
