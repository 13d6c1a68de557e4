package import Tensors

/// A place in a checkpoint's key hierarchy, from which layers are built.
///
/// A layer's initialiser descends with subscripts and takes its tensors by name, so the key and
/// the shape of every parameter stand at the line that uses it.
package struct WeightPath: Sendable {
    private let store: ParameterStore
    /// Dotted key of this place; empty at the top.
    package let key: String

    init(store: ParameterStore, key: String) {
        self.store = store
        self.key = key
    }

    package var backend: any Backend { store.backend }

    /// Whether parameters are made rather than read: optional parts then follow the config alone.
    package var isFresh: Bool { store.isFresh }

    /// One level down, or several with dots.
    package subscript(name: String) -> WeightPath {
        WeightPath(store: store, key: key.isEmpty ? name : "\(key).\(name)")
    }

    package subscript(index: Int) -> WeightPath { self["\(index)"] }

    /// Whether the checkpoint has the tensor `name` here.
    package func contains(_ name: String) -> Bool {
        store.contains(self[name].key)
    }

    /// Whether the checkpoint has any tensor below this place.
    package var exists: Bool { store.hasKeys(below: key.isEmpty ? "" : "\(key).") }

    /// The tensor `name`, in the form the file has it.
    ///
    /// - Parameters:
    ///   - name: Last part of the key, such as `weight`.
    ///   - shape: The shape the network needs.
    ///   - alternatives: Other shapes of the same count that mean the same.
    ///   - initial: How it starts in a fresh network.
    /// - Returns: The tensor, not yet read from the file.
    /// - Throws: `WeightError` if it is missing, of another shape, or not floating-point.
    package func stored(
        _ name: String,
        _ shape: Shape,
        alternatives: [Shape] = [],
        initial: Initial
    ) throws(WeightError) -> StoredTensor {
        try store.take(
            ParameterDeclaration(key: self[name].key, shape: shape, initial: initial),
            alternatives: alternatives
        )
    }

    /// The tensor `name` on the device.
    package func tensor(
        _ name: String,
        _ shape: Shape,
        alternatives: [Shape] = [],
        initial: Initial
    ) throws(WeightError) -> Tensor {
        let stored = try stored(name, shape, alternatives: alternatives, initial: initial)
        return backend.prepareTensor(stored, as: shape)
    }
}
