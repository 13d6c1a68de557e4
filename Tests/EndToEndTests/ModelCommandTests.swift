import Foundation
import Tensors
import TestSupport
import Testing

/// `weft model create`, `inspect` and `check` on folders that are sound and folders that are not.
struct ModelCommandTests {
    /// What is done to a sound folder, and what is then said.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int32
        /// Words of the sentence.
        let words: [String]
        let apply: @Sendable (ModelFolder) throws -> Void

        init(
            _ name: String,
            _ status: Int32,
            _ words: [String],
            _ apply: @escaping @Sendable (ModelFolder) throws -> Void
        ) {
            testDescription = name
            self.status = status
            self.words = words
            self.apply = apply
        }
    }

    /// Damage to the weights' file, which `inspect` sees too.
    static let malformedFiles: [Damage] = [
        Damage("truncated", 65, ["decoder.up_blocks", "its data ends at", "holds only"]) {
            try $0.changeBytes { $0.removeLast(100_000) }
        },
        Damage("cut in the header", 65, ["the header is said to have", "ends after 100"]) {
            try $0.changeBytes { $0.removeLast($0.count - 100) }
        },
        Damage("empty", 65, ["found only 0 bytes"]) { try $0.changeBytes { $0 = [] } },
        Damage("not safetensors", 65, ["expected a header of at most 100000000 bytes"]) {
            try $0.changeBytes { $0 = Array("version https://git-lfs.github.com/spec/v1".utf8) }
        },
        Damage("longer than its tensors", 65, ["4 bytes after the last tensor"]) {
            try $0.changeBytes { $0 += [0, 0, 0, 0] }
        },
        Damage("overlapping", 65, ["quant_conv.bias", "overlaps"]) {
            try $0.changeEntry("quant_conv.bias") { entry in
                entry["data_offsets"] = .array([.integer(0), .integer(16)])
            }
        },
        Damage("oversized shape", 65, ["quant_conv.bias", "too large for any file"]) {
            try $0.changeEntry("quant_conv.bias") { entry in
                entry["shape"] = .array([.integer(1 << 40), .integer(1 << 40)])
            }
        },
        Damage("duplicated key", 65, ["the key", "is there twice"]) {
            try $0.changeHeaderText { text in
                text = text.replacing("\"quant_conv.bias\":", with: "\"conv_twice\":")
                    .replacing("\"quant_conv.weight\":", with: "\"conv_twice\":")
            }
        },
        Damage("unknown dtype", 65, ["quant_conv.bias", "found \"F8_E4M3\""]) {
            try $0.changeEntry("quant_conv.bias") { $0["dtype"] = .string("F8_E4M3") }
        },
        Damage("a dtype of another width", 65, ["expected 8 bytes of data by shape", "found 16"]) {
            try $0.changeEntry("quant_conv.bias") { $0["dtype"] = .string("F16") }
        },
        Damage("no UTF-8", 65, ["not valid JSON", "not valid UTF-8"]) {
            try $0.changeBytes { $0[10] = 0xFF }
        },
        Damage("missing shard", 66, ["the shard \"b.safetensors\" is missing"]) {
            try $0.write(
                #"{"weight_map":{"quant_conv.bias":"b.safetensors"}}"#,
                to: "diffusion_pytorch_model.safetensors.index.json"
            )
            try $0.remove("diffusion_pytorch_model.safetensors")
        },
        Damage("a shard of another folder", 65, ["quant_conv.bias", "of the same folder"]) {
            try $0.write(
                #"{"weight_map":{"quant_conv.bias":"../../b.safetensors"}}"#,
                to: "diffusion_pytorch_model.safetensors.index.json"
            )
            try $0.remove("diffusion_pytorch_model.safetensors")
        },
        Damage("only pickled", 65, ["diffusion_pytorch_model.bin", "must be converted"]) {
            try $0.write("pickle", to: "diffusion_pytorch_model.bin")
            try $0.remove("diffusion_pytorch_model.safetensors")
        },
        Damage("config is no JSON", 65, ["vae/config.json: not valid JSON: byte 5"]) {
            try $0.write(#"{"a":}"#, to: "config.json")
        },
    ]

    /// Damage that takes a strict load to see.
    static let misfits: [Damage] = [
        Damage("missing component", 66, ["vae: no such folder"]) { try $0.remove("") },
        Damage("missing config", 66, ["vae: config.json is missing"]) {
            try $0.remove("config.json")
        },
        Damage("missing weights", 66, ["no weights, expected diffusion_pytorch_model"]) {
            try $0.remove("diffusion_pytorch_model.safetensors")
        },
        Damage("missing tensor", 65, ["quant_conv.bias: missing from"]) {
            try $0.changeTensors { $0["quant_conv.bias"] = nil }
        },
        Damage("extra tensor", 65, ["extra.bias: no part of the network reads"]) {
            try $0.changeTensors { $0["extra.bias"] = HostTensor([0], [1]) }
        },
        Damage("wrong shape", 65, ["quant_conv.bias: expected [4], found [5]"]) {
            try $0.changeTensors { $0["quant_conv.bias"] = HostTensor(repeating: 0, [5]) }
        },
        Damage("not a number", 65, ["quant_conv.bias", "must be finite", "element 2 is nan"]) {
            try $0.changeTensors { $0["quant_conv.bias"]?.values[2] = .nan }
        },
        Damage("integer weights", 65, ["quant_conv.bias: expected floating-point", "found I32"]) {
            try $0.changeEntry("quant_conv.bias") { $0["dtype"] = .string("I32") }
        },
        Damage("wrong type in the config", 65, ["config.json: layers_per_block: expected"]) {
            try $0.changeConfig { $0["layers_per_block"] = .string("two") }
        },
        Damage("wrong value in the config", 65, ["config.json: block_out_channels"]) {
            try $0.changeConfig { $0["norm_num_groups"] = .integer(7) }
        },
        Damage("another network's config", 65, ["no network of the class \"Mamba\""]) {
            try $0.changeConfig { $0["_class_name"] = .string("Mamba") }
        },
    ]

    @Test func `a fresh component is created, inspected and checked`() throws {
        let model = try ModelFolder()
        let inspection = try Program.run(["model", "inspect", model.path])
        #expect(inspection.status == 0 && inspection.errors.isEmpty)
        for line in [
            "vae: AutoencoderKL", "  latent_channels = 2",
            "  diffusion_pytorch_model.safetensors  ",
        ] {
            #expect(inspection.output.contains(line), "\(inspection.output)")
        }
        let check = try Program.run(["model", "check", model.path, "--json"])
        #expect(check.status == 0 && check.errors.isEmpty)
        guard case .object(let report) = try JSONValue.parse(Array(check.output.utf8)),
            case .array(let components)? = report["components"],
            case .object(let vae)? = components.first
        else {
            Issue.record("no report in \(check.output)")
            return
        }
        #expect(vae["outcome"] == .string("sound"))
        #expect(vae["class"] == .string("AutoencoderKL"))
    }

    @Test(arguments: malformedFiles, ["inspect", "check"])
    func `a malformed file is one sentence`(damage: Damage, command: String) throws {
        let model = try ModelFolder()
        try damage.apply(model)
        // A missing shard is a missing part: `inspect` lists it and succeeds.
        let status = command == "inspect" && damage.status == 66 ? 0 : damage.status
        let outcome = try Program.run(["model", command, model.path])
        #expect(outcome.status == status)
        for word in damage.words { #expect(outcome.output.contains(word), "\(outcome.output)") }
        if status != 0 { expectSentence(outcome.errors, damage.words) }
    }

    @Test(arguments: misfits)
    func `a component that does not fit is one sentence`(damage: Damage) throws {
        let model = try ModelFolder()
        try damage.apply(model)
        let outcome = try Program.run(["model", "check", model.path])
        #expect(outcome.status == damage.status)
        expectSentence(outcome.errors, damage.words)
    }

    @Test func `a scheduler that no sampler understands is refused`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("{}", to: "model_index.json")
        _ = try folder.write(
            #"{"_class_name": "DDIMScheduler", "beta_schedule": "zigzag"}"#,
            to: "scheduler/scheduler_config.json"
        )
        let outcome = try Program.run(["model", "check", folder.path])
        #expect(outcome.status == 65)
        expectSentence(outcome.errors, ["scheduler_config.json: beta_schedule", "zigzag"])
    }

    @Test func `a component outside the folder is refused`() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(#"{"../vae":["diffusers","AutoencoderKL"]}"#, to: "model_index.json")
        let outcome = try Program.run(["model", "check", folder.path])
        #expect(outcome.status == 65)
        expectSentence(outcome.errors, ["a component's name without slashes"])
    }

    @Test func `a variant that is not there is named`() throws {
        let model = try ModelFolder()
        let outcome = try Program.run(["model", "check", model.path, "--variant", "fp16"])
        #expect(outcome.status == 66)
        expectSentence(outcome.errors, ["diffusion_pytorch_model.fp16.safetensors"])
    }

    private func expectSentence(_ errors: String, _ words: [String]) {
        #expect(errors.hasPrefix("weft: ") && errors.split(separator: "\n").count == 1, "\(errors)")
        for word in words { #expect(errors.contains(word), "\(errors)") }
    }
}

/// A model folder with one small autoencoder, made by the program itself.
final class ModelFolder: Sendable {
    private let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder("model")
        let config = try folder.write(
            """
            {"block_out_channels": [8, 16], "norm_num_groups": 4, "latent_channels": 2,
             "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
             "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]}
            """,
            to: "vae.json"
        )
        let outcome = try Program.run([
            "model", "create", "vae", "--config", config, "--output", path,
        ])
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    /// The path of a file of the component; of the component itself for "".
    private func file(_ name: String) -> String {
        name.isEmpty ? "\(path)/vae" : "\(path)/vae/\(name)"
    }

    private var weights: String { file("diffusion_pytorch_model.safetensors") }

    func write(_ text: String, to name: String) throws {
        try SystemFile.writeAtomically(Array(text.utf8), to: file(name))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: file(name))
    }

    func changeBytes(_ change: (inout [UInt8]) -> Void) throws {
        var bytes = try SystemFile.read(weights, limit: 1 << 24)
        change(&bytes)
        try SystemFile.writeAtomically(bytes, to: weights)
    }

    func changeHeaderText(_ change: (inout String) -> Void) throws {
        try changeBytes { bytes in
            let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
            var text = String(decoding: bytes[8..<8 + length], as: UTF8.self)
            change(&text)
            let header = Array(text.utf8)
            let prefix = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
            bytes.replaceSubrange(..<(8 + length), with: prefix + header)
        }
    }

    func changeEntry(_ name: String, _ change: (inout [String: JSONValue]) -> Void) throws {
        try changeHeaderText { text in
            guard case .object(var header)? = try? JSONValue.parse(Array(text.utf8)),
                case .object(var entry)? = header[name]
            else {
                Issue.record("no entry \(name)")
                return
            }
            change(&entry)
            header[name] = .object(entry)
            text = JSONValue.object(header).serialized()
        }
    }

    func changeTensors(_ change: (inout [String: HostTensor]) -> Void) throws {
        let file = try SafetensorsFile.open(weights)
        var tensors: [String: HostTensor] = [:]
        for name in file.names { tensors[name] = file.tensor(named: name)?.hostTensor() }
        change(&tensors)
        try SafetensorsFile.write(tensors, to: weights)
    }

    func changeConfig(_ change: (inout [String: JSONValue]) -> Void) throws {
        let bytes = try SystemFile.read(file("config.json"), limit: 1 << 20)
        guard case .object(var config) = try JSONValue.parse(bytes) else { return }
        change(&config)
        try write(JSONValue.object(config).serialized(), to: "config.json")
    }
}
