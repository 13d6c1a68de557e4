import ArgumentParser
import Models
import Pipelines
import Tensors

struct ModelPackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Copy a model in half precision, without what no reader needs.",
        discussion: """
            weft model pack runs/gen1/model -o my-model --defaults defaults.json

            Weights are rounded to the nearest half; a value that none can hold is an error. The \
            state of a training stays behind. The copy is checked as weft model check does before \
            it has its name.
            """
    )

    @OptionGroup var folder: ModelFolderOptions

    @Option(
        name: .shortAndLong,
        help: "The folder to make; one that is there is not overwritten.",
        completion: .directory
    )
    var output: String

    @Option(
        help: """
            A JSON object with what suits the model, such as {"steps": 25, "guidance": 3}: what \
            rendering takes where nothing is given. Those of the model itself unless given.
            """,
        completion: .file(extensions: ["json"])
    )
    var defaults: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() async throws {
        let source = try CheckpointFolder.open(folder.path)
        var packer = ModelPacker(source, variant: folder.variant)
        if let defaults {
            let config = try ConfigObject(file: defaults)
            _ = try SamplingDefaults(config)
            packer.additions[SamplingDefaults.key] = .object(config.values)
        }
        let parts = try packer.writeChecked(to: output)
        if json {
            let members: [String: JSONValue] = [
                "path": .string(output), "components": .array(parts.map(\.json)),
            ]
            print(JSONValue.object(members).serialized(isIndented: true))
        } else {
            for part in parts {
                print(part.text + (part.tensorCount > 0 ? ", error \(Float(part.error))" : ""))
            }
        }
    }
}

extension ModelPacker {
    /// Writes the copy, which has its name only after `weft model check` would find it sound.
    func writeChecked(to output: String) throws -> [Part] {
        try write(to: output) { copy in
            _ = try SamplingDefaults(copy)
            for check in copy.check() {
                if case .failed(let error) = check.outcome { throw error }
            }
        }
    }
}

extension ModelPacker.Part {
    var text: String {
        guard tensorCount > 0 else { return "\(name): copied" }
        return "\(name): \(tensorCount) tensors, \(parameterCount) parameters, \(byteCount) bytes"
    }

    fileprivate var json: JSONValue {
        .object([
            "name": .string(name), "tensors": .integer(tensorCount),
            "parameters": .integer(parameterCount), "bytes": .integer(byteCount),
            "error": .number(error),
        ])
    }
}
