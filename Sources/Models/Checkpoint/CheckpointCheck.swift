import NN
package import Tensors

/// What a strict load of one component found.
package struct ComponentCheck: Sendable {
    package enum Outcome: Sendable {
        /// Every tensor has its place, its shape and only finite values.
        case sound(tensors: Int, parameters: Int)
        /// A part without weights whose files can be read.
        case readable
        /// Of a class that weft has no use for.
        case foreign
        case failed(any Error)
    }

    package let name: String
    package let className: String?
    package let outcome: Outcome
    /// Tensors on the list of `isUnreadTensorAllowed`, sorted.
    package var unread: [String] = []

    /// The outcome as one word, as `--json` prints it.
    package var word: String {
        switch outcome {
        case .sound: "sound"
        case .readable: "readable"
        case .foreign: "foreign"
        case .failed: "failed"
        }
    }

    /// The check as JSON: `name`, `class`, `outcome` and what belongs to the outcome.
    package var json: JSONValue {
        var members: [String: JSONValue] = ["name": .string(name), "outcome": .string(word)]
        if let className { members["class"] = .string(className) }
        switch outcome {
        case .sound(let tensors, let parameters):
            members["tensors"] = .integer(tensors)
            members["parameters"] = .integer(parameters)
            members["unread"] = .array(unread.map { .string($0) })
        case .failed(let error): members["problem"] = .string("\(error)")
        case .readable, .foreign: break
        }
        return .object(members)
    }
}

extension CheckpointFolder {
    /// Loads every component as its network would, on a device of shapes, and reads all weights.
    ///
    /// - Parameters:
    ///   - variant: As for `CheckpointComponent.tensors(variant:)`.
    ///   - readScheduler: Reads a scheduler's config, of which this target knows nothing.
    /// - Returns: One result a component; nothing is thrown, so that one fault does not hide
    ///   others.
    package func check(
        variant: String? = nil,
        readScheduler: (ConfigObject) throws -> Void
    ) -> [ComponentCheck] {
        components.map { $0.check(variant: variant, readScheduler: readScheduler) }
    }
}

extension CheckpointComponent {
    /// Loads the component as its network would, on a device of shapes, and reads all weights.
    package func check(
        variant: String? = nil,
        readScheduler: (ConfigObject) throws -> Void
    ) -> ComponentCheck {
        if isForeign {
            return ComponentCheck(name: name, className: declaredClass, outcome: .foreign)
        }
        let className = (try? className()) ?? declaredClass
        do {
            let kind = try kind()
            guard kind.hasWeights else {
                let config = try config(kind.configName)
                if kind == .scheduler { try readScheduler(config) }
                if kind == .tokenizer { _ = try BPETokenizer.load(folder: path) }
                return ComponentCheck(name: name, className: className, outcome: .readable)
            }
            let source = try tensors(variant: variant)
            try load(from: source, on: ShapeBackend()) { config, weights in
                try kind.readNetwork(config, weights)
            }
            let parameters = try Self.checkValues(source)
            return ComponentCheck(
                name: name,
                className: className,
                outcome: .sound(tensors: source.names.count, parameters: parameters),
                unread: source.names.filter(isUnreadTensorAllowed)
            )
        } catch {
            return ComponentCheck(name: name, className: className, outcome: .failed(error))
        }
    }

    /// Whether `model_index.json` declares a class that weft does not read under a name that is
    /// no component's of its own.
    var isForeign: Bool {
        guard let declaredClass, ComponentKind(className: declaredClass) == nil else {
            return false
        }
        return !ComponentKind.allCases.contains { $0.folder == name }
    }

    /// Reads every value of every tensor.
    ///
    /// - Returns: How many floating-point values there are.
    private static func checkValues(_ source: any TensorSource) throws(CheckpointError) -> Int {
        var parameters = 0
        for name in source.names {
            guard let tensor = source.tensor(named: name), tensor.scalarType.isFloatingPoint else {
                continue
            }
            let values = tensor.floats()
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw CheckpointError(
                    .notFinite(tensor: name, index: index, value: "\(values[index])"),
                    path: source.label
                )
            }
            parameters += values.count
            tensor.discard()
        }
        return parameters
    }
}
