import CProtobuf
import Scheduling

extension Envelope {
    /// Reads an envelope from the bytes of one frame, which anybody may have made.
    ///
    /// - Parameter bytes: The whole frame.
    /// - Throws: `WireError` if the bytes are no envelope of a version this program understands, or
    ///   if a value is outside its limits.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= WireLimits.envelopeBytes else {
            throw WireError(.tooLarge(bytes: bytes.count, limit: WireLimits.envelopeBytes))
        }
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe weft_envelope_unpack(buffer.baseAddress, buffer.count, WireLimits.unpackedBytes)
        }
        guard let message = unsafe unpacked else { throw WireError(.malformed) }
        defer { unsafe weft__v1__envelope__free_unpacked(message, nil) }

        // The version comes first: what a later one means by the rest is not known here.
        let version = unsafe message.pointee.version.map {
            unsafe ProtocolVersion(major: $0.pointee.major, minor: $0.pointee.minor)
        }
        guard let version else { throw WireError(.malformed) }
        guard version.isUnderstood else { throw WireError(.unsupportedVersion(version)) }
        let body = try unsafe EnvelopeBody(message.pointee)
        try body.check()
        self.init(
            body,
            sequence: unsafe message.pointee.sequence,
            replyTo: unsafe message.pointee.reply_to,
            version: version
        )
    }
}

extension EnvelopeBody {
    fileprivate init(_ message: Weft__V1__Envelope) throws(WireError) {
        switch unsafe message.body_case {
        case WEFT__V1__ENVELOPE__BODY_HELLO:
            self = .hello(try unsafe Hello(message.hello.pointee))
        case WEFT__V1__ENVELOPE__BODY_REFUSAL:
            self = .refusal(try unsafe Refusal(message.refusal.pointee))
        case WEFT__V1__ENVELOPE__BODY_INTRODUCTION:
            self = .introduction(try unsafe IntroductionMessage(message.introduction.pointee))
        case WEFT__V1__ENVELOPE__BODY_WELCOME:
            self = .welcome(try unsafe WelcomeMessage(message.welcome.pointee))
        case WEFT__V1__ENVELOPE__BODY_OFFER:
            self = .offer(try unsafe OfferMessage(message.offer.pointee))
        case WEFT__V1__ENVELOPE__BODY_HEARTBEAT:
            self = .heartbeat(try unsafe HeartbeatMessage(message.heartbeat.pointee))
        case WEFT__V1__ENVELOPE__BODY_LEASE_REPLY:
            self = .leaseReply(try unsafe LeaseReplyMessage(message.lease_reply.pointee))
        case WEFT__V1__ENVELOPE__BODY_UNIT_FAILED:
            self = .unitFailed(try unsafe UnitFailedMessage(message.unit_failed.pointee))
        case WEFT__V1__ENVELOPE__BODY_GOODBYE:
            self = .goodbye(try unsafe GoodbyeMessage(message.goodbye.pointee))
        case WEFT__V1__ENVELOPE__BODY_WITHDRAW:
            self = .withdraw(try unsafe WithdrawMessage(message.withdraw.pointee))
        case WEFT__V1__ENVELOPE__BODY_ACKNOWLEDGE:
            self = .acknowledge(try unsafe AcknowledgeMessage(message.acknowledge.pointee))
        case WEFT__V1__ENVELOPE__BODY_DRAIN:
            self = .drain(DrainMessage())
        case WEFT__V1__ENVELOPE__BODY_CALIBRATION:
            self = .calibration(try unsafe CalibrationMessage(message.calibration.pointee))
        case WEFT__V1__ENVELOPE__BODY_FETCH:
            self = .fetch(try unsafe FetchMessage(message.fetch.pointee))
        case WEFT__V1__ENVELOPE__BODY_CHUNK:
            self = .chunk(try unsafe ChunkMessage(message.chunk.pointee))
        case WEFT__V1__ENVELOPE__BODY_STORED:
            self = .stored(try unsafe StoredMessage(message.stored.pointee))
        case WEFT__V1__ENVELOPE__BODY_SUBMIT:
            self = .submit(try unsafe SubmitMessage(message.submit.pointee))
        case WEFT__V1__ENVELOPE__BODY_SUBMITTED:
            self = .submitted(SubmittedMessage(JobID(unsafe message.submitted.pointee.job)))
        case WEFT__V1__ENVELOPE__BODY_LIST_JOBS:
            self = unsafe .listJobs(ListJobsMessage(message.list_jobs.pointee))
        case WEFT__V1__ENVELOPE__BODY_JOB_LIST:
            self = .jobList(try unsafe JobListMessage(message.job_list.pointee))
        case WEFT__V1__ENVELOPE__BODY_SHOW_JOB:
            self = .showJob(ShowJobMessage(JobID(unsafe message.show_job.pointee.job)))
        case WEFT__V1__ENVELOPE__BODY_JOB_DETAILS:
            self = .jobDetails(try unsafe JobDetails(message.job_details.pointee))
        case WEFT__V1__ENVELOPE__BODY_COMMAND_JOB:
            self = .commandJob(try unsafe CommandJobMessage(message.command_job.pointee))
        case WEFT__V1__ENVELOPE__BODY_LIST_WORKERS:
            self = .listWorkers(try unsafe ListWorkersMessage(message.list_workers.pointee))
        case WEFT__V1__ENVELOPE__BODY_WORKER_LIST:
            self = .workerList(try unsafe WorkerListMessage(message.worker_list.pointee))
        case WEFT__V1__ENVELOPE__BODY_COMMAND_WORKER:
            self = .commandWorker(try unsafe CommandWorkerMessage(message.command_worker.pointee))
        case WEFT__V1__ENVELOPE__BODY_DONE:
            self = .done(DoneMessage())
        case WEFT__V1__ENVELOPE__BODY_LIST_UNITS:
            self = .listUnits(try unsafe ListUnitsMessage(message.list_units.pointee))
        case WEFT__V1__ENVELOPE__BODY_UNIT_LIST:
            self = .unitList(try unsafe UnitListMessage(message.unit_list.pointee))
        default: throw WireError(.unknownBody)
        }
    }
}
