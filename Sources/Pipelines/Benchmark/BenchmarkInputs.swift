import NN
import Tensors

/// Values of benchmarks: cheap, reproducible, and neither zero nor denormal.
enum BenchmarkInputs {
    /// Uniform in ±`scale`, from a linear congruence: hundreds of millions a second.
    static func values(_ count: Int, scale: Float, seed: UInt64) -> [Float] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) * 0x1p-23 - 1) * scale
        }
    }

    static func tensor(_ shape: Shape, on backend: any Backend, seed: UInt64 = 1) -> Tensor {
        backend.upload(HostTensor(values(shape.count, scale: 1.7, seed: seed), shape))
    }

    static func stored(_ shape: Shape, fanIn: Int, seed: UInt64 = 2) -> StoredTensor {
        let scale = (3 / Float(fanIn)).squareRoot()
        return StoredTensor(name: "benchmark", shape: shape) {
            values(shape.count, scale: scale, seed: seed)
        }
    }

    /// A source of parameters of any network: no file, but the magnitudes of a trained one, so that
    /// activations neither vanish nor overflow.
    static func store(on backend: any Backend) -> ParameterStore {
        ParameterStore(backend: backend) { declaration in
            let count = declaration.shape.count
            let seed = declaration.key.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
            return StoredTensor(name: declaration.key, shape: declaration.shape) {
                guard declaration.shape.rank > 1 else {
                    let isScale = declaration.key.hasSuffix("weight")
                    return [Float](repeating: isScale ? 1 : 0.01, count: count)
                }
                let fanIn = max(1, count / max(1, declaration.shape[0]))
                let scale = (1 / Float(fanIn)).squareRoot()
                return values(count, scale: scale, seed: seed)
            }
        }
    }
}
