/// A worker's side of the farm: which units it holds, what the runner does next, what still has to
/// reach the coordinator, and when to leave.
///
/// The machine keeps three promises. A finished result stays until the coordinator says what became
/// of it. Nobody waits for this worker in vain: what it will not do is declined, given back or
/// reported. It never runs a unit of which it holds a finished result, under whatever lease.
package struct WorkerSession: Sendable {
    let times: WorkerTimes
    /// Units it may hold unfinished.
    let credit: Int
    /// Held unfinished, in the order in which they were offered.
    var units: [HeldUnit] = []
    /// Finished and not acknowledged, in the order in which they finished.
    var spool: [SpooledResult]
    var runner = RunnerState.idle
    var link: CoordinatorLink
    var leaving = Leaving()
    /// Of the event that is being handled, in order.
    var effects: [WorkerEffect] = []

    /// A worker that has still to introduce itself, which the first `tick` does.
    ///
    /// - Parameters:
    ///   - times: Its waits and time limits.
    ///   - credit: Units it may hold unfinished, the running one included; 1 to 64.
    ///   - finished: Results that an earlier run of this worker left in the spool, oldest first.
    package init(_ times: WorkerTimes, credit: Int, finished: [Lease] = []) {
        precondition((1...64).contains(credit), "a credit of \(credit)")
        self.times = times
        self.credit = credit
        spool = finished.map { SpooledResult($0, steps: 0) }
        link = CoordinatorLink()
    }

    /// Begins anew with another farm; the shell has let go of all that was held for the one before.
    ///
    /// A worker that is leaving still is.
    ///
    /// - Parameter finished: Results in the spool that are of the other farm, oldest first.
    package mutating func startOver(finished: [Lease]) {
        units = []
        spool = finished.map { SpooledResult($0, steps: 0) }
        runner = .idle
        link = CoordinatorLink()
    }

    /// Takes note of what happened and says what to do, in order.
    ///
    /// After `leave` there is nothing more to do, whatever happens.
    package mutating func handle(_ event: WorkerEvent, at now: Instant) -> [WorkerEffect] {
        guard !leaving.hasLeft else { return [] }
        if link.heardAt == nil { link.heardAt = now }
        switch event {
        case .welcomed(let instance, let answers): welcome(instance, answers, at: now)
        case .unknown: becomeUnknown(at: now)
        case .offered(let lease, let steps): consider(lease, steps: steps, at: now)
        case .withdrawn(let lease):
            heard(at: now)
            drop(lease, at: now)
        case .acknowledged(let lease, _):
            heard(at: now)
            acknowledge(lease)
        case .askedToDrain:
            heard(at: now)
            drain(.regular, at: now)
        case .heard: heard(at: now)
        case .inputsReady(let lease): setReady(lease)
        case .inputsMissing(let lease, let reason): giveUpInputs(lease, reason)
        case .delivered(let lease): markSent(lease, at: now)
        case .spoolFull(let lease):
            fail(lease, UnitFailure(.resource, "the spool has no room for the result"))
        case .runnerProgress(let lease, let phase, let done): advance(lease, phase, done)
        case .runnerFinished(let lease): finish(lease)
        case .runnerFailed(let lease, let failure): fail(lease, failure)
        case .runnerDied(let reason): buryRunner(reason)
        case .drain(let speed): drain(speed, at: now)
        case .tick: break
        }
        keepTime(at: now)
        defer { effects = [] }
        return effects
    }

    /// What has become due, from introductions to the end of the worker.
    private mutating func keepTime(at now: Instant) {
        introduceIfDue(at: now)
        killIfOverdue(at: now)
        startNextUnit(at: now)
        deliverNext(at: now)
        leaveIfDue(at: now)
        beatIfDue(at: now)
    }

    private mutating func beatIfDue(at now: Instant) {
        guard link.isKnown, !leaving.hasLeft else { return }
        if let last = link.beatAt, now < last + times.heartbeat { return }
        link.beatAt = now
        effects.append(.heartbeat(units.map(\.progress) + spool.map(\.progress)))
    }

    // MARK: Units

    /// An offer is a promise to keep or to decline, at once.
    private mutating func consider(_ lease: Lease, steps: Int, at now: Instant) {
        heard(at: now)
        if units.contains(where: { $0.lease == lease }) {
            effects.append(.accept(lease))
        } else if spool.contains(where: { $0.lease == lease }) {
            // The offer came twice; the result answers it.
        } else if runner.lease == lease {
            effects.append(.decline(lease, reason: "it was withdrawn and is being stopped"))
        } else if leaving.speed != nil {
            effects.append(.decline(lease, reason: "the worker is draining"))
        } else if units.count >= credit {
            effects.append(.decline(lease, reason: "the worker holds \(units.count) units"))
        } else {
            units.append(HeldUnit(lease, steps: steps))
            effects += [.accept(lease), .fetch(lease)]
        }
    }

    /// Stops and drops a lease that is not wanted any more, in whatever state it is.
    mutating func drop(_ lease: Lease, at now: Instant) {
        if runner == .running(lease) {
            units.removeAll { $0.lease == lease }
            // Its files go when the runner has let go of them.
            runner = .stopping(lease, since: now)
            effects.append(.interrupt(lease))
        } else if isHeld(lease) {
            remove(lease)
        }
    }

    private func isHeld(_ lease: Lease) -> Bool {
        units.contains { $0.lease == lease } || spool.contains { $0.lease == lease }
    }

    private mutating func acknowledge(_ lease: Lease) {
        guard spool.contains(where: { $0.lease == lease }) else { return }
        remove(lease)
    }

    private mutating func remove(_ lease: Lease) {
        units.removeAll { $0.lease == lease }
        spool.removeAll { $0.lease == lease }
        effects.append(.forget(lease))
    }

    private mutating func setReady(_ lease: Lease) {
        guard let index = units.firstIndex(where: { $0.lease == lease }) else { return }
        units[index].hasInputs = true
    }

    private mutating func giveUpInputs(_ lease: Lease, _ reason: String) {
        guard units.contains(where: { $0.lease == lease && !$0.hasInputs }) else { return }
        fail(lease, UnitFailure(.infrastructure, reason))
    }

    // MARK: The runner

    /// Starts the first unit that can start.
    ///
    /// A unit whose result is in the spool under another lease waits for what becomes of that one,
    /// and nothing starts while the coordinator is away: it gives this worker's units to others.
    private mutating func startNextUnit(at now: Instant) {
        guard runner == .idle, leaving.speed == nil, !link.isAway(at: now, times) else { return }
        let next = units.first { unit in
            unit.hasInputs && !spool.contains { $0.lease.unit == unit.lease.unit }
        }
        guard let next else { return }
        runner = .running(next.lease)
        effects.append(.run(next.lease))
    }

    private mutating func advance(_ lease: Lease, _ phase: UnitPhase, _ done: Int) {
        guard runner == .running(lease),
            let index = units.firstIndex(where: { $0.lease == lease })
        else { return }
        units[index].phase = phase
        units[index].done = max(units[index].done, min(done, units[index].steps))
    }

    private mutating func finish(_ lease: Lease) {
        switch runner {
        case .running(lease):
            runner = .idle
            guard let index = units.firstIndex(where: { $0.lease == lease }) else { return }
            spool.append(SpooledResult(lease, steps: units.remove(at: index).steps))
        case .stopping(lease, _): letGo(lease)
        default: break
        }
    }

    private mutating func fail(_ lease: Lease, _ failure: UnitFailure) {
        switch runner {
        case .stopping(lease, _): return letGo(lease)
        // Nothing starts on a process that is about to end: `runnerDied` comes.
        case .killed(lease): return
        case .running(lease): runner = .idle
        default: break
        }
        guard units.contains(where: { $0.lease == lease }) else { return }
        effects.append(.reportFailure(lease, failure))
        remove(lease)
    }

    private mutating func buryRunner(_ reason: String) {
        switch runner {
        case .idle: break
        case .running(let lease): fail(lease, UnitFailure(.worker, reason))
        case .stopping(let lease, _), .killed(let lease): letGo(lease)
        }
    }

    private mutating func letGo(_ lease: Lease) {
        runner = .idle
        effects.append(.forget(lease))
    }

    private mutating func killIfOverdue(at now: Instant) {
        guard case .stopping(let lease, let since) = runner, now >= since + times.interruptGrace
        else { return }
        runner = .killed(lease)
        effects.append(.killRunner)
    }
}
