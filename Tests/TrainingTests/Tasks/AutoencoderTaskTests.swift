import Models
import NN
import Tensors
import TestSupport
import Testing
import Training

struct AutoencoderTaskTests {
    private func task(
        _ short: ShortTraining,
        _ weights: AutoencoderTask.Weights = .all,
        thumbnail: Double = 0
    ) throws -> AutoencoderTask {
        var options = AutoencoderTask.Options(width: 32, height: 32, batch: 4)
        options.judged = 4
        options.weights = weights
        options.thumbnail = thumbnail
        return try AutoencoderTask(short.start, short.data, options, on: ShortTraining.recording())
    }

    @Test func `the loss falls by a third in forty steps`() throws {
        let short = try ShortTraining()
        let task = try task(short)
        let before = try task.validate(Draw(seed: 1, step: 0))
        let steps = try ShortTraining.run(task, steps: 0..<40, rate: 5e-3)
        let (first, last) = ShortTraining.ends(steps, count: 4)
        #expect(last < 0.67 * first, "\(first) to \(last)")
        let after = try task.validate(Draw(seed: 1, step: 0))
        #expect(after.metrics[1].name == "psnr")
        #expect(after.metrics[1].value > before.metrics[1].value + 3)
        #expect(after.pictures[0].image.width == 66)
    }

    @Test func `the scaling factor gives latents the deviation 1`() throws {
        let short = try ShortTraining()
        let task = try task(short)
        let component = try task.components()[0]
        let factor = try AutoencoderConfig(component.config).scalingFactor
        #expect(factor > 0 && factor != 0.18215)
        // What it says does not depend on validations between.
        _ = try task.validate(Draw(seed: 9, step: 3))
        let again = try task.components()[0]
        #expect(try AutoencoderConfig(again.config).scalingFactor == factor)
    }

    @Test func `the last three channels become the picture`() throws {
        let short = try ShortTraining()
        let task = try task(short, thumbnail: 0.2)
        #expect(try task.accumulate(Draw(seed: 4, step: 0)).map(\.name).last == "thumbnail")
        task.recording.clearGradients()
        let before = try task.accumulate(Draw(seed: 4, step: 1)).last?.value ?? 0
        task.recording.clearGradients()
        _ = try ShortTraining.run(task, steps: 0..<60, rate: 5e-3)
        let after = try task.accumulate(Draw(seed: 4, step: 1)).last?.value ?? 0
        #expect(after < 0.5 * before, "\(before) to \(after)")
    }

    @Test func `two runs are equal to the bit`() throws {
        let short = try ShortTraining()
        let (one, two) = (try task(short), try task(short))
        let losses = try [one, two].map { try ShortTraining.run($0, steps: 0..<3, rate: 1e-3) }
        #expect(losses[0] == losses[1])
        let bits = try [one, two].map { try $0.recording.bits(of: "vae") }
        #expect(bits[0] == bits[1])
    }

    @Test func `a decoder that trains alone leaves latents and their factor to the bit`() throws {
        let short = try ShortTraining()
        let task = try task(short, .decoder)
        let before = try task.recording.bits(of: "vae")
        let steps = try ShortTraining.run(task, steps: 0..<20, rate: 5e-3)
        let (first, last) = ShortTraining.ends(steps, count: 4)
        #expect(last < 0.9 * first, "\(first) to \(last)")
        let after = try task.recording.bits(of: "vae")
        for (key, bits) in after {
            let isEncoder = key.hasPrefix("encoder.") || key.hasPrefix("quant_conv.")
            #expect((bits == before[key]) == isEncoder, "\(key)")
        }

        let component = try task.components()[0]
        try SystemFile.makeFolder(short.folder("out"))
        try ModelWriter(start: short.start.folder, components: [component])
            .write(to: short.folder("out")) { _ in
                task.recording.parameters.map { ($0.key, $0.value) }
            }
        let start = try CheckpointFolder.open(short.folder("model")).component("vae")
        let end = try CheckpointFolder.open(short.folder("out")).component("vae")
        let (old, new) = (try start.tensors(), try end.tensors())
        #expect(old.names == new.names && old.names.contains("quant_conv.weight"))
        for name in old.names where name.hasPrefix("encoder.") || name.hasPrefix("quant_conv.") {
            #expect(old.tensor(named: name)?.floats() == new.tensor(named: name)?.floats())
        }
        let configs = try [start, end].map { try AutoencoderConfig($0.config("config.json")) }
        #expect(configs[0].scalingFactor == configs[1].scalingFactor)
    }

    @Test func `pictures that do not divide into latents are refused`() throws {
        let short = try ShortTraining()
        #expect(throws: TrainingError.self) {
            try AutoencoderTask(
                short.start,
                short.data,
                AutoencoderTask.Options(width: 36, height: 32, batch: 1),
                on: ShortTraining.recording()
            )
        }
    }
}
