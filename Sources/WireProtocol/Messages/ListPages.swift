package import Scheduling

// Lists are longer than an envelope, so they come in pages. Sizes are bounds from above that cost
// nothing to find: the fields of fixed size at their largest, and the texts.

extension WireLimits {
    /// Bytes that the elements of a list may have by `wireBytes`.
    static let listBytes = envelopeBytes - 1024

    /// As many of a list's first elements as fit one message.
    ///
    /// - Parameters:
    ///   - list: In order.
    ///   - bytes: An upper bound of an element's encoded size.
    /// - Returns: The page.
    static func page<List: Sequence>(
        of list: List,
        bytes: (List.Element) -> Int
    ) -> [List.Element] {
        var page: [List.Element] = []
        var left = listBytes
        for element in list.prefix(listed) {
            let size = bytes(element)
            guard size <= left else { break }
            left -= size
            page.append(element)
        }
        return page
    }
}

extension JobDetails {
    /// An upper bound of its encoded size.
    var wireBytes: Int {
        let texts = [
            input, output, report.request.idempotencyKey, report.request.name, report.reason ?? "",
        ]
        let fixed = 768 + texts.reduce(0) { $0 + $1.utf8.count }
        let listed = deviceClasses.reduce(0) { $0 + $1.utf8.count + 4 }
        let lines = events.reduce(0) { $0 + $1.text.utf8.count + 24 }
        let compared = deviations.reduce(0) {
            $0 + $1.first.utf8.count + $1.second.utf8.count + 24
        }
        return fixed + listed + lines + compared + report.heldUnits.count * 48
    }

    /// The details made to fit a message: the first held units and device classes, the last
    /// events, texts that are not too long.
    package func clipped() -> JobDetails {
        var details = self
        details.report = report.clipped(heldUnits: WireLimits.heldUnits)
        details.deviceClasses = deviceClasses.prefix(WireLimits.deviceClasses).map {
            $0.clipped(to: WireLimits.nameBytes)
        }
        details.deviations = deviations.prefix(WireLimits.deviations).map {
            DeviceDeviation(
                $0.first.clipped(to: WireLimits.nameBytes),
                $0.second.clipped(to: WireLimits.nameBytes),
                ratio: $0.ratio
            )
        }
        details.events = events.suffix(WireLimits.events).map {
            JobEventLine(time: $0.time, text: $0.text.clipped(to: WireLimits.eventBytes))
        }
        return details
    }
}

extension JobReport {
    fileprivate func clipped(heldUnits limit: Int) -> JobReport {
        JobReport(
            id: id,
            request: request,
            state: state,
            reason: reason?.clipped(),
            isPlanned: isPlanned,
            shotCount: shotCount,
            frameCount: frameCount,
            units: units,
            attempts: attempts,
            speculativeAttempts: speculativeAttempts,
            workerCount: workerCount,
            stepsDone: stepsDone,
            stepsTotal: stepsTotal,
            heldUnits: Array(heldUnits.prefix(limit))
        )
    }
}

extension JobListMessage {
    /// As many of the jobs as fit one message, without their events and held units.
    ///
    /// - Parameters:
    ///   - jobs: Newest first.
    ///   - hasMore: Whether there are older jobs than these.
    package init(fitting jobs: [JobDetails], hasMore: Bool) {
        let short = jobs.lazy.map { job in
            var short = job.clipped()
            short.events = []
            short.report = short.report.clipped(heldUnits: 0)
            return short
        }
        let page = WireLimits.page(of: short, bytes: \.wireBytes)
        self.init(jobs: page, hasMore: hasMore || page.count < jobs.count)
    }
}

extension UnitOrigin {
    /// An upper bound of its encoded size.
    var wireBytes: Int {
        96 + [worker.name, name, deviceClass].reduce(0) { $0 + $1.utf8.count }
    }
}

extension UnitListMessage {
    /// As many of the units as fit one message.
    ///
    /// - Parameters:
    ///   - units: In order.
    ///   - hasMore: Whether there are units after these.
    package init(fitting units: [UnitOrigin], hasMore: Bool) {
        let page = WireLimits.page(of: units, bytes: \.wireBytes)
        self.init(units: page, hasMore: hasMore || page.count < units.count)
    }
}

extension WorkerReport {
    /// An upper bound of its encoded size.
    var wireBytes: Int {
        let texts = [id.name, name, deviceClass]
        return 96 + texts.reduce(0) { $0 + $1.utf8.count } + leases.count * 96
    }
}

extension WorkerListMessage {
    /// As many of the workers as fit one message.
    ///
    /// - Parameters:
    ///   - workers: In order.
    ///   - hasMore: Whether there are workers after these.
    package init(fitting workers: [WorkerReport], hasMore: Bool) {
        let page = WireLimits.page(of: workers, bytes: \.wireBytes)
        self.init(workers: page, hasMore: hasMore || page.count < workers.count)
    }
}
