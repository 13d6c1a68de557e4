import NN
package import Tensors

/// What a reference library computed for a small network with `KeyedWeights`.
///
/// A safetensors file of inputs and outputs whose metadata holds the network's `config` and the
/// `shapes` of its parameters, both as JSON.
package struct NetworkFixture: Sendable {
    package let config: [String: JSONValue]
    package let weights: KeyedWeights
    private let file: SafetensorsFile

    package init(_ path: String) throws {
        file = try SafetensorsFile.open(path)
        config = try Self.object(file.metadata["config"])
        let shapes = try Self.object(file.metadata["shapes"])
        weights = KeyedWeights(
            try shapes.mapValues { value in
                guard case .array(let extents) = value else {
                    throw FixtureError("a shape is no list")
                }
                return Shape(
                    try extents.map { extent in
                        guard case .integer(let integer) = extent else {
                            throw FixtureError("an extent is no integer")
                        }
                        return integer
                    }
                )
            }
        )
    }

    /// The recorded tensor of a name.
    package func callAsFunction(_ name: String) throws -> HostTensor {
        guard let tensor = file.tensor(named: name) else {
            throw FixtureError("\(name) is not in \(file.path)")
        }
        return tensor.hostTensor()
    }

    /// The recorded tensor of a name if there is one.
    package func optional(_ name: String) -> HostTensor? {
        file.tensor(named: name)?.hostTensor()
    }

    private static func object(_ text: String?) throws -> [String: JSONValue] {
        let value = try JSONValue.parse(Array((text ?? "").utf8))
        guard case .object(let object) = value else {
            throw FixtureError("expected a JSON object")
        }
        return object
    }
}

private struct FixtureError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
