import Foundation
import Models
import NN
import Tensors
import TestSupport
import Testing

struct CheckpointFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ index: String) throws -> CheckpointFolder {
        _ = try folder.write(index, to: "model_index.json")
        return try CheckpointFolder.open(folder.path)
    }

    private func sentence(_ body: () throws -> Void) throws -> String {
        let error = #expect(throws: CheckpointError.self) { try body() }
        let sentence = try #require(error?.description)
        #expect(!sentence.contains("\n"))
        return sentence.replacing(folder.path, with: "DIR")
    }

    @Test func listsDeclaredAndUndeclaredComponents() throws {
        _ = try folder.write(#"{"_class_name":"AutoencoderKL"}"#, to: "vae/config.json")
        let checkpoint = try open(
            """
            {"_class_name": "P", "_diffusers_version": "0.42.1", "requires_safety_checker": true,
             "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": [null, null],
             "feature_extractor": ["transformers", "CLIPImageProcessor"]}
            """
        )
        #expect(checkpoint.pipelineClass == "P")
        #expect(checkpoint.components.map(\.name) == ["feature_extractor", "unet", "vae"])
        #expect(
            checkpoint.components.map(\.declaredClass) == [
                "CLIPImageProcessor", "UNet2DConditionModel", nil,
            ]
        )
        #expect(try checkpoint.component("vae").kind() == .vae)
        #expect(try sentence { _ = try checkpoint.component("unet") } == "DIR/unet: no such folder")
        #expect(try sentence { _ = try checkpoint.component("x") } == "DIR: x is missing")
    }

    @Test func theConfigsOwnClassWins() throws {
        _ = try folder.write(#"{"_class_name":"WeftGen1UNet"}"#, to: "unet/config.json")
        _ = try folder.write(#"{"architectures":["CLIPModel"]}"#, to: "text_encoder/config.json")
        _ = try folder.write(
            #"{"_class_name":"DDIMScheduler"}"#,
            to: "scheduler/scheduler_config.json"
        )
        _ = try folder.write(
            #"{"tokenizer_class":"CLIPTokenizer"}"#,
            to: "tokenizer/tokenizer_config.json"
        )
        let checkpoint = try open(
            #"{"unet":["a","UNet2DConditionModel"],"text_encoder":["transformers","CLIPTextModel"]}"#
        )
        #expect(try checkpoint.component("unet").kind() == .gen1)
        #expect(try checkpoint.component("text_encoder").kind() == .textEncoder)
        #expect(try checkpoint.component("scheduler").kind() == .scheduler)
        #expect(try checkpoint.component("tokenizer").kind() == .tokenizer)
    }

    @Test func refusesWhatIsNoModel() throws {
        #expect(
            try sentence { _ = try CheckpointFolder.open(folder("none")) }
                == "DIR/none: no such folder"
        )
        #expect(
            try sentence { _ = try CheckpointFolder.open(folder.path) }
                == "DIR: model_index.json is missing"
        )
        let file = try folder.write("", to: "file")
        #expect(try sentence { _ = try CheckpointFolder.open(file) } == "DIR/file: no such folder")
        #expect(
            try sentence { _ = try open("[]") }
                == "DIR/model_index.json: not valid JSON: byte 0: expected an object"
        )
        #expect(
            try sentence { _ = try open("{\"a\":1,\"a\":2}") }
                == "DIR/model_index.json: not valid JSON: byte 7: the key \"a\" is there twice"
        )
        #expect(
            try sentence { _ = try open(#"{"unet":"UNet2DConditionModel"}"#) }
                == #"DIR/model_index.json: "unet": expected [library, class]"#
        )
    }

    @Test(arguments: ["../unet", "a/b", "/etc", "..", ".", ""])
    func namesDoNotLeaveTheFolder(_ name: String) throws {
        let text = try sentence { _ = try open("{\"\(name)\":[\"diffusers\",\"AutoencoderKL\"]}") }
        #expect(text.hasSuffix("expected a component's name without slashes"))
    }

    @Test func unknownClassesAreNamed() throws {
        _ = try folder.write(#"{"_class_name":"Mamba"}"#, to: "unet/config.json")
        let component = try open("{}").component("unet")
        #expect(
            try sentence { _ = try component.kind() }
                == #"DIR/unet: weft has no network of the class "Mamba""#
        )
        #expect(
            try sentence { _ = try component.config("other.json") }
                == "DIR/unet: other.json is missing"
        )
        _ = try folder.write("{}", to: "unet/config.json")
        #expect(
            try sentence { _ = try component.kind() }
                == #"DIR/unet: "_class_name": expected a class"#
        )
    }

    /// Whatever an index says, it is refused or means components of this folder.
    @Test(arguments: Mutations.seeds)
    func damagedIndexesAreRefusedOrStayInside(seed: UInt64) throws {
        let index = Array(
            #"{"_class_name":"P","unet":["diffusers","UNet2DConditionModel"],"vae":["a","b"]}"#.utf8
        )
        let path = folder("model_index.json")
        var mutations = Mutations(seed: seed)
        for _ in 0..<500 {
            try Data(mutations.mutated(index)).write(to: URL(fileURLWithPath: path))
            guard let checkpoint = try? CheckpointFolder.open(folder.path) else { continue }
            for component in checkpoint.components {
                #expect(component.path == "\(folder.path)/\(component.name)")
                #expect(!component.name.contains("/") && component.name != "..")
            }
            #expect(checkpoint.check { _ in }.count == checkpoint.components.count)
        }
    }
}
