import Glibc
package import NN
package import Tensors

/// Layers as plain loops in float64, over row-major host tensors: what layer tests compare with.
package enum Reference {
    /// x Wᵀ + b over the last axis; the bias may be empty.
    package static func linear(
        _ x: HostTensor,
        _ weight: HostTensor,
        _ bias: [Float] = []
    ) -> HostTensor {
        let inputs = x.shape[-1]
        let outputs = weight.shape[0]
        var values: [Float] = []
        for row in 0..<x.shape.count / inputs {
            for output in 0..<outputs {
                var sum = bias.isEmpty ? 0 : Double(bias[output])
                for input in 0..<inputs {
                    sum +=
                        Double(x.values[row * inputs + input])
                        * Double(weight.values[output * inputs + input])
                }
                values.append(Float(sum))
            }
        }
        return HostTensor(values, Shape(x.shape.dimensions.dropLast() + [outputs]))
    }

    /// softmax(q kᵀ / √D) v per head, for q `[B, T, heads · D]` and k, v `[B, S, heads · D]`.
    package static func attention(
        _ query: HostTensor,
        _ key: HostTensor,
        _ value: HostTensor,
        heads: Int
    ) -> HostTensor {
        let (tokens, keys, width) = (query.shape[1], key.shape[1], query.shape[2])
        let depth = width / heads
        var result = HostTensor(repeating: 0, query.shape)
        for batch in 0..<query.shape[0] {
            for head in 0..<heads {
                for token in 0..<tokens {
                    let start = (batch * tokens + token) * width + head * depth
                    func place(_ other: Int) -> Int {
                        (batch * keys + other) * width + head * depth
                    }
                    let scores = (0..<keys).map { other in
                        (0..<depth).reduce(0.0) { sum, d in
                            sum + Double(query.values[start + d])
                                * Double(key.values[place(other) + d])
                        } / Double(depth).squareRoot()
                    }
                    let top = scores.max() ?? 0
                    let weights = scores.map { exp($0 - top) }
                    let total = weights.reduce(0, +)
                    for d in 0..<depth {
                        let sum = (0..<keys).reduce(0.0) {
                            $0 + weights[$1] * Double(value.values[place($1) + d])
                        }
                        result.values[start + d] = Float(sum / total)
                    }
                }
            }
        }
        return result
    }

    package static func map(_ x: HostTensor, _ function: (Double) -> Double) -> HostTensor {
        HostTensor(x.values.map { Float(function(Double($0))) }, x.shape)
    }

    package static func sum(_ a: HostTensor, _ b: HostTensor) -> HostTensor {
        HostTensor(zip(a.values, b.values).map { $0 + $1 }, a.shape)
    }

    package static func gelu(_ x: Double) -> Double { x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
    package static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
}

extension KeyedWeights {
    /// A path at the top of these weights, on a CPU of one thread.
    package func open() -> (store: ParameterStore, path: WeightPath) {
        let store = ParameterStore(self, backend: CPUBackend(CPUConfiguration(threads: 1)))
        return (store, store.root)
    }

    /// The tensor `name`, which has to be there.
    package func host(_ name: String) -> HostTensor {
        guard let shape = shapes[name] else { preconditionFailure("no tensor \(name)") }
        return HostTensor(Self.values(name, shape), shape)
    }
}
