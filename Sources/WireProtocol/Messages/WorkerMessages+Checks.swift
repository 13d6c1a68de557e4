package import Scheduling

extension JobID {
    /// Throws unless it can be the number of a job.
    func check() throws(WireError) {
        try WireError.check(number, "job", 1...Int.max)
    }
}

extension WorkerID {
    /// Throws unless the name keeps its limits.
    package func check() throws(WireError) {
        try WireError.check(name, "worker", minimum: 1, limit: WireLimits.nameBytes)
    }
}

extension UnitKey {
    func check() throws(WireError) {
        try job.check()
        try WireError.check(shot, "shot", 0...WireLimits.frames)
        try WireError.check(
            unit.index,
            "unit's index",
            0...(unit.kind == .content ? 0 : WireLimits.frames)
        )
        try WireError.check(unit.round, "unit's round", 0...WireLimits.steps)
    }
}

extension Lease {
    func check() throws(WireError) {
        try unit.check()
        try WireError.check(epoch.instance, "epoch", 1...Int.max)
        try WireError.check(epoch.number, "epoch", 1...Int.max)
    }
}

extension [Lease] {
    func check(_ field: String) throws(WireError) {
        try WireError.check(count: count, field, limit: WireLimits.leases)
        for lease in self { try lease.check() }
    }
}

extension [LeaseProgress] {
    func check() throws(WireError) {
        try WireError.check(count: count, "progress", limit: WireLimits.leases)
        for progress in self {
            try progress.lease.check()
            try WireError.check(progress.done, "progress", 0...WireLimits.frames)
            try WireError.check(progress.total, "progress", 0...WireLimits.frames)
        }
    }
}

extension UnitOrder {
    func check(of kind: UnitKind) throws(WireError) {
        try WireError.check(frames.lowerBound, "frames", 0...WireLimits.frames)
        try WireError.check(frames.upperBound, "frames", 0...WireLimits.frames)
        try WireError.check(firstFrame, "first frame", 0...WireLimits.frames)
        try WireError.check(steps.lowerBound, "steps", 0...WireLimits.steps)
        try WireError.check(steps.upperBound, "steps", 0...WireLimits.steps)
        try WireError.require(
            frames.isEmpty == (kind == .content),
            "frames",
            "\(frames) of \(kind)"
        )
        try WireError.require(steps.isEmpty != (kind == .sample), "steps", "\(steps) of \(kind)")
    }
}

extension IntroductionMessage {
    func check() throws(WireError) {
        try worker.check()
        try WireError.check(introduction.name, "worker's name", limit: WireLimits.nameBytes)
        try WireError.check(
            introduction.deviceClass,
            "device class",
            minimum: 1,
            limit: WireLimits.nameBytes
        )
        try introduction.running.check("running leases")
        try introduction.finished.check("finished leases")
    }
}

extension WelcomeMessage {
    func check() throws(WireError) {
        try WireError.check(instance, "instance", 1...Int.max)
        try WireError.check(session, "session", count: WireLimits.sessionBytes)
        try WireError.check(count: answers.count, "answers", limit: 2 * WireLimits.leases)
        for lease in answers.keys { try lease.check() }
    }
}

extension InputDescription {
    /// Bytes of the tensor.
    ///
    /// - Throws: `WireError` if the shape has too many axes or the tensor too many bytes.
    package func byteCount() throws(WireError) -> Int {
        try TensorHeader.byteCount(shape, scalarType)
    }

    func check() throws(WireError) {
        try WireError.check(name, "tensor name", minimum: 1, limit: WireLimits.nameBytes)
        _ = try byteCount()
    }
}

extension OfferMessage {
    func check() throws(WireError) {
        try lease.check()
        try order.check(of: lease.unit.unit.kind)
        try job.check()
        try WireError.check(shotFrames, "frames of the shot", 0...WireLimits.frames)
        try WireError.require(
            order.frames.upperBound <= shotFrames,
            "frames",
            "\(order.frames) of a shot of \(shotFrames)"
        )
        try WireError.check(count: inputs.count, "inputs", limit: WireLimits.inputs)
        for input in inputs { try input.check() }
        let names = Set(inputs.map(\.name))
        try WireError.require(names.count == inputs.count, "inputs", "one is named twice")
        try result.check()
        try WireError.require(
            depthLeast.isFinite && depthLargest.isFinite && depthLeast <= depthLargest,
            "depth range",
            "\(depthLeast) to \(depthLargest)"
        )
    }
}

extension CalibrationMessage {
    func check() throws(WireError) {
        try lease.check()
        try WireError.check(
            count: values.count,
            "calibration",
            limit: WireLimits.calibrationValues
        )
        try WireError.require(
            values.allSatisfy(\.isFinite),
            "calibration",
            "a value is not finite"
        )
    }
}

extension HeartbeatMessage {
    func check() throws(WireError) {
        try progress.check()
    }
}

extension LeaseReplyMessage {
    func check() throws(WireError) {
        try lease.check()
        try WireError.check(reason, "reason", limit: WireLimits.textBytes)
    }
}

extension UnitFailedMessage {
    func check() throws(WireError) {
        try lease.check()
        try WireError.check(failure.reason, "reason", limit: WireLimits.textBytes)
    }
}

extension GoodbyeMessage {
    func check() throws(WireError) {
        try WireError.check(reason, "reason", limit: WireLimits.textBytes)
    }
}

extension FetchMessage {
    func check() throws(WireError) {
        try lease.check()
        try WireError.check(input, "input", minimum: 1, limit: WireLimits.nameBytes)
        try WireError.check(chunk, "chunk", 0...Int(UInt32.max))
    }
}

extension StoredMessage {
    func check() throws(WireError) {
        try lease.check()
        try WireError.check(chunk, "chunk", 0...Int(UInt32.max))
    }
}
