import NN
package import Tensors

/// Writes a copy of a model: one file of weights a network, and nothing that no reader needs, such
/// as the state of a training.
package struct ModelPacker: Sendable {
    /// What the copy's weights are.
    package enum Precision: Sendable {
        /// Halves, as a model is given away.
        case half
        /// What they are in the source, to the bit.
        case stored
    }

    /// A component as it was written.
    package struct Part: Sendable {
        package let name: String
        package let tensorCount: Int
        /// Floating-point values in all tensors.
        package let parameterCount: Int
        package let byteCount: Int
        /// Σ(a - b)² / Σa² between the weights as they were and as halves; 0 without either.
        package let error: Double
    }

    /// Papers of a model, which go with it.
    private static let papers = ["LICENSE", "README.md"]

    package let source: CheckpointFolder
    package let variant: String?
    /// Keys of `model_index.json` that are set in the copy.
    package var additions: [String: JSONValue] = [:]
    package var precision = Precision.half
    /// Networks that the copy has in place of the source's, by the component's name: they are of
    /// its kind, and the files beside config and weights are the source's.
    package var replacements: [String: FreshComponent] = [:]

    /// - Parameters:
    ///   - source: A model whose components are all there; those of classes that weft does not
    ///     know stay behind.
    ///   - variant: As for `CheckpointComponent.tensors(variant:)`.
    package init(_ source: CheckpointFolder, variant: String? = nil) {
        self.source = source
        self.variant = variant
    }

    /// The components that are written.
    package var components: [CheckpointComponent] { source.components.filter { !$0.isForeign } }

    /// Writes the copy, which is there whole or not at all.
    ///
    /// - Parameters:
    ///   - place: A folder that is not there yet; the one above it is.
    ///   - check: Judges the copy before it has its name.
    /// - Returns: What was written, sorted by name.
    /// - Throws: `CheckpointError` if a component is missing or damaged, holds a value that is too
    ///   large for half precision, or cannot be written; what `check` throws.
    package func write(
        to place: String,
        check: (CheckpointFolder) throws -> Void
    ) throws -> [Part] {
        var place = place
        while place.count > 1, place.hasSuffix("/") { place.removeLast() }
        guard try SystemFile.status(of: place) == nil else {
            throw CheckpointError(.alreadyThere, path: place)
        }
        let slash = place.lastIndex(of: "/").map { place.index(after: $0) } ?? place.startIndex
        let parent = place[..<slash].isEmpty ? "." : String(place[..<slash])
        let hidden = "\(place[..<slash]).\(place[slash...]).partial"
        try SystemFile.removeTree(hidden)
        do {
            try SystemFile.makeFolder(hidden)
            let parts = try fill(hidden)
            try check(try CheckpointFolder.open(hidden))
            try SystemFile.syncFolder(hidden)
            try SystemFile.move(hidden, to: place)
            try SystemFile.syncFolder(parent)
            return parts
        } catch {
            // What was written must not stand in the way of the next try.
            try? SystemFile.removeTree(hidden)
            throw error
        }
    }

    private func fill(_ folder: String) throws -> [Part] {
        let parts = try components.map { try write($0, to: "\(folder)/\($0.name)") }
        let indexName = CheckpointFolder.indexName
        var index = source.index.values
        for component in source.components where component.isForeign {
            index[component.name] = nil
        }
        index.merge(additions) { _, new in new }
        try JSONValue.object(index).write(to: "\(folder)/\(indexName)")
        for name in Self.papers {
            let path = "\(source.path)/\(name)"
            guard try SystemFile.status(of: path)?.isRegular == true else { continue }
            try SystemFile.copy(file: path, to: "\(folder)/\(name)")
        }
        return parts
    }

    private func write(_ component: CheckpointComponent, to folder: String) throws -> Part {
        let kind = try component.kind()
        try SystemFile.makeFolder(folder)
        for name in try SystemFile.names(in: component.path) where Self.isSettings(name) {
            let path = "\(component.path)/\(name)"
            guard try SystemFile.status(of: path)?.isRegular == true else { continue }
            try SystemFile.copy(file: path, to: "\(folder)/\(name)")
        }
        let replacement = replacements[component.name]
        if let replacement {
            precondition(replacement.kind == kind, "\(replacement.kind) in place of \(kind)")
            try JSONValue.object(replacement.config).write(to: "\(folder)/\(kind.configName)")
        }
        guard kind.hasWeights else {
            try SystemFile.syncFolder(folder)
            return Part(
                name: component.name,
                tensorCount: 0,
                parameterCount: 0,
                byteCount: 0,
                error: 0
            )
        }
        let weights = try component.tensors(variant: variant)
        let path = "\(folder)/\(kind.weightsName).safetensors"
        let tensors =
            replacement?.parameters
            ?? weights.names.compactMap { weights.tensor(named: $0)?.named($0) }
        let (parameters, error) = try write(tensors, of: weights.label, to: path)
        return Part(
            name: component.name,
            tensorCount: tensors.count,
            parameterCount: parameters,
            byteCount: try SystemFile.status(of: path)?.byteCount ?? 0,
            error: error
        )
    }

    /// Writes all tensors: floating-point ones in the copy's precision, others as they are.
    private func write(
        _ tensors: [StoredTensor],
        of label: String,
        to path: String
    ) throws -> (parameters: Int, error: Double) {
        let writer = try SafetensorsWriter(
            path: path,
            entries: tensors.map {
                SafetensorsWriter.Entry(
                    name: $0.name,
                    scalarType: isRounded($0) ? .float16 : $0.scalarType,
                    shape: $0.shape
                )
            },
            // The libraries want to know whose tensors these are.
            metadata: ["format": "pt"]
        )
        var (parameters, difference, power) = (0, 0.0, 0.0)
        for tensor in tensors {
            guard tensor.scalarType.isFloatingPoint else {
                _ = try Self.copy(tensor, with: writer)
                continue
            }
            let values = tensor.floats()
            for (index, value) in values.enumerated() {
                let written = isRounded(tensor) ? Float(Float16(value)) : value
                guard written.isFinite else {
                    let code: CheckpointError.Code =
                        value.isFinite
                        ? .tooLargeForHalf(tensor: tensor.name, index: index, value: "\(value)")
                        : .notFinite(tensor: tensor.name, index: index, value: "\(value)")
                    throw CheckpointError(code, path: label)
                }
                difference += Double(value - written) * Double(value - written)
                power += Double(value) * Double(value)
            }
            if try isRounded(tensor) || !Self.copy(tensor, with: writer) {
                try writer.write(values, named: tensor.name)
            }
            parameters += values.count
            tensor.discard()
        }
        try writer.finish()
        return (parameters, power > 0 ? difference / power : 0)
    }

    private func isRounded(_ tensor: StoredTensor) -> Bool {
        precision == .half && tensor.scalarType.isFloatingPoint
    }

    /// Writes a tensor's bytes as they are stored, piece by piece.
    ///
    /// - Returns: False, with nothing written, if its values are made.
    private static func copy(
        _ tensor: StoredTensor,
        with writer: SafetensorsWriter
    ) throws(FileError) -> Bool {
        let end = tensor.shape.count * tensor.scalarType.byteCount
        let step = 1 << 20
        for start in stride(from: 0, to: end, by: step) {
            guard let piece = tensor.bytes(in: start..<min(start + step, end)) else {
                return false
            }
            try writer.append(piece, to: tensor.name)
        }
        return true
    }

    /// Files beside the weights: the config, a tokenizer's lists, what a preprocessor is set to.
    private static func isSettings(_ name: String) -> Bool {
        (name.hasSuffix(".json") || name.hasSuffix(".txt")) && !name.contains(".index.")
    }
}
