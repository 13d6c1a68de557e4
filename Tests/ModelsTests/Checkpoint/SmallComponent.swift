import Models
import NN
import Tensors
import TestSupport

/// The smallest config of each network, and checkpoints made from them.
enum SmallComponent {
    static func config(_ kind: ComponentKind) -> [String: JSONValue] {
        let widths = JSONValue.array([.integer(8), .integer(16)])
        func types(_ first: String, _ second: String) -> JSONValue {
            .array([.string(first), .string(second)])
        }
        let unet: [String: JSONValue] = [
            "block_out_channels": widths, "norm_num_groups": .integer(4),
            "layers_per_block": .integer(1), "cross_attention_dim": .integer(6),
            "attention_head_dim": .integer(2),
            "down_block_types": types("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": types("UpBlock2D", "CrossAttnUpBlock2D"),
        ]
        switch kind {
        case .unet2d:
            return unet.merging(["_class_name": .string("UNet2DConditionModel")]) { $1 }
        case .gen1:
            return unet.merging([
                "_class_name": .string("WeftGen1UNet"), "in_channels": .integer(12),
                "out_channels": .integer(4), "max_frames": .integer(5),
            ]) { $1 }
        case .vae:
            return [
                "_class_name": .string("AutoencoderKL"), "block_out_channels": widths,
                "norm_num_groups": .integer(4), "latent_channels": .integer(2),
                "down_block_types": types("DownEncoderBlock2D", "DownEncoderBlock2D"),
                "up_block_types": types("UpDecoderBlock2D", "UpDecoderBlock2D"),
            ]
        case .textEncoder:
            return transformer(
                "CLIPTextModelWithProjection",
                [
                    "vocab_size": .integer(11), "max_position_embeddings": .integer(5),
                    "projection_dim": .integer(3),
                ]
            )
        case .imageEncoder:
            return transformer(
                "CLIPVisionModelWithProjection",
                [
                    "image_size": .integer(4), "patch_size": .integer(2),
                    "projection_dim": .integer(3),
                ]
            )
        case .depthEstimator:
            let four = JSONValue.array([.integer(4), .integer(4), .integer(8), .integer(8)])
            return transformer(
                "DPTForDepthEstimation",
                [
                    "num_hidden_layers": .integer(4), "image_size": .integer(16),
                    "patch_size": .integer(4), "fusion_hidden_size": .integer(4),
                    "backbone_out_indices": .array((0..<4).map { .integer($0) }),
                    "neck_hidden_sizes": four,
                ]
            )
        case .prior:
            return [
                "_class_name": .string("PriorTransformer"), "num_attention_heads": .integer(2),
                "attention_head_dim": .integer(4), "num_layers": .integer(1),
                "embedding_dim": .integer(6), "num_embeddings": .integer(3),
            ]
        case .tokenizer, .scheduler: return [:]
        }
    }

    private static func transformer(
        _ className: String,
        _ more: [String: JSONValue]
    ) -> [String: JSONValue] {
        [
            "architectures": .array([.string(className)]), "hidden_size": .integer(8),
            "intermediate_size": .integer(12), "num_hidden_layers": .integer(1),
            "num_attention_heads": .integer(2),
        ].merging(more) { $1 }
    }

    /// Writes a component of a kind below `folder`, with all parameters 0.5.
    ///
    /// - Returns: The weights' path.
    @discardableResult
    static func write(_ kind: ComponentKind, to folder: TemporaryFolder) throws -> String {
        let values = config(kind)
        _ = try folder.write(
            JSONValue.object(values).serialized(),
            to: "\(kind.folder)/\(kind.configName)"
        )
        let path = folder("\(kind.folder)/\(kind.weightsName).safetensors")
        let declarations = try kind.declarations(ConfigObject(values, label: "config"))
        let tensors = declarations.map { ($0.key, HostTensor(repeating: 0.5, $0.shape)) }
        try SafetensorsFile.write(Dictionary(uniqueKeysWithValues: tensors), to: path)
        return path
    }

    /// The tensors of a file, to be changed and written again.
    static func tensors(_ path: String) throws -> [String: HostTensor] {
        let file = try SafetensorsFile.open(path)
        let tensors = file.names.compactMap { name in
            file.tensor(named: name).map { (name, $0.hostTensor()) }
        }
        return Dictionary(uniqueKeysWithValues: tensors)
    }
}
