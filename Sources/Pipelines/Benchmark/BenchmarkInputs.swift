import NN
package import Tensors

/// How a benchmark's weights are stored; arithmetic is float32 with either.
package enum BenchmarkWeights: String, CaseIterable, Sendable {
    case float32
    case float16
}

/// Values of a benchmark on its device: cheap, reproducible, and neither zero nor denormal.
package struct BenchmarkInputs: Sendable {
    package let backend: any Backend
    package let weights: BenchmarkWeights

    package init(on backend: any Backend, weights: BenchmarkWeights) {
        self.backend = backend
        self.weights = weights
    }

    func tensor(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
        backend.upload(HostTensor(Self.values(shape.count, scale: 1.7, seed: seed), shape))
    }

    /// A weight of unit gain.
    func stored(_ shape: Shape, fanIn: Int, seed: UInt64 = 2) -> StoredTensor {
        let scale = (3 / Float(fanIn)).squareRoot()
        return stored("benchmark", shape, scale: scale, seed: seed)
    }

    /// Parameters of any network: no file, but the magnitudes of a trained one, so that activations
    /// neither vanish nor overflow.
    func parameters() -> WeightPath {
        ParameterStore(backend: backend) { declaration in
            let (key, shape) = (declaration.key, declaration.shape)
            guard shape.rank > 1 else {
                let value: Float = key.hasSuffix("weight") ? 1 : 0.01
                return StoredTensor(name: key, shape: shape) {
                    [Float](repeating: value, count: shape.count)
                }
            }
            let fanIn = max(1, shape.count / max(1, shape[0]))
            let seed = key.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
            return stored(key, shape, scale: (1 / Float(fanIn)).squareRoot(), seed: seed)
        }.root
    }

    private func stored(_ name: String, _ shape: Shape, scale: Float, seed: UInt64) -> StoredTensor
    {
        switch weights {
        case .float32:
            StoredTensor(name: name, shape: shape) {
                Self.values(shape.count, scale: scale, seed: seed)
            }
        case .float16:
            StoredTensor.halves(named: name, shape) {
                Self.values(shape.count, scale: Float16(scale), seed: seed)
            }
        }
    }

    /// Uniform in ±`scale`, from a linear congruence: hundreds of millions a second.
    private static func values<Value: BinaryFloatingPoint>(
        _ count: Int,
        scale: Value,
        seed: UInt64
    ) -> [Value] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Value(Float(state >> 40) * 0x1p-23 - 1) * scale
        }
    }
}
