package import Scheduling
package import ZeroMQ

/// When and how fast a worker leaves: by signals, by request, by the end of its lifetime.
package struct LeavePlan: Sendable {
    /// What is still to be delivered when the batch system's time is over has this long.
    package static let lastMoment = Duration.seconds(10)

    package enum Speed: Hashable, Comparable, Sendable, CustomStringConvertible {
        case drain(DrainSpeed)
        /// Leave whatever is held: the operator has asked twice.
        case now

        package var description: String {
            switch self {
            case .drain(let speed): "\(speed)"
            case .now: "now"
            }
        }
    }

    private let lifetimeDrain: Instant?
    private let lifetimeEnd: Instant?
    private var asked: Speed?
    private var done: Speed?
    private var isLifetimeOver = false

    package init(_ configuration: WorkerConfiguration, startingAt start: Instant) {
        let margin = configuration.lifetimeMargin
        lifetimeDrain = configuration.lifetime.map { start + ($0 - margin) }
        lifetimeEnd = configuration.lifetime.map { start + ($0 - min(margin / 2, Self.lastMoment)) }
    }

    /// SIGUSR1 drains, SIGTERM and SIGINT drain fast, and any of them once more is a step faster.
    package mutating func take(_ signals: [Signal]) {
        for signal in signals {
            switch signal {
            case .user1: ask(asked == nil ? .regular : .expedited)
            case .terminate, .interrupt:
                if let asked, asked >= .drain(.expedited) {
                    self.asked = .now
                } else {
                    ask(.expedited)
                }
            case .hangUp: break
            }
        }
    }

    package mutating func ask(_ speed: DrainSpeed) {
        asked = max(asked ?? .drain(speed), .drain(speed))
    }

    /// How fast to leave from now on; nil if that is as before.
    package mutating func due(at now: Instant) -> Speed? {
        if let lifetimeDrain, now >= lifetimeDrain {
            isLifetimeOver = true
            ask(.regular)
        }
        if let lifetimeEnd, now >= lifetimeEnd { ask(.expedited) }
        guard let asked, done.map({ $0 < asked }) ?? true else { return nil }
        done = asked
        return asked
    }

    /// Why the process ends, seen from outside.
    package func final(_ exit: WorkerExit) -> WorkerExit {
        isLifetimeOver && exit == .drained ? .interrupted : exit
    }
}
