import Scheduling

/// Reads the machine's clock that only goes forward, for the loop and nobody else.
struct WorkerClock {
    private let start = ContinuousClock.now

    var now: Instant {
        Instant(nanoseconds: start.duration(to: .now).wholeNanoseconds)
    }
}
