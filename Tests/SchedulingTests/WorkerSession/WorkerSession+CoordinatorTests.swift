import Scheduling
import TestSupport
import Testing

/// The effects but the heartbeats and introductions.
private func work(_ effects: [WorkerEffect]) -> [WorkerEffect] {
    effects.filter { if case .introduce = $0 { false } else { true } }
}

struct WorkerSessionCoordinatorTests {
    @Test func `an introduction is repeated until it is answered`() {
        var bench = SessionBench(finished: [lease(9)])
        let introduction = WorkerEffect.introduce(
            running: [],
            finished: [lease(9)],
            isDraining: false
        )
        #expect(bench.tell(.tick) == [introduction])
        #expect(
            bench.wait(.seconds(9), isAway: true) == [introduction, introduction, introduction]
        )
        #expect(
            bench.tell(.welcomed(instance: 1, answers: [lease(9): .upload]))
                == [.deliver(lease(9))]
        )
        #expect(bench.wait(.seconds(60)) == [])
    }

    @Test func `a coordinator that does not know the worker hears all that it holds`() {
        var bench = SessionBench.busy()
        bench.tell(.runnerFinished(lease(1)))
        bench.tell(.offered(lease(3), steps: 1))
        let introduction = WorkerEffect.introduce(
            running: [lease(2), lease(3)],
            finished: [lease(1)],
            isDraining: false
        )
        #expect(bench.tell(.unknown) == [introduction])
        // Answers to what was sent before are no reason for another introduction.
        #expect(bench.tell(.unknown) == [])
        let answers: [Lease: LeaseAnswer] = [
            lease(1): .upload, lease(2): .keep, lease(3): .keep,
        ]
        #expect(
            bench.tell(.welcomed(instance: 2, answers: answers))
                == [.fetch(lease(3)), .deliver(lease(1))]
        )
    }

    @Test func `what the answer aborts is stopped and dropped`() {
        var bench = SessionBench.busy()
        bench.tell(.unknown)
        #expect(
            bench.tell(
                .welcomed(instance: 2, answers: [lease(1): .abort, lease(2): .abort])
            ) == [.interrupt(lease(1)), .forget(lease(2))]
        )
    }

    @Test func `without a coordinator it finishes what runs, starts nothing, and leaves at last`() {
        var bench = SessionBench.busy()
        #expect(work(bench.wait(.seconds(20), isAway: true)) == [])
        #expect(work(bench.tell(.runnerFinished(lease(1)))) == [])
        #expect(work(bench.wait(.seconds(1_779), isAway: true)) == [])
        #expect(work(bench.wait(.seconds(1), isAway: true)) == [.leave(.orphaned)])
        #expect(bench.tell(.welcomed(instance: 2, answers: [:])) == [])
    }

    @Test func `a coordinator that comes back is told everything and the work goes on`() {
        var bench = SessionBench.busy()
        let lost = bench.wait(.seconds(20), isAway: true)
        #expect(lost.count == 4)
        bench.tell(.runnerFinished(lease(1)))
        #expect(
            bench.tell(.welcomed(instance: 1, answers: [lease(1): .keep, lease(2): .keep]))
                == [.run(lease(2)), .deliver(lease(1))]
        )
    }

    @Test func `an idle worker that drains leaves at once`() {
        for speed in [DrainSpeed.regular, .expedited] {
            var bench = SessionBench.joined()
            #expect(
                bench.tell(.drain(speed)) == [
                    .introduce(running: [], finished: [], isDraining: true), .leave(.drained),
                ]
            )
            #expect(bench.wait(.seconds(60)) == [])
        }
    }

    @Test func `a regular drain gives back what has not started, and finishes the rest`() {
        var bench = SessionBench.busy()
        #expect(
            bench.tell(.askedToDrain) == [
                .introduce(running: [lease(1), lease(2)], finished: [], isDraining: true),
                .giveBack(lease(2)), .forget(lease(2)),
            ]
        )
        #expect(
            bench.tell(.offered(lease(3), steps: 1))
                == [.decline(lease(3), reason: "the worker is draining")]
        )
        bench.tell(.welcomed(instance: 1, answers: [lease(1): .keep, lease(2): .keep]))
        #expect(bench.wait(.seconds(60)) == [])
        #expect(bench.tell(.runnerFinished(lease(1))) == [.deliver(lease(1))])
        bench.tell(.delivered(lease(1)))
        #expect(
            bench.tell(.acknowledged(lease(1), .accepted))
                == [.forget(lease(1)), .leave(.drained)]
        )
    }

    @Test func `an expedited drain gives back everything and delivers for a moment`() {
        var bench = SessionBench.busy()
        bench.tell(.runnerFinished(lease(1)))
        #expect(
            bench.tell(.drain(.expedited)) == [
                .introduce(running: [lease(2)], finished: [lease(1)], isDraining: true),
                .giveBack(lease(2)), .interrupt(lease(2)),
            ]
        )
        var quick = bench
        #expect(
            quick.tell(.acknowledged(lease(1), .accepted))
                == [.forget(lease(1)), .leave(.interrupted)]
        )
        #expect(work(bench.wait(.milliseconds(4_500))) == [])
        #expect(work(bench.wait(.milliseconds(500))) == [.leave(.interrupted)])
    }

    @Test func `a second drain is faster, a slower one changes nothing`() {
        var bench = SessionBench.busy()
        bench.tell(.drain(.regular))
        #expect(bench.tell(.drain(.regular)) == [])
        #expect(
            bench.tell(.drain(.expedited))
                == [.giveBack(lease(1)), .interrupt(lease(1)), .leave(.interrupted)]
        )
    }

    @Test func `a drain that takes too long becomes faster by itself`() {
        var bench = SessionBench.busy()
        bench.tell(.drain(.regular))
        bench.tell(.welcomed(instance: 1, answers: [:]))
        #expect(bench.wait(.milliseconds(119_500)) == [])
        #expect(
            bench.wait(.milliseconds(500))
                == [.giveBack(lease(1)), .interrupt(lease(1)), .leave(.interrupted)]
        )
    }
}
