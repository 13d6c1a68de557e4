/// The parts of a model that weft reads.
package enum ComponentKind: String, CaseIterable, Sendable {
    case unet2d
    case gen1
    case vae
    case textEncoder = "text_encoder"
    case tokenizer
    case imageEncoder = "image_encoder"
    case depthEstimator = "depth_estimator"
    case prior
    case scheduler

    /// The kind of a class of diffusers or transformers, or of weft's own.
    package init?(className: String) {
        switch className {
        case "UNet2DConditionModel": self = .unet2d
        case "WeftGen1UNet": self = .gen1
        case "AutoencoderKL": self = .vae
        case "CLIPTextModel", "CLIPTextModelWithProjection": self = .textEncoder
        case "CLIPTokenizer", "CLIPTokenizerFast": self = .tokenizer
        case "CLIPVisionModelWithProjection": self = .imageEncoder
        case "DPTForDepthEstimation": self = .depthEstimator
        case "PriorTransformer": self = .prior
        default:
            guard className.hasSuffix("Scheduler") else { return nil }
            self = .scheduler
        }
    }

    /// The folder of a checkpoint that holds it.
    package var folder: String {
        switch self {
        case .unet2d, .gen1: "unet"
        default: rawValue
        }
    }

    package var hasWeights: Bool {
        switch self {
        case .tokenizer, .scheduler: false
        default: true
        }
    }

    /// The file that says its hyper-parameters.
    package var configName: String {
        switch self {
        case .tokenizer: "tokenizer_config.json"
        case .scheduler: "scheduler_config.json"
        default: "config.json"
        }
    }

    /// The name of its weights without variant and extension: the libraries differ.
    package var weightsName: String {
        switch self {
        case .textEncoder, .imageEncoder, .depthEstimator: "model"
        default: "diffusion_pytorch_model"
        }
    }

    /// The config keys that tell a reader what he has.
    package var essentialKeys: [String] {
        switch self {
        case .unet2d, .gen1:
            [
                "in_channels", "out_channels", "block_out_channels", "layers_per_block",
                "down_block_types", "cross_attention_dim", "attention_head_dim",
                "num_attention_heads", "use_linear_projection", "norm_num_groups", "sample_size",
                "temporal_kernel_size", "max_frames",
            ]
        case .vae:
            [
                "in_channels", "out_channels", "latent_channels", "block_out_channels",
                "layers_per_block", "norm_num_groups", "scaling_factor", "sample_size",
            ]
        case .textEncoder, .imageEncoder, .depthEstimator:
            [
                "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                "hidden_act", "projection_dim", "max_position_embeddings", "eos_token_id",
                "image_size", "patch_size", "neck_hidden_sizes", "backbone_out_indices",
                "is_hybrid",
            ]
        case .prior:
            [
                "embedding_dim", "num_layers", "num_attention_heads", "attention_head_dim",
                "num_embeddings", "additional_embeddings",
            ]
        case .tokenizer: ["model_max_length", "pad_token"]
        case .scheduler:
            [
                "beta_schedule", "beta_start", "beta_end", "num_train_timesteps",
                "prediction_type", "timestep_spacing", "steps_offset", "clip_sample",
                "set_alpha_to_one",
            ]
        }
    }
}
