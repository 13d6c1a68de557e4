package import NN
package import Tensors

/// A component of a checkpoint that is about to be written: its config, and its parameters, each
/// made or read only when its turn comes.
package struct FreshComponent: Sendable {
    package let kind: ComponentKind
    /// What `config.json` will hold.
    package let config: [String: JSONValue]
    package let parameters: [StoredTensor]

    init(kind: ComponentKind, config: [String: JSONValue], parameters: [StoredTensor]) {
        self.kind = kind
        self.config = config
        self.parameters = parameters
    }

    /// A component with starting values in all its parameters.
    ///
    /// - Parameters:
    ///   - kind: A network.
    ///   - config: Its `config.json`; the class is added if it is absent.
    ///   - seed: Of the starting values.
    /// - Throws: `ConfigError` for a config that makes no network.
    package init(
        _ kind: ComponentKind,
        config: ConfigObject,
        seed: UInt64
    ) throws {
        let initializer = ParameterInitializer(seed: seed)
        var values = config.values
        for (key, value) in kind.identity where !config.contains(key) { values[key] = value }
        self.init(
            kind: kind,
            config: values,
            parameters: try kind.declarations(config).map { initializer($0) }
        )
    }

    /// Elements of all parameters.
    package var elementCount: Int {
        parameters.map(\.shape.count).reduce(0, +)
    }

    /// Writes the component's folder below `folder`, which is made if need be, and enters it in
    /// `model_index.json`.
    ///
    /// - Parameter folder: The checkpoint's folder; its other components stay as they are.
    /// - Throws: `CheckpointError` if the component is already there or cannot be written.
    package func write(to folder: String) throws(CheckpointError) {
        let place = "\(folder)/\(kind.folder)"
        try CheckpointError.reading(place) { () throws(FileError) in
            try SystemFile.makeFolder(folder)
        }
        let status = try CheckpointError.reading(place) { () throws(FileError) in
            try SystemFile.status(of: place)
        }
        guard status == nil else { throw CheckpointError(.alreadyThere, path: place) }
        try CheckpointError.reading(place) { () throws(FileError) in
            try SystemFile.makeFolder(place)
            try writeParameters(to: "\(place)/\(kind.weightsName).safetensors")
            try JSONValue.object(config).write(to: "\(place)/\(kind.configName)")
        }
        try CheckpointFolder.enter(kind.folder, library: kind.library, config, in: folder)
    }

    private func writeParameters(to path: String) throws(FileError) {
        let writer = try SafetensorsWriter(
            path: path,
            entries: parameters.map {
                SafetensorsWriter.Entry(
                    name: $0.name,
                    scalarType: $0.scalarType,
                    shape: $0.shape
                )
            },
            // The libraries want to know whose tensors these are.
            metadata: ["format": "pt"]
        )
        for parameter in parameters {
            try writer.write(parameter.floats(), named: parameter.name)
            parameter.discard()
        }
        try writer.finish()
    }
}

extension ComponentKind {
    /// Every parameter of a network of this kind, in the order in which it reads them.
    ///
    /// - Parameter config: The network's hyper-parameters.
    /// - Returns: Keys, shapes and starts.
    /// - Throws: `ConfigError` if the config makes no network of this kind.
    package func declarations(_ config: ConfigObject) throws -> [ParameterDeclaration] {
        let store = ParameterStore(backend: ShapeBackend()) { declaration in
            StoredTensor(name: declaration.key, shape: declaration.shape) {
                [Float](repeating: 0, count: declaration.shape.count)
            }
        }
        let weights = store.root
        switch self {
        case .unet2d: _ = try UNet2D(try UNet2DConfig(config), weights)
        case .gen1: _ = try Gen1UNet(try Gen1Config(config), weights)
        case .vae:
            let config = try AutoencoderConfig(config)
            _ = try AutoencoderEncoder(config, weights)
            _ = try AutoencoderDecoder(config, weights)
        case .textEncoder, .imageEncoder, .depthEstimator, .prior, .tokenizer, .scheduler:
            throw CheckpointError(.unsupportedClass(rawValue), path: config.label)
        }
        return store.declarations
    }

    /// The entries of a config that say what it is of.
    fileprivate var identity: [String: JSONValue] {
        switch self {
        case .unet2d: ["_class_name": .string("UNet2DConditionModel")]
        case .gen1: ["_class_name": .string(Gen1Config.className)]
        case .vae: ["_class_name": .string("AutoencoderKL")]
        case .textEncoder, .imageEncoder, .depthEstimator, .prior, .tokenizer, .scheduler: [:]
        }
    }

    /// Whose class `model_index.json` says it is.
    fileprivate var library: String {
        switch self {
        case .gen1: "weft"
        case .textEncoder, .imageEncoder, .depthEstimator, .tokenizer: "transformers"
        case .unet2d, .vae, .prior, .scheduler: "diffusers"
        }
    }
}

extension CheckpointFolder {
    /// Enters a component in the `model_index.json` of `folder`, making the file if need be.
    static func enter(
        _ name: String,
        library: String,
        _ config: [String: JSONValue],
        in folder: String
    ) throws(CheckpointError) {
        let path = "\(folder)/model_index.json"
        var index = try JSONValue.object(at: path) ?? ["_class_name": .string("WeftPipeline")]
        index[name] = .array([.string(library), config["_class_name", default: .null]])
        let document = JSONValue.object(index)
        try CheckpointError.reading(path) { () throws(FileError) in
            try document.write(to: path)
        }
    }
}

extension JSONValue {
    /// Writes the value as configs are kept.
    fileprivate func write(to path: String) throws(FileError) {
        try SystemFile.writeAtomically(Array((serialized(isIndented: true) + "\n").utf8), to: path)
    }
}
