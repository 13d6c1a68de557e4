package import Scheduling
package import WireProtocol

// What worker and runner say to each other: one JSON object a line, requests on the runner's
// standard input, replies on its descriptor 3. Tensors lie in files that the lines name.

/// Worker: what the runner shall do.
package enum RunnerRequest: Hashable, Sendable {
    /// Compute a unit. The runner has no other at the time.
    case run(RunnerOrder)
    /// Stop the unit at the next step; what is not running is ignored.
    case stop(Lease)
}

/// A unit with the files it reads and writes.
package struct RunnerOrder: Hashable, Sendable {
    package var lease: Lease
    package var job: JobSpecification
    package var order: UnitOrder
    /// Frames of the whole shot.
    package var shotFrames: Int
    /// Least and largest depth of the shot; of sample units only.
    package var depthRange: DepthRange
    /// Safetensors files by the name of the one tensor in each.
    package var inputs: [String: String]
    /// Where the result goes, as a safetensors file of the one tensor that `result` describes.
    ///
    /// It gets this name when it is complete and on the disk.
    package var output: String
    package var result: InputDescription
    /// Whether to make first what every class of devices of the job makes.
    package var calibrates = false

    package init(
        lease: Lease,
        job: JobSpecification,
        order: UnitOrder,
        shotFrames: Int,
        depthRange: DepthRange,
        inputs: [String: String],
        output: String,
        result: InputDescription
    ) {
        self.lease = lease
        self.job = job
        self.order = order
        self.shotFrames = shotFrames
        self.depthRange = depthRange
        self.inputs = inputs
        self.output = output
        self.result = result
    }
}

/// Least and largest relative inverse depth of a shot.
package struct DepthRange: Hashable, Sendable {
    package var least: Float
    package var largest: Float

    package init(least: Float, largest: Float) {
        self.least = least
        self.largest = largest
    }
}

/// Runner: what it is and how far it is.
package enum RunnerReply: Hashable, Sendable {
    /// The first reply: it takes requests. The class names devices that give the same bits.
    case ready(deviceClass: String)
    /// Steps or frames done; from the loop that advances them, so that a hang shows.
    case progress(Lease, phase: UnitPhase, done: Int)
    /// What this class of devices makes of the job's made-up frames.
    case calibrated(Lease, [Float])
    /// The result is complete under the order's output path.
    case finished(Lease)
    /// Also when it was stopped.
    case failed(Lease, UnitFailure)
}

/// A line between worker and runner that means nothing.
package struct RunnerMessageError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
