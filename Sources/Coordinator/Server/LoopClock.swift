import Glibc
import Scheduling

/// The loop's two clocks: one that only goes forward, and the one on the wall for people.
struct LoopClock: Sendable {
    private let start = ContinuousClock.now

    /// Since this clock was made.
    var now: Instant {
        Instant(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds)
    }

    /// Seconds since 1970.
    var wallSeconds: Int64 {
        Int64(time(nil))
    }
}

extension Duration {
    /// For the log.
    var seconds: Double {
        Double(wholeNanoseconds) / 1e9
    }
}
