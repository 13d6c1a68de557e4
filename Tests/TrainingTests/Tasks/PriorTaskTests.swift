import Tensors
import TestSupport
import Testing
import Training

struct PriorTaskTests {
    private func task(_ short: ShortTraining, rescales: Bool = false) throws -> PriorTask {
        var options = PriorTask.Options(width: 32, height: 32, batch: 8)
        options.measured = 32
        options.judged = 8
        options.rescales = rescales
        return try PriorTask(short.start, short.data, options, on: ShortTraining.recording())
    }

    private func scales(_ task: PriorTask) throws -> [String: [UInt32]] {
        try task.recording.bits(of: "prior").filter { $0.key.hasPrefix("clip_") }
    }

    @Test func `embeddings of captions come near those of their pictures`() throws {
        let short = try ShortTraining()
        let task = try task(short)
        let steps = try ShortTraining.run(task, steps: 0..<40, rate: 3e-3)
        let (first, last) = ShortTraining.ends(steps, count: 5)
        #expect(last < 0.7 * first, "\(first) to \(last)")
        let found = try task.validate(Draw(seed: 1, step: 0)).metrics
        #expect(found.map(\.name) == ["loss", "cosine", "cosine_others"])
        #expect(found[1].value > found[2].value)
    }

    @Test func `mean and deviation are measured, set, and left alone`() throws {
        let short = try ShortTraining()
        let task = try task(short)
        let measured = try scales(task)
        #expect(measured.count == 2)
        #expect(measured["clip_std"]?.allSatisfy { Float(bitPattern: $0) > 0 } == true)
        #expect(measured["clip_std"]?.allSatisfy { $0 == Float(1).bitPattern } == false)
        try ShortTraining.run(task, steps: 0..<2, rate: 1e-3)
        #expect(try scales(task) == measured)
    }

    @Test func `those of another CLIP are measured anew where that is asked for`() throws {
        let short = try ShortTraining()
        let measured = try scales(task(short))
        let path = short.folder("model/prior/diffusion_pytorch_model.safetensors")
        let file = try SafetensorsFile.open(path)
        var tensors: [String: HostTensor] = [:]
        for name in file.names { tensors[name] = file.tensor(named: name)?.hostTensor() }
        let shape = try #require(tensors["clip_mean"]).shape
        tensors["clip_mean"] = HostTensor(repeating: 3, shape)
        try SafetensorsFile.write(tensors, to: path)
        let old = ShortTraining(short, try StartingModel(short.folder("model"), seed: 1))
        let kept = try scales(task(old))
        #expect(kept["clip_mean"]?.allSatisfy { $0 == Float(3).bitPattern } == true)
        #expect(try scales(task(old, rescales: true)) == measured)
    }
}
