package import Logging
package import Scheduling
import Tensors

/// The program that computes units, and how it is started.
package struct RunnerCommand: Hashable, Sendable {
    package var path: String
    package var arguments: [String]

    package init(_ path: String, _ arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }
}

/// A worker's runner through its deaths: the child process computes, may crash or hang, and is
/// started again.
///
/// Belongs to the loop's thread and never waits.
package final class RunnerProcess {
    package enum Event: Hashable, Sendable {
        /// It takes requests.
        case ready(deviceClass: String)
        case progress(Lease, phase: UnitPhase, done: Int)
        case calibrated(Lease, [Float])
        case finished(Lease)
        case failed(Lease, UnitFailure)
        /// The process ended; it is started again after a pause.
        case died(reason: String)
    }

    /// A runner that says nothing for this long after its start is not going to.
    package static let startLimit = Duration.seconds(120)
    /// A runner that has closed its replies has this long to end.
    package static let silenceLimit = Duration.seconds(1)
    /// Pauses before a start, doubling while no unit comes to its end.
    package static let pauses = Duration.milliseconds(500)...Duration.seconds(30)

    private let command: RunnerCommand
    private let logger: Logger
    private var state = State.waiting(until: .zero)
    private var lines = LineBuffer(bytesMax: RunnerLine.bytesMax)
    private var pause = pauses.lowerBound
    /// Deaths since a runner was last ready.
    package private(set) var failedStarts = 0
    /// Taken before the process was ready.
    private var pending: RunnerOrder?
    /// Why it was killed, if this side did.
    private var killReason: String?
    /// When it closed its replies, which it does at its end.
    private var silentSince: Instant?

    private enum State {
        case waiting(until: Instant)
        case starting(ChildProcess, since: Instant)
        case ready(ChildProcess)
    }

    package init(_ command: RunnerCommand, logger: Logger) {
        self.command = command
        self.logger = logger
    }

    /// What a loop waits for; nil while there is no process that can answer.
    package var descriptor: Int32? { silentSince == nil ? child?.replies : nil }

    package var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    /// The running process, for the log and the tests.
    package var processID: Int32? { child?.processID }

    /// Whether the process has not yet read what it was sent, so that `poll` has to come soon.
    package var hasUnsentBytes: Bool { (child?.unsentCount ?? 0) > 0 }

    /// When a process is to be started; nil while there is one.
    package var nextStart: Instant? {
        if case .waiting(let instant) = state { instant } else { nil }
    }

    private var child: ChildProcess? {
        switch state {
        case .waiting: nil
        case .starting(let child, _), .ready(let child): child
        }
    }

    /// Gives it a unit, now or when it is ready; it has no other at the time.
    package func run(_ order: RunnerOrder) {
        guard case .ready(let child) = state else {
            pending = order
            return
        }
        child.write(RunnerRequest.run(order).line)
    }

    /// Asks it to stop a unit at the next step.
    ///
    /// - Returns: False if the unit has not been given to a process yet and now never is.
    package func stop(_ lease: Lease) -> Bool {
        if pending?.lease == lease {
            pending = nil
            return false
        }
        if case .ready(let child) = state { child.write(RunnerRequest.stop(lease).line) }
        return true
    }

    /// Ends the process at once; `poll` tells when it is gone.
    package func kill(_ reason: String) {
        guard let child else { return }
        killReason = killReason ?? reason
        child.kill()
    }

    /// Does what is due and tells what happened, in order.
    package func poll(at now: Instant) -> [Event] {
        switch state {
        case .waiting(let instant):
            return now >= instant ? start(at: now) : []
        case .starting(let child, let since):
            if now >= since + Self.startLimit { kill("it was not ready after its start") }
            return listen(to: child, at: now)
        case .ready(let child):
            return listen(to: child, at: now)
        }
    }

    private func start(at now: Instant) -> [Event] {
        do {
            let child = try ChildProcess(command.path, command.arguments)
            state = .starting(child, since: now)
            lines = LineBuffer(bytesMax: RunnerLine.bytesMax)
            killReason = nil
            silentSince = nil
            logger.info("runner started", metadata: ["runner.pid": "\(child.processID)"])
            return []
        } catch {
            return bury("\(error)", at: now)
        }
    }

    private func listen(to child: ChildProcess, at now: Instant) -> [Event] {
        child.flush()
        // Looked at first: what it said before its end is in the pipe by then.
        let end = child.status()
        var events: [Event] = []
        do {
            // Bounded, so that a runner that floods its parent starves nobody else.
            for _ in 0..<16 where silentSince == nil {
                switch child.read() {
                case .bytes(let bytes): lines.append(bytes)
                case .end: silentSince = now
                case .nothing: break
                }
                while let line = try lines.next() {
                    if let event = take(try RunnerReply(line: line), from: child) {
                        events.append(event)
                    }
                }
            }
        } catch {
            logger.error("the runner says what means nothing", metadata: ["error": "\(error)"])
            kill("it said what means nothing: \(error)")
        }
        if let end {
            events += bury(killReason.map { "the worker ended it: \($0)" } ?? "\(end)", at: now)
        } else if let silentSince, now >= silentSince + Self.silenceLimit {
            kill("it closed its replies")
        }
        return events
    }

    private func take(_ reply: RunnerReply, from child: ChildProcess) -> Event? {
        switch reply {
        case .ready(let deviceClass):
            guard case .starting = state else { return nil }
            state = .ready(child)
            failedStarts = 0
            if let order = pending {
                pending = nil
                run(order)
            }
            return .ready(deviceClass: deviceClass)
        case .progress(let lease, let phase, let done):
            return .progress(lease, phase: phase, done: done)
        case .calibrated(let lease, let values):
            return .calibrated(lease, values)
        case .finished(let lease):
            pause = Self.pauses.lowerBound
            return .finished(lease)
        case .failed(let lease, let failure):
            pause = Self.pauses.lowerBound
            return .failed(lease, failure)
        }
    }

    private func bury(_ reason: String, at now: Instant) -> [Event] {
        if !isReady { failedStarts += 1 }
        state = .waiting(until: now + pause)
        // A unit that waited for this process fails with it.
        pending = nil
        logger.warning(
            "runner ended",
            metadata: ["reason": "\(reason)", "pause.seconds": "\(pause.components.seconds)"]
        )
        pause = min(pause * 2, Self.pauses.upperBound)
        return [.died(reason: "the runner died: \(reason)")]
    }
}
