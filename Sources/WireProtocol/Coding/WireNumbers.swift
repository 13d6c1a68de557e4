import Scheduling

/// The numbers on the wire of an enumeration's cases: a case's number is its position in a list
/// that only ever grows, from 1, whatever order the cases are declared in.
struct WireNumbers<Value: CaseIterable & Hashable & Sendable>: Sendable {
    private let field: String
    private let values: [Value]

    init(_ field: String, _ values: [Value]) {
        precondition(Set(values) == Set(Value.allCases), "the numbers of \(field) are incomplete")
        precondition(values.count == Value.allCases.count, "a \(field) has two numbers")
        self.field = field
        self.values = values
    }

    func number(_ value: Value) -> UInt32 {
        guard let index = values.firstIndex(of: value) else {
            preconditionFailure("\(value) has no number")
        }
        return UInt32(index) + 1
    }

    func value(_ number: UInt32) throws(WireError) -> Value {
        guard number >= 1, number <= values.count else {
            throw WireError(.invalidField(field, reason: "unknown number \(number)"))
        }
        return values[Int(number) - 1]
    }
}

/// The enumerations of the definitions.
enum WireEnumerations {
    static let scalarType = WireNumbers<TensorHeader.ScalarType>(
        "scalar type",
        [.float32, .float16, .bfloat16, .int64, .int32, .uint8]
    )
    static let refusalReason = WireNumbers<Refusal.Reason>(
        "refusal reason",
        [
            .malformed, .version, .tooLarge, .unexpected, .unknown, .conflict, .forbidden,
            .unavailable,
        ]
    )
    static let unitKind = WireNumbers<UnitKind>("unit kind", [.content, .depth, .sample, .decode])
    static let unitPhase = WireNumbers<UnitPhase>(
        "phase of a unit",
        [.waiting, .loading, .running, .delivering]
    )
    static let leaseAnswer = WireNumbers<LeaseAnswer>("lease answer", [.keep, .abort, .upload])
    static let leaseReply = WireNumbers<LeaseReplyMessage.Reply>(
        "lease reply",
        [.accepted, .declined, .returned]
    )
    static let failureClass = WireNumbers<FailureClass>(
        "failure class",
        [.unit, .worker, .resource, .infrastructure, .specification]
    )
    static let disposition = WireNumbers<ResultDisposition>(
        "result disposition",
        [.accepted, .duplicate, .unneeded, .rejected]
    )
    static let noise = WireNumbers<JobSpecification.Noise>(
        "noise",
        [.independent, .shuffled, .lock]
    )
    static let taper = WireNumbers<JobSpecification.Taper>(
        "taper",
        [.hann, .linear, .pyramid, .flat]
    )
    static let jobState = WireNumbers<JobState>(
        "job state",
        [.running, .paused, .assembling, .held, .done, .failed, .cancelled]
    )
    static let attemptEnd = WireNumbers<AttemptEnd>(
        "attempt's end",
        [
            .declined, .returned, .lost, .hung, .failedUnit, .failedWorker, .failedResource,
            .failedSpecification, .invalid, .superseded,
        ]
    )
    static let standing = WireNumbers<WorkerStanding>(
        "worker's standing",
        [.trusted, .draining, .quarantined, .heldBack]
    )
}
