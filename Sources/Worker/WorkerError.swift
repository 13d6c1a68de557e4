/// Why a worker cannot work; each code is an exit status that a service manager decides by.
package struct WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The coordinator's key is another, or it does not know ours.
        case keyRefused
        /// Coordinator and worker are of versions that do not understand each other.
        case versionMismatch
        /// Settings with which no worker runs.
        case configuration
        /// The runner does not start.
        case runner
    }

    package let code: Code
    /// One sentence for an operator.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
