import Models
import NN
import Tensors
import Testing

/// Names without data.
private struct Names: TensorSource {
    let label = "file"
    let names: [String]

    func tensor(named name: String) -> StoredTensor? {
        guard names.contains(name) else { return nil }
        return StoredTensor(name: name, shape: [1]) { [0] }
    }
}

struct RenamedTensorsTests {
    /// The attention of the VAE of Stable Diffusion 1.5 under its old names, and neighbours.
    private static let oldVAE =
        ["encoder", "decoder"].flatMap { half in
            ["group_norm", "query", "key", "value", "proj_attn"].flatMap { part in
                ["weight", "bias"].map { "\(half).mid_block.attentions.0.\(part).\($0)" }
            }
        } + [
            "encoder.conv_in.weight", "quant_conv.bias", "decoder.up_blocks.0.resnets.1.norm1.bias",
        ]

    private static let newVAE = oldVAE.map {
        $0.replacing(".query.", with: ".to_q.").replacing(".key.", with: ".to_k.")
            .replacing(".value.", with: ".to_v.").replacing(".proj_attn.", with: ".to_out.0.")
    }

    private static let tower = [
        "embeddings.token_embedding.weight", "embeddings.position_embedding.weight",
        "encoder.layers.0.self_attn.q_proj.weight", "encoder.layers.11.mlp.fc2.bias",
        "final_layer_norm.weight", "embeddings.position_ids",
    ]

    @Test func oldVAENamesBecomeTheNewOnes() throws {
        #expect(Self.oldVAE.map(KeyMap.vaeAttention.canonicalName) == Self.newVAE)
        let renamed = try RenamedTensors(Names(names: Self.oldVAE), .vaeAttention)
        #expect(renamed.names == Self.newVAE.sorted())
        let stored = renamed.tensor(named: "decoder.mid_block.attentions.0.to_out.0.bias")
        #expect(stored?.name == "decoder.mid_block.attentions.0.proj_attn.bias")
        #expect(renamed.tensor(named: "decoder.mid_block.attentions.0.proj_attn.bias") == nil)
    }

    @Test func textTowersBelowAndAtTheTopAreOne() throws {
        let canonical = Self.tower.map { "text_model.\($0)" } + ["text_projection.weight"]
        for names in [Self.tower + ["text_projection.weight"], canonical] {
            let renamed = try RenamedTensors(Names(names: names), .clipText)
            #expect(renamed.names == canonical.sorted())
        }
    }

    @Test func mapsAreBijections() {
        for (map, names) in [
            (KeyMap.vaeAttention, Self.oldVAE), (.vaeAttention, Self.newVAE),
            (.clipText, Self.tower), (.clipText, Self.tower.map { "text_model.\($0)" }),
        ] {
            let canonical = names.map(map.canonicalName)
            #expect(Set(canonical).count == names.count)
            #expect(canonical.map(map.canonicalName) == canonical, "renaming twice changes names")
        }
    }

    @Test func bothNamingsInOneFileAreAnError() {
        let both = Names(names: ["a.attentions.0.query.bias", "a.attentions.0.to_q.bias"])
        let error = #expect(throws: CheckpointError.self) {
            try RenamedTensors(both, .vaeAttention)
        }
        #expect(
            error?.description
                == "file: \"a.attentions.0.query.bias\" and \"a.attentions.0.to_q.bias\" are two "
                + "names of one parameter"
        )
    }
}

struct UnreadTensorsTests {
    @Test(arguments: [
        "text_model.embeddings.position_ids", "embeddings.position_ids", "position_ids",
        "vision_model.embeddings.position_ids",
        "down_blocks.0.motion_modules.0.transformer_blocks.0.pos_embed.pe", "dpt.layernorm.weight",
        "neck.fusion_stage.layers.0.residual_layer1.convolution1.weight",
    ])
    func documentedNamesAreAllowed(_ name: String) {
        #expect(isUnreadTensorAllowed(name))
    }

    @Test(arguments: [
        "", "conv_in.weight", "xposition_ids", "position_ids.x", "pos_embed", "a.pos_embed.pe.b",
        "layernorm.weight", "dpt.layernormx", "x.dpt.layernorm.weight",
        "neck.fusion_stage.layers.1.residual_layer1.convolution1.weight",
        "neck.fusion_stage.layers.0.residual_layer2.convolution1.weight", "logit_scale",
    ])
    func nothingElseIs(_ name: String) {
        #expect(!isUnreadTensorAllowed(name))
    }
}
