package import Scheduling

// The control socket between worker and coordinator. Limits of every field: `WireLimits`.

/// Worker: what it is and holds.
///
/// Sent after `Hello`, and again whenever the coordinator asks.
package struct IntroductionMessage: Hashable, Sendable {
    package var introduction: WorkerIntroduction
    /// The name it drew at its start; where there are keys, the key counts instead.
    package var worker: WorkerID
    /// Whose leases it names; nil as long as it knows no farm, and then it names none.
    package var farm: FarmID?

    package init(_ introduction: WorkerIntroduction, worker: WorkerID, farm: FarmID? = nil) {
        self.introduction = introduction
        self.worker = worker
        self.farm = farm
    }
}

/// Coordinator: answers an introduction.
package struct WelcomeMessage: Hashable, Sendable {
    /// Starts of the coordinator, from 1.
    package var instance: UInt64
    /// What the worker shows on its bulk connection, 16 bytes.
    package var session: [UInt8]
    package var answers: [Lease: LeaseAnswer]
    package var farm: FarmID

    package init(
        instance: UInt64,
        session: [UInt8],
        answers: [Lease: LeaseAnswer],
        farm: FarmID
    ) {
        self.instance = instance
        self.session = session
        self.answers = answers
        self.farm = farm
    }
}

/// Coordinator: a unit to run.
package struct OfferMessage: Hashable, Sendable {
    package var lease: Lease
    package var order: UnitOrder
    package var job: JobSpecification
    /// Frames of the whole shot; keys nothing, but bounds what a worker keeps.
    package var shotFrames: Int
    /// What has to be fetched, with the shape and type it will have.
    package var inputs: [InputDescription]
    /// Of the shot's depth; sample units only.
    package var depthLeast: Float
    package var depthLargest: Float
    /// What the result has to be.
    package var result: InputDescription
    /// Whether the worker shall first make what every class of devices of the job makes.
    package var calibrates = false

    package init(
        lease: Lease,
        order: UnitOrder,
        job: JobSpecification,
        shotFrames: Int,
        inputs: [InputDescription],
        depthLeast: Float = 0,
        depthLargest: Float = 0,
        result: InputDescription
    ) {
        self.lease = lease
        self.order = order
        self.job = job
        self.shotFrames = shotFrames
        self.inputs = inputs
        self.depthLeast = depthLeast
        self.depthLargest = depthLargest
        self.result = result
    }
}

/// Worker: latents that depend on the job and its class of devices alone, to compare classes by.
package struct CalibrationMessage: Hashable, Sendable {
    /// Of the offer that asked for it; only its job counts.
    package var lease: Lease
    package var values: [Float]

    package init(_ lease: Lease, _ values: [Float]) {
        self.lease = lease
        self.values = values
    }
}

/// A tensor of a unit.
///
/// Inputs: `image` u8 `[H, W, 3]`; `frames` u8 `[n, H, W, 3]`; `depth` f32 `[n, H, W]`; `content`
/// f32 `[1, D]`; `mask` f32 `[n, h, w, 1]`, 1 where the source is kept; `latents` f32
/// `[n, h, w, C]`, fused. Results: `content`, `depth`, `latents` (stepped), `frames`.
package struct InputDescription: Hashable, Sendable {
    package var name: String
    package var scalarType: TensorHeader.ScalarType
    package var shape: [Int]
    /// Whether it is the same in every round of a window, so that a worker may keep it.
    package var isKept: Bool

    package init(
        _ name: String,
        _ scalarType: TensorHeader.ScalarType,
        _ shape: [Int],
        isKept: Bool = false
    ) {
        self.name = name
        self.scalarType = scalarType
        self.shape = shape
        self.isKept = isKept
    }
}

/// Worker: sent from the loop that advances the sampler, every 2 s.
package struct HeartbeatMessage: Hashable, Sendable {
    package var progress: [LeaseProgress]
    package var freeSpoolBytes: UInt64

    package init(progress: [LeaseProgress], freeSpoolBytes: UInt64) {
        self.progress = progress
        self.freeSpoolBytes = freeSpoolBytes
    }
}

/// Worker: what it does with an offer or a lease.
package struct LeaseReplyMessage: Hashable, Sendable {
    package enum Reply: UInt32, CaseIterable, Hashable, Sendable {
        case accepted = 1
        case declined = 2
        /// Given back unrun.
        case returned = 3
    }

    package var lease: Lease
    package var reply: Reply
    package var reason: String

    package init(_ lease: Lease, _ reply: Reply, reason: String = "") {
        self.lease = lease
        self.reply = reply
        self.reason = reason
    }
}

/// Worker: a unit it could not finish.
package struct UnitFailedMessage: Hashable, Sendable {
    package var lease: Lease
    package var failure: UnitFailure

    package init(_ lease: Lease, _ failure: UnitFailure) {
        self.lease = lease
        self.failure = failure
    }
}

/// Worker: it leaves and will not come back under this start.
package struct GoodbyeMessage: Hashable, Sendable {
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// Coordinator: stop the unit and drop what there is of it.
package struct WithdrawMessage: Hashable, Sendable {
    package var lease: Lease

    package init(_ lease: Lease) {
        self.lease = lease
    }
}

/// Coordinator: what became of a result.
package struct AcknowledgeMessage: Hashable, Sendable {
    package var lease: Lease
    package var disposition: ResultDisposition

    package init(_ lease: Lease, _ disposition: ResultDisposition) {
        self.lease = lease
        self.disposition = disposition
    }
}

/// Coordinator: finish what runs, take nothing new, leave.
package struct DrainMessage: Hashable, Sendable {
    package init() {}
}
