import Coordinator
import Foundation
import Glibc
import Logging
import Pipelines
import Synchronization
import Tensors
import ZeroMQ

/// A whole farm for one job: a coordinator on a thread of this process, workers as processes beside
/// it, all in a private folder.
final class EmbeddedFarm {
    struct Settings {
        /// More arguments of each worker.
        var workers: [[String]]
        /// Where the coordinator keeps its state; nil for a place that goes with the farm.
        var stateFolder: String?
        var farmLogLevel = Logger.Level.info
    }

    let controlEndpoint: String
    private let settings: Settings
    private let folder: RuntimeFolder
    private let stateFolder: String
    private let coordinator: CoordinatorThread
    private var workers: LocalWorkers?

    /// Starts the coordinator and then the workers.
    ///
    /// - Throws: What keeps the coordinator from its start, `Failure` if a worker cannot be
    /// started.
    init(_ settings: Settings, context: Context) throws {
        outliveReaders()
        self.settings = settings
        folder = try RuntimeFolder()
        stateFolder = settings.stateFolder ?? folder.path("state")
        try makeFolder(stateFolder + "/coordinator")
        controlEndpoint = "ipc://\(folder.path("control"))"
        let configuration = CoordinatorConfiguration(
            stateFolder: stateFolder + "/coordinator",
            controlEndpoint: controlEndpoint,
            bulkEndpoint: "ipc://\(folder.path("bulk"))",
            usesKeys: false
        )
        coordinator = try CoordinatorThread(
            configuration,
            context: context,
            log: LogFile(stateFolder + "/coordinator.log"),
            level: settings.farmLogLevel
        )
        do {
            try coordinator.start()
            workers = try LocalWorkers(settings.workers.enumerated().map { command($0 + 1, $1) })
        } catch {
            coordinator.stop()
            throw error
        }
    }

    /// Notices what has died: workers are started again, a coordinator is not.
    func tend() throws {
        try coordinator.check()
        try workers?.tend()
    }

    /// For files that go with the farm.
    var scratchFolder: String { folder.path("") }

    /// Ends workers and coordinator; returns when all are gone.
    func stop(grace: Duration = .seconds(5)) {
        workers?.stop(within: grace)
        workers = nil
        coordinator.stop()
    }

    private func command(_ number: Int, _ more: [String]) -> LocalWorkers.Command {
        let workerFolder = stateFolder + "/worker-\(number)"
        let arguments =
            [
                "worker", "--connect", controlEndpoint, "--connect-bulk",
                "ipc://\(folder.path("bulk"))", "--state", workerFolder, "--name",
                "local-\(number)", "--leave-with-input",
            ] + more
        return LocalWorkers.Command(
            arguments: arguments,
            logPath: stateFolder + "/worker-\(number).log"
        )
    }
}

/// A coordinator on a thread of its own.
private final class CoordinatorThread: Sendable {
    private let server: CoordinatorServer
    private let log: LogFile
    private let outcome = Mutex<Outcome>(.notStarted)

    private enum Outcome {
        case notStarted
        case running
        case ended(Result<ExitReason, any Error>)
    }

    private static let startLimit = Duration.seconds(60)

    init(
        _ configuration: CoordinatorConfiguration,
        context: Context,
        log: LogFile,
        level: Logger.Level
    ) throws {
        self.log = log
        var logger = Logger(label: "weft.coordinator") { [log] _ in
            LineLog(log.descriptor, .text)
        }
        logger.logLevel = level
        server = try CoordinatorServer(configuration, context: context, logger: logger)
    }

    /// Runs the server and waits until it listens.
    func start() throws {
        outcome.withLock { $0 = .running }
        let thread = Thread { [self] in
            let result = Result { try server.run() }
            outcome.withLock { $0 = .ended(result) }
        }
        thread.stackSize = 8 << 20
        thread.start()
        let deadline = ContinuousClock.now + Self.startLimit
        while server.endpoints == nil {
            try check()
            guard ContinuousClock.now < deadline else {
                throw Failure(.unavailable, "the coordinator did not start in \(Self.startLimit)")
            }
            usleep(2_000)
        }
    }

    /// Throws if the server has ended: with its own error, if it has one.
    func check() throws {
        let result: Result<ExitReason, any Error>? = outcome.withLock {
            if case .ended(let result) = $0 { result } else { nil }
        }
        guard let result else { return }
        _ = try result.get()
        throw Failure(.internalError, "the coordinator stopped before its job was done")
    }

    /// Ends the server; returns when its thread has nothing to do any more.
    func stop() {
        server.stop()
        while true {
            let isRunning = outcome.withLock { if case .running = $0 { true } else { false } }
            guard isRunning else { return }
            usleep(5_000)
        }
    }
}

/// A folder for sockets and state that nobody else may enter, and that goes with its last name.
private final class RuntimeFolder {
    private let root: String

    /// Room for the longest socket's name in the 107 bytes of a local socket's path.
    private static let rootBytesMax = 90

    init() throws {
        let parent = Environment.value("TMPDIR") ?? "/tmp"
        let name = "weft-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        root = absolutePath(parent) + "/" + name
        guard root.utf8.count <= Self.rootBytesMax else {
            throw Failure(
                .configuration,
                "TMPDIR: \(parent) is too long a path for local sockets; set a shorter one"
            )
        }
        do {
            try FileManager.default.createDirectory(
                atPath: root,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw Failure(.cannotCreate, "TMPDIR: a folder cannot be made in \(parent)")
        }
    }

    deinit {
        // What cannot be removed is in a folder for what may be removed.
        _ = try? FileManager.default.removeItem(atPath: root)
    }

    func path(_ name: String) -> String { name.isEmpty ? root : root + "/" + name }
}

/// A file that log lines are appended to.
private final class LogFile: Sendable {
    let descriptor: Int32

    init(_ path: String) throws {
        descriptor = openToAppend(path)
        guard descriptor >= 0 else {
            throw Failure(.cannotCreate, "\(path): the log cannot be written")
        }
    }

    deinit { close(descriptor) }
}
