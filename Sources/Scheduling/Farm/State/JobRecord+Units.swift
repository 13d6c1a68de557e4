// How units go from blocked to ready to leased to done. Units that become ready are returned, since
// who may start them depends on the workers, which a job does not know.
extension JobRecord {
    /// An attempt begins, whatever the unit was before.
    mutating func lease(_ unit: UnitKey, _ epoch: Epoch, worker: Int) {
        let key = key(of: unit)
        let isDone = !isNext(unit)
        let wasLeased = units[unit]?.isLeased == true
        if !isDone, !wasLeased {
            if ready.contains(key) {
                ready.remove(key)
                changeTally(unit.unit.kind) { $0.ready -= 1 }
            }
            changeTally(unit.unit.kind) { $0.leased += 1 }
        }
        changeRecord(of: unit) { $0.add(epoch) }
        if wasLeased {
            costs.speculativeAttempts += 1
        } else if unit.unit.kind == .sample {
            changeShot(unit.shot) { $0.owners[unit.unit.index] = worker }
        }
        costs.leases[worker, default: 0] += 1
    }

    /// An attempt ends without a result.
    ///
    /// - Parameters:
    ///   - unit: Its unit.
    ///   - epoch: A running attempt of it.
    ///   - worker: Who ran it.
    /// - Returns: The unit if it is ready again.
    mutating func release(_ unit: UnitKey, _ epoch: Epoch, worker: Int) -> UnitKey? {
        dropLease(of: worker)
        guard let before = units[unit], before.isLeased else { return nil }
        let isLeased = changeRecord(of: unit) { record in
            record.remove(epoch)
            if !record.isLeased { record.stepsDone = 0 }
            return record.isLeased
        }
        guard !isLeased, isNext(unit) else { return nil }
        costs.stepsRunning -= before.stepsDone
        if unit.unit.kind == .sample {
            changeShot(unit.shot) { $0.owners[unit.unit.index] = nil }
        }
        changeTally(unit.unit.kind) { $0.leased -= 1 }
        return hasInputs(unit) ? unit : nil
    }

    /// A ready unit gets its place.
    mutating func enqueue(_ unit: UnitKey, owner: Int?) {
        ready.insert(key(of: unit), owner: owner)
        changeTally(unit.unit.kind) { $0.ready += 1 }
    }

    /// A worker reports how far it is.
    mutating func advance(_ unit: UnitKey, toStep done: Int) {
        guard unit.unit.kind == .sample, units[unit]?.isLeased == true, isNext(unit) else { return }
        let done = min(done, steps(of: unit))
        let before = units[unit]?.stepsDone ?? 0
        guard done > before else { return }
        changeRecord(of: unit) { $0.stepsDone = done }
        costs.stepsRunning += done - before
    }

    /// Waits for a person.
    mutating func hold(_ unit: UnitKey) {
        guard isNext(unit), units[unit]?.isHeld != true, units[unit]?.isLeased != true else {
            return
        }
        let key = key(of: unit)
        if ready.contains(key) {
            ready.remove(key)
            changeTally(unit.unit.kind) { $0.ready -= 1 }
        }
        changeRecord(of: unit) { $0.isHeld = true }
        changeTally(unit.unit.kind) { $0.held += 1 }
    }

    /// Opens what is held, and gives all units fresh budgets.
    ///
    /// - Returns: The units that are ready now.
    mutating func reopen() -> [UnitKey] {
        var opened: [UnitKey] = []
        for unit in units.keys.sorted() {
            let wasHeld = changeRecord(of: unit) { record in
                defer { record.forgive() }
                return record.isHeld
            }
            guard wasHeld else { continue }
            changeTally(unit.unit.kind) { $0.held -= 1 }
            if hasInputs(unit) { opened.append(unit) }
        }
        return opened
    }

    /// Accepts a result.
    ///
    /// - Parameters:
    ///   - unit: A unit for which `isNext` holds.
    ///   - summary: Of its result.
    ///   - epoch: The attempt; it need not run any more.
    ///   - worker: Who ran it; it has the window from now on.
    /// - Returns: Units that are ready now, fresh ones aside, and units whose results nobody needs
    ///   any more.
    mutating func finish(
        _ unit: UnitKey,
        _ summary: ResultSummary,
        _ epoch: Epoch,
        worker: Int
    ) -> (ready: [UnitKey], discarded: [UnitKey]) {
        let kind = unit.unit.kind
        let key = key(of: unit)
        let record = units[unit]
        if record?.isHeld == true {
            changeTally(kind) { $0.held -= 1 }
        } else if record?.isLeased == true {
            changeTally(kind) { $0.leased -= 1 }
        } else if ready.contains(key) {
            ready.remove(key)
            changeTally(kind) { $0.ready -= 1 }
        }
        changeTally(kind) { $0.done += 1 }
        costs.stepsRunning -= record?.stepsDone ?? 0
        costs.stepsDone += steps(of: unit)
        if record?.attempts.contains(epoch) == true { dropLease(of: worker) }
        // Other attempts may still run until they are told.
        keepOnlyAttempts(of: unit, besides: epoch)
        guard kind != .content else {
            keepContent(summary)
            return (shots.indices.flatMap { openSampling(of: $0) }, [])
        }
        changeShot(unit.shot) {
            $0.finish(unit.unit, summary)
            if kind == .sample { $0.owners[unit.unit.index] = worker }
        }
        let discarded = changeShot(unit.shot) { $0.discardInputs(of: unit.unit) }
        return (
            unblocked(by: unit), discarded.map { UnitKey(job: id, shot: unit.shot, unit: $0) }
        )
    }

    private mutating func dropLease(of worker: Int) {
        guard let count = costs.leases[worker] else { return }
        costs.leases[worker] = count > 1 ? count - 1 : nil
    }

    /// Units that the finished one was the last to block.
    private mutating func unblocked(by unit: UnitKey) -> [UnitKey] {
        let shot = shots[unit.shot]
        switch unit.unit.kind {
        case .content, .decode: return []
        case .depth: return shot.depthMissing == 0 ? openSampling(of: unit.shot) : []
        case .sample:
            return shot.readers(of: unit.unit).map {
                UnitKey(job: id, shot: unit.shot, unit: $0)
            }.filter(isStartable)
        }
    }

    /// Whether the unit is open, has its inputs, and is neither held, leased nor ready yet.
    private func isStartable(_ unit: UnitKey) -> Bool {
        let key = key(of: unit)
        return isNext(unit) && hasInputs(unit) && units[unit]?.isHeld != true
            && units[unit]?.isLeased != true && !ready.contains(key)
    }

    /// Starts the sampling of a shot when its content and depth are there.
    private mutating func openSampling(of index: Int) -> [UnitKey] {
        guard content != nil, shots[index].depthMissing == 0 else { return [] }
        if !shots[index].wasOpened {
            changeShot(index) { $0.wasOpened = true }
            let windows = shots[index].work.windows.count
            ready.addFresh(
                stretch: shots[index].stretch,
                rank: ReadyKey.firstRound,
                shot: index,
                count: windows
            )
            changeTally(.sample) { $0.ready += windows }
            return []
        }
        return shots[index].nextSamples.map { UnitKey(job: id, shot: index, unit: $0) }
            .filter(isStartable)
    }

    /// A result is gone.
    ///
    /// - Parameter lost: The unit that had it.
    /// - Returns: The units that are ready now.
    mutating func lose(_ lost: UnitKey) -> [UnitKey] {
        guard result(of: lost) != nil else { return [] }
        var reopened: [UnitKey] = []
        if lost.unit.kind == .content {
            keepContent(nil)
            reopened = [lost]
        } else {
            var units: [UnitID] = []
            changeShot(lost.shot) { $0.lose(lost.unit, reopened: &units) }
            reopened = units.map { UnitKey(job: id, shot: lost.shot, unit: $0) }
        }
        for unit in reopened {
            // An attempt that was not told yet that its unit is done counts again.
            let isLeased = units[unit]?.isLeased == true
            changeTally(unit.unit.kind) {
                $0.done -= 1
                if isLeased { $0.leased += 1 }
            }
            costs.stepsDone -= steps(of: unit)
        }
        let affected = lost.unit.kind == .content ? shots.indices : lost.shot..<lost.shot + 1
        if !reopened.isEmpty { for shot in affected { block(in: shot) } }
        return reopened.filter(isStartable).sorted()
    }

    /// Takes back units of a shot that are ready without their inputs.
    private mutating func block(in index: Int) {
        let decode = shots[index].decodeDone.indices.map { UnitID(.decode, index: $0) }
        for unit in shots[index].nextSamples + decode {
            let unit = UnitKey(job: id, shot: index, unit: unit)
            let key = key(of: unit)
            guard ready.contains(key), !hasInputs(unit) else { continue }
            ready.remove(key)
            changeTally(unit.unit.kind) { $0.ready -= 1 }
        }
    }
}
