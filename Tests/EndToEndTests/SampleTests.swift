import Tensors
import TestSupport
import Testing

/// `weft sample`, `weft stitch` and `weft plan` are one sampler, cut at different places.
struct SampleTests {
    private static let config = """
        {"block_out_channels": [8, 16], "layers_per_block": 1, "attention_head_dim": 2,
         "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
         "cross_attention_dim": 8, "norm_num_groups": 4, "max_frames": 4}
        """
    private static let autoencoder = """
        {"block_out_channels": [8, 16], "norm_num_groups": 4,
         "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]}
        """
    private static let settings = [
        "--steps", "4", "--seed", "9", "--noise", "independent", "--temporal-guidance", "1.5",
        "--structure-level", "2", "--eta", "0.5",
    ]

    /// A model whose temporal layers do something: every tensor that starts at zero is filled.
    private func model(in folder: TemporaryFolder) throws -> String {
        let config = try folder.write(Self.config, to: "gen1.json")
        try run(["model", "create", "gen1", "--config", config, "--output", folder("model")])
        let path = folder("model/unet/diffusion_pytorch_model.safetensors")
        let file = try SafetensorsFile.open(path)
        var tensors: [String: HostTensor] = [:]
        for (index, name) in file.names.enumerated() {
            let tensor = try #require(file.tensor(named: name)).hostTensor()
            let isZero = tensor.values.allSatisfy { $0 == 0 }
            tensors[name] =
                isZero ? randomTensor(tensor.shape, seed: UInt64(index), scale: 0.2) : tensor
        }
        try SafetensorsFile.write(tensors, to: path)
        return folder("model")
    }

    private func run(_ arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        guard outcome.status == 0 else {
            throw Program.Failure("weft \(arguments): \(outcome.status), \(outcome.errors)")
        }
    }

    private func read(_ name: String, from path: String) throws -> HostTensor {
        try #require(try SafetensorsFile.open(path).tensor(named: name)).hostTensor()
    }

    private func slice(_ x: HostTensor, _ frames: Range<Int>) -> HostTensor {
        let size = x.shape.count / x.shape[0]
        return HostTensor(
            Array(x.values[frames.lowerBound * size..<frames.upperBound * size]),
            Shape([frames.count] + x.shape.dimensions.dropFirst())
        )
    }

    /// What the farm will do with many machines, done by hand: each window of each round is a
    /// process of its own that knows its frames and nothing else, and `stitch` fuses.
    @Test func `windows run apart and stitched equal the shot run whole`() throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        let structure = randomTensor([6, 4, 6, 4], seed: 1)
        let content = randomTensor([1, 8], seed: 2)
        try SafetensorsFile.write(
            ["structure": structure, "content": content],
            to: folder("shot.safetensors")
        )
        let layout = ["--window", "4", "--overlap", "2"]
        try run(
            ["sample", "--model", model, "--input", folder("shot.safetensors")]
                + [
                    "--output", folder("whole.safetensors"), "--fuse-every", "2", "--fuse-until",
                    "1",
                ]
                + layout + Self.settings
        )
        let whole = try read("latents", from: folder("whole.safetensors"))

        var fused: HostTensor?
        for steps in [0..<2, 2..<4] {
            var windows: [String: HostTensor] = [:]
            for (index, frames) in [0..<4, 2..<6].enumerated() {
                var inputs = ["structure": slice(structure, frames), "content": content]
                if let fused { inputs["latents"] = slice(fused, frames) }
                try SafetensorsFile.write(inputs, to: folder("in.safetensors"))
                try run(
                    ["sample", "--model", model, "--input", folder("in.safetensors")]
                        + ["--output", folder("out.safetensors")]
                        + ["--range", "\(steps.lowerBound)..<\(steps.upperBound)"]
                        + ["--first-frame", "\(frames.lowerBound)"] + Self.settings
                )
                windows["window.\(index)"] = try read("latents", from: folder("out.safetensors"))
            }
            #expect(windows["window.0"] != windows["window.1"])
            try SafetensorsFile.write(windows, to: folder("windows.safetensors"))
            try run(
                ["stitch", "--frames", "6", "--input", folder("windows.safetensors")]
                    + ["--output", folder("fused.safetensors")] + layout
            )
            fused = try read("latent", from: folder("fused.safetensors"))
        }
        #expect(fused == whole)
        #expect(whole.values.allSatisfy { $0.isFinite })
    }

    @Test func `threads do not change a bit and seeds do`() throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        try SafetensorsFile.write(
            ["structure": randomTensor([5, 4, 3, 5], seed: 3)],
            to: folder("shot.safetensors")
        )
        func latents(_ name: String, _ arguments: [String]) throws -> HostTensor {
            let output = folder(name)
            try run(
                ["sample", "--model", model, "--input", folder("shot.safetensors"), "--output"]
                    + [output, "--steps", "2"] + arguments
            )
            return try read("latents", from: output)
        }
        let one = try latents("one.safetensors", ["--threads", "1"])
        #expect(try latents("three.safetensors", ["--threads", "3"]) == one)
        #expect(try latents("seed.safetensors", ["--seed", "1"]) != one)
        #expect(one.shape == [5, 4, 3, 5])
    }

    @Test func `depth and pictures go in, pictures come out`() throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        let config = try folder.write(Self.autoencoder, to: "vae.json")
        try run(["model", "create", "vae", "--config", config, "--output", model])
        try SafetensorsFile.write(
            [
                "depth": randomTensor([3, 8, 12], seed: 1),
                "frames": randomTensor([3, 3, 8, 12], seed: 2, scale: 0.3),
                "content": randomTensor([8], seed: 3),
            ],
            to: folder("shot.safetensors")
        )
        let output = folder("out.safetensors")
        let outcome = try Program.run(
            ["sample", "--model", model, "--input", folder("shot.safetensors")]
                + ["--output", output, "--strength", "0.5", "--decode", "--json"] + Self.settings
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try read("latents", from: output).shape == [3, 4, 4, 6])
        let frames = try read("frames", from: output)
        #expect(frames.shape == [3, 3, 8, 12] && frames.values.allSatisfy { $0.isFinite })
        guard case .object(let report) = try JSONValue.parse(Array(outcome.output.utf8)) else {
            Issue.record("no report in \(outcome.output)")
            return
        }
        #expect(report["first_step"] == .integer(2) && report["end_step"] == .integer(4))
        #expect(report["evaluations_per_step"] == .integer(3))
        #expect(report["windows"] == .integer(1) && report["frames"] == .integer(3))
    }

    @Test func `a place that cannot be written is told before sampling`() throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        for output in [folder.path, folder("nowhere/out.safetensors")] {
            let outcome = try Program.run(
                ["sample", "--model", model, "--input", folder("none"), "--output", output]
            )
            #expect(outcome.status == 73 && outcome.errors.contains(output))
        }
    }

    @Test(arguments: [
        (["--strength", "0.5"], Int32(65), "source"), (["--range", "2..<3"], 65, "latents"),
        (["--steps", "0"], 64, "steps"), (["--window", "5"], 64, "--window"),
        (["--structure-level", "8"], 64, "--structure-level"), (["--decode"], 66, "vae"),
        (["--steps", "1001"], 64, "steps"), (["--eta", "nan"], 64, "eta"),
        (["--temporal-guidance", "inf"], 64, "guidance"),
        (["--temporal-guidance", "1e39"], 65, "step 0 of 50 (timestep 981)"),
        (["--range", "..<..<0..<1"], 64, "--range"), (["--range", "0..<51"], 64, "--range"),
        (["--fuse-until", "1.5"], 64, "fuse-until"), (["--overlap", "4"], 64, "overlap"),
        (["--first-frame", "4294967294"], 65, "first frame"),
        (["--variant", "none"], 66, "unet"),
    ])
    func `what cannot be sampled is one sentence and no file`(
        arguments: [String],
        status: Int32,
        word: String
    ) throws {
        let folder = try TemporaryFolder()
        let model = try model(in: folder)
        try SafetensorsFile.write(
            ["structure": randomTensor([3, 4, 2, 2], seed: 4)],
            to: folder("shot.safetensors")
        )
        let outcome = try Program.run(
            ["sample", "--model", model, "--input", folder("shot.safetensors")]
                + ["--output", folder("out.safetensors")] + arguments
        )
        #expect(outcome.status == status, "\(outcome.errors)")
        #expect(outcome.errors.contains(word) && outcome.output.isEmpty)
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(throws: SafetensorsError.self) {
            try SafetensorsFile.open(folder("out.safetensors"))
        }
    }
}
