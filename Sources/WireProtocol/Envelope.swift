/// What an envelope carries.
package enum EnvelopeBody: Hashable, Sendable {
    case hello(Hello)
    case refusal(Refusal)

    // Worker and coordinator, on the control socket.
    case introduction(IntroductionMessage)
    case welcome(WelcomeMessage)
    case offer(OfferMessage)
    case heartbeat(HeartbeatMessage)
    case leaseReply(LeaseReplyMessage)
    case unitFailed(UnitFailedMessage)
    case goodbye(GoodbyeMessage)
    case withdraw(WithdrawMessage)
    case acknowledge(AcknowledgeMessage)
    case drain(DrainMessage)
    case calibration(CalibrationMessage)

    // Worker and coordinator, on the bulk socket.
    case fetch(FetchMessage)
    case chunk(ChunkMessage)
    case stored(StoredMessage)

    // Clients.
    case submit(SubmitMessage)
    case submitted(SubmittedMessage)
    case listJobs(ListJobsMessage)
    case jobList(JobListMessage)
    case showJob(ShowJobMessage)
    case jobDetails(JobDetails)
    case commandJob(CommandJobMessage)
    case listWorkers(ListWorkersMessage)
    case workerList(WorkerListMessage)
    case commandWorker(CommandWorkerMessage)
    case done(DoneMessage)
    case listUnits(ListUnitsMessage)
    case unitList(UnitListMessage)

    /// Checks every value against the limits of the protocol.
    ///
    /// - Throws: `WireError` that names the first value outside them.
    package func check() throws(WireError) {
        switch self {
        // These cannot be made outside their limits.
        case .hello, .refusal, .drain, .done: break
        case .introduction(let message): try message.check()
        case .welcome(let message): try message.check()
        case .offer(let message): try message.check()
        case .heartbeat(let message): try message.check()
        case .leaseReply(let message): try message.check()
        case .unitFailed(let message): try message.check()
        case .goodbye(let message): try message.check()
        case .withdraw(let message): try message.lease.check()
        case .acknowledge(let message): try message.lease.check()
        case .calibration(let message): try message.check()
        case .fetch(let message): try message.check()
        case .chunk(let message): try message.lease.check()
        case .stored(let message): try message.check()
        case .submit(let message): try message.check()
        case .submitted(let message): try message.job.check()
        case .listJobs(let message): try message.before?.check()
        case .jobList(let message): try message.check()
        case .showJob(let message): try message.job.check()
        case .jobDetails(let message): try message.check()
        case .commandJob(let message): try message.check()
        case .listWorkers(let message): try message.after?.check()
        case .workerList(let message): try message.check()
        case .commandWorker(let message): try message.worker.check()
        case .listUnits(let message): try message.check()
        case .unitList(let message): try message.check()
        }
    }
}

/// The first frame of every message between peers.
///
/// `encoded()` and `init(decoding:)` are inverse to each other for every envelope whose body passes
/// its `check()`.
package struct Envelope: Hashable, Sendable {
    package let version: ProtocolVersion
    /// Counts the sender's messages on this connection from 1.
    package let sequence: UInt64
    /// Sequence number of the message that this one answers; 0 if it answers none.
    package let replyTo: UInt64
    package let body: EnvelopeBody

    package init(
        _ body: EnvelopeBody,
        sequence: UInt64,
        replyTo: UInt64 = 0,
        version: ProtocolVersion = .current
    ) {
        precondition(version.isUnderstood, "this program does not speak \(version)")
        self.version = version
        self.sequence = sequence
        self.replyTo = replyTo
        self.body = body
    }
}
