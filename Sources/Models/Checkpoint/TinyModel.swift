import NN
import Tensors

/// A whole gen1 model of the smallest sizes: every component, with random weights.
///
/// For trying a farm and for its tests. What it makes of a clip is noise; its temporal layers are
/// not the identity that fresh ones are, so windows disagree and fusion has something to do.
package struct TinyModel: Sendable {
    package let seed: UInt64

    package init(seed: UInt64) {
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
            try component.write(to: folder)
            components.append(component)
        }
        try ByteTokenizer().write(to: folder)
        return components
    }

    /// A network of the model.
    package func component(_ kind: ComponentKind) throws -> FreshComponent {
        let initializer = ParameterInitializer(seed: seed)
        guard let text = Self.configs[kind],
            case .object(let values) = try JSONValue.parse(Array(text.utf8))
        else { preconditionFailure("a tiny model has no \(kind)") }
        let config = ConfigObject(values, label: "config.json")
        let parameters = try kind.declarations(FreshComponent.completed(config, kind)).map {
            initializer(Self.awake($0))
        }
        return FreshComponent(
            kind: kind,
            config: FreshComponent.completed(config, kind).values,
            parameters: parameters
        )
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

    private static let configs: [ComponentKind: String] = [
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
         "vocab_size": \(ByteTokenizer.size), "eos_token_id": \(ByteTokenizer.end)}
        """,
        .prior: """
        {"num_attention_heads": 4, "attention_head_dim": 8, "num_layers": 2,
         "embedding_dim": 32, "num_embeddings": 77}
        """,
    ]
}

/// A tokenizer in CLIP's layout whose only tokens are bytes: texts of up to 75 bytes.
private struct ByteTokenizer {
    /// A token for each byte within a word, one for each that ends a word, start and end.
    static let size = 514
    static let end = 513

    func write(to folder: String) throws(CheckpointError) {
        let kind = ComponentKind.tokenizer
        let place = "\(folder)/\(kind.folder)"
        var vocabulary: [String: JSONValue] = [:]
        for (byte, symbol) in BPETokenizer.byteSymbols.enumerated() {
            vocabulary[symbol] = .integer(byte)
            vocabulary[symbol + "</w>"] = .integer(256 + byte)
        }
        vocabulary["<|startoftext|>"] = .integer(512)
        vocabulary["<|endoftext|>"] = .integer(Self.end)
        let config: [String: JSONValue] = [
            "tokenizer_class": .string("CLIPTokenizer"), "model_max_length": .integer(77),
            "pad_token": .string("<|endoftext|>"),
        ]
        let files = [
            "vocab.json": JSONValue.object(vocabulary).serialized(isIndented: false) + "\n",
            "merges.txt": "#version: 0.2\n",
            kind.configName: JSONValue.object(config).serialized(isIndented: true) + "\n",
        ]
        try CheckpointError.reading(place) { () throws(FileError) in
            try SystemFile.makeFolder(place)
            for (name, text) in files.sorted(by: { $0.key < $1.key }) {
                try SystemFile.writeAtomically(Array(text.utf8), to: "\(place)/\(name)")
            }
        }
        try CheckpointFolder.enter(
            kind.folder,
            library: "transformers",
            ["_class_name": .string("CLIPTokenizer")],
            in: folder
        )
    }
}
