/// What happens to a worker.
///
/// It has one runner, the child process that computes, and one coordinator, which may be away.
package enum WorkerEvent: Hashable, Sendable {
    // From the coordinator.

    /// It answered the introduction; `instance` tells a restarted coordinator.
    case welcomed(instance: UInt64, answers: [Lease: LeaseAnswer])
    /// It does not know this connection: introduce again.
    case unknown
    case offered(Lease, steps: Int)
    case withdrawn(Lease)
    case acknowledged(Lease, ResultDisposition)
    case askedToDrain
    /// Anything at all arrived.
    case heard

    // From the worker's own transfers.

    case inputsReady(Lease)
    case inputsMissing(Lease, reason: String)
    /// All of the result is at the coordinator, which has still to acknowledge it.
    case delivered(Lease)
    /// The spool has no room for the result; told in place of `runnerFinished` or `inputsReady`.
    case spoolFull(Lease)

    // From the runner.

    case runnerProgress(Lease, phase: UnitPhase, done: Int)
    /// The result is in the spool; the runner is idle.
    case runnerFinished(Lease)
    /// The unit failed, or was interrupted and stopped; the runner is idle.
    case runnerFailed(Lease, UnitFailure)
    /// The process ended; it is started again.
    case runnerDied(reason: String)

    // From the operator.

    /// SIGUSR1: finish what runs, give back the rest. SIGTERM: stop what runs, too.
    case drain(DrainSpeed)
    case tick
}

/// How fast a worker leaves.
package enum DrainSpeed: Int, Comparable, Hashable, Sendable {
    /// Finish the running unit and deliver.
    case regular
    /// Give everything back and leave.
    case expedited

    package static func < (left: DrainSpeed, right: DrainSpeed) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What the worker's shell has to do.
package enum WorkerEffect: Hashable, Sendable {
    /// Send the introduction with these leases.
    case introduce(running: [Lease], finished: [Lease], isDraining: Bool)
    case heartbeat([LeaseProgress])
    case accept(Lease)
    case decline(Lease, reason: String)
    case reportFailure(Lease, UnitFailure)
    case giveBack(Lease)
    /// Get the unit's inputs, from the start if that was under way: the connection is another;
    /// told by `inputsReady` or `inputsMissing`.
    case fetch(Lease)
    /// Give the unit to the runner, which is idle or starting.
    case run(Lease)
    /// The runner shall stop at its next step; told by any of its three ends.
    case interrupt(Lease)
    /// End the process at once; told by `runnerDied`.
    case killRunner
    /// Send the result, from the start; told by `delivered`.
    case deliver(Lease)
    /// Drop the unit's inputs and its result.
    case forget(Lease)
    /// Say goodbye and end the process.
    case leave(WorkerExit)
}

/// Why a worker process ends.
package enum WorkerExit: Hashable, Sendable {
    /// Drained, nothing is left.
    case drained
    /// Drained by force or without a coordinator: units were given back or wait in the spool.
    case interrupted
    /// No coordinator for too long.
    case orphaned
}
