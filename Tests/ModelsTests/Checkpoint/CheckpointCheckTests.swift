import Foundation
import Models
import NN
import Tensors
import TestSupport
import Testing

struct CheckpointCheckTests {
    static let networks = ComponentKind.allCases.filter(\.hasWeights)

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try folder.write("{}", to: "model_index.json")
    }

    private func check(_ name: String) throws -> ComponentCheck {
        let checkpoint = try CheckpointFolder.open(folder.path)
        return try checkpoint.component(name).check { _ in }
    }

    /// Damages the component's tensors and tells what the check says.
    private func problem(
        _ kind: ComponentKind,
        _ change: (inout [String: HostTensor]) throws -> Void
    ) throws -> String {
        let path = try SmallComponent.write(kind, to: folder)
        var tensors = try SmallComponent.tensors(path)
        try change(&tensors)
        try SafetensorsFile.write(tensors, to: path)
        guard case .failed(let error) = try check(kind.folder).outcome else { return "accepted" }
        return "\(error)".replacing(folder.path, with: "DIR")
    }

    @Test(arguments: networks)
    func soundComponentsLoad(_ kind: ComponentKind) throws {
        let path = try SmallComponent.write(kind, to: folder)
        let check = try check(kind.folder)
        guard case .sound(let tensors, let parameters) = check.outcome else {
            Issue.record("\(kind): \(check.json.serialized())")
            return
        }
        let expected = try SmallComponent.tensors(path)
        #expect(tensors == expected.count)
        #expect(parameters == expected.values.reduce(0) { $0 + $1.values.count })
        #expect(check.unread.isEmpty)
    }

    @Test(arguments: networks)
    func everyTensorIsNeededAndNoneMayBeAdded(_ kind: ComponentKind) throws {
        let path = try SmallComponent.write(kind, to: folder)
        let names = try SmallComponent.tensors(path).keys.sorted()
        for name in [names[0], names[names.count / 2], names[names.count - 1]] {
            let text = try problem(kind) { $0[name] = nil }
            #expect(text.contains("missing from DIR/\(kind.folder)/"), "\(text)")
        }
        let extra = try problem(kind) { $0["extra.weight"] = HostTensor([1], [1]) }
        #expect(extra.hasPrefix("extra.weight: no part of the network reads this tensor"))
    }

    @Test func shapesAreExpectedAndFound() throws {
        let text = try problem(.vae) {
            $0["quant_conv.bias"] = HostTensor([1, 2, 3], [3])
        }
        #expect(
            text == "quant_conv.bias: expected [4], found [3] in "
                + "DIR/vae/diffusion_pytorch_model.safetensors"
        )
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func valuesMustBeFinite(_ value: Float) throws {
        let text = try problem(.unet2d) { $0["conv_in.bias"]?.values[3] = value }
        #expect(
            text
                == "DIR/unet/diffusion_pytorch_model.safetensors: the tensor \"conv_in.bias\" must "
                + "be finite, but element 3 is \(value)"
        )
    }

    @Test func integersAreNoWeights() throws {
        let path = try SmallComponent.write(.vae, to: folder)
        var tensors = try SmallComponent.tensors(path)
        tensors["quant_conv.bias"] = nil
        try SafetensorsFile.write(
            tensors,
            integers: ["quant_conv.bias": ([0, 0, 0, 0], [4])],
            to: path
        )
        let outcome = try check("vae").json.serialized()
        #expect(outcome.contains("expected floating-point values, found I64"))
    }

    @Test func allowedTensorsAreReportedAsUnread() throws {
        let path = try SmallComponent.write(.vae, to: folder)
        try SafetensorsFile.write(
            try SmallComponent.tensors(path),
            integers: ["embeddings.position_ids": ([0, 1], [2])],
            to: path
        )
        let check = try check("vae")
        #expect(check.word == "sound")
        #expect(check.unread == ["embeddings.position_ids"])
    }

    @Test func oldAutoencoderNamesLoad() throws {
        let path = try SmallComponent.write(.vae, to: folder)
        let tensors = try SmallComponent.tensors(path).map { name, tensor in
            let old = name.replacing(".to_q.", with: ".query.").replacing(".to_k.", with: ".key.")
                .replacing(".to_v.", with: ".value.").replacing(".to_out.0.", with: ".proj_attn.")
            return (old, tensor)
        }
        #expect(tensors.contains { $0.0 == "encoder.mid_block.attentions.0.query.weight" })
        try SafetensorsFile.write(Dictionary(uniqueKeysWithValues: tensors), to: path)
        #expect(try check("vae").word == "sound")
    }

    @Test(arguments: networks)
    func freshComponentsAreSound(_ kind: ComponentKind) throws {
        var values = SmallComponent.config(kind)
        values["architectures"] = nil
        values["_class_name"] = nil
        let config = ConfigObject(values, label: "config.json")
        let made = folder("made")
        try FreshComponent(kind, config: config, seed: 1).write(to: made)
        let checks = try CheckpointFolder.open(made).check { _ in }
        let check = try #require(checks.first { $0.name == kind.folder })
        #expect(check.word == "sound", "\(check.json.serialized())")
    }

    @Test func oneFaultDoesNotHideOthers() throws {
        try SmallComponent.write(.vae, to: folder)
        _ = try folder.write(#"{"_class_name":"UNet2DConditionModel"}"#, to: "unet/config.json")
        _ = try folder.write(
            #"{"unet":["diffusers","UNet2DConditionModel"],"prior":["diffusers","PriorTransformer"],"#
                + #""feature_extractor":["transformers","CLIPImageProcessor"]}"#,
            to: "model_index.json"
        )
        let checks = try CheckpointFolder.open(folder.path).check { _ in }
        #expect(checks.map(\.name) == ["feature_extractor", "prior", "unet", "vae"])
        #expect(checks.map(\.word) == ["foreign", "failed", "failed", "sound"])
        let problems = checks.map { $0.json.serialized().replacing(folder.path, with: "DIR") }
        #expect(problems[1].contains("DIR/prior: no such folder"))
        #expect(
            problems[2].contains(
                "DIR/unet: no weights, expected diffusion_pytorch_model.safetensors"
            )
        )
    }

    @Test func wrongConfigValuesAreSentences() throws {
        try SmallComponent.write(.unet2d, to: folder)
        for (key, value) in [
            ("block_out_channels", JSONValue.string("8")), ("norm_num_groups", .integer(3)),
            ("attention_head_dim", .integer(0)), ("layers_per_block", .integer(-1)),
            ("act_fn", .string("tanh")), ("down_block_types", .array([.string("Mamba")])),
        ] {
            var config = SmallComponent.config(.unet2d)
            config[key] = value
            _ = try folder.write(JSONValue.object(config).serialized(), to: "unet/config.json")
            guard case .failed(let error) = try check("unet").outcome else {
                Issue.record("\(key) = \(value) is accepted")
                continue
            }
            #expect(error is ConfigError)
            #expect("\(error)".contains("unet/config.json: "), "\(error)")
        }
    }

    /// Whatever a config says, the check ends with an outcome; it never traps and never hangs.
    @Test(arguments: networks, Mutations.seeds)
    func damagedConfigsAreRefusedOrFit(_ kind: ComponentKind, seed: UInt64) throws {
        try SmallComponent.write(kind, to: folder)
        let component = try CheckpointFolder.open(folder.path).component(kind.folder)
        let path = folder("\(kind.folder)/\(kind.configName)")
        let original = JSONValue.object(SmallComponent.config(kind))
        var mutations = Mutations(seed: seed)
        for _ in 0..<200 {
            var mutant = original
            for _ in 0...mutations.below(2) { mutant = mutations.mutated(mutant) }
            try Data(mutant.serialized().utf8).write(to: URL(fileURLWithPath: path))
            if case .failed(let error) = component.check(readScheduler: { _ in }).outcome {
                #expect(
                    error is ConfigError || error is WeightError || error is CheckpointError,
                    "\(error)"
                )
            }
        }
    }
}
