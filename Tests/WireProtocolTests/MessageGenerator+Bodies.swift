import Scheduling
import WireProtocol

// Whole messages, by the name of their case.
extension MessageGenerator {
    static let kinds = [
        "hello", "refusal", "introduction", "welcome", "offer", "heartbeat", "leaseReply",
        "unitFailed", "goodbye", "withdraw", "acknowledge", "drain", "fetch", "chunk", "stored",
        "submit", "submitted", "listJobs", "jobList", "showJob", "jobDetails", "commandJob",
        "listWorkers", "workerList", "commandWorker", "done", "calibration", "listUnits",
        "unitList",
    ]

    mutating func body(_ kind: String) throws -> EnvelopeBody {
        if let body = workerBody(kind) { return body }
        if let body = clientBody(kind) { return body }
        switch kind {
        case "hello":
            return .hello(
                try Hello(
                    role: text(WireLimits.nameBytes, from: 1),
                    software: text(WireLimits.nameBytes),
                    bootID: bytes(WireLimits.bootIDBytes)
                )
            )
        case "refusal":
            return .refusal(
                try Refusal(
                    element(Refusal.Reason.self),
                    text: text(WireLimits.textBytes),
                    refusedSequence: number()
                )
            )
        case "fetch":
            return .fetch(
                FetchMessage(
                    lease(),
                    input: text(WireLimits.nameBytes, from: 1),
                    chunk: count(Int(UInt32.max))
                )
            )
        case "chunk": return .chunk(ChunkMessage(lease(), try header()))
        default: return .stored(StoredMessage(lease(), chunk: count(Int(UInt32.max))))
        }
    }

    private mutating func workerBody(_ kind: String) -> EnvelopeBody? {
        switch kind {
        case "introduction": return .introduction(introduction())
        case "welcome":
            let pairs = list(2 * WireLimits.leases) { ($0.lease(), $0.element(LeaseAnswer.self)) }
            return .welcome(
                WelcomeMessage(
                    instance: number(UInt64(Int.max) - 1) + 1,
                    session: bytes(WireLimits.sessionBytes),
                    answers: Dictionary(pairs) { first, _ in first },
                    farm: farm()
                )
            )
        case "offer": return .offer(offer())
        case "heartbeat":
            return .heartbeat(
                HeartbeatMessage(
                    progress: list(WireLimits.leases) { $0.progress() },
                    freeSpoolBytes: number()
                )
            )
        case "leaseReply":
            return .leaseReply(
                LeaseReplyMessage(
                    lease(),
                    element(LeaseReplyMessage.Reply.self),
                    reason: text(WireLimits.textBytes)
                )
            )
        case "unitFailed":
            return .unitFailed(
                UnitFailedMessage(
                    lease(),
                    UnitFailure(element(FailureClass.self), text(WireLimits.textBytes))
                )
            )
        case "goodbye": return .goodbye(GoodbyeMessage(reason: text(WireLimits.textBytes)))
        case "withdraw": return .withdraw(WithdrawMessage(lease()))
        case "acknowledge":
            return .acknowledge(AcknowledgeMessage(lease(), element(ResultDisposition.self)))
        case "drain": return .drain(DrainMessage())
        case "calibration":
            return .calibration(
                CalibrationMessage(
                    lease(),
                    list(WireLimits.calibrationValues) { $0.real32() }
                )
            )
        default: return nil
        }
    }

    private mutating func introduction() -> IntroductionMessage {
        IntroductionMessage(
            WorkerIntroduction(
                name: text(WireLimits.nameBytes),
                deviceClass: text(WireLimits.nameBytes, from: 1),
                credit: 1 + below(64),
                isDraining: bool(),
                running: list(WireLimits.leases) { $0.lease() },
                finished: list(WireLimits.leases) { $0.lease() }
            ),
            worker: worker(),
            farm: bool() ? farm() : nil
        )
    }

    private mutating func farm() -> FarmID {
        do {
            return try FarmID(bytes(WireLimits.farmIDBytes))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private mutating func offer() -> OfferMessage {
        let kind = element(UnitKind.self)
        let shotFrames = count(WireLimits.frames, from: 1)
        let depth = [real32(), real32()].sorted()
        var inputs = list(WireLimits.inputs) { $0.description() }
        // Names differ, as they have to.
        for index in inputs.indices { inputs[index].name = "input \(index)" }
        var offer = OfferMessage(
            lease: lease(kind),
            order: order(of: kind, shotFrames: shotFrames),
            job: specification(),
            shotFrames: shotFrames,
            inputs: inputs,
            depthLeast: depth[0],
            depthLargest: depth[1],
            result: description()
        )
        offer.calibrates = bool()
        return offer
    }

    private mutating func clientBody(_ kind: String) -> EnvelopeBody? {
        switch kind {
        case "submit": return .submit(SubmitMessage(request(), specification()))
        case "submitted": return .submitted(SubmittedMessage(job()))
        case "listJobs": return .listJobs(ListJobsMessage(before: optional { $0.job() }))
        case "jobList":
            let jobs = list(20) { $0.details() }
            return .jobList(JobListMessage(fitting: jobs, hasMore: bool()))
        case "showJob": return .showJob(ShowJobMessage(job()))
        case "jobDetails": return .jobDetails(details())
        case "commandJob":
            let priority = count(2 * WireLimits.priority) - WireLimits.priority
            let commands: [JobCommand] = [
                .pause, .resume, .cancel, .retry, .setPriority(priority),
            ]
            return .commandJob(CommandJobMessage(job(), commands[below(5)]))
        case "listWorkers":
            return .listWorkers(ListWorkersMessage(after: optional { $0.worker() }))
        case "workerList":
            let workers = list(50) { $0.workerReport() }
            return .workerList(WorkerListMessage(fitting: workers, hasMore: bool()))
        case "commandWorker":
            let commands: [WorkerCommand] = [.drain, .undrain, .quarantine, .release]
            return .commandWorker(CommandWorkerMessage(worker(), commands[below(4)]))
        case "done": return .done(DoneMessage())
        case "listUnits":
            let after = optional { $0.unit() }
            return .listUnits(ListUnitsMessage(after?.job ?? job(), after: after))
        case "unitList":
            let units = list(WireLimits.listed) { $0.origin() }
            return .unitList(UnitListMessage(fitting: units, hasMore: bool()))
        default: return nil
        }
    }

    private mutating func counts() -> UnitCounts {
        var counts = UnitCounts()
        counts.total = count(WireLimits.count)
        counts.blocked = count(WireLimits.count)
        counts.ready = count(WireLimits.count)
        counts.leased = count(WireLimits.count)
        counts.done = count(WireLimits.count)
        counts.held = count(WireLimits.count)
        return counts
    }

    private mutating func report() -> JobReport {
        var units: [UnitKind: UnitCounts] = [:]
        for kind in UnitKind.allCases { units[kind] = optional { $0.counts() } }
        var attempts: [AttemptEnd: Int] = [:]
        for end in AttemptEnd.allCases { attempts[end] = optional { $0.count(WireLimits.count) } }
        return JobReport(
            id: job(),
            request: request(),
            state: element(JobState.self),
            reason: optional { $0.text(WireLimits.textBytes) },
            isPlanned: bool(),
            shotCount: count(WireLimits.count),
            frameCount: count(WireLimits.count),
            units: units,
            attempts: attempts,
            speculativeAttempts: count(WireLimits.count),
            workerCount: count(WireLimits.count),
            stepsDone: count(WireLimits.count),
            stepsTotal: count(WireLimits.count),
            heldUnits: list(WireLimits.heldUnits) { $0.unit() }
        )
    }

    mutating func details() -> JobDetails {
        var details = JobDetails(report: report())
        details.input = text(WireLimits.pathBytes)
        details.output = text(WireLimits.pathBytes)
        details.submittedAt = Int64(bitPattern: number())
        details.endedAt = optional { Int64(bitPattern: $0.number()) }
        details.mismatchCount = UInt64(count(WireLimits.count))
        details.mismatchMean = real(0...10)
        details.mismatchLargest = real(0...Double.greatestFiniteMagnitude)
        details.mismatchLargestRound = UInt32(number(UInt64(UInt32.max)))
        details.mismatchLargestWindow = UInt32(number(UInt64(UInt32.max)))
        details.deviceClasses = list(WireLimits.deviceClasses) { $0.text(WireLimits.nameBytes) }
        details.framesWritten = UInt64(count(WireLimits.count))
        details.events = list(WireLimits.events) {
            JobEventLine(
                time: Int64(bitPattern: $0.number()),
                text: $0.text(WireLimits.eventBytes)
            )
        }
        details.deviations = list(WireLimits.deviations) {
            DeviceDeviation(
                $0.text(WireLimits.nameBytes),
                $0.text(WireLimits.nameBytes),
                ratio: $0.real(0...1)
            )
        }
        return details
    }

    mutating func origin() -> UnitOrigin {
        UnitOrigin(
            unit(),
            worker(),
            name: text(WireLimits.nameBytes),
            deviceClass: text(WireLimits.nameBytes)
        )
    }

    mutating func workerReport() -> WorkerReport {
        WorkerReport(
            id: worker(),
            name: text(WireLimits.nameBytes),
            deviceClass: text(WireLimits.nameBytes),
            isConnected: bool(),
            standing: element(WorkerStanding.self),
            leases: list(64) { $0.progress() },
            unitsDone: count(WireLimits.count),
            unitsFailed: count(WireLimits.count),
            silence: .nanoseconds(Int64(number(UInt64(Int64.max))))
        )
    }
}
