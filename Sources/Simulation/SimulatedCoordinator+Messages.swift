import Scheduling

// What workers and clients say.

extension SimulatedCoordinator {
    mutating func read(_ parcel: Parcel, _ world: inout SimulationWorld) {
        if parcel.link >= world.workerCount {
            readClient(parcel, &world)
        } else {
            readWorker(parcel, &world)
        }
    }

    private mutating func readWorker(_ parcel: Parcel, _ world: inout SimulationWorld) {
        let worker = parcel.link
        let id = SimulatedWorker.id(worker)
        if case .introduction(let introduction) = parcel.message {
            connections[worker] = parcel.connection
            return tell(.joined(id, introduction), &world)
        }
        guard connections[worker] == parcel.connection else {
            return world.send(.unknown, over: worker, isToCoordinator: false)
        }
        switch parcel.message {
        case .heartbeat(let progress):
            if world.profile.sabotage == .deafToHeartbeats {
                world.oracle.told(.heartbeat(id, progress), at: now(world))
            } else if world.profile.sabotage == .hidesHangs {
                let hidden = progress.map {
                    LeaseProgress($0.lease, phase: .loading, done: $0.done, total: $0.total)
                }
                tell(.heartbeat(id, hidden), meaning: .heartbeat(id, progress), &world)
            } else {
                tell(.heartbeat(id, progress), &world)
            }
        case .accepted(let lease): tell(.accepted(id, lease), &world)
        case .declined(let lease, let reason): tell(.declined(id, lease, reason: reason), &world)
        case .returned(let lease): tell(.returned(id, lease), &world)
        case .failed(let lease, let failure):
            let isHidden = world.profile.sabotage == .hidesFailures
            let truth = FarmEvent.failed(id, lease, failure)
            tell(isHidden ? .returned(id, lease) : truth, meaning: truth, &world)
        case .goodbye(let reason):
            connections[worker] = nil
            tell(.left(id, reason: reason), &world)
        case .fetch(let lease): serve(lease, to: worker, &world)
        case .chunk(let lease, let index, let count, let value):
            receive(lease, index, of: count, value, from: worker, &world)
        default: world.violate("a worker says \(parcel.message)")
        }
    }

    // MARK: Transfers

    /// Inputs are read from the disk when they are asked for.
    private mutating func serve(
        _ lease: Lease,
        to worker: Int,
        _ world: inout SimulationWorld
    ) {
        let key = lease.unit
        guard let farm, farm.wants(key), farm.hasInputs(for: key),
            let index = world.disk.specifications[key.job],
            let places = world.jobs[index].inputs[SimulatedJob.place(key.shot, key.unit)]
        else { return refuse(lease, "it is not wanted", worker, &world) }
        var inputs: [UInt64] = []
        for place in places {
            let input = UnitKey(job: key.job, shot: place.shot, unit: place.unit)
            guard let artifact = world.disk.artifacts[input], artifact.isValid else {
                reportLoss(input, neededBy: "\(key)", &world)
                return refuse(lease, "\(input) is lost", worker, &world)
            }
            let isNeighbour = place.unit.kind == .sample && place.unit.index != key.unit.index
            if world.profile.sabotage == .skipsNeighbours, isNeighbour { continue }
            inputs.append(artifact.value)
        }
        world.send(.inputs(lease, inputs), over: worker, isToCoordinator: false)
    }

    private func refuse(
        _ lease: Lease,
        _ reason: String,
        _ worker: Int,
        _ world: inout SimulationWorld
    ) {
        world.send(.refused(lease, reason), over: worker, isToCoordinator: false)
    }

    private mutating func receive(
        _ lease: Lease,
        _ index: Int,
        of count: Int,
        _ value: UnitValue,
        from worker: Int,
        _ world: inout SimulationWorld
    ) {
        let key = UploadKey(worker: worker, lease: lease)
        uploads[key, default: []].insert(index)
        world.send(.stored(lease, index: index), over: worker, isToCoordinator: false)
        let isComplete = uploads[key, default: []].count == count
        // Before the result itself, which ends the lease.
        if isComplete {
            uploads[key] = nil
            let isStored = storing.contains { $0.worker == worker && $0.lease == lease }
            if !isStored {
                enqueueResult(Upload(worker: worker, lease: lease, value: value), &world)
            }
        }
        tell(.receiving(SimulatedWorker.id(worker), lease), &world)
    }

    private mutating func enqueueResult(_ upload: Upload, _ world: inout SimulationWorld) {
        let id = SimulatedWorker.id(upload.worker)
        guard upload.value.isValid else {
            return enqueue(.resultInvalid(id, upload.lease, reason: "it is not finite"))
        }
        guard let farm, farm.wants(upload.lease.unit) else {
            // Nothing to keep, but the worker has to hear of it.
            return enqueue(.resultStored(id, upload.lease, upload.value.summary))
        }
        guard world.now >= world.disk.fullUntil else {
            // The worker has it still and will send it again.
            return world.note("coordinator", "has no room for \(upload.lease)")
        }
        storing.append(upload)
        if world.profile.sabotage == .storedBeforeSync {
            enqueue(.resultStored(id, upload.lease, upload.value.summary))
        }
        let isSlow = world.random.chance(world.weather.slowSync)
        world.plan(
            .coordinator(boot: boot, .stored(upload)),
            after: world.random.milliseconds(isSlow ? 100...4_000 : 1...30)
        )
    }

    mutating func finishStore(_ upload: Upload, _ world: inout SimulationWorld) {
        storing.removeAll { $0.worker == upload.worker && $0.lease == upload.lease }
        guard let farm else { return }
        // Another copy may have come first and be used up by now.
        if farm.wants(upload.lease.unit) || world.profile.sabotage == .storedBeforeSync {
            world.note("coordinator", "stores \(upload.lease)")
            world.disk.artifacts[upload.lease.unit] = upload.value
        }
        if world.random.chance(world.weather.crashPoint) { return crash(&world) }
        guard world.profile.sabotage != .storedBeforeSync else { return }
        let id = SimulatedWorker.id(upload.worker)
        enqueue(.resultStored(id, upload.lease, upload.value.summary))
    }

    /// Compares the window with its neighbours of the round, whose results have to be there; the
    /// numbers go with the commit of its result.
    func measureOverlaps(of unit: UnitKey, _ world: inout SimulationWorld) {
        guard let farm, world.profile.sabotage != .measuresNothing else { return }
        let others = farm.overlaps(of: unit)
        for window in others {
            let id = UnitID(.sample, index: window, round: unit.unit.round)
            let key = UnitKey(job: unit.job, shot: unit.shot, unit: id)
            if world.disk.artifacts[key] == nil, !world.oracle.isExcused(key) {
                world.violate("an overlap of \(unit) is measured without \(key)")
            }
        }
        world.oracle.measured(unit, with: others)
    }

    // MARK: Clients

    private mutating func readClient(_ parcel: Parcel, _ world: inout SimulationWorld) {
        switch parcel.message {
        case .submit(let number, let index): submit(number, index, from: parcel.link, &world)
        case .command(let number, let job, let command):
            guard farm?.report(job) != nil else {
                return world.send(
                    .notFound(number: number),
                    over: parcel.link,
                    isToCoordinator: false
                )
            }
            tell(
                .jobCommand(job, command),
                reply: (parcel.link, .done(number: number)),
                &world
            )
        case .workerCommand(let number, let worker, let command):
            tell(
                .workerCommand(worker, command),
                reply: (parcel.link, .done(number: number)),
                &world
            )
        default: world.violate("a client says \(parcel.message)")
        }
    }

    private mutating func submit(
        _ number: Int,
        _ index: Int,
        from link: Int,
        _ world: inout SimulationWorld
    ) {
        guard let farm else { return }
        let request = world.jobs[index].request
        if let known = farm.job(for: request.idempotencyKey),
            world.profile.sabotage != .ignoresIdempotencyKey
        {
            world.send(.submitted(number: number, known), over: link, isToCoordinator: false)
            return
        }
        // The specification cannot be written: the client hears nothing and asks again.
        guard world.now >= world.disk.fullUntil else { return }
        let job = farm.nextJob
        world.disk.specifications[job] = index
        tell(.submitted(job, request), reply: (link, .submitted(number: number, job)), &world)
    }
}

extension UnitValue {
    /// What the ledger keeps of it.
    var summary: ResultSummary {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        return ResultSummary(checksum: bytes, byteCount: 8, least: 0, largest: 1)
    }
}
