import CProtobuf
import Scheduling

extension UnitCounts {
    fileprivate func message(_ kind: UnitKind) -> Weft__V1__UnitCounts {
        var message = unsafe Weft__V1__UnitCounts()
        unsafe weft__v1__unit_counts__init(&message)
        unsafe message.kind = Weft__V1__UnitKind(rawValue: WireEnumerations.unitKind.number(kind))
        unsafe message.total = UInt64(total)
        unsafe message.blocked = UInt64(blocked)
        unsafe message.ready = UInt64(ready)
        unsafe message.leased = UInt64(leased)
        unsafe message.done = UInt64(done)
        unsafe message.held = UInt64(held)
        return unsafe message
    }

    fileprivate init(_ message: Weft__V1__UnitCounts) throws(WireError) {
        self.init()
        total = try unsafe count(message.total)
        blocked = try unsafe count(message.blocked)
        ready = try unsafe count(message.ready)
        leased = try unsafe count(message.leased)
        done = try unsafe count(message.done)
        held = try unsafe count(message.held)
    }
}

extension JobReport {
    func message(_ scratch: CMessageScratch) -> Weft__V1__JobReport {
        var message = unsafe Weft__V1__JobReport()
        unsafe weft__v1__job_report__init(&message)
        unsafe message.job = id.number
        unsafe message.request = unsafe scratch.keep(request.message(scratch))
        unsafe message.state = Weft__V1__JobState(rawValue: WireEnumerations.jobState.number(state))
        if let reason {
            unsafe message.optional_reason_case = WEFT__V1__JOB_REPORT__OPTIONAL_REASON_REASON
            unsafe message.reason = unsafe scratch.keep(reason)
        }
        unsafe message.planned = isPlanned ? 1 : 0
        unsafe message.shot_count = UInt64(shotCount)
        unsafe message.frame_count = UInt64(frameCount)
        // In order, so that equal messages have equal bytes.
        let kinds = UnitKind.allCases.filter { units[$0] != nil }
        unsafe message.n_units = kinds.count
        unsafe message.units = unsafe scratch.keep(kinds) { kind in
            unsafe (units[kind] ?? UnitCounts()).message(kind)
        }
        let ends = AttemptEnd.allCases.filter { attempts[$0] != nil }
        unsafe message.n_attempts = ends.count
        unsafe message.attempts = unsafe scratch.keep(ends) { end in
            var message = unsafe Weft__V1__AttemptCount()
            unsafe weft__v1__attempt_count__init(&message)
            unsafe message.end = Weft__V1__AttemptEnd(
                rawValue: WireEnumerations.attemptEnd.number(end)
            )
            unsafe message.count = UInt64(attempts[end] ?? 0)
            return unsafe message
        }
        unsafe message.speculative_attempts = UInt64(speculativeAttempts)
        unsafe message.worker_count = UInt64(workerCount)
        unsafe message.steps_done = UInt64(stepsDone)
        unsafe message.steps_total = UInt64(stepsTotal)
        unsafe message.n_held_units = heldUnits.count
        unsafe message.held_units = unsafe scratch.keep(heldUnits) { unsafe $0.message() }
        return unsafe message
    }

    init(_ message: Weft__V1__JobReport) throws(WireError) {
        var reason: String?
        if unsafe message.optional_reason_case == WEFT__V1__JOB_REPORT__OPTIONAL_REASON_REASON {
            reason = try unsafe decodedText(message.reason, "reason")
        }
        self.init(
            id: JobID(unsafe message.job),
            request: try unsafe JobRequest(decodedField(message.request, "request")),
            state: try unsafe WireEnumerations.jobState.value(message.state.rawValue),
            reason: reason,
            isPlanned: unsafe message.planned != 0,
            shotCount: try unsafe count(message.shot_count),
            frameCount: try unsafe count(message.frame_count),
            units: try unsafe Self.units(message),
            attempts: try unsafe Self.attempts(message),
            speculativeAttempts: try unsafe count(message.speculative_attempts),
            workerCount: try unsafe count(message.worker_count),
            stepsDone: try unsafe count(message.steps_done),
            stepsTotal: try unsafe count(message.steps_total),
            heldUnits: try unsafe decodedList(
                message.held_units,
                message.n_held_units,
                "held units",
                limit: WireLimits.heldUnits,
                UnitKey.init(_:)
            )
        )
    }

    private static func units(
        _ message: Weft__V1__JobReport
    ) throws(WireError) -> [UnitKind: UnitCounts] {
        let pairs = try unsafe decodedList(
            message.units,
            message.n_units,
            "units",
            limit: UnitKind.allCases.count
        ) { message throws(WireError) in
            (
                try unsafe WireEnumerations.unitKind.value(message.kind.rawValue),
                try unsafe UnitCounts(message)
            )
        }
        let units = Dictionary(pairs) { first, _ in first }
        try WireError.require(units.count == pairs.count, "units", "a kind is named twice")
        return units
    }

    private static func attempts(
        _ message: Weft__V1__JobReport
    ) throws(WireError) -> [AttemptEnd: Int] {
        let pairs = try unsafe decodedList(
            message.attempts,
            message.n_attempts,
            "attempts",
            limit: AttemptEnd.allCases.count
        ) { message throws(WireError) in
            (
                try unsafe WireEnumerations.attemptEnd.value(message.end.rawValue),
                try unsafe WireProtocol.count(message.count)
            )
        }
        let attempts = Dictionary(pairs) { first, _ in first }
        try WireError.require(attempts.count == pairs.count, "attempts", "an end is named twice")
        return attempts
    }
}

extension JobDetails {
    func message(_ scratch: CMessageScratch) -> Weft__V1__JobDetails {
        var message = unsafe Weft__V1__JobDetails()
        unsafe weft__v1__job_details__init(&message)
        unsafe message.report = unsafe scratch.keep(report.message(scratch))
        unsafe message.input = unsafe scratch.keep(input)
        unsafe message.output = unsafe scratch.keep(output)
        unsafe message.submitted_at = submittedAt
        if let endedAt {
            unsafe message.optional_ended_at_case =
                WEFT__V1__JOB_DETAILS__OPTIONAL_ENDED_AT_ENDED_AT
            unsafe message.ended_at = endedAt
        }
        unsafe message.mismatch_count = mismatchCount
        unsafe message.mismatch_mean = mismatchMean
        unsafe message.mismatch_largest = mismatchLargest
        unsafe message.mismatch_largest_round = mismatchLargestRound
        unsafe message.mismatch_largest_window = mismatchLargestWindow
        unsafe message.n_device_classes = deviceClasses.count
        unsafe message.device_classes = unsafe scratch.keep(
            deviceClasses.map { unsafe Optional.some(scratch.keep($0)) }
        )
        unsafe message.frames_written = framesWritten
        unsafe message.n_events = events.count
        unsafe message.events = unsafe scratch.keep(events) { event in
            var message = unsafe Weft__V1__EventLine()
            unsafe weft__v1__event_line__init(&message)
            unsafe message.time = event.time
            unsafe message.text = unsafe scratch.keep(event.text)
            return unsafe message
        }
        unsafe message.n_device_deviations = deviations.count
        unsafe message.device_deviations = unsafe scratch.keep(deviations) {
            unsafe $0.message(scratch)
        }
        return unsafe message
    }

    init(_ message: Weft__V1__JobDetails) throws(WireError) {
        self.init(report: try unsafe JobReport(decodedField(message.report, "report")))
        input = try unsafe decodedText(message.input, "input path")
        output = try unsafe decodedText(message.output, "output path")
        submittedAt = unsafe message.submitted_at
        if unsafe message.optional_ended_at_case
            == WEFT__V1__JOB_DETAILS__OPTIONAL_ENDED_AT_ENDED_AT
        {
            endedAt = unsafe message.ended_at
        }
        mismatchCount = unsafe message.mismatch_count
        mismatchMean = unsafe message.mismatch_mean
        mismatchLargest = unsafe message.mismatch_largest
        mismatchLargestRound = unsafe message.mismatch_largest_round
        mismatchLargestWindow = unsafe message.mismatch_largest_window
        let classes = unsafe message.n_device_classes
        try WireError.check(
            count: classes,
            "device classes",
            limit: WireLimits.deviceClasses
        )
        for index in 0..<classes {
            deviceClasses.append(
                try unsafe decodedText(message.device_classes?[index], "device class")
            )
        }
        framesWritten = unsafe message.frames_written
        events = try unsafe decodedList(
            message.events,
            message.n_events,
            "events",
            limit: WireLimits.events
        ) { message throws(WireError) in
            JobEventLine(
                time: unsafe message.time,
                text: try unsafe decodedText(message.text, "event")
            )
        }
        deviations = try unsafe decodedList(
            message.device_deviations,
            message.n_device_deviations,
            "deviations",
            limit: WireLimits.deviations,
            DeviceDeviation.init(_:)
        )
    }
}

extension DeviceDeviation {
    fileprivate func message(_ scratch: CMessageScratch) -> Weft__V1__DeviceDeviation {
        var message = unsafe Weft__V1__DeviceDeviation()
        unsafe weft__v1__device_deviation__init(&message)
        unsafe message.first = unsafe scratch.keep(first)
        unsafe message.second = unsafe scratch.keep(second)
        unsafe message.ratio = ratio
        return unsafe message
    }

    fileprivate init(_ message: Weft__V1__DeviceDeviation) throws(WireError) {
        self.init(
            try unsafe decodedText(message.first, "device class"),
            try unsafe decodedText(message.second, "device class"),
            ratio: unsafe message.ratio
        )
    }
}

extension UnitOrigin {
    func message(_ scratch: CMessageScratch) -> Weft__V1__UnitOrigin {
        var message = unsafe Weft__V1__UnitOrigin()
        unsafe weft__v1__unit_origin__init(&message)
        unsafe message.unit = unsafe scratch.keep(unit.message())
        unsafe message.worker = unsafe scratch.keep(worker.name)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.device_class = unsafe scratch.keep(deviceClass)
        return unsafe message
    }

    init(_ message: Weft__V1__UnitOrigin) throws(WireError) {
        self.init(
            try unsafe UnitKey(decodedField(message.unit, "unit")),
            WorkerID(try unsafe decodedText(message.worker, "worker")),
            name: try unsafe decodedText(message.name, "worker's name"),
            deviceClass: try unsafe decodedText(message.device_class, "device class")
        )
    }
}

extension WorkerReport {
    func message(_ scratch: CMessageScratch) -> Weft__V1__WorkerReport {
        var message = unsafe Weft__V1__WorkerReport()
        unsafe weft__v1__worker_report__init(&message)
        unsafe message.worker = unsafe scratch.keep(id.name)
        unsafe message.name = unsafe scratch.keep(name)
        unsafe message.device_class = unsafe scratch.keep(deviceClass)
        unsafe message.connected = isConnected ? 1 : 0
        unsafe message.standing = Weft__V1__WorkerStanding(
            rawValue: WireEnumerations.standing.number(standing)
        )
        unsafe message.n_leases = leases.count
        unsafe message.leases = unsafe scratch.keep(leases) { unsafe $0.message(scratch) }
        unsafe message.units_done = UInt64(unitsDone)
        unsafe message.units_failed = UInt64(unitsFailed)
        unsafe message.silence_nanoseconds = UInt64(silence.wholeNanoseconds)
        return unsafe message
    }

    init(_ message: Weft__V1__WorkerReport) throws(WireError) {
        let silence = unsafe message.silence_nanoseconds
        try WireError.check(silence, "silence", 0...Int.max)
        self.init(
            id: WorkerID(try unsafe decodedText(message.worker, "worker")),
            name: try unsafe decodedText(message.name, "worker's name"),
            deviceClass: try unsafe decodedText(message.device_class, "device class"),
            isConnected: unsafe message.connected != 0,
            standing: try unsafe WireEnumerations.standing.value(message.standing.rawValue),
            leases: try unsafe decodedList(
                message.leases,
                message.n_leases,
                "progress",
                limit: WireLimits.leases,
                LeaseProgress.init(_:)
            ),
            unitsDone: try unsafe count(message.units_done),
            unitsFailed: try unsafe count(message.units_failed),
            silence: .nanoseconds(Int64(silence))
        )
    }
}

/// A number of a report.
private func count(_ number: UInt64) throws(WireError) -> Int {
    try decodedNumber(number, "count of a report", limit: WireLimits.count)
}
