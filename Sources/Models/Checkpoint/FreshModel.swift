import NN
import Tensors

/// A whole gen1 model with random weights: every component, sizes that fit one another.
package struct FreshModel: Sendable {
    package enum Sizes: String, CaseIterable, Sendable {
        /// The smallest there are, for trying a farm and for its tests. What such a model makes of
        /// a clip is noise; its temporal layers are not the identity that fresh ones are, so
        /// windows disagree and fusion has something to do.
        case tiny
        /// What learns something in hours on one processor; layers start as they start anywhere.
        case small
    }

    package let sizes: Sizes
    package let seed: UInt64

    package init(_ sizes: Sizes, seed: UInt64) {
        self.sizes = sizes
        self.seed = seed
    }

    /// The networks it has, each a component of its own.
    package static let kinds: [ComponentKind] = [
        .gen1, .vae, .depthEstimator, .imageEncoder, .textEncoder, .prior,
    ]

    /// Writes the model's folder.
    ///
    /// - Parameter folder: Made if need be; a component that is there already is an error.
    /// - Returns: The networks, in the order of `kinds`.
    /// - Throws: `CheckpointError` if a component is there or cannot be written.
    package func write(to folder: String) throws -> [FreshComponent] {
        var components: [FreshComponent] = []
        for kind in Self.kinds {
            let component = try component(kind)
            try component.write(
                to: folder,
                schedule: sizes == .tiny ? Gen1Config.schedule : Gen1Config.scheduleFromPureNoise
            )
            components.append(component)
        }
        try tokenizer.write(to: folder)
        return components
    }

    /// The model's tokenizer: bytes alone, or the words of small scenes.
    private var tokenizer: FreshTokenizer { sizes == .tiny ? .bytes : .words }

    /// A network of the model.
    package func component(_ kind: ComponentKind) throws -> FreshComponent {
        let config = config(kind)
        guard sizes == .tiny else { return try FreshComponent(kind, config: config, seed: seed) }
        let initializer = ParameterInitializer(seed: seed)
        let completed = FreshComponent.completed(config, kind)
        let parameters = try kind.declarations(completed).map { initializer(Self.awake($0)) }
        return FreshComponent(kind: kind, config: completed.values, parameters: parameters)
    }

    /// Layers that start as the identity would make all windows agree, and a depth of which the
    /// last step makes 0 of everything would make all clips the same.
    private static func awake(_ fresh: ParameterDeclaration) -> ParameterDeclaration {
        func changed(to initial: Initial) -> ParameterDeclaration {
            ParameterDeclaration(key: fresh.key, shape: fresh.shape, initial: initial)
        }
        if fresh.key == "head.head.4.bias" { return changed(to: .ones) }
        let isAsleep = fresh.initial == .zeros && fresh.key.hasSuffix("weight")
        return isAsleep ? changed(to: .normal(standardDeviation: 0.05)) : fresh
    }

    /// The hyper-parameters of a network of the model.
    package func config(_ kind: ComponentKind) -> ConfigObject {
        let configs = sizes == .tiny ? Self.tiny : Self.small
        guard let text = configs[kind],
            case .object(let values)? = try? JSONValue.parse(Array(text.utf8))
        else { preconditionFailure("a \(sizes) model has no \(kind)") }
        return ConfigObject(values, label: "config.json")
    }

    private static let tiny: [ComponentKind: String] = [
        .gen1: """
        {"block_out_channels": [16, 32], "layers_per_block": 1, "attention_head_dim": 4,
         "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
         "cross_attention_dim": 32, "norm_num_groups": 4, "max_frames": 16}
        """,
        .vae: """
        {"block_out_channels": [8, 8, 8, 8], "layers_per_block": 1, "norm_num_groups": 4,
         "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D",
           "DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D",
           "UpDecoderBlock2D"]}
        """,
        .depthEstimator: """
        {"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4,
         "intermediate_size": 64, "image_size": 64, "patch_size": 16,
         "backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [8, 8, 16, 16],
         "fusion_hidden_size": 8, "hidden_act": "gelu"}
        """,
        .imageEncoder: """
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 64, "image_size": 32, "patch_size": 16, "projection_dim": 32}
        """,
        .textEncoder: """
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 64, "projection_dim": 32, "max_position_embeddings": 77,
         "vocab_size": \(FreshTokenizer.bytes.size), "eos_token_id": \(FreshTokenizer.bytes.end)}
        """,
        .prior: """
        {"num_attention_heads": 4, "attention_head_dim": 8, "num_layers": 2,
         "embedding_dim": 32, "num_embeddings": 77}
        """,
    ]

    // Groups of norms are wide: a group of one channel takes each picture's own mean and contrast
    // away, and after the last norm nothing can bring them back. An autoencoder with 16 groups of
    // its 16 last channels stayed at 26.8 dB and two thirds of the colour of small things; with 4
    // groups the same weights reached 28.4 dB and 86 % in 600 steps.
    private static let small: [ComponentKind: String] = [
        .gen1: """
        {"block_out_channels": [64, 128, 192], "layers_per_block": 1, "attention_head_dim": 4,
         "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
         "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
         "cross_attention_dim": 128, "norm_num_groups": 8, "out_channels": 8,
         "sample_size": 16, "max_frames": 16}
        """,
        .vae: """
        {"block_out_channels": [16, 48, 96, 128], "layers_per_block": 1, "norm_num_groups": 4,
         "latent_channels": 8, "sample_size": 128,
         "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D",
           "DownEncoderBlock2D", "DownEncoderBlock2D"],
         "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D",
           "UpDecoderBlock2D"]}
        """,
        .depthEstimator: """
        {"hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 6,
         "intermediate_size": 768, "image_size": 128, "patch_size": 8,
         "reassemble_factors": [2, 1, 0.5, 0.25],
         "backbone_out_indices": [1, 2, 4, 5], "neck_hidden_sizes": [48, 96, 192, 192],
         "fusion_hidden_size": 64, "hidden_act": "gelu"}
        """,
        .imageEncoder: """
        {"hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 6,
         "intermediate_size": 768, "image_size": 64, "patch_size": 8, "projection_dim": 128}
        """,
        .textEncoder: """
        {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4,
         "intermediate_size": 512, "projection_dim": 128, "max_position_embeddings": \(FreshTokenizer.words.length),
         "vocab_size": \(FreshTokenizer.words.size), "eos_token_id": \(FreshTokenizer.words.end)}
        """,
        .prior: """
        {"num_attention_heads": 4, "attention_head_dim": 32, "num_layers": 6,
         "embedding_dim": 128, "num_embeddings": \(FreshTokenizer.words.length)}
        """,
    ]
}
