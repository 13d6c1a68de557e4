import ArgumentParser
import Glibc
import Models
import NN
import Tensors

/// Exit statuses, after sysexits; `Docs/CommandLine.md` documents them.
enum ExitStatus: Int32 {
    case failed = 1
    case usage = 64
    case badInput = 65
    case noInput = 66
    case unavailable = 69
    case internalError = 70
    case cannotCreate = 73
    case inputOutput = 74
    case temporary = 75
    case `protocol` = 76
    case noPermission = 77
    case configuration = 78
}

/// What a command tells a person who has to do something about it: one sentence and a status.
struct Failure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The sentence and status of an error of the libraries, or nil for one of the parser's.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as WeightError: self.init(.badInput, error.description)
        case let error as ConfigError: self.init(.badInput, error.description)
        case let error as BackendError: self.init(.internalError, error.description)
        default: return nil
        }
    }
}
