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
        #expect(made.components.map(\.name) == ["unet", "vae"])
        let vae = try made.component("vae")
        #expect(try vae.kind() == .vae)
        let store = ParameterStore(try vae.tensors(), backend: ShapeBackend())
        let vaeConfig = try AutoencoderConfig(try vae.config())
        _ = try AutoencoderEncoder(vaeConfig, store.root)
        _ = try AutoencoderDecoder(vaeConfig, store.root)
        try store.finish()
    }

    @Test func refusesAConfigThatMakesNoNetwork() throws {
        let config = ConfigObject(["act_fn": .string("gelu")], label: "config.json")
        #expect(throws: ConfigError.self) { try FreshComponent(.unet2d, config: config, seed: 0) }
    }
}
