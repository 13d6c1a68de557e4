/// Which folder a job's model is, on this machine.
package struct ModelPath: Sendable {
    private let root: String?

    /// Makes the rule of a worker.
    ///
    /// - Parameter root: The worker's folder of models; nil if jobs name whole paths.
    package init(_ root: String?) {
        self.root = root
    }

    /// The folder that a job's name of its model means.
    ///
    /// - Throws: `RunnerMessageError` if it would be outside the worker's folder of models, or the
    ///   worker has none and the name is relative.
    package func resolve(_ model: String) throws(RunnerMessageError) -> String {
        guard let root else {
            guard model.hasPrefix("/") else {
                throw RunnerMessageError(
                    "model \(model): expected a whole path, as this worker has no folder of models"
                )
            }
            return model
        }
        let folder = root.hasSuffix("/") ? String(root.dropLast()) : root
        let path = model.hasPrefix("/") ? model : "\(folder)/\(model)"
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("\(folder)/"), !parts.contains("..") else {
            throw RunnerMessageError("model \(model): expected one in \(folder)")
        }
        return path
    }
}
