import Scheduling

/// The coordinator's process: a loop that feeds a `Farm` and carries out its effects in order, over
/// a simulated disk, and that may end at any instant.
struct SimulatedCoordinator: Sendable {
    enum Input: Sendable {
        case message(Parcel)
        case event(FarmEvent)
    }

    /// Effects that are being carried out; what comes meanwhile waits.
    struct Batch: Sendable {
        var effects: ArraySlice<FarmEffect>
        /// For the client that asked, when all is done.
        var reply: (link: Int, message: SimulatedMessage)?
    }

    /// Nil while there is no process.
    private(set) var farm: Farm?
    private(set) var boot = 0
    private(set) var frozenUntil = Instant.zero
    var clock: ProcessClock
    var batch: Batch?
    /// Entries whose commit is under way, and when it began.
    var transaction: (entries: [LedgerEntry], since: Instant)?
    private var inbox: [Input] = []
    /// The connection on which each worker introduced itself.
    var connections: [Int?]
    /// Chunks that are there of a result, by worker and lease.
    var uploads: [UploadKey: Set<Int>] = [:]
    var storing: [Upload] = []
    var planning: [JobID: (token: Int, shotCount: Int)] = [:]
    var assembling: [JobID: Int] = [:]
    var tokenCount = 0
    private var isToldFull = false

    struct UploadKey: Hashable, Sendable {
        let worker: Int
        let lease: Lease
    }

    init(_ world: inout SimulationWorld) {
        clock = ProcessClock(&world)
        connections = [Int?](repeating: nil, count: world.workerCount)
    }

    static let configuration = FarmConfiguration()

    func now(_ world: SimulationWorld) -> Instant {
        clock.read(world.now)
    }

    // MARK: Life

    mutating func start(_ world: inout SimulationWorld) {
        boot += 1
        world.statistics.coordinatorStarts += 1
        world.note("coordinator", "starts with \(world.disk.ledger.count) entries")
        clock = ProcessClock(&world)
        connections = [Int?](repeating: nil, count: world.workerCount)
        (inbox, uploads, storing, planning, assembling) = ([], [:], [], [:], [:])
        isToldFull = false
        var farm = Farm(SimulatedCoordinator.configuration, replaying: world.disk.ledger)
        let effects = farm.start(at: now(world))
        self.farm = farm
        world.oracle.coordinatorStarted(at: now(world))
        world.judge(farm, at: now(world))
        world.plan(.coordinator(boot: boot, .tick), after: .seconds(1))
        batch = Batch(effects: effects[...])
        carryOut(&world)
        work(&world)
    }

    /// The end of the process: all that is not on the disk is lost, and of what was being written
    /// chance decides.
    mutating func crash(_ world: inout SimulationWorld) {
        guard farm != nil else { return }
        world.note("coordinator", "crashes")
        farm = nil
        boot += 1
        if world.profile.sabotage == .ledgerLies {
            world.disk.ledger.removeLast(min(3, world.disk.ledger.count))
        }
        if let transaction, world.random.chance(0.5) {
            commit(transaction.entries, since: transaction.since, &world)
        }
        for upload in storing where world.random.chance(0.5) {
            world.disk.artifacts[upload.lease.unit] = upload.value
        }
        (transaction, batch) = (nil, nil)
        frozenUntil = .zero
        for link in world.links.indices { world.links[link].reconnect() }
        let downtime =
            world.isCalm ? 100...1_000 : world.random.element([100...1_000, 500...20_000])
        world.plan(.startCoordinator, after: world.random.milliseconds(downtime))
    }

    /// A stopped process, or a machine that does something else.
    mutating func freeze(for duration: Duration, _ world: inout SimulationWorld) {
        guard farm != nil, frozenUntil <= world.now else { return }
        world.note("coordinator", "stands still for \(duration.wholeNanoseconds / 1_000_000) ms")
        frozenUntil = world.now + duration
        // A commit that is under way takes so much longer, and counts as a pause itself.
        guard transaction == nil else { return }
        // The loop notices that its clock jumped before it looks at anything else.
        inbox.insert(.event(.stalled(duration)), at: 0)
    }

    // MARK: Loop

    mutating func take(_ input: Input, _ world: inout SimulationWorld) {
        guard farm != nil else { return }
        inbox.append(input)
        work(&world)
    }

    mutating func take(_ timer: CoordinatorTimer, _ world: inout SimulationWorld) {
        switch timer {
        case .tick:
            world.plan(.coordinator(boot: boot, .tick), after: .seconds(1))
            checkSpace(&world)
            if world.profile.sabotage != .noTicks { inbox.append(.event(.tick)) }
            work(&world)
            if let farm, batch == nil { world.judgeTick(farm, at: now(world)) }
        case .committed: finishCommit(&world)
        case .stored(let upload): finishStore(upload, &world)
        case .planning(let job, let token): continuePlanning(job, token, &world)
        case .assembly(let job, let token): finishAssembly(job, token, &world)
        }
        work(&world)
    }

    private mutating func checkSpace(_ world: inout SimulationWorld) {
        let isFull = world.now < world.disk.fullUntil
        guard isFull != isToldFull else { return }
        isToldFull = isFull
        inbox.append(.event(.storage(isWritable: !isFull)))
    }

    mutating func enqueue(_ event: FarmEvent) {
        inbox.append(.event(event))
    }

    mutating func enqueueFirst(_ event: FarmEvent) {
        inbox.insert(.event(event), at: 0)
    }

    /// Takes inputs one by one until one has to wait for the disk.
    private mutating func work(_ world: inout SimulationWorld) {
        while farm != nil, batch == nil, !inbox.isEmpty {
            switch inbox.removeFirst() {
            case .event(let event): tell(event, &world)
            case .message(let parcel): read(parcel, &world)
            }
        }
    }

    /// Tells the machine and carries out what it says; `truth` is what it should have been told.
    mutating func tell(
        _ event: FarmEvent,
        meaning truth: FarmEvent? = nil,
        reply: (link: Int, message: SimulatedMessage)? = nil,
        _ world: inout SimulationWorld
    ) {
        if case .resultStored(_, let lease, _) = event { measureOverlaps(of: lease.unit, &world) }
        guard var farm else { return }
        self.farm = nil
        let effects = farm.handle(event, at: now(world))
        self.farm = farm
        world.oracle.told(truth ?? event, at: now(world))
        for line in farm.audit() { world.violate("audit after \(event): \(line)") }
        batch = Batch(effects: effects[...], reply: reply)
        carryOut(&world)
    }
}
