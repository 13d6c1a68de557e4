import Models
import Pipelines
import Tensors
import TestSupport
import Testing

struct ComponentRunnerTests {
    private static let gen1: [String: HostTensor] = [
        "sample": randomTensor([1, 4, 2, 4, 2], seed: 1),
        "structure": randomTensor([1, 4, 2, 4, 2], seed: 2),
        "structure_level": HostTensor([3], [1]), "timestep": HostTensor([500], [1]),
    ]

    private func run(
        _ component: RunnableComponent,
        _ tensors: [String: HostTensor],
        steps: Int? = nil
    ) throws -> ComponentOutputs {
        let folder = try TemporaryFolder()
        let runner = ComponentRunner(try TinyModel.open(folder), on: TinyModel.backend())
        return try runner.run(component, tensorFile(tensors, in: folder), steps: steps)
    }

    private func refusal(
        _ component: RunnableComponent,
        _ tensors: [String: HostTensor],
        steps: Int? = nil
    ) throws -> String {
        let error = #expect(throws: InputError.self) {
            try run(component, tensors, steps: steps)
        }
        return error?.description ?? ""
    }

    @Test func absentContentIsTheNullContent() throws {
        let without = try run(.unet, Self.gen1).tensors["v"]
        let zeros = HostTensor(repeating: 0, [1, 6])
        let null = try run(.unet, Self.gen1.merging(["content": zeros]) { $1 }).tensors["v"]
        let other = HostTensor(repeating: 1, [1, 6])
        let with = try run(.unet, Self.gen1.merging(["content": other]) { $1 }).tensors["v"]
        #expect(without?.shape == [1, 4, 2, 4, 2])
        #expect(without == null)
        #expect(without != with)
    }

    @Test func imageModeIsAsked() throws {
        // Fresh temporal layers change no bit, so the two modes agree.
        let image = Self.gen1.merging(["image_mode": HostTensor([1], [1])]) { $1 }
        #expect(try run(.unet, image).tensors == run(.unet, Self.gen1).tensors)
        // The network has positions for four frames; its image mode needs none.
        var long = Self.gen1
        long["sample"] = randomTensor([1, 4, 5, 4, 2], seed: 1)
        long["structure"] = randomTensor([1, 4, 5, 4, 2], seed: 2)
        #expect(throws: NetworkInputError.self) { try run(.unet, long) }
        long["image_mode"] = HostTensor([1], [1])
        #expect(try run(.unet, long).tensors["v"]?.shape == [1, 4, 5, 4, 2])
    }

    @Test func aMissingTensorIsNamed() throws {
        for name in Self.gen1.keys {
            let found = try refusal(.unet, Self.gen1.filter { $0.key != name })
            #expect(found.contains(": \(name): missing; the file holds "), "\(found)")
        }
    }

    @Test func anotherRankIsNamed() throws {
        var tensors = Self.gen1
        tensors["sample"] = randomTensor([4, 2, 4, 2], seed: 1)
        #expect(
            try refusal(.unet, tensors).hasSuffix("sample: expected 5 axes, found [4, 2, 4, 2]")
        )
    }

    @Test func aFolderOfAnotherClassIsNamed() throws {
        let found = try refusal(
            .unet2d,
            [
                "sample": randomTensor([1, 4, 4, 2], seed: 1), "timestep": HostTensor([1], [1]),
                "encoder_hidden_states": randomTensor([1, 1, 6], seed: 2),
            ]
        )
        #expect(found.hasSuffix("unet: holds a WeftGen1UNet, which unet2d cannot run"))
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = #expect(throws: CheckpointError.self) {
            try run(.depth, ["pixel_values": randomTensor([1, 3, 8, 8], seed: 1)])
        }
        #expect(error?.description.contains("depth_estimator") == true)
    }

    @Test func autoencoderHalvesAreRun() throws {
        let encoded = try run(.vaeEncoder, ["image": randomTensor([2, 3, 4, 6], seed: 1)]).tensors
        #expect(
            encoded["mean"]?.shape == [2, 4, 2, 3] && encoded["logvar"]?.shape == [2, 4, 2, 3]
        )
        let latent = try #require(encoded["mean"])
        let decoded = try run(.vaeDecoder, ["latent": latent]).tensors
        #expect(decoded["image"]?.shape == [2, 3, 4, 6])
    }

    @Test func theSchedulersStepIsOneOfItsRun() throws {
        let x = randomTensor([2, 3], seed: 1)
        let tensors = ["sample": x, "model_output": x, "timestep": HostTensor([501], [1])]
        let outputs = try run(.scheduler, tensors, steps: 4).tensors
        #expect(Set(outputs.keys) == ["prev_sample", "pred_original_sample"])
        #expect(try refusal(.scheduler, tensors).hasPrefix("--steps: "))
        let other = tensors.merging(["timestep": HostTensor([500], [1])]) { $1 }
        let found = try refusal(.scheduler, other, steps: 4)
        #expect(found == "timestep: 500.0 is none of the run's timesteps: 751 501 251 1")
        let misshapen = tensors.merging(["model_output": randomTensor([3, 2], seed: 1)]) { $1 }
        let shape = try refusal(.scheduler, misshapen, steps: 4)
        #expect(shape == "model_output: expected the shape of sample [2, 3], found [3, 2]")
    }
}
