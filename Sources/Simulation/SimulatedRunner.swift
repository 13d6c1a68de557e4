import Scheduling

/// A unit on a worker's runner.
struct SimulatedRunner: Sendable {
    /// How it is going to end.
    enum Fate: Hashable, Sendable {
        case result(isValid: Bool)
        case failure(UnitFailure)
        case death
        case hang
        case noRoom
    }

    let lease: Lease
    let fate: Fate
    /// Steps after which it ends as its fate says.
    let end: Int
    let value: UInt64
    let step: Duration
    var token: Int
    var done = 0
    var isInterrupted = false
}

extension SimulatedWorker {
    mutating func run(_ lease: Lease, _ world: inout SimulationWorld) {
        if let runner { world.violate("\(name) runs \(lease) beside \(runner.lease)") }
        guard let offer = offers[lease], let values = inputs[lease] else {
            return world.violate("\(name) runs \(lease) without its inputs")
        }
        let job = world.jobs[offer.job]
        let place = SimulatedJob.place(lease.unit.shot, lease.unit.unit)
        let steps = max(1, offer.order.steps.isEmpty ? 2 : offer.order.steps.count)
        let fate = fate(of: place, job, &world)
        let isWhole = if case .result = fate { true } else { fate == .noRoom }
        tokenCount += 1
        let milliseconds = Double(world.random.number(100...1_500)) / nature.speed
        runner = SimulatedRunner(
            lease: lease,
            fate: fate,
            end: isWhole ? steps : world.random.number(0...steps),
            value: SimulatedJob.value(job.seed, place, offer.order, values),
            step: .milliseconds(Int(milliseconds)),
            token: tokenCount
        )
        let loading = isWarm ? 1...20 : 500...5_000
        if !isWarm { tell(.runnerProgress(lease, phase: .loading, done: 0), &world) }
        isWarm = true
        planRunner(after: world.random.milliseconds(loading), &world)
    }

    private func fate(
        of place: SimulatedJob.UnitPlace,
        _ job: SimulatedJob,
        _ world: inout SimulationWorld
    ) -> SimulatedRunner.Fate {
        if nature.isBlackHole { return .failure(UnitFailure(.worker, "a device error")) }
        if job.isSpecificationBad, place.unit.kind == .sample {
            return .failure(UnitFailure(.specification, "no such variant"))
        }
        if job.poison == place { return .failure(UnitFailure(.unit, "a value is not finite")) }
        if world.random.chance(world.weather.runnerHang) { return .hang }
        if world.random.chance(world.weather.damagedResult) { return .result(isValid: false) }
        guard world.random.chance(world.weather.runnerFailure) else {
            return .result(isValid: true)
        }
        return world.random.element([
            .death, .noRoom, .failure(UnitFailure(.worker, "a device error")),
            .failure(UnitFailure(.resource, "no memory")),
            .failure(UnitFailure(.infrastructure, "preempted")),
            .failure(UnitFailure(.unit, "a value is not finite, by chance")),
        ])
    }

    private func planRunner(after delay: Duration, _ world: inout SimulationWorld) {
        guard let runner else { return }
        world.plan(.worker(index, boot: boot, .runner(token: runner.token)), after: delay)
    }

    /// A step is over.
    mutating func advanceRunner(_ token: Int, _ world: inout SimulationWorld) {
        guard var current = runner, current.token == token else { return }
        let lease = current.lease
        // One that hangs hears nothing either.
        if current.isInterrupted && !(current.fate == .hang && current.done == current.end) {
            runner = nil
            return tell(.runnerFailed(lease, UnitFailure(.infrastructure, "stopped")), &world)
        }
        guard current.done == current.end else {
            current.done += 1
            runner = current
            tell(.runnerProgress(lease, phase: .running, done: current.done), &world)
            return planRunner(after: current.step, &world)
        }
        switch current.fate {
        case .hang: world.note(name, "hangs with \(lease)")
        case .death: endRunner(token, &world)
        case .result(let isValid):
            runner = nil
            spool.append((lease, UnitValue(value: current.value, isValid: isValid)))
            tell(.runnerFinished(lease), &world)
        case .noRoom:
            runner = nil
            tell(.spoolFull(lease), &world)
        case .failure(let failure):
            runner = nil
            tell(.runnerFailed(lease, failure), &world)
        }
    }

    /// The process of the runner ended.
    mutating func endRunner(_ token: Int, _ world: inout SimulationWorld) {
        guard let current = runner, current.token == token else { return }
        world.note(name, "loses its runner with \(current.lease)")
        runner = nil
        isWarm = false
        tell(.runnerDied(reason: "signal 9"), &world)
    }
}
