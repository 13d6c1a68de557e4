import Synchronization
package import Tensors

/// Named tensors of a checkpoint: one file, several shards, or memory.
package protocol TensorSource: Sendable {
    /// The file or folder, for messages.
    var label: String { get }
    /// All keys, sorted.
    var names: [String] { get }
    func tensor(named name: String) -> StoredTensor?
}

/// How a parameter starts when a network is made fresh.
package enum Initial: Hashable, Sendable {
    case zeros
    case ones
    /// Uniform in ±1/√fanIn: PyTorch's default for linear and convolution layers.
    case uniform(fanIn: Int)
    case normal(standardDeviation: Float)
    /// A temporal kernel `[C, C, taps]` that copies its input.
    case identityTap
}

/// A parameter's key, shape and start: what a fresh checkpoint is written from.
package struct ParameterDeclaration: Hashable, Sendable {
    package let key: String
    package let shape: Shape
    package let initial: Initial

    package init(key: String, shape: Shape, initial: Initial) {
        self.key = key
        self.shape = shape
        self.initial = initial
    }
}

/// Hands the parameters of a network to its layers and keeps account of what was read.
///
/// After construction every tensor of the checkpoint has been read exactly once: a second read is
/// a programmer's error, `finish` throws for those nobody read.
package final class ParameterStore: Sendable {
    private enum Origin: Sendable {
        case source(any TensorSource)
        case fresh(@Sendable (ParameterDeclaration) -> StoredTensor)
    }

    package let backend: any Backend
    private let origin: Origin
    private let declared = Mutex<[ParameterDeclaration]>([])
    private let read = Mutex<Set<String>>([])

    /// Reads from a checkpoint.
    package init(_ source: any TensorSource, backend: any Backend) {
        self.origin = .source(source)
        self.backend = backend
        // The weights may take the room of the last network's activations.
        backend.releaseUnusedMemory()
    }

    /// Makes each parameter as it is declared.
    package init(
        backend: any Backend,
        making make: @escaping @Sendable (ParameterDeclaration) -> StoredTensor
    ) {
        self.origin = .fresh(make)
        self.backend = backend
    }

    /// The top of the key hierarchy.
    package var root: WeightPath { WeightPath(store: self, key: "") }

    /// Every parameter asked for so far, in order.
    package var declarations: [ParameterDeclaration] { declared.withLock { $0 } }

    var label: String {
        switch origin {
        case .source(let source): source.label
        case .fresh: "fresh parameters"
        }
    }

    func contains(_ key: String) -> Bool {
        switch origin {
        case .source(let source): source.tensor(named: key) != nil
        case .fresh: false
        }
    }

    func hasKeys(below prefix: String) -> Bool {
        switch origin {
        case .source(let source): source.names.contains { $0.hasPrefix(prefix) }
        case .fresh: false
        }
    }

    var isFresh: Bool {
        switch origin {
        case .source: false
        case .fresh: true
        }
    }

    func take(
        _ declaration: ParameterDeclaration,
        alternatives: [Shape]
    ) throws(WeightError) -> StoredTensor {
        let key = declaration.key
        let isFirst = read.withLock { $0.insert(key).inserted }
        precondition(isFirst, "\(key) is read by two layers")
        declared.withLock { $0.append(declaration) }
        switch origin {
        case .fresh(let make):
            return make(declaration)
        case .source(let source):
            guard let tensor = source.tensor(named: key) else {
                throw WeightError(.missing, key: key, source: source.label)
            }
            guard tensor.shape == declaration.shape || alternatives.contains(tensor.shape) else {
                throw WeightError(
                    .wrongShape(expected: declaration.shape, found: tensor.shape),
                    key: key,
                    source: source.label
                )
            }
            guard tensor.scalarType.isFloatingPoint else {
                throw WeightError(
                    .wrongScalarType(found: tensor.scalarType),
                    key: key,
                    source: source.label
                )
            }
            // Whatever the file calls it.
            return tensor.named(key)
        }
    }

    /// Checks that every tensor was read.
    ///
    /// - Parameter isIgnorable: The allow-list: keys that a public checkpoint may hold without use.
    /// - Throws: `WeightError` naming the first unread key and counting the others.
    package func finish(ignoring isIgnorable: (String) -> Bool = { _ in false }) throws(WeightError)
    {
        guard case .source(let source) = origin else { return }
        let seen = read.withLock { $0 }
        let unread = source.names.filter { !seen.contains($0) && !isIgnorable($0) }
        guard let first = unread.first else { return }
        throw WeightError(.unread(count: unread.count), key: first, source: source.label)
    }
}
