import Models
import NN
import Tensors

// Whole networks in their public configurations, with made-up weights.
extension BenchmarkSuite {
    static let networks: [Benchmark] =
        [("sd15", 64, 64), ("sd15", 32, 56)].map { name, height, width in
            network("unet2d/\(name)-\(height)x\(width)") { make in
                let unet = try UNet2D(UNet2DConfig(sd15), make.parameters())
                let x = make.tensor([1, height, width, 4])
                let context = make.tensor([1, 77, 768])
                return { try unet(x, timesteps: [500], context: context) }
            }
        }
        + [("full", 8, 32, 56), ("full", 8, 32, 32), ("tiny", 8, 16, 16)].map {
            size,
            frames,
            height,
            width in
            network("gen1/\(size)-\(frames)x\(height)x\(width)") { make in
                let unet = try Gen1UNet(gen1(size), make.parameters())
                let shape: Shape = [1, frames, height, width, 4]
                let x = make.tensor(shape)
                let structure = make.tensor(shape, seed: 2)
                let content = make.tensor([1, 768])
                return {
                    try unet(
                        sample: x,
                        structure: structure,
                        structureLevel: [2],
                        timesteps: [500],
                        content: content,
                        mode: .video
                    )
                }
            }
        }
        + steps
        + [(1, 64, 64), (8, 32, 32)].map { frames, height, width in
            let name = frames == 1 ? "\(height)x\(width)" : "\(frames)x\(height)x\(width)"
            return network("vae_decoder/\(name)") { make in
                let decoder = try AutoencoderDecoder(
                    AutoencoderConfig(vae),
                    make.parameters()
                )
                let latent = make.tensor([frames, height, width, 4])
                return { try decoder(latent) }
            }
        }
        + [
            network("vae_encoder/512x512") { make in
                let encoder = try AutoencoderEncoder(
                    AutoencoderConfig(vae),
                    make.parameters()
                )
                let image = make.tensor([1, 512, 512, 3])
                return { try encoder(image).mean }
            },
            network("text_encoder/clip-l") { make in
                let encoder = try CLIPTextEncoder(
                    CLIPTextConfig(clipText),
                    make.parameters()
                )
                let ids = [[49406] + [Int](repeating: 320, count: 75) + [49407]]
                return { try encoder(ids).lastHiddenState }
            },
            network("image_encoder/clip-l") { make in
                let encoder = try CLIPImageEncoder(
                    CLIPVisionConfig(clipVision),
                    make.parameters()
                )
                let pixels = make.tensor([1, 224, 224, 3])
                return { try encoder(pixels).embeddings }
            },
            network("depth/dpt-large") { make in
                let estimator = try DepthEstimator(
                    DPTConfig(dptLarge),
                    make.parameters()
                )
                let pixels = make.tensor([1, 384, 384, 3])
                return { try estimator(pixels) }
            },
        ]

    /// A sampler's step: content guidance alone (ω_t = 1), and temporal guidance with it.
    private static let steps: [Benchmark] = [
        ("guided", [(false, Gen1UNet.Mode.video), (true, .video)]),
        ("temporal", [(false, .image), (false, .video), (true, .video)]),
    ].map { name, modes in
        network("gen1_step/full-8x32x32-\(name)") { make in
            let unet = try Gen1UNet(gen1("full"), make.parameters())
            let shape: Shape = [1, 8, 32, 32, 4]
            let x = make.tensor(shape)
            let clip = try unet.prepare(
                structure: make.tensor(shape, seed: 2),
                structureLevel: [2],
                content: make.tensor([1, 768])
            )
            let branches = modes.map { Gen1Clip.Branch(hasContent: $0.0, mode: $0.1) }
            return {
                let outputs = try unet.evaluate(
                    x,
                    of: clip,
                    timesteps: [500],
                    branches: branches
                )
                return make.backend.combine(outputs.map { (1, $0) })
            }
        }
    }

    private static func network(
        _ name: String,
        _ prepare: @escaping @Sendable (BenchmarkInputs) throws -> () throws -> Tensor
    ) -> Benchmark {
        Benchmark(name: name, bound: .arithmetic, bytes: 0, prepare: prepare)
    }

    private static func config(_ values: [String: JSONValue]) -> ConfigObject {
        ConfigObject(values, label: "benchmark")
    }

    private static func list(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }

    private static func names(_ values: [String]) -> JSONValue {
        .array(values.map { .string($0) })
    }

    private static let sd15 = config([
        "block_out_channels": list([320, 640, 1280, 1280]),
        "down_block_types": names(
            [String](repeating: "CrossAttnDownBlock2D", count: 3) + ["DownBlock2D"]
        ),
        "up_block_types": names(
            ["UpBlock2D"] + [String](repeating: "CrossAttnUpBlock2D", count: 3)
        ),
        "cross_attention_dim": .integer(768),
        "attention_head_dim": .integer(8),
    ])

    private static let tiny = config([
        "block_out_channels": list([64, 128]),
        "down_block_types": names(["CrossAttnDownBlock2D", "DownBlock2D"]),
        "up_block_types": names(["UpBlock2D", "CrossAttnUpBlock2D"]),
        "cross_attention_dim": .integer(768),
        "attention_head_dim": .integer(4),
    ])

    private static func gen1(_ size: String) throws -> Gen1Config {
        var values = (size == "full" ? sd15 : tiny).values
        values["_class_name"] = .string(Gen1Config.className)
        values["in_channels"] = .integer(12)
        values["max_frames"] = .integer(16)
        return try Gen1Config(config(values))
    }

    private static let vae = config([
        "block_out_channels": list([128, 256, 512, 512]),
        "layers_per_block": .integer(2),
        "latent_channels": .integer(4),
        "down_block_types": names([String](repeating: "DownEncoderBlock2D", count: 4)),
        "up_block_types": names([String](repeating: "UpDecoderBlock2D", count: 4)),
    ])

    private static let clipText = config([
        "hidden_size": .integer(768), "intermediate_size": .integer(3072),
        "num_hidden_layers": .integer(12), "num_attention_heads": .integer(12),
        "hidden_act": .string("quick_gelu"), "projection_dim": .integer(768),
        "vocab_size": .integer(49408), "max_position_embeddings": .integer(77),
        "eos_token_id": .integer(49407),
    ])

    private static let dptLarge = config([
        "hidden_size": .integer(1024), "intermediate_size": .integer(4096),
        "num_hidden_layers": .integer(24), "num_attention_heads": .integer(16),
        "image_size": .integer(384), "patch_size": .integer(16),
        "backbone_out_indices": list([5, 11, 17, 23]),
        "neck_hidden_sizes": list([256, 512, 1024, 1024]),
        "reassemble_factors": .array([.integer(4), .integer(2), .integer(1), .number(0.5)]),
        "fusion_hidden_size": .integer(256), "readout_type": .string("project"),
    ])

    private static let clipVision = config([
        "hidden_size": .integer(1024), "intermediate_size": .integer(4096),
        "num_hidden_layers": .integer(24), "num_attention_heads": .integer(16),
        "hidden_act": .string("quick_gelu"), "projection_dim": .integer(768),
        "image_size": .integer(224), "patch_size": .integer(14),
    ])
}
