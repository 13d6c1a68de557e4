package import NN
package import Tensors

/// A component of a checkpoint that is about to be written: its config, and its parameters, each
/// made or read only when its turn comes.
package struct FreshComponent: Sendable {
    package let kind: ComponentKind
    /// What `config.json` will hold.
    package let config: [String: JSONValue]
    package let parameters: [StoredTensor]

    package init(
        kind: ComponentKind,
        config: [String: JSONValue],
        parameters: [StoredTensor]
    ) {
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
        let completed = Self.completed(config, kind)
        self.init(
            kind: kind,
            config: completed.values,
            parameters: try kind.declarations(completed).map { initializer($0) }
        )
    }

    /// The config with the entry that says what it is of.
    static func completed(_ config: ConfigObject, _ kind: ComponentKind) -> ConfigObject {
        kind.completed(config)
    }

    /// Elements of all parameters.
    package var elementCount: Int {
        parameters.map(\.shape.count).reduce(0, +)
    }

    /// Writes the component's folder below `folder`, which is made if need be, and enters it in
    /// `model_index.json`.
    ///
    /// - Parameters:
    ///   - folder: The checkpoint's folder; its other components stay as they are.
    ///   - schedule: The scheduler that a gen1 brings along into a folder without one.
    /// - Throws: `CheckpointError` if the component is already there or cannot be written.
    package func write(
        to folder: String,
        schedule: [String: JSONValue] = Gen1Config.schedule
    ) throws(CheckpointError) {
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
            let weights = "\(kind.weightsName).safetensors"
            do throws(FileError) {
                try writeParameters(to: "\(place)/\(weights)")
                try JSONValue.object(config).write(to: "\(place)/\(kind.configName)")
            } catch {
                // A component is there whole or not at all: a full disk must not block a retry.
                SystemFile.discard(folder: place, files: [weights, kind.configName])
                throw error
            }
        }
        try CheckpointFolder.enter(kind.folder, library: kind.library, config, in: folder)
        if kind == .gen1 { try Self.write(schedule, in: folder) }
    }

    /// Gives a folder without a scheduler the one that gen1 is trained under.
    private static func write(
        _ config: [String: JSONValue],
        in folder: String
    ) throws(CheckpointError) {
        let place = "\(folder)/\(ComponentKind.scheduler.folder)"
        let isNew = try CheckpointError.reading(place) { () throws(FileError) in
            guard try SystemFile.status(of: place) == nil else { return false }
            try SystemFile.makeFolder(place)
            let path = "\(place)/\(ComponentKind.scheduler.configName)"
            try JSONValue.object(config).write(to: path)
            return true
        }
        guard isNew else { return }
        let kind = ComponentKind.scheduler
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
        try readNetwork(config, store.root)
        return store.declarations
    }

    /// Reads all parameters of a network of this kind.
    func readNetwork(_ config: ConfigObject, _ weights: WeightPath) throws {
        switch self {
        case .unet2d: _ = try UNet2D(UNet2DConfig(config), weights)
        case .gen1: _ = try Gen1UNet(Gen1Config(config), weights)
        case .vae:
            let config = try AutoencoderConfig(config)
            _ = try AutoencoderEncoder(config, weights)
            _ = try AutoencoderDecoder(config, weights)
        case .textEncoder: _ = try CLIPTextEncoder(CLIPTextConfig(config), weights)
        case .imageEncoder: _ = try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        case .depthEstimator: _ = try DepthEstimator(DPTConfig(config), weights)
        case .prior: _ = try PriorTransformer(PriorConfig(config), weights)
        case .tokenizer, .scheduler:
            throw CheckpointError(.unsupportedClass(rawValue), path: config.label)
        }
    }

    /// The config with the entry that says what it is of.
    fileprivate func completed(_ config: ConfigObject) -> ConfigObject {
        if self == .gen1 { return Gen1Config.completed(config) }
        guard config.className == nil else { return config }
        var values = config.values
        switch self {
        case .unet2d: values["_class_name"] = .string("UNet2DConditionModel")
        case .vae: values["_class_name"] = .string("AutoencoderKL")
        case .prior: values["_class_name"] = .string("PriorTransformer")
        case .textEncoder:
            values["architectures"] = .array([.string("CLIPTextModelWithProjection")])
        case .imageEncoder:
            values["architectures"] = .array([.string("CLIPVisionModelWithProjection")])
        case .depthEstimator: values["architectures"] = .array([.string("DPTForDepthEstimation")])
        case .gen1, .tokenizer, .scheduler: break
        }
        return ConfigObject(values, label: config.label)
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
        let className = ConfigObject(config, label: path).className
        index[name] = .array([.string(library), className.map { .string($0) } ?? .null])
        let document = JSONValue.object(index)
        try CheckpointError.reading(path) { () throws(FileError) in
            try document.write(to: path)
        }
    }
}

extension ConfigObject {
    /// The class that the config says it is of, in either library's way.
    fileprivate var className: String? {
        if case .string(let name)? = values["_class_name"] { return name }
        guard case .array(let names)? = values["architectures"],
            case .string(let name)? = names.first
        else { return nil }
        return name
    }

    /// Reads a config file.
    ///
    /// - Parameter path: A JSON file that holds an object.
    /// - Throws: `CheckpointError` if it is missing or malformed.
    package init(file path: String) throws(CheckpointError) {
        guard let values = try JSONValue.object(at: path) else {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
            throw CheckpointError(.noFile(String(parts[parts.count - 1])), path: folder)
        }
        self.init(values, label: path)
    }
}

extension JSONValue {
    /// Writes the value as configs are kept.
    func write(to path: String) throws(FileError) {
        try SystemFile.writeAtomically(Array((serialized(isIndented: true) + "\n").utf8), to: path)
    }
}
