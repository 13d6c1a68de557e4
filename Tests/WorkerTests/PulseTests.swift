import Scheduling
import Testing
import Worker
import ZeroMQ

struct PulseTests {
    @Test func `a worker is well while it waits for work, or its unit advances`() {
        let silent = ServiceNotifier(socket: nil, watchdogMicroseconds: nil)
        var pulse = Pulse(stallLimit: .seconds(100), notifier: silent)
        func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }
        #expect(pulse.isWell(at: time(10_000)))
        pulse.note(isRunning: true, at: time(10_000))
        #expect(pulse.isWell(at: time(10_099)))
        #expect(!pulse.isWell(at: time(10_100)))
        pulse.note(isRunning: true, at: time(10_150))
        #expect(pulse.isWell(at: time(10_200)))
        pulse.note(isRunning: false, at: time(10_200))
        #expect(pulse.isWell(at: time(90_000)))
    }
}
