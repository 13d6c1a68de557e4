import Models
import Tensors
import TestSupport
import Testing
import Training

private let request = ClipRequest(frames: 3, stride: 2, width: 32, height: 32)

struct Gen1TaskTests {
    private func task(
        _ short: ShortTraining,
        _ stage: Gen1Recipe.Stage,
        _ change: (inout Gen1Recipe) -> Void = { _ in }
    ) throws -> Gen1Task {
        var recipe = Gen1Recipe(stage, request: request, clips: 2, depth: .exact)
        recipe.judged = 2
        recipe.sampledSteps = 2
        change(&recipe)
        return try Gen1Task("gen1", short.start, short.data, recipe, on: ShortTraining.recording())
    }

    private func isTemporal(_ key: String) -> Bool {
        key.split(separator: ".").contains { $0.hasPrefix("temporal_") }
    }

    /// Queries and keys of one token have no influence (Docs/Model.md): no gradient, or zeros.
    private func isIdle(_ key: String) -> Bool {
        let isTransformer = key.contains("attentions") && !isTemporal(key)
        return isTransformer
            && ["attn2.to_q", "attn2.to_k", "blocks.0.norm2"].contains { key.contains($0) }
    }

    @Test(arguments: [Gen1Recipe.Stage.content, .levels])
    func `the loss falls by a quarter in sixty steps`(stage: Gen1Recipe.Stage) throws {
        let short = try ShortTraining()
        let task = try task(short, stage)
        let steps = try ShortTraining.run(task, steps: 0..<60, rate: 3e-3)
        let (first, last) = ShortTraining.ends(steps, count: 10)
        #expect(last < 0.75 * first, "\(first) to \(last)")
        let found = try task.validate(Draw(seed: 1, step: 0))
        #expect(found.metrics[0].name == "error")
        #expect(found.pictures.map(\.name) == ["sample"])
    }

    @Test func `a folder of encoded clips changes no bit, and is found by the next run`() throws {
        let short = try ShortTraining()
        let kept = short.folder("kept")
        let bits = try [nil, kept, kept].map { folder in
            let task = try task(short, .levels) { recipe in
                recipe.cacheBytes = folder == nil ? recipe.cacheBytes : 0
                recipe.sharedCache = folder.map { folder in
                    Gen1Recipe.SharedCache(folder: folder, bytesMax: 1 << 24) {
                        Issue.record("\($0)")
                    }
                }
            }
            try ShortTraining.run(task, steps: 0..<3, rate: 1e-2)
            return try task.recording.bits(of: "unet")
        }
        #expect(bits[0] == bits[1] && bits[1] == bits[2])
        let count = try SystemFile.names(in: kept).count
        #expect(count > 5)
        // Another decoder makes the same latents; another encoder does not.
        for (weights, isSame) in [(AutoencoderTask.Weights.decoder, true), (.all, false)] {
            let other = try other(short, weights)
            let start = try StartingModel(other, seed: 1)
            var recipe = Gen1Recipe(.content, request: request, clips: 1, depth: .exact)
            recipe.sharedCache = Gen1Recipe.SharedCache(folder: kept, bytesMax: 1 << 24) { _ in }
            recipe.imageShare = 0
            let before = try entries(in: kept)
            let recording = ShortTraining.recording()
            let task = try Gen1Task("gen1", start, short.data, recipe, on: recording)
            // The clips of the first step above.
            _ = try task.accumulate(Draw(seed: 7, step: 0))
            #expect((try entries(in: kept) == before) == isSame, "\(weights)")
        }
    }

    private func entries(in folder: String) throws -> Int {
        try SystemFile.names(in: folder).reduce(0) {
            try $0 + SystemFile.names(in: "\(folder)/\($1)").count
        }
    }

    /// A model whose autoencoder has been trained on, as a folder.
    private func other(
        _ short: ShortTraining,
        _ weights: AutoencoderTask.Weights
    ) throws -> String {
        var options = AutoencoderTask.Options(width: 32, height: 32, batch: 1)
        options.weights = weights
        let task = try AutoencoderTask(
            short.start,
            short.data,
            options,
            on: ShortTraining.recording()
        )
        try ShortTraining.run(task, steps: 0..<1, rate: 1e-2)
        let path = short.folder("other-\(weights.rawValue)")
        try SystemFile.makeFolder(path)
        try ModelWriter(start: short.start.folder, components: task.components())
            .write(to: path) { _ in task.recording.parameters.map { ($0.key, $0.value) } }
        return path
    }

    @Test func `an image batch gives layers along time no gradient and changes no bit`() throws {
        let short = try ShortTraining()
        let task = try task(short, .levels) { $0.imageShare = 1 }
        let before = try task.recording.bits(of: "unet")
        _ = try task.accumulate(Draw(seed: 1, step: 0))
        for parameter in task.recording.parameters where parameter.trains && !isIdle(parameter.key)
        {
            #expect((parameter.gradient == nil) == isTemporal(parameter.key), "\(parameter.key)")
        }
        try ShortTraining.run(task, steps: 0..<2, rate: 1e-2)
        let after = try task.recording.bits(of: "unet")
        for (key, bits) in before where isTemporal(key) {
            #expect(after[key] == bits, "\(key)")
        }
        let moved = before.count { key, bits in !isTemporal(key) && after[key] != bits }
        #expect(moved > 20)
    }

    @Test func `a video batch gives every layer that the content reaches a gradient`() throws {
        let short = try ShortTraining()
        let task = try task(short, .levels) {
            $0.imageShare = 0
            $0.contentDropout = 0
        }
        _ = try task.accumulate(Draw(seed: 1, step: 0))
        let without = task.recording.parameters.filter { $0.trains && $0.gradient == nil }
        #expect(without.map(\.key).filter { !isIdle($0) }.isEmpty)
    }

    @Test func `one batch in eight is of images`() throws {
        let short = try ShortTraining()
        let task = try task(short, .video)
        let kinds = try (0..<64).map { step -> Double in
            task.recording.clearGradients()
            let metrics = try task.accumulate(Draw(seed: 3, step: step))
            return metrics.first { $0.name == "images" }?.value ?? -1
        }
        let images = kinds.count { $0 == 1 }
        #expect((2...16).contains(images))
        #expect(kinds.count { $0 == 0 } == 64 - images)
    }

    @Test func `results do not depend on what is kept`() throws {
        let short = try ShortTraining()
        let sizes = [0, 3000, 1 << 20]
        let losses = try sizes.map { size in
            let task = try task(short, .levels) { $0.cacheBytes = size }
            return try ShortTraining.run(task, steps: 0..<6, rate: 1e-3)
        }
        #expect(losses[1] == losses[0])
        #expect(losses[2] == losses[0])
    }

    @Test(arguments: Gen1Recipe.Weights.allCases)
    func `only the weights that are chosen change`(weights: Gen1Recipe.Weights) throws {
        let short = try ShortTraining()
        let task = try task(short, .customize) { $0.weights = weights }
        let before = try task.recording.bits(of: "unet")
        try ShortTraining.run(task, steps: 0..<2, rate: 1e-2)
        let after = try task.recording.bits(of: "unet")
        let changed = before.keys.filter { before[$0] != after[$0] }
        #expect(!changed.isEmpty)
        #expect(changed.allSatisfy { weights.include($0) && !isTemporal($0) })
    }

    /// The losses of 24 single pictures, nothing dropped, in which the contents of a recipe show.
    private func losses(
        _ short: ShortTraining,
        _ stage: Gen1Recipe.Stage,
        seed: UInt64 = 1,
        _ change: (inout Gen1Recipe) -> Void = { _ in }
    ) throws -> [Double] {
        let source = SquareSource(hasTwins: true)
        var recipe = Gen1Recipe(stage, request: request, clips: 1, images: 1, depth: .exact)
        recipe.contentDropout = 0
        change(&recipe)
        let task = try Gen1Task(
            "gen1",
            StartingModel(short.start.folder.path, seed: seed),
            TrainingData(training: source, validation: source),
            recipe,
            on: ShortTraining.recording()
        )
        return try (0..<24).map { step in
            task.recording.clearGradients()
            return try task.accumulate(Draw(seed: 4, step: step))[0].value
        }
    }

    @Test func `prompts take the place of half of the contents`() throws {
        let short = try ShortTraining()
        let own = try losses(short, .customize)
        let named = try losses(short, .customize) { $0.prompts = ["a mug"] }
        // The draws beside the content's are the same, so where it is a picture's own, all is.
        #expect((6...18).contains(zip(own, named).count { $0 == $1 }))
        #expect(try losses(short, .customize) { $0.prompts = ["a mug"] } == named)
        #expect(try losses(short, .customize, seed: 2) { $0.prompts = ["a mug"] } != named)
    }

    /// The model takes no prompts, which would be told next.
    @Test func `what does not fit is told before prompts are drawn`() throws {
        let short = try ShortTraining()
        let path = short.start.folder.path
        try SystemFile.removeTree("\(path)/prior")
        try changeModelIndex(of: path) { $0["prior"] = nil }
        let sizes = [(32, "the model takes no prompts"), (31, "size: expected multiples of")]
        for (width, words) in sizes {
            #expect {
                _ = try losses(short, .customize) { recipe in
                    recipe.request.width = width
                    recipe.prompts = ["a mug"]
                }
            } throws: { error in
                "\(error)".contains(words)
            }
        }
    }

    @Test func `some contents are twins', and only they change the loss`() throws {
        let short = try ShortTraining()
        let (own, half, all) = (
            try losses(short, .content), try losses(short, .content) { $0.twinShare = 0.5 },
            try losses(short, .content) { $0.twinShare = 1 }
        )
        #expect(zip(zip(own, all), half).allSatisfy { $0.0 == $1 || $0.1 == $1 })
        #expect((6...18).contains(zip(own, half).count { $0 == $1 }))
    }

    @Test func `estimated depth is the estimator's, not the scene's`() throws {
        let short = try ShortTraining()
        let losses = try DepthChoice.allCases.map { choice in
            let task = try task(short, .structure) { $0.depth = choice }
            return try task.accumulate(Draw(seed: 1, step: 0))[0].value
        }
        #expect(losses[0] != losses[1])
        #expect(losses[1] == losses[2])
    }

    @Test func `exact depth that nobody knows is an error`() throws {
        let short = try ShortTraining()
        let source = SquareSource(hasDepth: false)
        let task = try Gen1Task(
            "gen1",
            short.start,
            TrainingData(training: source, validation: source),
            Gen1Recipe(.structure, request: request, clips: 1, depth: .exact),
            on: ShortTraining.recording()
        )
        #expect(throws: TrainingError.self) { try task.accumulate(Draw(seed: 1, step: 0)) }
    }
}
