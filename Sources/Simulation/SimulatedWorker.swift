import Scheduling

/// A worker's machine: a disk with the spool, and a process that drives a `WorkerSession` and a
/// runner, and that may end at any instant.
struct SimulatedWorker: Sendable {
    /// What the machine is like; it outlives its processes.
    struct Nature: Sendable {
        /// Times as fast as others.
        var speed = 1.0
        /// Fails whatever it is given, at once.
        var isBlackHole = false
        var credit = 2
    }

    struct Offer: Sendable {
        let order: UnitOrder
        let job: Int
    }

    /// The result that is being sent.
    struct Transfer: Sendable {
        let lease: Lease
        let count: Int
        let token: Int
        var index = 0
    }

    let index: Int
    let nature: Nature
    /// Finished results, oldest first; synced before the session hears of them.
    var spool: [(lease: Lease, value: UnitValue)] = []
    /// Nil while there is no process.
    private(set) var session: WorkerSession?
    private(set) var boot = 0
    private(set) var frozenUntil = Instant.zero
    private var clock: ProcessClock
    var offers: [Lease: Offer] = [:]
    var inputs: [Lease: [UInt64]] = [:]
    var fetches: [Lease: Int] = [:]
    var transfer: Transfer?
    var runner: SimulatedRunner?
    var isWarm = false
    /// Leases that the coordinator said it needs nothing of any more.
    private var released: Set<Lease> = []
    var tokenCount = 0

    init(_ index: Int, _ nature: Nature, _ world: inout SimulationWorld) {
        self.index = index
        self.nature = nature
        clock = ProcessClock(&world)
    }

    static func id(_ index: Int) -> WorkerID {
        WorkerID("worker-\(index)")
    }

    var name: String { "worker-\(index)" }

    // MARK: Life

    mutating func start(_ world: inout SimulationWorld) {
        guard session == nil else { return }
        boot += 1
        world.statistics.workerStarts += 1
        world.note(name, "starts with \(spool.count) results")
        clock = ProcessClock(&world)
        session = WorkerSession(
            WorkerTimes(),
            credit: nature.credit,
            finished: spool.map(\.lease)
        )
        take(.tick, &world)
    }

    /// The end of the process, by its own will or not; only the spool is left.
    mutating func end(_ world: inout SimulationWorld, losingDisk: Bool = false) {
        guard session != nil else { return }
        world.note(name, losingDisk ? "is lost with its disk" : "ends")
        session = nil
        boot += 1
        (offers, inputs, fetches, transfer, runner) = ([:], [:], [:], nil, nil)
        isWarm = false
        frozenUntil = .zero
        if losingDisk { spool = [] }
        world.links[index].reconnect()
        let downtime =
            world.isCalm ? 100...1_000 : world.random.element([100...2_000, 1_000...40_000])
        world.plan(.startWorker(index), after: world.random.milliseconds(downtime))
    }

    mutating func freeze(for duration: Duration, _ world: inout SimulationWorld) {
        guard session != nil, frozenUntil <= world.now else { return }
        world.note(name, "stands still for \(duration.wholeNanoseconds / 1_000_000) ms")
        frozenUntil = world.now + duration
    }

    // MARK: Events

    mutating func take(_ timer: WorkerTimer, _ world: inout SimulationWorld) {
        switch timer {
        case .tick:
            world.plan(.worker(index, boot: boot, .tick), after: .seconds(1))
            tell(.tick, &world)
        case .runner(let token): advanceRunner(token, &world)
        case .runnerDied(let token): endRunner(token, &world)
        case .repeatFetch(let lease, let token):
            if fetches[lease] == token { fetch(lease, token, &world) }
        case .repeatChunk(let token):
            if transfer?.token == token { sendChunk(&world) }
        }
    }

    mutating func read(_ message: SimulatedMessage, _ world: inout SimulationWorld) {
        switch message {
        case .welcome(let instance, let answers):
            released.formUnion(answers.filter { $0.value == .abort }.keys)
            tell(.welcomed(instance: instance, answers: answers), &world)
        case .unknown: tell(.unknown, &world)
        case .offer(let lease, let order, let job):
            if offers[lease] == nil { offers[lease] = Offer(order: order, job: job) }
            let total = max(1, order.steps.isEmpty ? order.frames.count : order.steps.count)
            tell(.offered(lease, steps: total), &world)
        case .withdraw(let lease):
            released.insert(lease)
            tell(.withdrawn(lease), &world)
        case .acknowledge(let lease, let disposition):
            released.insert(lease)
            tell(.acknowledged(lease, disposition), &world)
        case .drain: tell(.askedToDrain, &world)
        case .inputs(let lease, let values):
            tell(.heard, &world)
            guard fetches.removeValue(forKey: lease) != nil else { return }
            inputs[lease] = values
            tell(.inputsReady(lease), &world)
        case .refused(let lease, let reason):
            tell(.heard, &world)
            guard fetches.removeValue(forKey: lease) != nil else { return }
            tell(.inputsMissing(lease, reason: reason), &world)
        case .stored(let lease, let chunk):
            tell(.heard, &world)
            continueTransfer(lease, chunk, &world)
        default: world.violate("a coordinator says \(message)")
        }
    }

    mutating func tell(_ event: WorkerEvent, _ world: inout SimulationWorld) {
        guard let effects = session?.handle(event, at: clock.read(world.now)) else { return }
        // The process may end on the way.
        for effect in effects where session != nil { carry(effect, &world) }
    }

    private mutating func carry(_ effect: WorkerEffect, _ world: inout SimulationWorld) {
        switch effect {
        case .introduce(let running, let finished, let isDraining):
            let introduction = WorkerIntroduction(
                name: name,
                deviceClass: "simulated",
                credit: nature.credit,
                isDraining: isDraining,
                running: running,
                finished: finished
            )
            send(.introduction(introduction), &world)
        case .heartbeat(let progress): send(.heartbeat(progress), &world)
        case .accept(let lease): send(.accepted(lease), &world)
        case .decline(let lease, let reason): send(.declined(lease, reason), &world)
        case .reportFailure(let lease, let failure): send(.failed(lease, failure), &world)
        case .giveBack(let lease): send(.returned(lease), &world)
        case .fetch(let lease):
            tokenCount += 1
            fetches[lease] = tokenCount
            fetch(lease, tokenCount, &world)
        case .run(let lease): run(lease, &world)
        case .interrupt(let lease):
            if runner?.lease != lease { world.violate("\(name) interrupts \(lease), not running") }
            runner?.isInterrupted = true
        case .killRunner:
            tokenCount += 1
            runner?.token = tokenCount
            world.plan(
                .worker(index, boot: boot, .runnerDied(token: tokenCount)),
                after: .milliseconds(20)
            )
        case .deliver(let lease): deliver(lease, &world)
        case .forget(let lease): forget(lease, &world)
        case .leave(let exit):
            send(.goodbye("\(exit)"), &world)
            end(&world)
        }
    }

    private func send(_ message: SimulatedMessage, _ world: inout SimulationWorld) {
        world.note(name, "> \(message)")
        world.send(message, over: index, isToCoordinator: true)
    }

    private mutating func forget(_ lease: Lease, _ world: inout SimulationWorld) {
        if runner?.lease == lease { world.violate("\(name) forgets \(lease), which runs") }
        if !released.contains(lease), spool.contains(where: { $0.lease == lease }) {
            world.violate("\(name) drops its result of \(lease), and nobody said so")
        }
        spool.removeAll { $0.lease == lease }
        offers[lease] = nil
        inputs[lease] = nil
        fetches[lease] = nil
        if transfer?.lease == lease { transfer = nil }
    }

    // MARK: Transfers

    private mutating func fetch(_ lease: Lease, _ token: Int, _ world: inout SimulationWorld) {
        send(.fetch(lease), &world)
        world.plan(
            .worker(index, boot: boot, .repeatFetch(lease, token: token)),
            after: .seconds(2)
        )
    }

    private mutating func deliver(_ lease: Lease, _ world: inout SimulationWorld) {
        guard spool.contains(where: { $0.lease == lease }) else {
            return world.violate("\(name) has no result of \(lease) any more")
        }
        tokenCount += 1
        transfer = Transfer(
            lease: lease,
            count: world.random.number(1...3),
            token: tokenCount
        )
        sendChunk(&world)
    }

    private mutating func sendChunk(_ world: inout SimulationWorld) {
        guard let transfer, let entry = spool.first(where: { $0.lease == transfer.lease })
        else { return }
        let chunk = SimulatedMessage.chunk(
            entry.lease,
            index: transfer.index,
            count: transfer.count,
            entry.value
        )
        send(chunk, &world)
        world.plan(
            .worker(index, boot: boot, .repeatChunk(token: transfer.token)),
            after: .seconds(2)
        )
    }

    private mutating func continueTransfer(
        _ lease: Lease,
        _ chunk: Int,
        _ world: inout SimulationWorld
    ) {
        guard var current = transfer, current.lease == lease, current.index == chunk else { return }
        current.index += 1
        guard current.index == current.count else {
            tokenCount += 1
            transfer = Transfer(
                lease: lease,
                count: current.count,
                token: tokenCount,
                index: current.index
            )
            return sendChunk(&world)
        }
        transfer = nil
        if world.profile.sabotage == .forgetsBeforeAcknowledgement {
            spool.removeAll { $0.lease == lease }
        }
        tell(.delivered(lease), &world)
    }
}
