/// Which folder a job's model is, on this machine.
package struct ModelPath: Sendable {
    private let root: String?
    private let shipped: [String: String]

    /// Makes the rule of a worker.
    ///
    /// - Parameters:
    ///   - root: The worker's folder of models; nil if jobs name whole paths.
    ///   - shipped: Folders of models that come with the program, by name: every job may use them.
    package init(_ root: String?, shipped: [String: String] = [:]) {
        self.root = root
        self.shipped = shipped
    }

    /// The folder that a job's name of its model means.
    ///
    /// - Throws: `RunnerMessageError` if it would be outside the worker's folder of models, or the
    ///   worker has none and the name is relative.
    package func resolve(_ model: String) throws(RunnerMessageError) -> String {
        if let folder = shipped[model] { return folder }
        guard let root else {
            guard model.hasPrefix("/") else {
                throw RunnerMessageError(
                    "model \(model): expected a whole path, as this worker has neither a model of that "
                        + "name nor a folder of models"
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
