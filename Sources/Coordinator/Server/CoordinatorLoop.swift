import Logging
import Scheduling
import WireProtocol
import ZeroMQ

/// The coordinator's one thread of decisions: takes what came, asks the machine, makes durable what
/// it says must be, and only then lets anybody see the rest.
///
/// A turn is: wait; letters from the queues; messages of both sockets; time. All that follows from
/// them is one batch with one commit, so that many results cost one sync.
final class CoordinatorLoop {
    /// Longest wait of a turn.
    static let tick = Duration.milliseconds(500)
    /// A turn that comes this much later than it should is told to the machine.
    static let stall = Duration.seconds(1)

    let configuration: CoordinatorConfiguration
    let logger: Logger
    let clock: LoopClock
    let poller: Poller
    let board: Switchboard
    let reception: Reception
    let storage: Storage
    let mailbox: Mailbox<Letter>
    let media: MediaDesk
    /// Admits nobody any more once it is gone.
    private let authenticator: Authenticator?
    let farmID: FarmID
    var farm: Farm
    var jobs: [JobID: JobRecord] = [:]
    var inputs: InputDesk
    var uploads: UploadDesk
    /// Units whose result is being checked, written and compared: a second one waits for the
    /// first's fate.
    var storing: Set<UnitKey> = []
    var devices = ConnectedDevices()
    var nextKeyLook: Instant
    /// What was wrong with the list of keys at the last look.
    var keyFaults: [String] = []
    /// The time of this turn.
    var now: Instant
    private var steps: [Step] = []
    private var nextTick: Instant
    private var turnEnd: Instant

    /// What a turn leads to, in order.
    enum Step {
        case effect(FarmEffect)
        case send(Outgoing)
    }

    init(
        _ parts: Parts,
        configuration: CoordinatorConfiguration,
        logger: Logger
    ) {
        self.configuration = configuration
        self.logger = logger
        clock = parts.clock
        poller = parts.poller
        board = parts.board
        reception = parts.reception
        storage = parts.storage
        mailbox = parts.mailbox
        media = parts.media
        authenticator = parts.authenticator
        farmID = parts.farmID
        farm = parts.farm
        jobs = parts.jobs
        inputs = InputDesk(
            byteLimit: configuration.limits.inputBytes,
            waiterLimit: configuration.limits.waitingFetches
        )
        uploads = UploadDesk(configuration.limits)
        now = clock.now
        nextKeyLook = now
        nextTick = now
        turnEnd = now
    }

    /// What a loop is made of.
    struct Parts {
        let clock: LoopClock
        let poller: Poller
        let board: Switchboard
        let reception: Reception
        let storage: Storage
        let mailbox: Mailbox<Letter>
        let media: MediaDesk
        let farmID: FarmID
        let farm: Farm
        let jobs: [JobID: JobRecord]
        let authenticator: Authenticator?
    }

    /// Runs until it is told to stop.
    ///
    /// - Parameter isStopped: Looked at each turn.
    /// - Returns: Why it ended.
    /// - Throws: `CoordinatorError` if what must be durable is not, `ZeroMQError`.
    func run(until isStopped: () -> Bool) throws -> ExitReason {
        take(farm.start(at: now))
        try finishTurn()
        while true {
            if isStopped() { return .stopped }
            let left = nextTick.since(now)
            let readiness = try poller.wait(for: max(.zero, min(left, Self.tick)))
            beginTurn()
            if readiness.signals.contains(.hangUp) { refreshKeys() }
            for letter in mailbox.take() { try open(letter) }
            for incoming in try board.receive(at: now) { try handle(incoming) }
            if now >= nextTick { try passTime() }
            try finishTurn()
            if readiness.signals.contains(.terminate) || readiness.signals.contains(.interrupt) {
                return .signal
            }
        }
    }

    /// Ends what still runs for the loop, and brings what was taken to the disk.
    func close() {
        media.close()
        storage.close()
        authenticator?.stop()
    }

    /// Tells the machine, and notes what follows for the end of the turn.
    func tell(_ event: FarmEvent) {
        take(farm.handle(event, at: now))
    }

    /// Notes a message for the end of the turn.
    func send(_ outgoing: Outgoing) {
        steps.append(.send(outgoing))
    }

    private func take(_ effects: [FarmEffect]) {
        for effect in effects { steps.append(.effect(effect)) }
    }

    private func beginTurn() {
        now = clock.now
        let late = now.since(turnEnd) - Self.tick
        guard late > Self.stall else { return }
        logger.warning("the loop stood still", metadata: ["seconds": "\(late.seconds)"])
        tell(.stalled(late))
    }

    private func passTime() throws {
        nextTick = now + Self.tick
        tell(.tick)
        try sweep()
    }

    /// Commits what must be durable, then does the rest in order; what that leads to follows in the
    /// same way.
    private func finishTurn() throws {
        while !steps.isEmpty {
            let batch = steps
            steps = []
            note(batch)
            try storage.commit(batch.compactMap(\.entry))
            for step in batch {
                switch step {
                case .effect(let effect): try perform(effect)
                case .send(let outgoing): try board.send(outgoing, at: now)
                }
            }
        }
        let end = clock.now
        if end.since(now) > Self.stall {
            logger.warning("a turn took long", metadata: ["seconds": "\(end.since(now).seconds)"])
            tell(.stalled(end.since(now)))
        }
        turnEnd = end
    }

    /// What people read about a batch is durable with it.
    private func note(_ batch: [Step]) {
        for case .effect(let effect) in batch { note(effect) }
    }
}

extension CoordinatorLoop.Step {
    fileprivate var entry: LedgerEntry? {
        guard case .effect(.record(let entry)) = self else { return nil }
        return entry
    }
}
