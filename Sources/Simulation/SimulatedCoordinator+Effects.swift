import Scheduling

// Carrying out what the machine says, in order.

extension SimulatedCoordinator {
    /// Goes on with the batch until it is done or has to wait for a commit.
    mutating func carryOut(_ world: inout SimulationWorld) {
        if world.profile.sabotage == .effectsBeforeRecords { sabotageOrder() }
        while farm != nil, let effect = batch?.effects.first {
            guard case .record = effect else {
                batch?.effects.removeFirst()
                carry(effect, &world)
                continue
            }
            var entries: [LedgerEntry] = []
            while case .record(let entry)? = batch?.effects.first {
                entries.append(entry)
                batch?.effects.removeFirst()
            }
            guard beginCommit(entries, &world) else { return }
        }
        guard farm != nil else { return }
        if let reply = batch?.reply {
            if case .submitted(_, let job) = reply.message {
                world.oracle.promised(job, to: reply.link - world.workerCount)
            }
            world.send(reply.message, over: reply.link, isToCoordinator: false)
        }
        batch = nil
    }

    private mutating func sabotageOrder() {
        guard let effects = batch?.effects else { return }
        let isRecord = { (effect: FarmEffect) in
            if case .record = effect { true } else { false }
        }
        batch?.effects = (effects.filter { !isRecord($0) } + effects.filter(isRecord))[...]
    }

    // MARK: Ledger

    /// Whether the entries are on the disk at once; otherwise the loop waits, or is no more.
    private mutating func beginCommit(
        _ entries: [LedgerEntry],
        _ world: inout SimulationWorld
    ) -> Bool {
        let isSlow = world.random.chance(world.weather.slowSync)
        let isQuick = world.random.chance(0.7) && !isSlow
        if world.random.chance(world.weather.crashPoint) {
            transaction = (entries, world.now)
            crash(&world)
            return false
        }
        if isQuick {
            commit(entries, since: world.now, &world)
            return true
        }
        transaction = (entries, world.now)
        world.plan(
            .coordinator(boot: boot, .committed),
            after: world.random.milliseconds(isSlow ? 100...4_000 : 1...20)
        )
        return false
    }

    /// Puts entries on the disk that the machine decided on at `since`.
    mutating func commit(
        _ entries: [LedgerEntry],
        since: Instant,
        _ world: inout SimulationWorld
    ) {
        for entry in entries {
            world.note("ledger", "\(entry)")
            world.disk.ledger.append(entry)
            let complaints = world.oracle.recorded(
                entry,
                world.disk,
                at: clock.read(since),
                &world.statistics
            )
            for complaint in complaints { world.violate(complaint) }
        }
    }

    mutating func finishCommit(_ world: inout SimulationWorld) {
        guard let (entries, since) = transaction else { return }
        transaction = nil
        commit(entries, since: since, &world)
        let pause = world.now.since(since)
        if pause > .seconds(1) { enqueueFirst(.stalled(pause)) }
        if world.random.chance(world.weather.crashPoint) {
            crash(&world)
        } else {
            carryOut(&world)
        }
    }

    // MARK: Effects

    private mutating func carry(_ effect: FarmEffect, _ world: inout SimulationWorld) {
        switch effect {
        case .record: preconditionFailure("records are committed, not sent")
        case .welcome(let worker, let answers):
            guard let instance = farm?.instance else { return }
            send(.welcome(instance: instance, answers), to: worker, &world)
        case .offer(let worker, let lease, let order):
            guard let job = world.disk.specifications[lease.unit.job] else {
                return world.violate("an offer of \(lease), whose job has no specification")
            }
            send(.offer(lease, order, job: job), to: worker, &world)
        case .withdraw(let worker, let lease): send(.withdraw(lease), to: worker, &world)
        case .acknowledge(let worker, let lease, let disposition):
            if let complaint = world.oracle.acknowledged(lease, disposition) {
                world.violate(complaint)
            }
            send(.acknowledge(lease, disposition), to: worker, &world)
        case .askToDrain(let worker): send(.drain, to: worker, &world)
        case .plan(let job): startPlanning(job, &world)
        case .abandon(let job):
            planning[job] = nil
            assembling[job] = nil
        case .assemble(let job): startAssembly(job, &world)
        case .discard(let unit):
            world.note("coordinator", "discards \(unit)")
            world.disk.artifacts[unit] = nil
        case .discardJob(let job):
            world.note("coordinator", "discards \(job)")
            // Key by key: the order of a dictionary is of no consequence here.
            for unit in world.disk.artifacts.keys where unit.job == job {
                world.disk.artifacts[unit] = nil
            }
        case .jobChanged(let job, let state, _):
            world.note("coordinator", "\(job) is \(state)")
        }
    }

    private mutating func send(
        _ message: SimulatedMessage,
        to id: WorkerID,
        _ world: inout SimulationWorld
    ) {
        guard let worker = world.worker(id), let connection = connections[worker] else { return }
        // A router that must deliver says so when there is nobody on that connection any more.
        guard connection == world.links[worker].connection else {
            connections[worker] = nil
            return enqueue(.left(id, reason: "it cannot be reached"))
        }
        world.note("coordinator", "< \(id) \(message)")
        world.send(message, over: worker, isToCoordinator: false)
    }

    // MARK: Slow work

    private mutating func startPlanning(_ job: JobID, _ world: inout SimulationWorld) {
        tokenCount += 1
        planning[job] = (tokenCount, 0)
        let delay = world.random.milliseconds(10...2_000)
        world.plan(.coordinator(boot: boot, .planning(job, token: tokenCount)), after: delay)
    }

    mutating func continuePlanning(_ job: JobID, _ token: Int, _ world: inout SimulationWorld) {
        guard let state = planning[job], state.token == token,
            let index = world.disk.specifications[job]
        else { return }
        let truth = world.jobs[index]
        if truth.isUnplannable {
            planning[job] = nil
            return enqueue(.planningFailed(job, reason: "the input is missing"))
        }
        let rest = truth.shots.count - state.shotCount
        // The end may be known with the last shot, or found later.
        let count = world.random.number(min(1, rest)...rest)
        let isLast = count == rest && (rest == 0 || world.random.chance(0.7))
        let shots = Array(truth.shots[state.shotCount..<state.shotCount + count])
        enqueue(.planned(job, shots, isLast: isLast))
        planning[job] = isLast ? nil : (token, state.shotCount + count)
        guard !isLast else { return }
        let delay = world.random.milliseconds(10...3_000)
        world.plan(.coordinator(boot: boot, .planning(job, token: token)), after: delay)
    }

    private mutating func startAssembly(_ job: JobID, _ world: inout SimulationWorld) {
        tokenCount += 1
        assembling[job] = tokenCount
        let delay = world.random.milliseconds(50...4_000)
        world.plan(.coordinator(boot: boot, .assembly(job, token: tokenCount)), after: delay)
    }

    /// Reads every decoded chunk, and writes the output only if all of them are good.
    mutating func finishAssembly(_ job: JobID, _ token: Int, _ world: inout SimulationWorld) {
        guard assembling[job] == token, let index = world.disk.specifications[job] else { return }
        assembling[job] = nil
        let truth = world.jobs[index]
        var frames: [SimulatedJob.OutputFrame] = []
        var hasHole = false
        for shot in truth.shots {
            for (chunk, range) in SimulatedUnit.chunks(of: shot.work).enumerated() {
                let unit = UnitID(.decode, index: chunk)
                let key = UnitKey(job: job, shot: shot.index, unit: unit)
                guard let artifact = world.disk.artifacts[key], artifact.isValid else {
                    hasHole = true
                    reportLoss(key, neededBy: "the output of \(job)", &world)
                    continue
                }
                frames += range.map {
                    SimulatedJob.OutputFrame(number: shot.firstFrame + $0, value: artifact.value)
                }
            }
        }
        if hasHole { return }
        if world.profile.sabotage == .assemblesHoles, world.random.chance(0.2) {
            frames.removeLast()
        }
        let failures = world.disk.failedAssemblies[job, default: 0]
        if failures < truth.assemblyFailures {
            world.disk.failedAssemblies[job] = failures + 1
            return enqueue(.assemblyFailed(job, reason: "the output cannot be written"))
        }
        world.disk.outputs[job] = frames
        enqueue(.assembled(job))
    }

    /// A result that the machine counts on is not there: an accident of the disk, or a mistake.
    mutating func reportLoss(
        _ unit: UnitKey,
        neededBy what: String,
        _ world: inout SimulationWorld
    ) {
        if world.oracle.isExcused(unit) {
            enqueue(.artifactLost(unit))
        } else {
            world.violate("\(what) needs \(unit), which is not on the disk")
        }
    }
}

extension SimulationWorld {
    func worker(_ id: WorkerID) -> Int? {
        (0..<workerCount).first { SimulatedWorker.id($0) == id }
    }
}
