import Scheduling

/// All that the simulated processes share: time, chance, the network, the coordinator's disk, the
/// log and who judges.
struct SimulationWorld: Sendable {
    let profile: SimulationProfile
    let jobs: [SimulatedJob]
    let workerCount: Int
    var weather: Weather
    /// True time, which no process sees.
    private(set) var now = Instant.zero
    private var queue = EventQueue()
    var random: SimulationRandom
    private(set) var log: SimulationLog
    var statistics = SimulationStatistics()
    var links: [SimulatedLink]
    var disk = SimulatedDisk()
    var oracle: FarmOracle
    var isCalm = false

    init(
        profile: SimulationProfile,
        jobs: [SimulatedJob],
        workerCount: Int,
        weather: Weather,
        random: SimulationRandom
    ) {
        self.profile = profile
        self.jobs = jobs
        self.workerCount = workerCount
        self.weather = weather
        self.random = random
        log = SimulationLog(keepsLines: profile.keepsLog)
        links = [SimulatedLink](repeating: SimulatedLink(), count: workerCount + jobs.count + 1)
        oracle = FarmOracle(jobs: jobs)
    }

    mutating func plan(_ event: SimulationEvent, after delay: Duration) {
        queue.insert(event, at: now + delay)
    }

    /// Puts off what a stopped process cannot take yet.
    mutating func plan(_ event: SimulationEvent, at time: Instant) {
        queue.insert(event, at: max(now, time))
    }

    /// The next event; time is then when it happens.
    mutating func next() -> SimulationEvent? {
        guard let (time, event) = queue.removeFirst() else { return nil }
        now = time
        return event
    }

    mutating func note(_ who: String, _ what: String) {
        log.append("\(now.nanoseconds / 1000) \(who) \(what)")
    }

    mutating func violate(_ what: String) {
        note("VIOLATION", what)
        oracle.violations.append("at \(now.nanoseconds / 1_000_000) ms: \(what)")
    }

    /// Puts a message on its way, or loses it.
    mutating func send(_ message: SimulatedMessage, over link: Int, isToCoordinator: Bool) {
        statistics.messages += 1
        guard !links[link].isBlocked(isToCoordinator, at: now), !random.chance(weather.dropped)
        else {
            statistics.lostMessages += 1
            return note(name(of: link), "\(isToCoordinator ? ">" : "<") lost \(message)")
        }
        let parcel = Parcel(
            link: link,
            isToCoordinator: isToCoordinator,
            connection: links[link].connection,
            message: message
        )
        for _ in 0..<(random.chance(weather.duplicated) ? 2 : 1) {
            let isLate = random.chance(weather.delayed)
            var time = now + .microseconds(random.number(200...(isLate ? 4_000_000 : 5_000)))
            // A client's requests are one stream; workers' messages may overtake each other, which
            // is worse than any connection is.
            if weather.isOrdered || link >= workerCount {
                time = links[link].inOrder(isToCoordinator, time)
            }
            queue.insert(.arrival(parcel), at: time)
        }
    }

    func name(of link: Int) -> String {
        link < workerCount ? "worker-\(link)" : "client-\(link - workerCount)"
    }
}

/// The way between one worker or client and the coordinator.
struct SimulatedLink: Sendable {
    /// What was sent on an earlier connection is lost.
    private(set) var connection = 0
    private var blockedUntil = [Instant.zero, Instant.zero]
    private var lastArrival = [Instant.zero, Instant.zero]

    mutating func reconnect() {
        connection += 1
    }

    mutating func block(_ isToCoordinator: Bool, until time: Instant) {
        blockedUntil[isToCoordinator ? 0 : 1] = time
    }

    func isBlocked(_ isToCoordinator: Bool, at now: Instant) -> Bool {
        now < blockedUntil[isToCoordinator ? 0 : 1]
    }

    /// Not before what was sent before, in this direction.
    mutating func inOrder(_ isToCoordinator: Bool, _ time: Instant) -> Instant {
        let direction = isToCoordinator ? 0 : 1
        lastArrival[direction] = max(lastArrival[direction], time)
        return lastArrival[direction]
    }
}

/// The clock of one start of a process.
///
/// It begins anywhere and runs a little fast or slow, so that no two processes agree on an instant
/// or, over a long time, on a duration. The machines read no
/// wall clock, hence a step of one has nothing to act on.
struct ProcessClock: Sendable {
    private let start: Instant
    private let offset: Int64
    private let drift: Int64

    init(_ world: inout SimulationWorld) {
        start = world.now
        offset = Int64(world.random.number(0...1_000_000_000_000))
        drift = Int64(world.random.number(-1_000...1_000))
    }

    func read(_ now: Instant) -> Instant {
        let elapsed = now.nanoseconds - start.nanoseconds
        return Instant(nanoseconds: offset + elapsed + elapsed / 1_000_000 * drift)
    }
}

/// The coordinator's disk.
///
/// What is here was synced: it is still there after a crash.
struct SimulatedDisk: Sendable {
    var ledger: [LedgerEntry] = []
    /// By unit; an artifact that is damaged says so when it is read.
    var artifacts: [UnitKey: UnitValue] = [:]
    /// Index of the job's specification.
    var specifications: [JobID: Int] = [:]
    var outputs: [JobID: [SimulatedJob.OutputFrame]] = [:]
    var failedAssemblies: [JobID: Int] = [:]
    var fullUntil = Instant.zero
}
