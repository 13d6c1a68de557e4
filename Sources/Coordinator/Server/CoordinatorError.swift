/// Why a coordinator cannot start or go on.
package struct CoordinatorError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// Settings that cannot be served.
        case configuration
        /// The authentication does not keep strangers out.
        case authentication
        /// What has to be durable could not be made so: nothing may go on from here.
        case durability
    }

    package let code: Code
    /// One sentence for a person.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// How a run of the coordinator ended in good order.
package enum ExitReason: Hashable, Sendable {
    /// `stop()` was called.
    case stopped
    /// A signal asked for it.
    case signal
}
