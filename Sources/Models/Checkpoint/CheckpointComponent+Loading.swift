package import NN
package import Tensors

extension CheckpointComponent {
    /// Builds a network from the component's config and weights, strictly: every tensor must be
    /// read once, or be on the list of `isUnreadTensorAllowed`.
    ///
    ///     let unet = try component.load(on: backend) { config, weights in
    ///         try UNet2D(UNet2DConfig(config), weights)
    ///     }
    ///
    /// - Parameters:
    ///   - backend: Where the parameters go.
    ///   - variant: As for `tensors(variant:)`.
    ///   - make: Builds the network from the config and the top of the weights.
    /// - Returns: What `make` returns.
    /// - Throws: `CheckpointError`, `ConfigError` or `WeightError`.
    package func load<Network>(
        on backend: any Backend,
        variant: String? = nil,
        _ make: (ConfigObject, WeightPath) throws -> Network
    ) throws -> Network {
        try load(from: try tensors(variant: variant), on: backend, make)
    }

    func load<Network>(
        from source: any TensorSource,
        on backend: any Backend,
        _ make: (ConfigObject, WeightPath) throws -> Network
    ) throws -> Network {
        let store = ParameterStore(source, backend: backend)
        let network = try make(try config(), store.root)
        try store.finish(ignoring: isUnreadTensorAllowed)
        return network
    }
}
