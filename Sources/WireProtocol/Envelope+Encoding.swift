import CProtobuf

extension Envelope {
    /// The bytes of one frame; the body passes its `check()`.
    package func encoded() -> [UInt8] {
        do {
            try body.check()
        } catch {
            preconditionFailure("an envelope that nobody may send: \(error)")
        }
        let scratch = CMessageScratch()
        var version = unsafe Weft__V1__ProtocolVersion()
        unsafe weft__v1__protocol_version__init(&version)
        unsafe version.major = self.version.major
        unsafe version.minor = self.version.minor
        var envelope = unsafe Weft__V1__Envelope()
        unsafe weft__v1__envelope__init(&envelope)
        unsafe envelope.version = unsafe scratch.keep(version)
        unsafe envelope.sequence = sequence
        unsafe envelope.reply_to = replyTo
        let (kind, message) = unsafe body.message(scratch)
        unsafe envelope.body_case = kind
        // The members of the union are pointers all, so one stands for any.
        unsafe envelope.hello = unsafe message.assumingMemoryBound(to: Weft__V1__Hello.self)
        let count = unsafe weft__v1__envelope__get_packed_size(&envelope)
        // The limits of the fields add up to less.
        precondition(count <= WireLimits.envelopeBytes, "an envelope of \(count) bytes")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            initialized = unsafe weft__v1__envelope__pack(&envelope, bytes.baseAddress)
        }
    }
}

extension EnvelopeBody {
    fileprivate func message(
        _ scratch: CMessageScratch
    ) -> (Weft__V1__Envelope__BodyCase, UnsafeMutableRawPointer) {
        switch self {
        case .hello(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_HELLO, scratch.raw(message.message(scratch)))
        case .refusal(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_REFUSAL, scratch.raw(message.message(scratch)))
        case .introduction(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_INTRODUCTION, scratch.raw(message.message(scratch)))
        case .welcome(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_WELCOME, scratch.raw(message.message(scratch)))
        case .offer(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_OFFER, scratch.raw(message.message(scratch)))
        case .heartbeat(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_HEARTBEAT, scratch.raw(message.message(scratch)))
        case .leaseReply(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_LEASE_REPLY, scratch.raw(message.message(scratch)))
        case .unitFailed(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_UNIT_FAILED, scratch.raw(message.message(scratch)))
        case .goodbye(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_GOODBYE, scratch.raw(message.message(scratch)))
        case .withdraw(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_WITHDRAW, scratch.raw(message.message(scratch)))
        case .acknowledge(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_ACKNOWLEDGE, scratch.raw(message.message(scratch)))
        case .drain:
            unsafe (WEFT__V1__ENVELOPE__BODY_DRAIN, scratch.raw(DrainMessage.message()))
        case .calibration(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_CALIBRATION, scratch.raw(message.message(scratch)))
        case .fetch(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_FETCH, scratch.raw(message.message(scratch)))
        case .chunk(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_CHUNK, scratch.raw(message.message(scratch)))
        case .stored(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_STORED, scratch.raw(message.message(scratch)))
        case .submit(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_SUBMIT, scratch.raw(message.message(scratch)))
        case .submitted(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_SUBMITTED, scratch.raw(message.message()))
        case .listJobs(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_LIST_JOBS, scratch.raw(message.message()))
        case .jobList(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_JOB_LIST, scratch.raw(message.message(scratch)))
        case .showJob(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_SHOW_JOB, scratch.raw(message.message()))
        case .jobDetails(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_JOB_DETAILS, scratch.raw(message.message(scratch)))
        case .commandJob(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_COMMAND_JOB, scratch.raw(message.message()))
        case .listWorkers(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_LIST_WORKERS, scratch.raw(message.message(scratch)))
        case .workerList(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_WORKER_LIST, scratch.raw(message.message(scratch)))
        case .commandWorker(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_COMMAND_WORKER, scratch.raw(message.message(scratch)))
        case .done:
            unsafe (WEFT__V1__ENVELOPE__BODY_DONE, scratch.raw(DoneMessage.message()))
        case .listUnits(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_LIST_UNITS, scratch.raw(message.message(scratch)))
        case .unitList(let message):
            unsafe (WEFT__V1__ENVELOPE__BODY_UNIT_LIST, scratch.raw(message.message(scratch)))
        }
    }
}

extension CMessageScratch {
    fileprivate func raw<Message>(_ message: Message) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(keep(message))
    }
}
