package import Models
package import NN
package import Tensors

/// The model folder that a run starts from: what it trains, and what it only uses.
package struct StartingModel: Sendable {
    package let folder: CheckpointFolder
    /// Of the starting values of layers that the folder has no weights of.
    package let seed: UInt64

    /// - Throws: `CheckpointError` if the folder is no model.
    package init(_ path: String, seed: UInt64) throws {
        folder = try CheckpointFolder.open(path)
        self.seed = seed
    }

    /// Whether the model has a component of this kind.
    package func has(_ kind: ComponentKind) -> Bool {
        (try? folder.component(kind.folder).kind()) == kind
    }

    /// Builds a network that only computes.
    ///
    /// - Parameters:
    ///   - kind: Which component.
    ///   - backend: Where.
    ///   - make: Builds it from the config and the top of the weights.
    /// - Returns: What `make` returns.
    /// - Throws: `CheckpointError`, `ConfigError` or `WeightError`.
    package func frozen<Network>(
        _ kind: ComponentKind,
        on backend: any Backend,
        _ make: (ConfigObject, WeightPath) throws -> Network
    ) throws -> Network {
        try checked(kind).load(on: backend, make)
    }

    /// Builds a network whose parameters train, all or some of them.
    ///
    /// A gen1 grows from an image UNet if the folder has that instead.
    ///
    /// - Parameters:
    ///   - kind: Which component.
    ///   - recording: Where.
    ///   - trains: Whether the parameter of a key does.
    ///   - make: Builds it from the config and the top of the weights; may build several networks
    ///     of one component.
    /// - Returns: What `make` returns, and what the loop needs to write the component.
    /// - Throws: `CheckpointError`, `ConfigError` or `WeightError`.
    package func load<Network>(
        _ kind: ComponentKind,
        on recording: RecordingBackend,
        trains: @escaping (String) -> Bool = { _ in true },
        _ make: (ConfigObject, WeightPath) throws -> Network
    ) throws -> (network: Network, component: TrainedComponent) {
        let component = try folder.component(kind.folder)
        let weights: any TensorSource
        let config: ConfigObject
        let source: CheckpointComponent?
        if kind == .gen1, try component.kind() == .unet2d {
            let grown = try FreshComponent.gen1(fromImage: component, config: nil, seed: seed)
            weights = FreshTensors(grown, label: component.path)
            config = ConfigObject(grown.config, label: component.path)
            source = nil
        } else {
            _ = try checked(kind)
            weights = try component.tensors()
            config = try component.config(kind.configName)
            source = component
        }
        let store = ParameterStore(weights, backend: recording)
        let network = try recording.loading(component: kind.folder, trains: trains) {
            try make(config, store.root)
        }
        try store.finish(ignoring: isUnreadTensorAllowed)
        return (network, TrainedComponent(kind: kind, config: config, source: source))
    }

    /// The component, which has to be of the kind.
    private func checked(_ kind: ComponentKind) throws -> CheckpointComponent {
        let component = try folder.component(kind.folder)
        let found = try component.kind()
        guard found == kind else {
            throw TrainingError(
                .data("\(component.path): expected \(kind.rawValue), found \(found.rawValue)")
            )
        }
        return component
    }
}

/// The parameters of a component that no file holds yet.
private struct FreshTensors: TensorSource {
    let label: String
    let names: [String]
    private let tensors: [String: StoredTensor]

    init(_ component: FreshComponent, label: String) {
        self.label = label
        tensors = Dictionary(uniqueKeysWithValues: component.parameters.map { ($0.name, $0) })
        names = tensors.keys.sorted()
    }

    func tensor(named name: String) -> StoredTensor? { tensors[name] }
}
