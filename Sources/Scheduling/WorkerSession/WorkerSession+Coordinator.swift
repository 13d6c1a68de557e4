// Talking to a coordinator that may restart, forget this worker, or be away.

extension WorkerSession {
    mutating func heard(at now: Instant) {
        link.heardAt = now
    }

    /// The answer to an introduction settles each lease that was named in it.
    ///
    /// Leases taken since are in none of its answers and stay.
    mutating func welcome(_ instance: UInt64, _ answers: [Lease: LeaseAnswer], at now: Instant) {
        heard(at: now)
        let isSame = link.instance == instance && link.isKnown
        link.instance = instance
        link.isKnown = true
        link.introducedAt = nil
        for unit in units where answers[unit.lease] == .abort { drop(unit.lease, at: now) }
        for result in spool where answers[result.lease] == .abort { drop(result.lease, at: now) }
        for index in spool.indices where answers[spool[index].lease] == .upload {
            // A coordinator that asks has not got it; one that has not noticed the transfer that is
            // under way will.
            if !(isSame && spool[index].state == .sending) { spool[index].restart() }
        }
        guard !isSame else { return }
        for unit in units where !unit.hasInputs { effects.append(.fetch(unit.lease)) }
    }

    /// Transfers of a connection that is no more start over on the next.
    mutating func becomeUnknown(at now: Instant) {
        heard(at: now)
        // What was sent before the introduction that is on its way is answered like this, too.
        guard link.introducedAt == nil else { return }
        loseConnection()
        introduce(at: now)
    }

    private mutating func loseConnection() {
        link.isKnown = false
        for index in spool.indices { spool[index].restart() }
    }

    mutating func introduceIfDue(at now: Instant) {
        if let last = link.introducedAt {
            if now >= last + times.retry { introduce(at: now) }
        } else if !link.isKnown {
            introduce(at: now)
        } else if link.isSilent(at: now, times) {
            // Nothing was heard: whoever is there answers an introduction.
            loseConnection()
            introduce(at: now)
        }
    }

    /// Names all that it holds, so that the answer settles all of it.
    mutating func introduce(at now: Instant) {
        link.introducedAt = now
        effects.append(
            .introduce(
                running: units.map(\.lease),
                finished: spool.map(\.lease),
                isDraining: leaving.speed != nil
            )
        )
    }

    // MARK: Results

    /// One transfer at a time, in the order in which the results were made; then again what was
    /// sent and not acknowledged.
    mutating func deliverNext(at now: Instant) {
        guard !link.isAway(at: now, times), !spool.contains(where: { $0.state == .sending }),
            let index = spool.firstIndex(where: { $0.isDue(at: now, retry: times.retry) })
        else { return }
        spool[index].state = .sending
        spool[index].deliveries += 1
        effects.append(.deliver(spool[index].lease))
    }

    mutating func markSent(_ lease: Lease, at now: Instant) {
        guard let index = spool.firstIndex(where: { $0.lease == lease }) else { return }
        guard spool[index].state == .sending else { return }
        spool[index].state = .sent(at: now)
    }

    // MARK: Leaving

    /// Starts to drain, or drains faster.
    ///
    /// The coordinator hears of it before it gets units back, so that it does not offer them here
    /// again.
    mutating func drain(_ speed: DrainSpeed, at now: Instant) {
        guard leaving.speed.map({ $0 < speed }) ?? true else { return }
        let isFirst = leaving.speed == nil
        leaving.speed = speed
        leaving.since = now
        if isFirst { introduce(at: now) }
        for unit in units where runner != .running(unit.lease) || speed == .expedited {
            leaving.hasGivenBack = true
            effects.append(.giveBack(unit.lease))
            drop(unit.lease, at: now)
        }
    }

    mutating func leaveIfDue(at now: Instant) {
        if let heardAt = link.heardAt, now >= heardAt + times.orphanTimeout {
            return leave(.orphaned)
        }
        guard let speed = leaving.speed else { return }
        let grace = speed == .regular ? times.drainGrace : times.farewell
        if units.isEmpty && spool.isEmpty {
            leave(speed == .expedited && leaving.hasGivenBack ? .interrupted : .drained)
        } else if now >= leaving.since + grace {
            if speed == .regular && !units.isEmpty {
                drain(.expedited, at: now)
                leaveIfDue(at: now)
            } else {
                leave(.interrupted)
            }
        }
    }

    private mutating func leave(_ exit: WorkerExit) {
        leaving.hasLeft = true
        effects.append(.leave(exit))
    }
}
