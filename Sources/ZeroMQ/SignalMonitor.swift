import CZeroMQ
import Glibc
import Synchronization

/// The signals by which an operator or a batch system talks to a daemon.
package enum Signal: CaseIterable, Hashable, Sendable {
    /// Stop soon.
    case terminate
    /// The same from a keyboard.
    case interrupt
    /// Time is nearly over: finish what runs, take nothing new.
    case user1
    /// Read the configuration again.
    case hangUp

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .user1: SIGUSR1
        case .hangUp: SIGHUP
        }
    }
}

/// What the one monitor's handler writes to; -1 while there is no monitor.
private let monitorDescriptor = Atomic<Int32>(-1)
/// A bit for each signal of `Signal.allCases` that came and was not taken.
private let arrived = Atomic<UInt32>(0)

/// Turns signals into something that a `Poller` waits for.
///
/// A handler sets a bit and writes to an eventfd(2), rather than signalfd(2) over blocked signals:
/// that would need every thread of the process to block them, those of libraries too, and child
/// processes would inherit the blockade. Handlers are gone after exec(2). One monitor at a time.
package final class SignalMonitor {
    private let wakeUp: WakeUp
    private var former: [(Signal, sigaction)] = []

    /// Takes over `signals` for the whole process until the monitor is gone.
    ///
    /// - Parameter signals: The others keep what they do.
    /// - Throws: `ZeroMQError` if there is a monitor already or no descriptor left.
    package init(_ signals: [Signal] = Signal.allCases) throws(ZeroMQError) {
        wakeUp = try WakeUp()
        let (isFirst, _) = monitorDescriptor.compareExchange(
            expected: -1,
            desired: wakeUp.descriptor,
            ordering: .sequentiallyConsistent
        )
        guard isFirst else {
            throw ZeroMQError(.library(EBUSY), operation: "open", subject: "signal monitor")
        }
        arrived.store(0, ordering: .sequentiallyConsistent)
        // Whoever started this process may have blocked them, as threads of a pool do.
        var handled = sigset_t()
        unsafe sigemptyset(&handled)
        for signal in signals { unsafe sigaddset(&handled, signal.number) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &handled, nil)
        for signal in signals {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { handle($0) }
            action.sa_flags = SA_RESTART
            var before = sigaction()
            unsafe sigaction(signal.number, &action, &before)
            former.append((signal, before))
        }
    }

    deinit {
        // Of a monitor that was refused there is nothing to undo.
        guard !former.isEmpty else { return }
        for (signal, action) in former {
            var action = action
            unsafe sigaction(signal.number, &action, nil)
        }
        monitorDescriptor.store(-1, ordering: .sequentiallyConsistent)
    }

    var descriptor: Int32 { wakeUp.descriptor }

    /// Takes the signals that have come since the last call, each once.
    package func take() -> [Signal] {
        _ = wakeUp.clear()
        let bits = arrived.exchange(0, ordering: .sequentiallyConsistent)
        return Signal.allCases.enumerated().compactMap { index, signal in
            bits & 1 << UInt32(index) == 0 ? nil : signal
        }
    }
}

/// Does only what signal-safety(7) allows: atomic operations and write(2).
private func handle(_ number: Int32) {
    let saved = errno
    let bit: UInt32
    // The order of `Signal.allCases`, spelt out: an array would be allocated.
    switch number {
    case SIGTERM: bit = 1
    case SIGINT: bit = 2
    case SIGUSR1: bit = 4
    default: bit = 8
    }
    arrived.bitwiseOr(bit, ordering: .sequentiallyConsistent)
    var one: UInt64 = 1
    _ = unsafe write(monitorDescriptor.load(ordering: .sequentiallyConsistent), &one, 8)
    errno = saved
}
