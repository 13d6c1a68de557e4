package import Tensors

/// A checkpoint folder that cannot be used as it is.
package struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case file(FileError)
        case safetensors(SafetensorsError)
        case config(ConfigError)
        case json(JSONError)
        /// No such folder.
        case noFolder
        /// A folder without the file that makes it a model.
        case noFile(String)
        /// Neither weights nor anything they could be made from.
        case noWeights(expected: String)
        /// Weights only in pickled files, which run code when read and are never opened.
        case onlyPickled(found: String)
        case malformed(key: String, expected: String)
        case missingShard(String)
        case tensorNotInShard(String, shard: String, foundIn: String?)
        case tensorNotInIndex(String, shard: String)
        /// Two stored tensors that mean the same parameter.
        case twoNames(String, String)
        case unsupportedClass(String)
        case notFinite(tensor: String, index: Int, value: String)
        case tooLargeForHalf(tensor: String, index: Int, value: String)
        /// A file or folder in the place of one that is to be made.
        case alreadyThere
    }

    package let code: Code
    package let path: String

    package init(_ code: Code, path: String) {
        self.code = code
        self.path = path
    }

    /// Whether something is absent, rather than there and wrong.
    package var isMissing: Bool {
        switch code {
        case .noFolder, .noFile, .noWeights, .missingShard: true
        default: false
        }
    }

    package var description: String {
        switch code {
        case .file(let error): error.description
        case .safetensors(let error): error.description
        case .config(let error): error.description
        case .json(let error): "\(path): not valid JSON: \(error)"
        case .noFolder: "\(path): no such folder"
        case .noFile(let name): "\(path): \(name) is missing"
        case .noWeights(let expected): "\(path): no weights, expected \(expected)"
        case .onlyPickled(let found):
            "\(path): the weights are only there as \(quoted(found)), which must be converted to "
                + "safetensors first"
        case .malformed(let key, let expected):
            "\(path): \(quoted(key)): expected \(expected)"
        case .missingShard(let name): "\(path): the shard \(quoted(name)) is missing"
        case .tensorNotInShard(let tensor, let shard, let other?):
            "\(path): the tensor \(quoted(tensor)) is to be in \(quoted(shard)), but is in "
                + quoted(other)
        case .tensorNotInShard(let tensor, let shard, nil):
            "\(path): the tensor \(quoted(tensor)) is to be in \(quoted(shard)), but is in no shard"
        case .tensorNotInIndex(let tensor, let shard):
            "\(path): the tensor \(quoted(tensor)) of \(quoted(shard)) is not listed"
        case .twoNames(let first, let second):
            "\(path): \(quoted(first)) and \(quoted(second)) are two names of one parameter"
        case .unsupportedClass(let name):
            "\(path): weft has no network of the class \(quoted(name))"
        case .notFinite(let tensor, let index, let value):
            "\(path): the tensor \(quoted(tensor)) must be finite, but element \(index) is \(value)"
        case .tooLargeForHalf(let tensor, let index, let value):
            "\(path): the tensor \(quoted(tensor)) must fit half precision, but element \(index) is "
                + value
        case .alreadyThere:
            "\(path): already there, and no model is overwritten; remove it or choose another place"
        }
    }

    /// Names come from files: escaped as in JSON, so that a message stays one line.
    private func quoted(_ name: String) -> String {
        JSONValue.string(name).serialized()
    }
}

extension CheckpointError {
    /// Runs `body`, whose failure is that of a file of the checkpoint.
    static func reading<Result>(
        _ path: String,
        _ body: () throws(FileError) -> Result
    ) throws(CheckpointError) -> Result {
        do {
            return try body()
        } catch {
            throw CheckpointError(.file(error), path: path)
        }
    }
}
