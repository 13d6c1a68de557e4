import Glibc
import Testing
import ZeroMQ

/// Each in a process of its own: signals interrupt the waits of all other tests.
@Suite(.timeLimit(.minutes(10)))
struct SignalMonitorTests {
    @Test func `a signal ends a wait and is told once`() async {
        await #expect(processExitsWith: .success) {
            let poller = Poller(signals: try SignalMonitor())
            let numbers: [(Int32, Signal)] = [
                (SIGUSR1, .user1), (SIGHUP, .hangUp), (SIGTERM, .terminate), (SIGINT, .interrupt),
            ]
            for (number, signal) in numbers {
                kill(getpid(), number)
                var signals: [Signal] = []
                // The wait may be interrupted by the signal itself.
                while signals.isEmpty { signals = try poller.wait(for: .seconds(10)).signals }
                try #require(signals == [signal])
                try #require(try poller.wait(for: .zero).signals.isEmpty)
            }
        }
    }

    @Test func `signals before the wait are not lost`() async {
        await #expect(processExitsWith: .success) {
            let monitor = try SignalMonitor()
            // To the process: threads of Swift's pool block signals to themselves.
            for number in [SIGTERM, SIGUSR1, SIGUSR1] { kill(getpid(), number) }
            let poller = Poller(signals: monitor)
            var signals: Set<Signal> = []
            while signals.count < 2 { signals.formUnion(try poller.wait(for: nil).signals) }
            try #require(signals == [.terminate, .user1])
            // The second may still be on its way to another thread, where it would end the process
            // if the monitor went first.
            withExtendedLifetime(poller) { exit(EXIT_SUCCESS) }
        }
    }

    @Test func `when the monitor is gone, signals do again what they did`() async {
        await #expect(processExitsWith: .signal(SIGUSR1)) {
            func monitored() throws {
                let poller = Poller(signals: try SignalMonitor())
                kill(getpid(), SIGUSR1)
                while try poller.wait(for: nil).signals != [.user1] {}
            }
            try monitored()
            kill(getpid(), SIGUSR1)
            sleep(30)
        }
    }

    @Test func `signals that were not asked for keep what they do`() async {
        await #expect(processExitsWith: .signal(SIGHUP)) {
            let poller = Poller(signals: try SignalMonitor([.terminate]))
            kill(getpid(), SIGTERM)
            while try poller.wait(for: nil).signals != [.terminate] {}
            kill(getpid(), SIGHUP)
            sleep(30)
        }
    }

    @Test func `a second monitor at the same time is refused, and a later one is not`() async {
        await #expect(processExitsWith: .success) {
            func first() throws {
                let poller = Poller(signals: try SignalMonitor())
                let refused = #expect(throws: ZeroMQError.self) { _ = try SignalMonitor() }
                try #require(refused?.code == .library(EBUSY))
                kill(getpid(), SIGUSR1)
                while try poller.wait(for: nil).signals != [.user1] {}
            }
            try first()
            _ = try SignalMonitor()
        }
    }
}
