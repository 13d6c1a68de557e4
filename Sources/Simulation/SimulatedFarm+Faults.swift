import Scheduling

// What goes wrong, and how it ends.

extension SimulatedFarm {
    mutating func planFault() {
        let pause = world.profile.faultPause
        world.plan(.fault, after: world.random.milliseconds(0...1_000 * pause.upperBound))
    }

    mutating func inflict() {
        guard !world.weather.kinds.isEmpty else { return }
        let kind = world.random.element(world.weather.kinds)
        let worker = world.random.number(0...workers.count - 1)
        world.statistics.faults += 1
        world.note("fault", "\(kind) \(worker)")
        switch kind {
        case .coordinatorCrash: coordinator.crash(&world)
        case .coordinatorFreeze:
            coordinator.freeze(for: world.random.milliseconds(1_200...20_000), &world)
        case .workerCrash: workers[worker].end(&world)
        case .workerFreeze:
            workers[worker].freeze(for: world.random.milliseconds(1_000...30_000), &world)
        case .workerDiskLost: workers[worker].end(&world, losingDisk: true)
        case .runnerCrash:
            if let token = workers[worker].runner?.token {
                workers[worker].endRunner(token, &world)
            }
        case .drain:
            let speed = world.random.element([DrainSpeed.regular, .expedited])
            workers[worker].tell(.drain(speed), &world)
        case .workerCommand:
            let command = world.random.element([
                WorkerCommand.drain, .undrain, .quarantine, .release,
            ])
            let request = SimulatedClient.Request.workerCommand(
                SimulatedWorker.id(worker),
                command
            )
            clients[clients.count - 1].append(request, after: .zero, &world)
        case .connectionLost: world.links[worker].reconnect()
        case .partition, .oneWayPartition: cut(worker, isOneWay: kind == .oneWayPartition)
        case .diskFull:
            world.disk.fullUntil = world.now + world.random.milliseconds(1_000...30_000)
        case .artifactDamaged: damage()
        }
    }

    private mutating func cut(_ worker: Int, isOneWay: Bool) {
        let end = world.now + world.random.milliseconds(500...40_000)
        let direction = world.random.chance(0.5)
        world.links[worker].block(direction, until: end)
        if !isOneWay { world.links[worker].block(!direction, until: end) }
    }

    private mutating func damage() {
        let units = world.disk.artifacts.keys.sorted()
        guard !units.isEmpty else { return }
        let unit = world.random.element(units)
        world.note("disk", "spoils \(unit)")
        world.oracle.spoil(unit)
        if world.random.chance(0.5) {
            world.disk.artifacts[unit] = nil
        } else if let value = world.disk.artifacts[unit]?.value {
            world.disk.artifacts[unit] = UnitValue(value: value, isValid: false)
        }
    }

    /// Ends the faults.
    ///
    /// What is cut heals, what is down starts, and the operator undoes what the commands of the run
    /// have left behind. Bad workers and bad units stay what they are.
    mutating func calm() {
        world.note("world", "is calm")
        world.isCalm = true
        let hasStraggler = world.weather.hasStraggler
        world.weather = .calm
        world.weather.hasStraggler = hasStraggler
        world.disk.fullUntil = .zero
        for link in world.links.indices {
            world.links[link].block(true, until: .zero)
            world.links[link].block(false, until: .zero)
        }
        for index in clients.indices.dropLast() {
            clients[index].append(.command(.resume), after: .milliseconds(100), &world)
            if world.random.chance(0.3) {
                clients[index].append(
                    .command(.retry),
                    after: world.random.milliseconds(100...60_000),
                    &world
                )
            }
        }
        for index in workers.indices {
            for command in [WorkerCommand.undrain, .release] {
                clients[clients.count - 1].append(
                    .workerCommand(SimulatedWorker.id(index), command),
                    after: .milliseconds(10),
                    &world
                )
            }
        }
    }
}
