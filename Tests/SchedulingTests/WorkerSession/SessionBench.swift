import Scheduling

/// A session and the time it lives in; keeps what it was told to do.
struct SessionBench {
    private(set) var session: WorkerSession
    private(set) var now = Instant.zero
    private(set) var effects: [WorkerEffect] = []

    init(credit: Int = 2, finished: [Lease] = []) {
        session = WorkerSession(WorkerTimes(), credit: credit, finished: finished)
    }

    /// A session whose introduction was answered.
    static func joined(credit: Int = 2) -> SessionBench {
        var bench = SessionBench(credit: credit)
        bench.tell(.tick)
        bench.tell(.welcomed(instance: 1, answers: [:]))
        bench.effects = []
        return bench
    }

    /// A session that runs `lease(1)` and has `lease(2)` with its inputs.
    static func busy() -> SessionBench {
        var bench = SessionBench.joined()
        for number in 1...2 {
            bench.tell(.offered(lease(number), steps: 10))
            bench.tell(.inputsReady(lease(number)))
        }
        bench.effects = []
        return bench
    }

    /// Effects of one event, heartbeats left out.
    @discardableResult
    mutating func tell(_ event: WorkerEvent) -> [WorkerEffect] {
        let all = session.handle(event, at: now)
        effects += all
        return all.filter { if case .heartbeat = $0 { false } else { true } }
    }

    /// Effects of the ticks of some time, with a coordinator that is heard unless it is away.
    @discardableResult
    mutating func wait(_ duration: Duration, isAway: Bool = false) -> [WorkerEffect] {
        var all: [WorkerEffect] = []
        let end = now + duration
        while now < end {
            now = min(now + .milliseconds(500), end)
            if !isAway { all += tell(.heard) }
            all += tell(.tick)
        }
        return all
    }
}

/// The lease of window `number` under the epoch `epoch`, or `number`.
func lease(_ number: Int, epoch: Int? = nil) -> Lease {
    Lease(
        UnitKey(job: JobID(1), shot: 0, unit: UnitID(.sample, index: number)),
        Epoch(instance: 1, number: UInt64(epoch ?? number))
    )
}
