import Scheduling
import TestSupport
import Testing

struct WorkerSessionTests {
    @Test func `an offer is accepted up to the credit, fetched, run and delivered`() {
        var bench = SessionBench.joined(credit: 2)
        for number in 1...2 {
            let effects = bench.tell(.offered(lease(number), steps: 4))
            #expect(effects == [.accept(lease(number)), .fetch(lease(number))])
        }
        #expect(
            bench.tell(.offered(lease(3), steps: 4))
                == [.decline(lease(3), reason: "the worker holds 2 units")]
        )
        #expect(bench.tell(.offered(lease(2), steps: 4)) == [.accept(lease(2))])
        #expect(bench.tell(.inputsReady(lease(2))) == [.run(lease(2))])
        #expect(bench.tell(.inputsReady(lease(1))) == [])
        #expect(
            bench.tell(.runnerFinished(lease(2))) == [.run(lease(1)), .deliver(lease(2))]
        )
        #expect(bench.tell(.delivered(lease(2))) == [])
        #expect(bench.tell(.acknowledged(lease(2), .accepted)) == [.forget(lease(2))])
    }

    @Test func `a failure is reported and the next unit runs`() {
        for failureClass in FailureClass.allCases {
            var bench = SessionBench.busy()
            let failure = UnitFailure(failureClass, "because")
            #expect(
                bench.tell(.runnerFailed(lease(1), failure))
                    == [.reportFailure(lease(1), failure), .forget(lease(1)), .run(lease(2))]
            )
        }
    }

    @Test func `a runner that dies is the machine's failure`() {
        var bench = SessionBench.busy()
        #expect(
            bench.tell(.runnerDied(reason: "signal 9")) == [
                .reportFailure(lease(1), UnitFailure(.worker, "signal 9")),
                .forget(lease(1)), .run(lease(2)),
            ]
        )
        var idle = SessionBench.joined()
        #expect(idle.tell(.runnerDied(reason: "signal 9")) == [])
    }

    @Test func `no room in the spool is the machine's lack, missing inputs nobody's fault`() {
        var bench = SessionBench.busy()
        let effects = bench.tell(.spoolFull(lease(1)))
        guard case .reportFailure(_, let failure) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(failure.failureClass == .resource)
        #expect(effects.dropFirst() == [.forget(lease(1)), .run(lease(2))])
        bench.tell(.offered(lease(3), steps: 1))
        #expect(
            bench.tell(.inputsMissing(lease(3), reason: "gone")) == [
                .reportFailure(lease(3), UnitFailure(.infrastructure, "gone")), .forget(lease(3)),
            ]
        )
        // A message of a transfer that was given up says nothing of a unit that runs.
        #expect(bench.tell(.inputsMissing(lease(2), reason: "gone")) == [])
    }

    @Test func `a withdrawn unit is stopped, and the runner killed when it does not stop`() {
        var bench = SessionBench.busy()
        #expect(bench.tell(.withdrawn(lease(1))) == [.interrupt(lease(1))])
        #expect(bench.wait(.milliseconds(9_500)) == [])
        #expect(bench.wait(.milliseconds(500)) == [.killRunner])
        // What it says before it is gone starts nothing on it.
        #expect(bench.tell(.runnerFinished(lease(1))) == [])
        #expect(bench.wait(.seconds(20)) == [])
        #expect(
            bench.tell(.runnerDied(reason: "signal 9")) == [.forget(lease(1)), .run(lease(2))]
        )
    }

    @Test func `an interrupted runner goes on with the next unit however it stopped`() {
        let ends: [WorkerEvent] = [
            .runnerFinished(lease(1)), .runnerDied(reason: "signal 9"),
            .runnerFailed(lease(1), UnitFailure(.infrastructure, "stopped")),
        ]
        for end in ends {
            var bench = SessionBench.busy()
            bench.tell(.withdrawn(lease(1)))
            #expect(bench.tell(end) == [.forget(lease(1)), .run(lease(2))])
        }
    }

    @Test func `a unit that waits or is finished is dropped when it is withdrawn`() {
        var bench = SessionBench.busy()
        #expect(bench.tell(.withdrawn(lease(2))) == [.forget(lease(2))])
        bench.tell(.runnerFinished(lease(1)))
        #expect(bench.tell(.withdrawn(lease(1))) == [.forget(lease(1))])
        #expect(bench.tell(.withdrawn(lease(1))) == [])
    }

    @Test func `a unit whose result waits here is not run again under another lease`() {
        var bench = SessionBench.joined()
        bench.tell(.offered(lease(1), steps: 1))
        bench.tell(.inputsReady(lease(1)))
        bench.tell(.runnerFinished(lease(1)))
        bench.tell(.offered(lease(1, epoch: 7), steps: 1))
        #expect(bench.tell(.inputsReady(lease(1, epoch: 7))) == [])
        var other = bench
        // Accepted: the coordinator withdraws the second lease. Not valid: the second one runs.
        bench.tell(.acknowledged(lease(1), .rejected))
        #expect(bench.effects.suffix(2) == [.forget(lease(1)), .run(lease(1, epoch: 7))])
        #expect(
            other.tell(.withdrawn(lease(1, epoch: 7))) == [.forget(lease(1, epoch: 7))]
        )
    }

    @Test func `results are delivered one after the other and again until acknowledged`() {
        var bench = SessionBench.busy()
        #expect(bench.tell(.runnerFinished(lease(1))).contains(.deliver(lease(1))))
        #expect(bench.tell(.runnerFinished(lease(2))) == [])
        #expect(bench.tell(.delivered(lease(1))) == [.deliver(lease(2))])
        bench.tell(.delivered(lease(2)))
        bench.tell(.acknowledged(lease(2), .duplicate))
        var gaps: [Duration] = []
        for _ in 0..<7 {
            let sent = bench.now
            for _ in 0..<200 where bench.wait(.milliseconds(500)) == [.deliver(lease(1))] { break }
            gaps.append(bench.now.since(sent))
            bench.tell(.delivered(lease(1)))
        }
        #expect(gaps == [3, 6, 12, 24, 48, 48, 48].map(Duration.seconds))
        #expect(bench.tell(.acknowledged(lease(1), .unneeded)) == [.forget(lease(1))])
    }

    @Test func `every two seconds all that is held is told, with how far it is`() {
        var bench = SessionBench.busy()
        bench.tell(.runnerProgress(lease(1), phase: .running, done: 4))
        bench.tell(.runnerProgress(lease(1), phase: .running, done: 3))
        bench.tell(.runnerFinished(lease(1)))
        bench.tell(.runnerProgress(lease(2), phase: .loading, done: 0))
        bench.wait(.seconds(6))
        let beats = bench.effects.compactMap { effect in
            if case .heartbeat(let progress) = effect { progress } else { nil }
        }
        #expect(
            beats
                == [[LeaseProgress]](
                    repeating: [
                        LeaseProgress(lease(2), phase: .loading, done: 0, total: 10),
                        LeaseProgress(lease(1), phase: .delivering, done: 10, total: 10),
                    ],
                    count: 3
                )
        )
    }
}
