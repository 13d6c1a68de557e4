import Models
import NN
import Tensors
import TestSupport
import Testing

struct FreshComponentTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func config(_ golden: String) throws -> ConfigObject {
        ConfigObject(try NetworkFixture(golden: golden).config, label: "config.json")
    }

    /// A fresh network has the keys and shapes that the reference library gives it.
    @Test(arguments: [
        ("unet_sd15", ComponentKind.unet2d), ("unet_sd2", .unet2d), ("unet_variant", .unet2d),
        ("gen1", .gen1), ("vae", .vae), ("vae_variant", .vae),
    ])
    func declaresTheParametersOfTheReference(_ golden: String, _ kind: ComponentKind) throws {
        let fixture = try NetworkFixture(golden: golden)
        let declarations = try kind.declarations(try config(golden))
        #expect(declarations.map(\.key).sorted() == fixture.weights.names)
        for declaration in declarations {
            #expect(declaration.shape == fixture.weights.shapes[declaration.key])
        }
    }

    @Test func aModelGrowsComponentByComponent() throws {
        for (golden, kind) in [("gen1", ComponentKind.gen1), ("vae", .vae)] {
            try FreshComponent(kind, config: try config(golden), seed: 9).write(to: folder("made"))
        }
        let made = try CheckpointFolder.open(folder("made"))
        #expect(made.components.map(\.name) == ["scheduler", "unet", "vae"])
        let scheduler = try made.component("scheduler").config("scheduler_config.json")
        #expect(try scheduler.string("prediction_type") == "v_prediction")
        let vae = try made.component("vae")
        #expect(try vae.kind() == .vae)
        let store = ParameterStore(try vae.tensors(), backend: ShapeBackend())
        let vaeConfig = try AutoencoderConfig(try vae.config())
        _ = try AutoencoderEncoder(vaeConfig, store.root)
        _ = try AutoencoderDecoder(vaeConfig, store.root)
        try store.finish()
    }

    /// Networks of the other library say what they are of in another key.
    @Test func everyNetworkCanBeMadeAndIsSound() throws {
        let transformer: [String: JSONValue] = [
            "hidden_size": .integer(32), "num_hidden_layers": .integer(4),
            "num_attention_heads": .integer(4), "intermediate_size": .integer(64),
            "projection_dim": .integer(24), "image_size": .integer(28),
            "patch_size": .integer(14), "vocab_size": .integer(50),
            "backbone_out_indices": .array((0..<4).map { .integer($0) }),
            "neck_hidden_sizes": .array([8, 8, 16, 16].map { .integer($0) }),
            "fusion_hidden_size": .integer(8), "hidden_act": .string("gelu"),
        ]
        let prior: [String: JSONValue] = [
            "num_layers": .integer(1), "num_attention_heads": .integer(2),
            "attention_head_dim": .integer(8), "embedding_dim": .integer(24),
        ]
        for kind in [ComponentKind.textEncoder, .imageEncoder, .depthEstimator, .prior] {
            let values = kind == .prior ? prior : transformer
            let config = ConfigObject(values, label: "config.json")
            try FreshComponent(kind, config: config, seed: 1).write(to: folder("made"))
        }
        let checks = try CheckpointFolder.open(folder("made")).check { _ in }
        #expect(checks.count == 4)
        for check in checks {
            guard case .sound = check.outcome else {
                Issue.record("\(check.name): \(check.outcome)")
                continue
            }
        }
    }

    @Test func refusesAConfigThatMakesNoNetwork() throws {
        let config = ConfigObject(["act_fn": .string("gelu")], label: "config.json")
        #expect(throws: ConfigError.self) { try FreshComponent(.unet2d, config: config, seed: 0) }
    }
}
