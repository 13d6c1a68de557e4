import Scheduling

/// What coordinator, workers and clients say to each other.
///
/// It is what `WireProtocol` has but for tensors, which are symbolic values here.
enum SimulatedMessage: Sendable {
    // From workers.
    case introduction(WorkerIntroduction)
    case heartbeat([LeaseProgress])
    case accepted(Lease)
    case declined(Lease, String)
    case returned(Lease)
    case failed(Lease, UnitFailure)
    case goodbye(String)
    case fetch(Lease)
    case chunk(Lease, index: Int, count: Int, UnitValue)

    // To workers.
    case welcome(instance: UInt64, [Lease: LeaseAnswer])
    case unknown
    case offer(Lease, UnitOrder, job: Int)
    case withdraw(Lease)
    case acknowledge(Lease, ResultDisposition)
    case drain
    case inputs(Lease, [UInt64])
    case refused(Lease, String)
    case stored(Lease, index: Int)

    // From clients, numbered, and the answers.
    case submit(number: Int, job: Int)
    case command(number: Int, JobID, JobCommand)
    case workerCommand(number: Int, WorkerID, WorkerCommand)
    case submitted(number: Int, JobID)
    case done(number: Int)
    case notFound(number: Int)
}

/// A result: what it would be the checksum of, and whether it is not a valid one at all.
struct UnitValue: Hashable, Sendable {
    let value: UInt64
    let isValid: Bool
}

/// A whole result at the coordinator, on its way to the disk.
struct Upload: Sendable {
    let worker: Int
    let lease: Lease
    let value: UnitValue
}

extension SimulatedMessage: CustomStringConvertible {
    var description: String {
        switch self {
        case .introduction(let who):
            "introduction\(who.isDraining ? " draining" : "") runs \(who.running)"
                + " has \(who.finished)"
        case .heartbeat(let progress):
            "heartbeat " + progress.map { "\($0.lease) \($0.phase) \($0.done)" }.description
        case .accepted(let lease): "accepted \(lease)"
        case .declined(let lease, let reason): "declined \(lease): \(reason)"
        case .returned(let lease): "returned \(lease)"
        case .failed(let lease, let failure):
            "failed \(lease) \(failure.failureClass): \(failure.reason)"
        case .goodbye(let reason): "goodbye: \(reason)"
        case .fetch(let lease): "fetch \(lease)"
        case .chunk(let lease, let index, let count, _): "chunk \(index + 1)/\(count) of \(lease)"
        case .welcome(let instance, let answers):
            "welcome of \(instance)"
                + answers.sorted { $0.key < $1.key }.map { " \($0.value) \($0.key)" }.joined()
        case .unknown: "unknown"
        case .offer(let lease, let order, _): "offer \(lease) \(order.frames) \(order.steps)"
        case .withdraw(let lease): "withdraw \(lease)"
        case .acknowledge(let lease, let disposition): "acknowledge \(lease) \(disposition)"
        case .drain: "drain"
        case .inputs(let lease, _): "inputs of \(lease)"
        case .refused(let lease, let reason): "refused \(lease): \(reason)"
        case .stored(let lease, let index): "stored \(index + 1) of \(lease)"
        case .submit(let number, let job): "\(number) submit \(job)"
        case .command(let number, let job, let command): "\(number) \(job) \(command)"
        case .workerCommand(let number, let worker, let command):
            "\(number) \(worker) \(command)"
        case .submitted(let number, let job): "\(number) submitted \(job)"
        case .done(let number): "\(number) done"
        case .notFound(let number): "\(number) not found"
        }
    }
}
