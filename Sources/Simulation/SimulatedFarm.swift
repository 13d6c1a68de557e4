import Scheduling

/// A whole farm under one seed: coordinator, workers and clients, with the faults of the seed.
///
/// Time is virtual. The same seed gives the same run, byte for byte.
///
/// What has to hold is checked while it runs: no result is lost, wrong or made twice, every promise
/// to a client is kept, and once the faults stop every job comes to its end.
package struct SimulatedFarm: Sendable {
    private let seed: UInt64
    private let profile: SimulationProfile
    var world: SimulationWorld
    var coordinator: SimulatedCoordinator
    var workers: [SimulatedWorker]
    var clients: [SimulatedClient]
    private let faultEnd: Duration

    package init(seed: UInt64, profile: SimulationProfile = SimulationProfile()) {
        self.seed = seed
        self.profile = profile
        var random = SimulationRandom(seed: seed)
        let weather = profile.hasFaults ? Weather.draw(&random) : .calm
        let spread = random.number(profile.faultSeconds)
        faultEnd = .seconds(spread)
        let jobCount = random.number(profile.jobs)
        let jobs = (0..<jobCount).map {
            SimulatedJob(
                index: $0,
                hasPoison: weather.hasPoison && $0 == 0,
                hasFaults: profile.hasFaults,
                random: &random
            )
        }
        // One worker more than may be bad.
        let workerCount = random.number(profile.workers) + (weather.hasBlackHole ? 1 : 0)
        clients = jobs.indices.map {
            SimulatedClient(
                $0,
                script: SimulatedClient.script(
                    spread: spread,
                    hasCommands: profile.hasFaults,
                    random: &random
                )
            )
        }
        clients.append(SimulatedClient(jobCount, script: []))
        world = SimulationWorld(
            profile: profile,
            jobs: jobs,
            workerCount: workerCount,
            weather: weather,
            random: random
        )
        coordinator = SimulatedCoordinator(&world)
        workers = []
        for index in 0..<workerCount {
            var nature = SimulatedWorker.Nature()
            nature.credit = world.random.number(1...3)
            nature.speed = world.random.element([1.0, 1.0, 0.6, 2.0])
            if index == 0, weather.hasBlackHole { nature.isBlackHole = true }
            if index == workerCount - 1, weather.hasStraggler { nature.speed = 0.1 }
            workers.append(SimulatedWorker(index, nature, &world))
        }
    }

    /// Runs until every job has come to its end, a promise is broken, or time is up.
    package func run() -> SimulationOutcome {
        var farm = self
        farm.live()
        return SimulationOutcome(
            seed: seed,
            violations: farm.world.oracle.violations,
            logHash: farm.world.log.hash,
            log: farm.world.log.lines,
            statistics: farm.world.statistics
        )
    }

    private mutating func live() {
        let first = world.random.milliseconds(0...500)
        world.plan(.startCoordinator, after: first)
        for index in workers.indices {
            let delay = world.random.milliseconds(0...3_000)
            world.plan(.startWorker(index), after: delay)
        }
        for index in clients.indices { clients[index].begin(&world) }
        if profile.hasFaults { planFault() }
        world.plan(.calm, after: faultEnd)
        while world.oracle.violations.isEmpty, let event = world.next() {
            world.statistics.events += 1
            handle(event)
            if world.isCalm, isAtEnd {
                judgeEnd()
                break
            }
            if world.statistics.events > profile.eventsMax {
                world.violate("\(profile.eventsMax) events and no end")
            } else if world.now > .zero + faultEnd + .seconds(profile.calmSeconds) {
                world.violate("no end after \(profile.calmSeconds) s without faults: \(unfinished)")
            }
        }
        world.statistics.virtualSeconds = Int(world.now.nanoseconds / 1_000_000_000)
    }

    // MARK: Events

    private mutating func handle(_ event: SimulationEvent) {
        switch event {
        case .arrival(let parcel): arrive(parcel)
        case .coordinator(let boot, let timer):
            guard boot == coordinator.boot else { return }
            if coordinator.frozenUntil > world.now {
                return world.plan(event, at: coordinator.frozenUntil)
            }
            coordinator.take(timer, &world)
        case .worker(let index, let boot, let timer):
            guard boot == workers[index].boot else { return }
            if workers[index].frozenUntil > world.now {
                return world.plan(event, at: workers[index].frozenUntil)
            }
            workers[index].take(timer, &world)
        case .client(let index, let token): clients[index].take(token, &world)
        case .startCoordinator: if coordinator.farm == nil { coordinator.start(&world) }
        case .startWorker(let index): workers[index].start(&world)
        case .fault:
            guard !world.isCalm else { return }
            inflict()
            planFault()
        case .calm: calm()
        }
    }

    private mutating func arrive(_ parcel: Parcel) {
        let link = parcel.link
        guard parcel.connection == world.links[link].connection else { return }
        if parcel.isToCoordinator {
            if coordinator.frozenUntil > world.now {
                return world.plan(.arrival(parcel), at: coordinator.frozenUntil)
            }
            world.note("coordinator", "hears \(world.name(of: link)) \(parcel.message)")
            coordinator.take(.message(parcel), &world)
        } else if link >= world.workerCount {
            clients[link - world.workerCount].read(parcel.message, &world)
        } else {
            if workers[link].frozenUntil > world.now {
                return world.plan(.arrival(parcel), at: workers[link].frozenUntil)
            }
            world.note(workers[link].name, "hears \(parcel.message)")
            workers[link].read(parcel.message, &world)
        }
    }

    // MARK: The end

    private var isAtEnd: Bool {
        guard coordinator.farm != nil, coordinator.batch == nil, clients.allSatisfy(\.isDone) else {
            return false
        }
        return world.oracle.truths.count == world.jobs.count
            && world.oracle.truths.values.allSatisfy { $0.state.isFinal || $0.state == .held }
    }

    /// Whether each job ended as it had to.
    private mutating func judgeEnd() {
        for (job, truth) in world.oracle.truths.sorted(by: { $0.key < $1.key }) {
            let wanted = world.jobs[truth.index]
            switch truth.state {
            case .done: world.statistics.done += 1
            case .cancelled:
                world.statistics.cancelled += 1
                if !clients[truth.index].hasCancelled {
                    world.violate("\(job) is cancelled, and nobody asked for it")
                }
            case .failed:
                world.statistics.failed += 1
                let hasReason =
                    wanted.isUnplannable || wanted.isSpecificationBad
                    || wanted.assemblyFailures > 0
                if !hasReason { world.violate("\(job) failed without a reason") }
            case .held: world.statistics.held += 1
            case .running, .paused, .assembling: world.violate("\(job) ended \(truth.state)")
            }
            if truth.state == .done,
                let left = world.disk.artifacts.keys.filter({ $0.job == job }).min()
            {
                world.violate("\(job) is done, and \(left) is still on the disk")
            }
        }
        world.statistics.submitted += world.jobs.count
    }

    private var unfinished: String {
        guard let farm = coordinator.farm else { return "no coordinator" }
        return farm.reports(before: nil, limit: 100)
            .filter { !$0.state.isFinal && $0.state != .held }
            .map { "\($0.id) \($0.state)" }
            .joined(separator: ", ")
    }
}
