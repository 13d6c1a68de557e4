package import Scheduling
package import Tensors

/// A result that cannot be written, or not be read as it was written.
package struct ArtifactError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The system refused.
        case file(FileError)
        case missing(UnitKey)
        /// Other bytes than those that were written.
        case damaged(UnitKey, reason: String)
    }

    package let code: Code

    init(_ code: Code) {
        self.code = code
    }

    /// Whether there was no room: nothing is lost, and it may work later.
    package var isFull: Bool {
        guard case .file(let error) = code else { return false }
        return error.isFull && !isBrokenPromise
    }

    /// Whether the system failed to write what it had taken.
    ///
    /// What is on the disk is not known any
    /// more, and asking again would be told that all is well: the process has to end and start from
    /// what it finds.
    package var isBrokenPromise: Bool {
        guard case .file(let error) = code else { return false }
        return error.operation == "sync"
    }

    package var description: String {
        switch code {
        case .file(let error): "\(error)"
        case .missing(let unit): "the result of \(unit) is missing"
        case .damaged(let unit, let reason): "the result of \(unit) is damaged: \(reason)"
        }
    }
}
