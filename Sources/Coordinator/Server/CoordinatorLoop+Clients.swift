import Logging
import Scheduling
import WireProtocol

// What clients ask. Each request may come twice: the answer is the same.

extension CoordinatorLoop {
    func handleClient(_ incoming: Incoming) throws(CoordinatorError) {
        switch incoming.envelope.body {
        case .submit(let message): submit(message, incoming)
        case .listJobs(let message): listJobs(message, incoming)
        case .showJob(let message):
            guard let details = details(of: message.job, withEvents: true) else {
                return refuse(incoming, .unknown, "there is no \(message.job)")
            }
            reply(to: incoming, .jobDetails(details.clipped()))
        case .commandJob(let message): command(message, incoming)
        case .listWorkers(let message):
            let workers = farm.workers(at: now).sorted { $0.id < $1.id }
            let rest = message.after.map { last in workers.filter { $0.id > last } } ?? workers
            reply(to: incoming, .workerList(WorkerListMessage(fitting: rest, hasMore: false)))
        case .commandWorker(let message): command(message, incoming)
        case .listUnits(let message): try listUnits(message, incoming)
        case .refusal: break
        default:
            board.note(.forbidden, .control, incoming.envelope.body.kind, at: now)
            refuse(incoming, .unexpected, "a client does not say this")
        }
    }

    // MARK: Jobs

    private func submit(_ message: SubmitMessage, _ incoming: Incoming) {
        // A repetition is answered even when a new job would be refused.
        if let job = farm.job(for: message.request.idempotencyKey) {
            return reply(to: incoming, .submitted(SubmittedMessage(job)))
        }
        guard storage.isWritable else {
            return refuse(incoming, .unavailable, "the coordinator's disk is full")
        }
        let openCount = jobs.values.count { $0.endedAt == nil }
        guard openCount < configuration.limits.openJobs else {
            return refuse(incoming, .unavailable, "there are \(openCount) open jobs already")
        }
        let examination = SubmissionCheck(mediaRoot: configuration.mediaRoot)
        if let objection = examination.objection(to: message.job) {
            return refuse(incoming, objection.reason, objection.text)
        }
        let job = farm.nextJob
        let record = JobRecord(message.job, submittedAt: clock.wallSeconds)
        jobs[job] = record
        storage.note(record, of: job)
        logger.info(
            "job submitted",
            metadata: ["job.id": "\(job)", "input": "\(message.job.input)"]
        )
        tell(.submitted(job, message.request))
        reply(to: incoming, .submitted(SubmittedMessage(job)))
    }

    private func listJobs(_ message: ListJobsMessage, _ incoming: Incoming) {
        let limit = configuration.limits.jobsPerPage
        // One more than the page tells whether there are older ones.
        let reports = farm.reports(before: message.before, limit: limit + 1)
        let page = reports.prefix(limit).compactMap { details(of: $0.id, withEvents: false) }
        let list = JobListMessage(fitting: page, hasMore: reports.count > limit)
        reply(to: incoming, .jobList(list))
    }

    private func listUnits(
        _ message: ListUnitsMessage,
        _ incoming: Incoming
    ) throws(CoordinatorError) {
        guard jobs[message.job] != nil else {
            return refuse(incoming, .unknown, "there is no \(message.job)")
        }
        let limit = configuration.limits.unitsPerPage
        // One more than the page tells whether there are others.
        let units = try storage.origins(of: message.job, after: message.after, limit: limit + 1)
        let page = UnitListMessage(
            fitting: Array(units.prefix(limit)),
            hasMore: units.count > limit
        )
        reply(to: incoming, .unitList(page))
    }

    /// A job as people see it; nil if there is none.
    private func details(of job: JobID, withEvents: Bool) -> JobDetails? {
        guard let report = farm.report(job), let record = jobs[job] else { return nil }
        var details = JobDetails(report: report)
        details.input = record.specification.input
        details.output = record.specification.output
        details.submittedAt = record.submittedAt
        details.endedAt = record.endedAt
        details.mismatchCount = record.mismatches.count
        details.mismatchMean = record.mismatches.mean
        details.mismatchLargest = record.mismatches.largest
        details.mismatchLargestRound = record.mismatches.largestRound
        details.mismatchLargestWindow = record.mismatches.largestWindow
        details.deviceClasses = record.deviceClasses.sorted()
        details.framesWritten = record.framesWritten
        details.deviations = record.calibrations.deviations
        if withEvents { details.events = record.events }
        return details
    }

    private func command(_ message: CommandJobMessage, _ incoming: Incoming) {
        guard let report = farm.report(message.job) else {
            return refuse(incoming, .unknown, "there is no \(message.job)")
        }
        if let objection = Self.objection(to: message.command, report) {
            return refuse(incoming, .conflict, objection)
        }
        logger.info(
            "job command",
            metadata: ["job.id": "\(message.job)", "command": "\(message.command)"]
        )
        tell(.jobCommand(message.job, message.command))
        reply(to: incoming, .done(DoneMessage()))
    }

    /// Why a command makes no sense for a job where it is; nil if it does, or changes nothing.
    private static func objection(to command: JobCommand, _ report: JobReport) -> String? {
        let state = report.state
        switch command {
        case .cancel where state == .done || state == .failed,
            .pause where state.isFinal,
            .resume where state.isFinal,
            .setPriority where state.isFinal,
            .retry where state == .done || state == .cancelled:
            return "\(report.id) is \(state.rawValue) already"
        default: return nil
        }
    }

    // MARK: Workers

    private func command(_ message: CommandWorkerMessage, _ incoming: Incoming) {
        let workers = farm.workers(at: now)
        // People know workers by the names of their machines, which need not be different.
        let matches =
            workers.contains { $0.id == message.worker }
            ? [message.worker]
            : workers.filter { $0.name == message.worker.name }.map(\.id)
        guard let worker = matches.first else {
            return refuse(incoming, .unknown, "there is no worker \(message.worker)")
        }
        guard matches.count == 1 else {
            let text = "\(matches.count) workers are called \(message.worker); name one by its key"
            return refuse(incoming, .conflict, text)
        }
        logger.info(
            "worker command",
            metadata: ["worker.id": "\(worker)", "command": "\(message.command)"]
        )
        tell(.workerCommand(worker, message.command))
        reply(to: incoming, .done(DoneMessage()))
    }
}
