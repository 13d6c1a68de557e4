import Models
import NN
import Tensors
import TestSupport
import Testing

/// Parity with diffusers 0.42.1, element by element.
struct UNet2DTests {
    @Test(
        arguments: ["unet_sd15", "unet_sd2", "unet_control", "unet_variant"],
        KernelVersion.available
    )
    func matchesTheReference(_ name: String, _ kernels: KernelVersion) throws {
        let fixture = try NetworkFixture(golden: name)
        let backend = kernels.backend()
        let network = try fixture.network(on: backend) { config, weights in
            try UNet2D(try UNet2DConfig(config), weights)
        }
        var down: [Tensor] = []
        while let residual = fixture.optional("in.down_residual.\(down.count)") {
            down.append(backend.upload(channelsLast(residual)))
        }
        let middle = fixture.optional("in.mid_residual").map { backend.upload(channelsLast($0)) }
        let found = try network(
            backend.upload(channelsLast(try fixture("in.sample"))),
            timesteps: try fixture("in.timestep").values,
            context: backend.upload(try fixture("in.encoder_hidden_states")),
            residuals: ControlResiduals(down: down, middle: middle)
        ).download()
        #expect(nmse(channelsFirst(found), try fixture("out.sample")) < 1e-10)
    }

    @Test func oneTokenIsWhatAttendingToItGives() throws {
        let fixture = try NetworkFixture(golden: "unet_sd2")
        let backend = KernelVersion.best.backend()
        let network = try fixture.network(on: backend) { config, weights in
            try UNet2D(try UNet2DConfig(config), weights)
        }
        let sample = backend.upload(channelsLast(try fixture("in.sample")))
        let token = randomTensor([2, 1, 40], seed: 1)
        // Attending to copies of one token takes the general path.
        let copies = HostTensor(
            Array(token.values[..<40] + token.values[..<40] + token.values[40...])
                + Array(token.values[40...]),
            [2, 2, 40]
        )
        let alone = try network(sample, timesteps: [7], context: backend.upload(token))
        let twice = try network(sample, timesteps: [7], context: backend.upload(copies))
        #expect(nmse(try alone.download(), try twice.download()) < 1e-11)
    }

    @Test func imagesOfABatchDoNotSeeOneAnother() throws {
        let fixture = try NetworkFixture(golden: "unet_sd15")
        let backend = KernelVersion.best.backend()
        let network = try fixture.network(on: backend) { config, weights in
            try UNet2D(try UNet2DConfig(config), weights)
        }
        let sample = backend.upload(channelsLast(try fixture("in.sample")))
        let context = backend.upload(try fixture("in.encoder_hidden_states"))
        let timesteps = try fixture("in.timestep").values
        let both = try network(sample, timesteps: timesteps, context: context)
        for image in 0..<2 {
            let alone = try network(
                sample.outer(image..<image + 1),
                timesteps: [timesteps[image]],
                context: context.outer(image..<image + 1)
            )
            let found = try both.outer(image..<image + 1).download()
            #expect(nmse(found, try alone.download()) < 1e-11)
        }
    }

    @Test func namesTheTensorThatDoesNotFit() throws {
        let fixture = try NetworkFixture(golden: "unet_control")
        let backend = KernelVersion.best.backend()
        let network = try fixture.network(on: backend) { config, weights in
            try UNet2D(try UNet2DConfig(config), weights)
        }
        let zeros = { (shape: Shape) in backend.upload(HostTensor(repeating: 0, shape)) }
        func refusal(
            _ sample: Shape = [1, 4, 4, 4],
            timesteps: Int = 1,
            context: Shape = [1, 3, 32],
            down: [Shape] = [],
            middle: Shape? = nil
        ) throws -> String? {
            do {
                _ = try network(
                    zeros(sample),
                    timesteps: [Float](repeating: 1, count: timesteps),
                    context: zeros(context),
                    residuals: ControlResiduals(down: down.map(zeros), middle: middle.map(zeros))
                )
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try refusal() == nil)
        #expect(try refusal([1, 4, 4, 5])?.hasPrefix("sample: expected 4 channels") == true)
        #expect(try refusal([1, 0, 4, 4])?.hasPrefix("sample:") == true)
        #expect(try refusal(timesteps: 2)?.hasPrefix("timestep: expected 1 values") == true)
        #expect(try refusal(context: [1, 3, 31])?.hasPrefix("encoder_hidden_states:") == true)
        #expect(try refusal(context: [2, 3, 32])?.hasPrefix("encoder_hidden_states:") == true)
        #expect(try refusal(context: [1, 0, 32])?.hasPrefix("encoder_hidden_states:") == true)
        let message = try refusal(down: [[1, 4, 4, 32]])
        #expect(message == "down_residual: expected 6 tensors, found 1")
        #expect(try refusal(middle: [1, 2, 3, 64])?.hasPrefix("mid_residual: expected") == true)
    }

    @Test func refusesACheckpointWithAMissingOrAnExtraTensor() throws {
        let fixture = try NetworkFixture(golden: "unet_control")
        let backend = KernelVersion.best.backend()
        let config = try UNet2DConfig(ConfigObject(fixture.config, label: "config.json"))
        var shapes = fixture.weights.shapes
        shapes["mid_block.attentions.0.proj_in.bias"] = nil
        #expect(throws: WeightError.self) {
            try UNet2D(config, ParameterStore(KeyedWeights(shapes), backend: backend).root)
        }
        shapes = fixture.weights.shapes
        shapes["mid_block.attentions.1.proj_in.bias"] = [64]
        let store = ParameterStore(KeyedWeights(shapes), backend: backend)
        _ = try UNet2D(config, store.root)
        #expect(throws: WeightError.self) { try store.finish() }
    }
}
