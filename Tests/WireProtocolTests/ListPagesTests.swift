import Scheduling
import Testing
import WireProtocol

struct ListPagesTests {
    @Test(arguments: UInt64(0)..<4)
    func `a list of any length comes in pages that fit`(seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed)
        let jobs = (0..<700).map { _ in generator.details() }
        var seen = 0
        var pages = 0
        while seen < jobs.count {
            let page = JobListMessage(fitting: Array(jobs[seen...]), hasMore: false)
            try page.check()
            #expect(!page.jobs.isEmpty)
            #expect(page.hasMore == (seen + page.jobs.count < jobs.count))
            #expect(
                page.jobs.map(\.report.id) == jobs[seen...].prefix(page.jobs.count).map(\.report.id)
            )
            let body = EnvelopeBody.jobList(page)
            #expect(try Envelope(decoding: Envelope(body, sequence: 1).encoded()).body == body)
            seen += page.jobs.count
            pages += 1
        }
        #expect(pages > 1)
        let workers = (0..<1300).map { _ in generator.workerReport() }
        let page = WorkerListMessage(fitting: workers, hasMore: false)
        #expect(page.hasMore && !page.workers.isEmpty)
        _ = Envelope(.workerList(page), sequence: 1).encoded()
        let units = (0..<1300).map { _ in generator.origin() }
        let origins = UnitListMessage(fitting: units, hasMore: false)
        #expect(origins.hasMore && !origins.units.isEmpty)
        _ = Envelope(.unitList(origins), sequence: 1).encoded()
    }

    /// Whatever an old ledger or a long sentence holds, it can be told.
    @Test func `details are made to fit`() throws {
        var generator = MessageGenerator(seed: 1)
        var details = generator.details()
        let lines = (0..<200).map {
            JobEventLine(time: $0, text: String(repeating: "\($0) ", count: 2000))
        }
        details.events = lines
        details.deviceClasses = (0..<100).map { _ in String(repeating: "c", count: 300) }
        details.deviations = (0..<100).map {
            DeviceDeviation("a", String(repeating: "c", count: 300 + $0), ratio: 1)
        }
        #expect(throws: WireError.self) { try EnvelopeBody.jobDetails(details).check() }
        let clipped = details.clipped()
        try EnvelopeBody.jobDetails(clipped).check()
        #expect(clipped.events.map(\.time) == lines.suffix(WireLimits.events).map(\.time))
        #expect(clipped.report == details.clipped().report)
    }
}
