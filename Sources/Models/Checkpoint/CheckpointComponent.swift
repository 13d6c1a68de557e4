package import NN
import Tensors

/// One folder of a checkpoint.
package struct CheckpointComponent: Sendable {
    /// The folder's name.
    package let name: String
    package let path: String
    /// The class `model_index.json` gives it.
    package let declaredClass: String?

    /// A component that stands alone has no `model_index.json` to declare its class.
    package init(name: String, path: String, declaredClass: String? = nil) {
        self.name = name
        self.path = path
        self.declaredClass = declaredClass
    }

    /// What the component is.
    ///
    /// - Throws: `CheckpointError` if it is missing, or of a class weft does not read.
    package func kind() throws(CheckpointError) -> ComponentKind {
        let className = try className()
        guard let kind = ComponentKind(className: className) else {
            throw CheckpointError(.unsupportedClass(className), path: path)
        }
        return kind
    }

    /// The class of the component: what its config says of itself, otherwise what
    /// `model_index.json` says, otherwise the architecture it was trained as.
    ///
    /// - Throws: `CheckpointError` if the folder is missing, a config is malformed, or none says.
    package func className() throws(CheckpointError) -> String {
        try requireFolder()
        var architecture: String?
        var hasConfig = false
        for file in ["config.json", "scheduler_config.json", "tokenizer_config.json"] {
            guard let config = try JSONValue.object(at: "\(path)/\(file)") else { continue }
            hasConfig = true
            if case .string(let name)? = config["_class_name"] { return name }
            if case .string(let name)? = config["tokenizer_class"] { architecture = name }
            if case .array(let names)? = config["architectures"],
                case .string(let name)? = names.first
            {
                architecture = name
            }
        }
        if let name = declaredClass ?? architecture { return name }
        guard hasConfig else { throw CheckpointError(.noFile("config.json"), path: path) }
        throw CheckpointError(.malformed(key: "_class_name", expected: "a class"), path: path)
    }

    /// The object of a JSON file in the folder.
    ///
    /// - Throws: `CheckpointError` if the file is missing or malformed.
    package func config(_ name: String = "config.json") throws(CheckpointError) -> ConfigObject {
        try requireFolder()
        let file = "\(path)/\(name)"
        guard let values = try JSONValue.object(at: file) else {
            throw CheckpointError(.noFile(name), path: path)
        }
        return ConfigObject(values, label: file)
    }

    /// Opens the component's weights under the names weft's networks use.
    ///
    /// - Parameter variant: The variant to read, such as `fp16`; nil for the plain files, or for
    ///   `fp16` if that is all there is.
    /// - Returns: All tensors of the component.
    /// - Throws: `CheckpointError` if the component or its weights are missing or malformed.
    package func tensors(variant: String? = nil) throws(CheckpointError) -> any TensorSource {
        let kind = try kind()
        let weights = try weights(kind.weightsName, variant: variant)
        switch kind {
        case .vae: return try RenamedTensors(weights, .vaeAttention)
        case .textEncoder: return try RenamedTensors(weights, .clipText)
        default: return weights
        }
    }

    func requireFolder() throws(CheckpointError) {
        try CheckpointFolder.requireFolder(path)
    }
}
