package import Scheduling

extension JobRequest {
    /// Checks every value, as the coordinator does before it takes the job.
    ///
    /// - Throws: `WireError` that names the first value outside its limits.
    package func check() throws(WireError) {
        try WireError.check(
            idempotencyKey,
            "idempotency key",
            minimum: 1,
            limit: WireLimits.nameBytes
        )
        try WireError.check(name, "name of the job", limit: WireLimits.nameBytes)
        try WireError.check(priority, "priority", -WireLimits.priority...WireLimits.priority)
        if let workersMax { try WireError.check(workersMax, "workers", 1...WireLimits.priority) }
    }
}

extension SubmitMessage {
    package func check() throws(WireError) {
        try request.check()
        try job.check()
    }
}

extension CommandJobMessage {
    package func check() throws(WireError) {
        try job.check()
        guard case .setPriority(let priority) = command else { return }
        try WireError.check(priority, "priority", -WireLimits.priority...WireLimits.priority)
    }
}

extension JobReport {
    package func check() throws(WireError) {
        try id.check()
        try request.check()
        if let reason { try WireError.check(reason, "reason", limit: WireLimits.textBytes) }
        let numbers = [
            shotCount, frameCount, speculativeAttempts, workerCount, stepsDone, stepsTotal,
        ]
        for number in numbers + Array(attempts.values) {
            try WireError.check(number, "count of a report", 0...WireLimits.count)
        }
        for counts in units.values { try counts.check() }
        try WireError.check(count: heldUnits.count, "held units", limit: WireLimits.heldUnits)
        for unit in heldUnits { try unit.check() }
    }
}

extension UnitCounts {
    fileprivate func check() throws(WireError) {
        for number in [total, blocked, ready, leased, done, held] {
            try WireError.check(number, "count of units", 0...WireLimits.count)
        }
    }
}

extension JobDetails {
    package func check() throws(WireError) {
        try report.check()
        try WireError.check(input, "input path", limit: WireLimits.pathBytes)
        try WireError.check(output, "output path", limit: WireLimits.pathBytes)
        for count in [mismatchCount, framesWritten] {
            try WireError.check(count, "count of a report", 0...WireLimits.count)
        }
        for mismatch in [mismatchMean, mismatchLargest] {
            try WireError.check(mismatch, "mismatch", 0...Double.greatestFiniteMagnitude)
        }
        try WireError.check(
            count: deviceClasses.count,
            "device classes",
            limit: WireLimits.deviceClasses
        )
        for name in deviceClasses {
            try WireError.check(name, "device class", limit: WireLimits.nameBytes)
        }
        try WireError.check(count: events.count, "events", limit: WireLimits.events)
        for event in events {
            try WireError.check(event.text, "event", limit: WireLimits.eventBytes)
        }
        try WireError.check(count: deviations.count, "deviations", limit: WireLimits.deviations)
        for deviation in deviations { try deviation.check() }
    }
}

extension DeviceDeviation {
    fileprivate func check() throws(WireError) {
        for name in [first, second] {
            try WireError.check(name, "device class", limit: WireLimits.nameBytes)
        }
        try WireError.check(ratio, "deviation", 0...Double.greatestFiniteMagnitude)
    }
}

extension ListUnitsMessage {
    func check() throws(WireError) {
        try job.check()
        guard let after else { return }
        try after.check()
        try WireError.require(after.job == job, "unit", "\(after) is not of \(job)")
    }
}

extension UnitListMessage {
    func check() throws(WireError) {
        try WireError.check(count: units.count, "units", limit: WireLimits.listed)
        for origin in units {
            try origin.unit.check()
            try origin.worker.check()
            try WireError.check(origin.name, "worker's name", limit: WireLimits.nameBytes)
            try WireError.check(origin.deviceClass, "device class", limit: WireLimits.nameBytes)
        }
        try WireError.check(
            units.reduce(0) { $0 + $1.wireBytes },
            "units' size",
            0...WireLimits.listBytes
        )
    }
}

extension JobListMessage {
    package func check() throws(WireError) {
        try WireError.check(count: jobs.count, "jobs", limit: WireLimits.listed)
        for job in jobs { try job.check() }
        try WireError.check(
            jobs.reduce(0) { $0 + $1.wireBytes },
            "jobs' size",
            0...WireLimits.listBytes
        )
    }
}

extension WorkerReport {
    package func check() throws(WireError) {
        try id.check()
        try WireError.check(name, "worker's name", limit: WireLimits.nameBytes)
        try WireError.check(deviceClass, "device class", limit: WireLimits.nameBytes)
        try leases.check()
        try WireError.check(unitsDone, "units", 0...WireLimits.count)
        try WireError.check(unitsFailed, "units", 0...WireLimits.count)
        try WireError.require(
            silence >= .zero && silence <= .nanoseconds(Int64.max),
            "silence",
            "\(silence)"
        )
    }
}

extension WorkerListMessage {
    package func check() throws(WireError) {
        try WireError.check(count: workers.count, "workers", limit: WireLimits.listed)
        for worker in workers { try worker.check() }
        try WireError.check(
            workers.reduce(0) { $0 + $1.wireBytes },
            "workers' size",
            0...WireLimits.listBytes
        )
    }
}
