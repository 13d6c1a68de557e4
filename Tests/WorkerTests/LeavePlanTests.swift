import Scheduling
import TestSupport
import Testing
import Worker
import ZeroMQ

struct LeavePlanTests {
    static func plan(lifetime: Duration? = nil) -> LeavePlan {
        var configuration = WorkerConfiguration(
            name: "w",
            control: "tcp://a:1",
            bulk: "tcp://a:2",
            stateFolder: "state",
            runner: RunnerCommand("runner", [])
        )
        configuration.lifetime = lifetime
        return LeavePlan(configuration, startingAt: time(100))
    }

    static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func `signals drain at two speeds, and each more is a step faster`() {
        var plan = Self.plan()
        #expect(plan.due(at: Self.time(1_000_000)) == nil)
        plan.take([.hangUp])
        #expect(plan.due(at: .zero) == nil)
        plan.take([.user1])
        #expect(plan.due(at: .zero) == .drain(.regular))
        #expect(plan.due(at: .zero) == nil)
        plan.take([.user1])
        #expect(plan.due(at: .zero) == .drain(.expedited))
        plan.take([.user1])
        #expect(plan.due(at: .zero) == nil)
        plan.take([.terminate])
        #expect(plan.due(at: .zero) == .now)
    }

    @Test(arguments: [Signal.terminate, .interrupt])
    func `a person who asks twice need not wait`(signal: Signal) {
        var plan = Self.plan()
        plan.take([signal])
        #expect(plan.due(at: .zero) == .drain(.expedited))
        plan.take([signal])
        #expect(plan.due(at: .zero) == .now)
    }

    @Test func `requests of the process are never slower than the ones before`() {
        var plan = Self.plan()
        plan.ask(.expedited)
        plan.ask(.regular)
        #expect(plan.due(at: .zero) == .drain(.expedited))
        plan.ask(.regular)
        #expect(plan.due(at: .zero) == nil)
    }

    @Test func `the end of the lifetime drains in time, then fast, and asks for another process`() {
        var plan = Self.plan(lifetime: .seconds(1000))
        #expect(plan.due(at: Self.time(979)) == nil)
        #expect(plan.final(.drained) == .drained)
        #expect(plan.due(at: Self.time(980)) == .drain(.regular))
        #expect(plan.final(.drained) == .interrupted)
        #expect(plan.due(at: Self.time(1089)) == nil)
        #expect(plan.due(at: Self.time(1090)) == .drain(.expedited))
        #expect(plan.final(.orphaned) == .orphaned)
    }
}
