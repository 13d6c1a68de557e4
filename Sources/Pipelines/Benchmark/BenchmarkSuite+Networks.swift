import Models
import NN
import Tensors

// Whole networks in their public configurations, with made-up weights.
extension BenchmarkSuite {
    static let networks: [Benchmark] =
        [("sd15", 64, 64), ("sd15", 32, 56)].map { name, height, width in
            network("unet2d/\(name)-\(height)x\(width)") { backend in
                let unet = try UNet2D(UNet2DConfig(sd15), BenchmarkInputs.store(on: backend).root)
                let x = BenchmarkInputs.tensor([1, height, width, 4], on: backend)
                let context = BenchmarkInputs.tensor([1, 77, 768], on: backend)
                return { try unet(x, timesteps: [500], context: context) }
            }
        }
        + [("full", 8, 32, 56), ("tiny", 8, 16, 16)].map { size, frames, height, width in
            network("gen1/\(size)-\(frames)x\(height)x\(width)") { backend in
                let config = size == "full" ? gen1(like: sd15) : gen1(like: tiny)
                let unet = try Gen1UNet(Gen1Config(config), BenchmarkInputs.store(on: backend).root)
                let shape: Shape = [1, frames, height, width, 4]
                let x = BenchmarkInputs.tensor(shape, on: backend)
                let structure = BenchmarkInputs.tensor(shape, on: backend, seed: 2)
                let content = BenchmarkInputs.tensor([1, 768], on: backend)
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
        + [
            network("vae_encoder/512x512") { backend in
                let encoder = try AutoencoderEncoder(
                    AutoencoderConfig(vae),
                    BenchmarkInputs.store(on: backend).root
                )
                let image = BenchmarkInputs.tensor([1, 512, 512, 3], on: backend)
                return { try encoder(image).mean }
            },
            decoder(frames: 1, edge: 64),
            decoder(frames: 8, edge: 32),
            network("text_encoder/clip-l") { backend in
                let encoder = try CLIPTextEncoder(
                    CLIPTextConfig(clipText),
                    BenchmarkInputs.store(on: backend).root
                )
                let ids = [[49406] + [Int](repeating: 320, count: 75) + [49407]]
                return { try encoder(ids).lastHiddenState }
            },
            network("image_encoder/clip-l") { backend in
                let encoder = try CLIPImageEncoder(
                    CLIPVisionConfig(clipVision),
                    BenchmarkInputs.store(on: backend).root
                )
                let pixels = BenchmarkInputs.tensor([1, 224, 224, 3], on: backend)
                return { try encoder(pixels).embeddings }
            },
            network("depth/dpt-large") { backend in
                let estimator = try DepthEstimator(
                    DPTConfig(dptLarge),
                    BenchmarkInputs.store(on: backend).root
                )
                let pixels = BenchmarkInputs.tensor([1, 384, 384, 3], on: backend)
                return { try estimator(pixels) }
            },
        ]

    private static func decoder(frames: Int, edge: Int) -> Benchmark {
        let batch = frames == 1 ? "" : "\(frames)x"
        return network("vae_decoder/\(batch)\(edge)x\(edge)") { backend in
            let decoder = try AutoencoderDecoder(
                AutoencoderConfig(vae),
                BenchmarkInputs.store(on: backend).root
            )
            let latents = BenchmarkInputs.tensor([frames, edge, edge, 4], on: backend)
            return { try decoder(latents) }
        }
    }

    private static func network(
        _ name: String,
        _ prepare: @escaping @Sendable (any Backend) throws -> () throws -> Tensor
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

    private static func gen1(like image: ConfigObject) -> ConfigObject {
        var values = image.values
        values["_class_name"] = .string(Gen1Config.className)
        values["in_channels"] = .integer(12)
        values["max_frames"] = .integer(16)
        return config(values)
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
