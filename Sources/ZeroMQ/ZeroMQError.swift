import CZeroMQ

/// A failed call of libzmq, or a message beyond the socket's limits.
package struct ZeroMQError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// libzmq's error number: an errno value or one of its own.
        case library(Int32)
        case tooManyFrames(limit: Int)
        case frameTooLarge(bytes: Int, limit: Int)
        /// A libzmq with holes that a stranger can reach.
        case libraryTooOld(found: String)
        /// A listener that let a stranger in, or could not be tried.
        case notGuarded
    }

    package let code: Code
    /// What was tried, such as `bind`.
    package let operation: String
    /// What it was tried on: an endpoint, an option, a kind of socket.
    package let subject: String

    package init(_ code: Code, operation: String, subject: String) {
        self.code = code
        self.operation = operation
        self.subject = subject
    }

    /// The error of the libzmq call that this thread has just made.
    static func last(operation: String, subject: String) -> ZeroMQError {
        ZeroMQError(.library(zmq_errno()), operation: operation, subject: subject)
    }

    package var description: String {
        switch code {
        case .library(let number):
            "\(operation) \(subject): \(unsafe String(cString: zmq_strerror(number)))"
        case .tooManyFrames(let limit):
            "\(operation) \(subject): the message has more than \(limit) frames"
        case .frameTooLarge(let bytes, let limit):
            "\(operation) \(subject): a frame of \(bytes) bytes, at most \(limit) are allowed"
        case .libraryTooOld(let found):
            "\(operation) \(subject): libzmq \(found) is installed, 4.3.3 or later is needed"
        case .notGuarded:
            "\(operation) \(subject): a key that nobody enrolled was not refused"
        }
    }
}
