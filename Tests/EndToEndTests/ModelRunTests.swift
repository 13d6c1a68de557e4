import Tensors
import TestSupport
import Testing

struct ModelRunTests {
    /// The smallest video network of the paper's shape.
    private static let config = """
        {"block_out_channels": [8, 16], "layers_per_block": 1, "attention_head_dim": 2,
         "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
         "cross_attention_dim": 8, "norm_num_groups": 4, "max_frames": 4}
        """

    private func create(in folder: TemporaryFolder) throws -> String {
        let config = try folder.write(Self.config, to: "gen1.json")
        let outcome = try Program.run([
            "model", "create", "gen1", "--config", config, "--output", folder("model"),
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return folder("model")
    }

    @Test func `a model that was made passes its check, runs, and gives the same bits again`()
        throws
    {
        let folder = try TemporaryFolder()
        let model = try create(in: folder)
        let check = try Program.run(["model", "check", model])
        #expect(check.status == 0 && check.output.contains("WeftGen1UNet"))

        let inputs: [String: HostTensor] = [
            "sample": randomTensor([1, 4, 3, 6, 4], seed: 1),
            "structure": randomTensor([1, 4, 3, 6, 4], seed: 2),
            "structure_level": HostTensor([2], [1]), "timestep": HostTensor([500], [1]),
            "content": randomTensor([1, 8], seed: 3),
        ]
        try SafetensorsFile.write(inputs, to: folder("in.safetensors"))
        let results = try ["1", "2"].map { threads in
            let output = folder("out-\(threads).safetensors")
            let outcome = try Program.run([
                "model", "run", "unet", "--model", model, "--input", folder("in.safetensors"),
                "--output", output, "--threads", threads,
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try #require(try SafetensorsFile.open(output).tensor(named: "v")).hostTensor()
        }
        #expect(results[0].shape == [1, 4, 3, 6, 4])
        #expect(results[0].values.allSatisfy { $0.isFinite })
        #expect(results[0] == results[1])
    }

    @Test func `a component that is there is not overwritten`() throws {
        let folder = try TemporaryFolder()
        let model = try create(in: folder)
        let outcome = try Program.run([
            "model", "create", "gen1", "--config", folder("gen1.json"), "--output", model,
        ])
        #expect(outcome.status == 73)
        #expect(outcome.output.isEmpty)
    }

    @Test func `keyed noise needs no model and no order`() throws {
        let folder = try TemporaryFolder()
        func noise(_ frames: String) throws -> HostTensor {
            let output = folder("noise-\(frames).safetensors")
            let outcome = try Program.run([
                "model", "run", "noise", "--seed", "42", "--frames", frames, "--shape", "4,3,5",
                "--output", output,
            ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let file = try SafetensorsFile.open(output)
            return try #require(file.tensor(named: "noise")).hostTensor()
        }
        let whole = try noise("0..<6")
        let part = try noise("3..<5")
        #expect(whole.shape == [6, 4, 3, 5])
        #expect(part.values == Array(whole.values[180..<300]))
        // The first normals of seed 42, frame 0, step 0, stream 0.
        #expect(abs(whole.values[0] - -0.970_189_790) < 1e-6)
        #expect(abs(whole.values[1] - 0.194_018_955) < 1e-6)
    }
}
