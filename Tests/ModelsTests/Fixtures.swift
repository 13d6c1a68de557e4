import Foundation
import Models
import NN
import Tensors
import TestSupport

extension NetworkFixture {
    /// Opens `Goldens/name.safetensors`.
    init(golden name: String) throws {
        try self.init("\(Bundle.module.resourcePath ?? "")/Goldens/\(name).safetensors")
    }

    /// Builds the fixture's network and checks that it read every tensor.
    func network<Network>(
        on backend: any Backend,
        unread prefixes: String...,
        build: (ConfigObject, WeightPath) throws -> Network
    ) throws -> Network {
        let store = ParameterStore(weights, backend: backend)
        let network = try build(ConfigObject(config, label: "config.json"), store.root)
        try store.finish { key in prefixes.contains { key.hasPrefix($0) } }
        return network
    }
}

extension KernelVersion {
    /// A processor with these kernels.
    func backend() -> any Backend {
        CPUBackend(CPUConfiguration(kernels: self))
    }
}

/// `[N, C, H, W]` or `[N, C, F, H, W]`, as the reference library has it, with its channels last.
func channelsLast(_ tensor: HostTensor) -> HostTensor {
    tensor.permuted([0] + Array(2..<tensor.shape.rank) + [1])
}

/// The inverse of `channelsLast`.
func channelsFirst(_ tensor: HostTensor) -> HostTensor {
    let rank = tensor.shape.rank
    return tensor.permuted([0, rank - 1] + Array(1..<rank - 1))
}
