import ArgumentParser
import Coordinator
import Diffusion
import FFmpeg
import Glibc
import Models
import NN
import Pipelines
import ShippedModel
import Tensors
import Training
import WireProtocol
import Worker
import ZeroMQ

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
    case timedOut = 124
    case interrupted = 130
    case terminated = 143
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
        case let error as TokenizerError: self.init(.badInput, error.description)
        case let error as InputError: self.init(.badInput, error.description)
        case let error as WideningError: self.init(.usage, error.description)
        case let error as SamplerError: self.init(.usage, error.description)
        case let error as StitchError:
            self.init(error.code == .windows ? .badInput : .usage, error.description)
        case let error as NetworkInputError: self.init(.badInput, error.description)
        case let error as DivergenceError: self.init(.badInput, error.description)
        case let error as CheckpointError: self.init(ExitStatus(error), error.description)
        case let error as ShippedModelError: self.init(.noInput, error.description)
        case let error as SafetensorsError: self.init(ExitStatus(error), error.description)
        case let error as FileError: self.init(ExitStatus(error), error.description)
        case let error as JSONError: self.init(.badInput, error.description)
        case let error as SettingsError:
            self.init(error.code == .usage ? .usage : .badInput, error.description)
        case let error as CoordinatorError: self.init(ExitStatus(error), error.description)
        case let error as WorkerError: self.init(ExitStatus(error), error.description)
        case let error as LedgerError: self.init(ExitStatus(error), error.description)
        case let error as StateFolderError: self.init(ExitStatus(error), error.description)
        case let error as SpoolError: self.init(.inputOutput, error.description)
        case let error as ArtifactError: self.init(.inputOutput, error.description)
        case let error as JobMediaError: self.init(.badInput, error.description)
        case let error as FFmpegError: self.init(ExitStatus(error), error.description)
        case let error as FrameRequestError: self.init(.usage, error.description)
        case let error as FarmClientError: self.init(ExitStatus(error), error.description)
        case let error as KeyFileError: self.init(ExitStatus(error), error.description)
        case let error as KeyStoreError: self.init(ExitStatus(error), error.description)
        case let error as ZeroMQError: self.init(.unavailable, error.description)
        case let error as WireError: self.init(.badInput, error.description)
        case let error as InventoryError: self.init(.unavailable, error.description)
        case let error as UnitError:
            self.init(error.blame == .worker ? .internalError : .badInput, error.description)
        case let error as TrainingError: self.init(ExitStatus(error), error.description)
        case let error as BackendError:
            self.init(error.isOutOfMemory ? .unavailable : .internalError, error.description)
        default: return nil
        }
    }

    /// The first of several errors, with how many more there are; nil if there is none.
    init?(firstOf errors: [any Error]) {
        guard let first = errors.first else { return nil }
        let failure = Failure(first) ?? Failure(.failed, "\(first)")
        let others = errors.count - 1
        let more = others == 0 ? "" : " (and \(others) more)"
        self.init(failure.status, failure.message + more)
    }
}

extension ExitStatus {
    fileprivate init(_ error: CheckpointError) {
        switch error.code {
        case .file(let error): self.init(error)
        case .safetensors(let error): self.init(error)
        case .alreadyThere: self = .cannotCreate
        default: self = error.isMissing ? .noInput : .badInput
        }
    }

    fileprivate init(_ error: FarmClientError) {
        switch error.code {
        case .cannotConnect: self = .usage
        case .noAnswer: self = .unavailable
        case .interrupted: self = .interrupted
        case .otherProtocol: self = .protocol
        case .keyRefused: self = .noPermission
        case .refused(let reason): self.init(reason)
        }
    }

    fileprivate init(_ error: CoordinatorError) {
        switch error.code {
        case .configuration, .authentication: self = .configuration
        case .durability: self = .inputOutput
        }
    }

    fileprivate init(_ error: WorkerError) {
        switch error.code {
        case .keyRefused: self = .noPermission
        case .versionMismatch: self = .protocol
        case .configuration: self = .configuration
        case .runner: self = .unavailable
        }
    }

    fileprivate init(_ error: TrainingError) {
        switch error.code {
        case .usage, .otherSettings: self = .usage
        case .data, .damaged, .log: self = .badInput
        case .notFinite: self = .failed
        case .inUse: self = .temporary
        }
    }

    fileprivate init(_ error: LedgerError) {
        switch error.code {
        case .foreign, .newer: self = .configuration
        case .damaged: self = .badInput
        case .unreadable, .commitFailed: self = .inputOutput
        }
    }

    fileprivate init(_ error: StateFolderError) {
        switch error.code {
        case .taken: self = .temporary
        case .otherVersion: self = .configuration
        case .unusable: self = .cannotCreate
        }
    }

    fileprivate init(_ error: KeyStoreError) {
        switch error.code {
        case .file(let error): self.init(error)
        case .keys: self = .unavailable
        case .invalidName: self = .usage
        case .nameTaken, .keyTaken, .unknownName: self = .failed
        }
    }

    fileprivate init(_ error: KeyFileError) {
        switch error.reason {
        case .alreadyThere: self = .cannotCreate
        case .malformed: self = .badInput
        case .tooOpen, .writable: self = .configuration
        case .system(_, "create"), .system(_, "write"): self = .cannotCreate
        case .system: self = error.isMissing ? .noInput : .noPermission
        }
    }

    private init(_ reason: Refusal.Reason) {
        switch reason {
        case .malformed, .tooLarge: self = .badInput
        case .version, .unexpected: self = .protocol
        case .unknown, .conflict: self = .failed
        case .forbidden: self = .noPermission
        case .unavailable: self = .temporary
        }
    }

    fileprivate init(_ error: FFmpegError) {
        if error.operation == "write" || error.operation == "create" {
            self = .cannotCreate
        } else if error.isMissingFile {
            self = .noInput
        } else {
            self = error.isForbidden ? .noPermission : .badInput
        }
    }

    fileprivate init(_ error: SafetensorsError) {
        guard case .file(let error) = error.code else {
            self = .badInput
            return
        }
        self.init(error)
    }

    fileprivate init(_ error: FileError) {
        switch error.reason {
        case .notRegular where error.operation == "write": self = .cannotCreate
        case .notRegular, .tooLarge: self = .badInput
        case .system where ["create", "make the folder"].contains(error.operation):
            self = .cannotCreate
        case .system where error.isMissing: self = .noInput
        case .system where error.isForbidden: self = .noPermission
        case .system: self = .inputOutput
        }
    }
}
