package import Logging
package import Scheduling
import WireProtocol
package import ZeroMQ

/// A worker process: carries out what `WorkerSession` decides, with one thread that owns the
/// sockets, the runner's pipes and the files.
///
/// The thread never waits but for all of them at once; what takes long is the runner's.
package final class WorkerDaemon {
    /// Longest wait of a turn.
    static let tick = Duration.milliseconds(250)
    /// Starts of the runner that may fail in a row before the worker gives up.
    package static let failedStartsMax = 5

    let configuration: WorkerConfiguration
    let logger: Logger
    let connection: CoordinatorConnection
    var runner: RunnerProcess
    let spool: Spool
    let fetcher: Fetcher
    let uploader = Uploader()
    let workerID: WorkerID
    var session: WorkerSession
    /// What the units that are held are; a unit's goes with `forget`.
    var offers: [Lease: OfferMessage] = [:]
    /// Known once the runner is ready; nothing is told to anybody before.
    var deviceClass: String?
    /// The time of this turn.
    var now: Instant
    /// Of the last welcome; a coordinator that starts again has a greater one.
    var instance: UInt64?
    var exit: WorkerExit?
    /// What nobody was connected to hear: said as soon as somebody is.
    var unsentIntroduction: IntroductionMessage?

    private let control: WorkerControl
    private let poller: Poller
    private let cache: InputCache
    private let lock: FolderLock
    private let clock = WorkerClock()
    private var pulse: Pulse
    private var leaving: LeavePlan
    private var nextTick = Instant.zero
    private var events: [WorkerEvent] = []
    private var isHandling = false

    /// Opens the worker's folder and its sockets, and starts nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: The operator's settings.
    ///   - software: The program's version, for the coordinator's log.
    ///   - context: The process's context. Its end waits until the last words are sent.
    ///   - control: By which other threads ask the worker to leave.
    ///   - signals: SIGTERM and SIGINT drain fast, SIGUSR1 drains; nil where the process's signals
    ///     are somebody else's.
    ///   - logger: One line for each change of state.
    /// - Throws: `WorkerError` for settings, `FileError` for the folder, `ZeroMQError` for sockets.
    package init(
        _ configuration: WorkerConfiguration,
        software: String,
        context: Context,
        control: WorkerControl,
        signals: SignalMonitor? = nil,
        logger: Logger
    ) throws {
        try configuration.check()
        self.configuration = configuration
        self.logger = logger
        self.control = control
        let folder = configuration.stateFolder
        lock = try FolderLock(folder)
        spool = try Spool(
            folder: "\(folder)/spool",
            byteLimit: configuration.spoolBytesMax,
            logger: logger
        )
        cache = try InputCache(folder: "\(folder)/cache", byteLimit: configuration.cacheBytesMax)
        fetcher = Fetcher(cache: cache)
        runner = RunnerProcess(configuration.runner, logger: logger)
        poller = Poller(wakeUp: control.wakeUp, signals: signals)
        connection = try CoordinatorConnection(
            configuration,
            software: software,
            context: context,
            poller: poller,
            logger: logger
        )
        let drawn = connection.bootID.map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        workerID = WorkerID(
            configuration.keys?.own.publicKey.z85 ?? "worker-\(drawn.joined())"
        )
        session = WorkerSession(
            configuration.times,
            credit: configuration.credit,
            finished: spool.leases
        )
        now = clock.now
        pulse = Pulse(stallLimit: configuration.stallLimit)
        leaving = LeavePlan(configuration, startingAt: now)
    }

    /// Works until there is a reason to leave.
    ///
    /// - Returns: The reason. A worker whose lifetime is over leaves as `interrupted`, so that the
    ///   batch system starts another.
    /// - Throws: `WorkerError` if it cannot work, `FileError` if its folder fails, `ZeroMQError`.
    package func run() throws -> WorkerExit {
        logger.notice(
            "worker starts",
            metadata: [
                "worker.id": "\(workerID)", "worker.name": "\(configuration.name)",
                "control": "\(configuration.control)", "bulk": "\(configuration.bulk)",
                "spooled": "\(spool.leases.count)",
            ]
        )
        // The service is up when it has begun to look for a coordinator, who may come much later.
        pulse.notifier.ready()
        while true {
            try turn()
            if let exit {
                // The runner has nothing to do any more; its end is that of this object.
                runner.kill("the worker leaves")
                logger.notice("worker leaves", metadata: ["reason": "\(exit)"])
                return leaving.final(exit)
            }
        }
    }

    private func turn() throws {
        // A runner that has not read all of a request is written to soon again.
        let wait = runner.hasUnsentBytes ? Duration.milliseconds(10) : Self.tick
        let readiness = try poller.wait(for: wait, alsoReading: runner.descriptor)
        now = clock.now
        leaving.take(readiness.signals)
        if let speed = control.take() { leaving.ask(speed) }
        if let speed = leaving.due(at: now) { try leave(speed) }
        for event in runner.poll(at: now) { try handle(event) }
        guard deviceClass != nil else { return }
        if try connection.watchHandshakes(at: now) { startTransfersOver() }
        try giveUpOnRefusedKeys()
        if let message = unsentIntroduction { try introduce(message) }
        for incoming in try connection.receive() { try handle(incoming) }
        if now >= nextTick {
            nextTick = now + Self.tick
            try tell(.tick)
            cache.expire(at: now)
            pulse.beat(at: now)
        }
        try pump()
    }

    /// Tells the session what happened and does what it says, and what follows from that.
    func tell(_ event: WorkerEvent) throws {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !events.isEmpty {
            for effect in session.handle(events.removeFirst(), at: now) { try perform(effect) }
        }
    }

    /// A sign of the running unit's progress, or of there being none.
    func noteProgress(isRunning: Bool) {
        pulse.note(isRunning: isRunning, at: now)
    }

    /// For the service manager's list.
    func show(_ status: String) {
        pulse.notifier.status(status)
    }

    private func leave(_ speed: LeavePlan.Speed) throws {
        logger.notice("worker drains", metadata: ["speed": "\(speed)"])
        pulse.notifier.stopping(within: configuration.times.drainGrace)
        switch speed {
        case .drain(let speed) where deviceClass != nil: try tell(.drain(speed))
        // Nobody knows of a worker whose runner was never ready.
        case .drain: exit = .drained
        case .now: exit = .interrupted
        }
    }

    private func giveUpOnRefusedKeys() throws(WorkerError) {
        guard connection.handshakeFailures >= configuration.handshakeFailuresMax else { return }
        let advice =
            if case .handshakeRefused = connection.lastRefusal {
                "this worker's key is not enrolled there"
            } else if configuration.keys == nil {
                "it wants keys, and this worker has none"
            } else {
                "check server key"
            }
        throw WorkerError(
            .keyRefused,
            "\(configuration.control): the coordinator broke off \(connection.handshakeFailures) "
                + "handshakes: \(advice)"
        )
    }
}
