import Foundation
import Models
import NN
import Tensors
import TestSupport
import Testing

struct CheckpointWeightsTests {
    private let folder: TemporaryFolder
    private let component: CheckpointComponent

    init() throws {
        folder = try TemporaryFolder()
        component = CheckpointComponent(name: "unet", path: folder.path)
    }

    private func write(_ names: [String], value: Float = 0, to file: String) throws {
        let tensors = names.map { ($0, HostTensor([value], [1])) }
        try SafetensorsFile.write(Dictionary(uniqueKeysWithValues: tensors), to: folder(file))
    }

    private func writeIndex(
        _ map: [String: String],
        to name: String = "model.safetensors.index.json"
    ) throws {
        let value = JSONValue.object(["weight_map": .object(map.mapValues { .string($0) })])
        _ = try folder.write(value.serialized(), to: name)
    }

    private func value(_ variant: String? = nil) throws -> Float? {
        try component.weights("model", variant: variant).tensor(named: "x")?.floats().first
    }

    private func sentence(_ variant: String? = nil) throws -> String {
        let error = #expect(throws: CheckpointError.self) {
            try component.weights("model", variant: variant)
        }
        let sentence = try #require(error?.description)
        return sentence.replacing(folder.path, with: "DIR")
    }

    @Test func thePlainFileIsPreferredToItsVariants() throws {
        try write(["x"], value: 16, to: "model.fp16.safetensors")
        #expect(try value() == 16)
        try write(["x"], value: 32, to: "model.safetensors")
        #expect(try value() == 32)
        #expect(try value("fp16") == 16)
        #expect(
            try sentence("non_ema") == "DIR: no weights, expected model.non_ema.safetensors"
        )
    }

    @Test func shardsAreOneSource() throws {
        try write(["x", "a"], value: 1, to: "model-1.safetensors")
        try write(["y"], value: 2, to: "model-2.safetensors")
        try writeIndex([
            "x": "model-1.safetensors", "a": "model-1.safetensors", "y": "model-2.safetensors",
        ])
        let weights = try component.weights("model")
        #expect(weights.names == ["a", "x", "y"])
        #expect(weights.files.count == 2)
        #expect(weights.tensor(named: "y")?.floats() == [2])
        #expect(weights.tensor(named: "z") == nil)
    }

    @Test(arguments: ["model.safetensors.index.fp16.json", "model.fp16.safetensors.index.json"])
    func shardedVariantsAreFound(_ index: String) throws {
        try write(["x"], value: 16, to: "model-1.fp16.safetensors")
        try writeIndex(["x": "model-1.fp16.safetensors"], to: index)
        #expect(try value() == 16)
        #expect(try value("fp16") == 16)
    }

    @Test func shardErrorsNameTheTensorAndTheFile() throws {
        let index = "DIR/model.safetensors.index.json"
        try write(["x"], to: "1.safetensors")
        try writeIndex(["x": "1.safetensors", "y": "2.safetensors"])
        #expect(try sentence() == #"\#(index): the shard "2.safetensors" is missing"#)
        try write(["y", "z"], to: "2.safetensors")
        #expect(
            try sentence() == #"\#(index): the tensor "z" of "2.safetensors" is not listed"#
        )
        try writeIndex(["x": "2.safetensors", "y": "2.safetensors", "z": "1.safetensors"])
        #expect(
            try sentence()
                == #"\#(index): the tensor "x" is to be in "2.safetensors", but is in "1.safetensors""#
        )
        try write(["y"], to: "2.safetensors")
        try writeIndex(["x": "1.safetensors", "y": "2.safetensors", "z": "2.safetensors"])
        #expect(
            try sentence()
                == #"\#(index): the tensor "z" is to be in "2.safetensors", but is in no shard"#
        )
    }

    @Test(arguments: [
        "../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", "", "..",
    ])
    func shardsDoNotLeaveTheFolder(_ shard: String) throws {
        try writeIndex(["x": shard])
        #expect(try sentence().hasSuffix("expected a .safetensors file of the same folder"))
    }

    @Test(arguments: ["{}", #"{"weight_map":[]}"#, #"{"weight_map":{"x":1}}"#, "{"])
    func malformedIndexesAreRefused(_ text: String) throws {
        _ = try folder.write(text, to: "model.safetensors.index.json")
        #expect(try sentence().hasPrefix("DIR/model.safetensors.index.json: "))
    }

    @Test func pickledWeightsAreNeverOpened() throws {
        #expect(try sentence() == "DIR: no weights, expected model.safetensors")
        _ = try folder.write("not even a pickle", to: "pytorch_model.bin")
        #expect(
            try sentence()
                == "DIR: the weights are only there as \"pytorch_model.bin\", which must be "
                + "converted to safetensors first"
        )
    }

    @Test func malformedFilesKeepTheirSentence() throws {
        _ = try folder.write("short", to: "model.safetensors")
        #expect(
            try sentence()
                == "DIR/model.safetensors: expected a safetensors file, found only 5 bytes"
        )
    }

    /// Whatever an index of shards says, it is refused or its tensors are where it says.
    @Test(arguments: Mutations.seeds)
    func damagedShardIndexesAreRefusedOrTrue(seed: UInt64) throws {
        try write(["x", "a"], to: "1.safetensors")
        try write(["y"], to: "2.safetensors")
        let index = Array(
            #"{"weight_map":{"x":"1.safetensors","a":"1.safetensors","y":"2.safetensors"}}"#.utf8
        )
        let path = folder("model.safetensors.index.json")
        var mutations = Mutations(seed: seed)
        for round in 0..<500 {
            let bytes = round == 0 ? index : mutations.mutated(index)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do {
                let weights = try component.weights("model")
                // Every shard that is listed is listed whole, so only shards can be left out.
                #expect([["a", "x", "y"], ["a", "x"], ["y"], []].contains(weights.names))
                for name in weights.names { #expect(weights.tensor(named: name)?.floats() == [0]) }
            } catch {
                #expect(round > 0, "\(error)")
            }
        }
    }
}
