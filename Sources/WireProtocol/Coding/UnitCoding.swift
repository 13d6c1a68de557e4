import CProtobuf
import Scheduling

extension UnitKey {
    func message() -> Weft__V1__UnitKey {
        var message = unsafe Weft__V1__UnitKey()
        unsafe weft__v1__unit_key__init(&message)
        unsafe message.job = job.number
        unsafe message.shot = UInt32(shot)
        unsafe message.kind = Weft__V1__UnitKind(
            rawValue: WireEnumerations.unitKind.number(unit.kind)
        )
        unsafe message.index = UInt32(unit.index)
        unsafe message.round = UInt32(unit.round)
        return unsafe message
    }

    init(_ message: Weft__V1__UnitKey) throws(WireError) {
        let kind = try unsafe WireEnumerations.unitKind.value(message.kind.rawValue)
        // The values' own initialisers take what follows for granted.
        let shot = unsafe Int(message.shot)
        let round = unsafe Int(message.round)
        try WireError.require(kind != .content || shot == 0, "shot", "content of shot \(shot)")
        try WireError.require(kind == .sample || round == 0, "round", "\(kind) of round \(round)")
        self.init(
            job: JobID(unsafe message.job),
            shot: shot,
            unit: UnitID(kind, index: unsafe Int(message.index), round: round)
        )
    }
}

extension Lease {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Lease {
        var message = unsafe Weft__V1__Lease()
        unsafe weft__v1__lease__init(&message)
        unsafe message.unit = unsafe scratch.keep(unit.message())
        unsafe message.instance = epoch.instance
        unsafe message.number = epoch.number
        return unsafe message
    }

    init(_ message: Weft__V1__Lease) throws(WireError) {
        self.init(
            try unsafe UnitKey(decodedField(message.unit, "unit")),
            Epoch(instance: unsafe message.instance, number: unsafe message.number)
        )
    }

    /// A lease field that has to be there.
    init(field: UnsafeMutablePointer<Weft__V1__Lease>?) throws(WireError) {
        try unsafe self.init(decodedField(field, "lease"))
    }
}

extension UnitOrder {
    func message() -> Weft__V1__UnitOrder {
        var message = unsafe Weft__V1__UnitOrder()
        unsafe weft__v1__unit_order__init(&message)
        unsafe message.frames_start = UInt32(frames.lowerBound)
        unsafe message.frames_end = UInt32(frames.upperBound)
        unsafe message.first_frame = UInt32(firstFrame)
        unsafe message.steps_start = UInt32(steps.lowerBound)
        unsafe message.steps_end = UInt32(steps.upperBound)
        return unsafe message
    }

    init(_ message: Weft__V1__UnitOrder) throws(WireError) {
        self.init(
            frames: try unsafe decodedRange(message.frames_start, message.frames_end, "frames"),
            firstFrame: unsafe Int(message.first_frame),
            steps: try unsafe decodedRange(message.steps_start, message.steps_end, "steps")
        )
    }
}

extension LeaseProgress {
    func message(_ scratch: CMessageScratch) -> Weft__V1__LeaseProgress {
        var message = unsafe Weft__V1__LeaseProgress()
        unsafe weft__v1__lease_progress__init(&message)
        unsafe message.lease = unsafe scratch.keep(lease.message(scratch))
        unsafe message.phase = Weft__V1__UnitPhase(
            rawValue: WireEnumerations.unitPhase.number(phase)
        )
        unsafe message.done = UInt32(done)
        unsafe message.total = UInt32(total)
        return unsafe message
    }

    init(_ message: Weft__V1__LeaseProgress) throws(WireError) {
        self.init(
            try unsafe Lease(field: message.lease),
            phase: try unsafe WireEnumerations.unitPhase.value(message.phase.rawValue),
            done: unsafe Int(message.done),
            total: unsafe Int(message.total)
        )
    }
}
