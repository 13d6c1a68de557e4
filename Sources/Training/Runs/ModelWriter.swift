package import Models
import NN
import Synchronization
package import Tensors

/// Writes a model folder: trained components from memory, all others as the starting model has
/// them.
package struct ModelWriter {
    package let start: CheckpointFolder
    package let components: [TrainedComponent]

    package init(start: CheckpointFolder, components: [TrainedComponent]) {
        self.start = start
        self.components = components
    }

    /// Writes all into a folder that is empty.
    ///
    /// Components that are not trained share their files with the starting model where the file
    /// system can link.
    ///
    /// - Parameters:
    ///   - folder: Is there.
    ///   - weights: Key and tensor of every parameter of a trained component.
    /// - Throws: `CheckpointError`, `FileError` or `BackendError`.
    package func write(
        to folder: String,
        weights: (TrainedComponent) -> [(key: String, tensor: Tensor)]
    ) throws {
        let index = try SystemFile.read("\(start.path)/model_index.json", limit: 1 << 20)
        try SystemFile.writeAtomically(index, to: "\(folder)/model_index.json")
        for component in start.components where isCarried(component) {
            guard try SystemFile.status(of: component.path)?.isFolder == true else { continue }
            try SystemFile.duplicate(folder: component.path, to: "\(folder)/\(component.name)")
        }
        for component in components {
            try write(component, weights(component), to: folder)
        }
    }

    private func isCarried(_ component: CheckpointComponent) -> Bool {
        if components.contains(where: { $0.kind.folder == component.name }) { return false }
        // An image model's schedule is not what a gen1 that grew from it is trained under.
        let hasGrown = components.contains { $0.kind == .gen1 && $0.source == nil }
        return !(hasGrown && component.name == ComponentKind.scheduler.folder)
    }

    private func write(
        _ component: TrainedComponent,
        _ weights: [(key: String, tensor: Tensor)],
        to folder: String
    ) throws {
        // A parameter's values are asked for by a closure that cannot fail: what goes wrong is kept
        // and told afterwards, when the folder has no name yet that anybody looks for.
        let failure = Mutex<BackendError?>(nil)
        let fresh = FreshComponent(
            kind: component.kind,
            config: component.config.values,
            parameters: weights.map { key, tensor in
                StoredTensor(name: key, shape: tensor.shape) {
                    do throws(BackendError) {
                        return try tensor.download().values
                    } catch {
                        failure.withLock { $0 = error }
                        return [Float](repeating: .nan, count: tensor.count)
                    }
                }
            } + (try left(of: component, Set(weights.map(\.key))))
        )
        try fresh.write(to: folder)
        if let error = failure.withLock({ $0 }) { throw error }
        guard let source = component.source else { return }
        for name in try SystemFile.names(in: source.path) where isSettings(name, component.kind) {
            let path = "\(source.path)/\(name)"
            guard try SystemFile.status(of: path)?.isRegular == true else { continue }
            try SystemFile.duplicate(file: path, to: "\(folder)/\(component.kind.folder)/\(name)")
        }
    }

    /// Tensors that no network reads, and other readers may want.
    private func left(
        of component: TrainedComponent,
        _ written: Set<String>
    ) throws -> [StoredTensor] {
        guard let source = try component.source?.tensors() else { return [] }
        return source.names.compactMap { name in
            guard !written.contains(name), let tensor = source.tensor(named: name) else {
                return nil
            }
            return tensor.scalarType.isFloatingPoint ? tensor : nil
        }
    }

    /// Files of the source beside its weights, such as what a preprocessor is set to.
    private func isSettings(_ name: String, _ kind: ComponentKind) -> Bool {
        name != kind.configName && !name.contains(".index.")
            && (name.hasSuffix(".json") || name.hasSuffix(".txt"))
    }
}
