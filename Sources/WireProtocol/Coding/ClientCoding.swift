import CProtobuf
import Scheduling

extension SubmitMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__Submit {
        var message = unsafe Weft__V1__Submit()
        unsafe weft__v1__submit__init(&message)
        unsafe message.request = unsafe scratch.keep(request.message(scratch))
        unsafe message.job = unsafe scratch.keep(job.message(scratch))
        return unsafe message
    }

    init(_ message: Weft__V1__Submit) throws(WireError) {
        self.init(
            try unsafe JobRequest(decodedField(message.request, "request")),
            try unsafe JobSpecification(decodedField(message.job, "job"))
        )
    }
}

extension SubmittedMessage {
    func message() -> Weft__V1__Submitted {
        var message = unsafe Weft__V1__Submitted()
        unsafe weft__v1__submitted__init(&message)
        unsafe message.job = job.number
        return unsafe message
    }
}

extension ListJobsMessage {
    func message() -> Weft__V1__ListJobs {
        var message = unsafe Weft__V1__ListJobs()
        unsafe weft__v1__list_jobs__init(&message)
        unsafe message.before = before?.number ?? 0
        return unsafe message
    }

    init(_ message: Weft__V1__ListJobs) {
        let before = unsafe message.before
        self.init(before: before > 0 ? JobID(before) : nil)
    }
}

extension JobListMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__JobList {
        var message = unsafe Weft__V1__JobList()
        unsafe weft__v1__job_list__init(&message)
        unsafe message.n_jobs = jobs.count
        unsafe message.jobs = unsafe scratch.keep(jobs) { unsafe $0.message(scratch) }
        unsafe message.has_more = hasMore ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__JobList) throws(WireError) {
        self.init(
            jobs: try unsafe decodedList(
                message.jobs,
                message.n_jobs,
                "jobs",
                limit: WireLimits.listed,
                JobDetails.init(_:)
            ),
            hasMore: unsafe message.has_more != 0
        )
    }
}

extension ShowJobMessage {
    func message() -> Weft__V1__ShowJob {
        var message = unsafe Weft__V1__ShowJob()
        unsafe weft__v1__show_job__init(&message)
        unsafe message.job = job.number
        return unsafe message
    }
}

extension CommandJobMessage {
    func message() -> Weft__V1__CommandJob {
        var message = unsafe Weft__V1__CommandJob()
        unsafe weft__v1__command_job__init(&message)
        unsafe message.job = job.number
        switch command {
        case .pause: unsafe message.command = WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_PAUSE
        case .resume: unsafe message.command = WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_RESUME
        case .cancel: unsafe message.command = WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_CANCEL
        case .retry: unsafe message.command = WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_RETRY
        case .setPriority(let priority):
            unsafe message.command = WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_SET_PRIORITY
            unsafe message.priority = Int32(priority)
        }
        return unsafe message
    }

    init(_ message: Weft__V1__CommandJob) throws(WireError) {
        let command: JobCommand
        switch unsafe message.command {
        case WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_PAUSE: command = .pause
        case WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_RESUME: command = .resume
        case WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_CANCEL: command = .cancel
        case WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_RETRY: command = .retry
        case WEFT__V1__COMMAND_JOB__COMMAND__COMMAND_SET_PRIORITY:
            command = .setPriority(Int(unsafe message.priority))
        default:
            let number = unsafe message.command.rawValue
            throw WireError(.invalidField("command", reason: "unknown number \(number)"))
        }
        self.init(JobID(unsafe message.job), command)
    }
}

extension ListWorkersMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__ListWorkers {
        var message = unsafe Weft__V1__ListWorkers()
        unsafe weft__v1__list_workers__init(&message)
        unsafe message.after = unsafe scratch.keep(after?.name ?? "")
        return unsafe message
    }

    init(_ message: Weft__V1__ListWorkers) throws(WireError) {
        self.init(after: try unsafe decodedOptionalText(message.after, "worker").map(WorkerID.init))
    }
}

extension WorkerListMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__WorkerList {
        var message = unsafe Weft__V1__WorkerList()
        unsafe weft__v1__worker_list__init(&message)
        unsafe message.n_workers = workers.count
        unsafe message.workers = unsafe scratch.keep(workers) { unsafe $0.message(scratch) }
        unsafe message.has_more = hasMore ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__WorkerList) throws(WireError) {
        self.init(
            workers: try unsafe decodedList(
                message.workers,
                message.n_workers,
                "workers",
                limit: WireLimits.listed,
                WorkerReport.init(_:)
            ),
            hasMore: unsafe message.has_more != 0
        )
    }
}

extension ListUnitsMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__ListUnits {
        var message = unsafe Weft__V1__ListUnits()
        unsafe weft__v1__list_units__init(&message)
        unsafe message.job = job.number
        if let after { unsafe message.after = unsafe scratch.keep(after.message()) }
        return unsafe message
    }

    init(_ message: Weft__V1__ListUnits) throws(WireError) {
        self.init(JobID(unsafe message.job))
        if let unit = unsafe message.after { after = try unsafe UnitKey(unit.pointee) }
    }
}

extension UnitListMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__UnitList {
        var message = unsafe Weft__V1__UnitList()
        unsafe weft__v1__unit_list__init(&message)
        unsafe message.n_units = units.count
        unsafe message.units = unsafe scratch.keep(units) { unsafe $0.message(scratch) }
        unsafe message.has_more = hasMore ? 1 : 0
        return unsafe message
    }

    init(_ message: Weft__V1__UnitList) throws(WireError) {
        self.init(
            units: try unsafe decodedList(
                message.units,
                message.n_units,
                "units",
                limit: WireLimits.listed,
                UnitOrigin.init(_:)
            ),
            hasMore: unsafe message.has_more != 0
        )
    }
}

extension CommandWorkerMessage {
    func message(_ scratch: CMessageScratch) -> Weft__V1__CommandWorker {
        var message = unsafe Weft__V1__CommandWorker()
        unsafe weft__v1__command_worker__init(&message)
        unsafe message.worker = unsafe scratch.keep(worker.name)
        unsafe message.command =
            switch command {
            case .drain: WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_DRAIN
            case .undrain: WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_UNDRAIN
            case .quarantine: WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_QUARANTINE
            case .release: WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_RELEASE
            }
        return unsafe message
    }

    init(_ message: Weft__V1__CommandWorker) throws(WireError) {
        let command: WorkerCommand
        switch unsafe message.command {
        case WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_DRAIN: command = .drain
        case WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_UNDRAIN: command = .undrain
        case WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_QUARANTINE: command = .quarantine
        case WEFT__V1__COMMAND_WORKER__COMMAND__COMMAND_RELEASE: command = .release
        default:
            let number = unsafe message.command.rawValue
            throw WireError(.invalidField("command", reason: "unknown number \(number)"))
        }
        self.init(WorkerID(try unsafe decodedText(message.worker, "worker")), command)
    }
}
