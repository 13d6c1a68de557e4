import Coordinator
import FFmpeg
import Foundation
import Scheduling
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// Whole jobs over real sockets, with workers whose units are arithmetic.
@Suite(.timeLimit(.minutes(10)))
struct CoordinatorServerTests {
    /// Units of the small job: content, 4 depth chunks, 4 windows by 3 rounds, 4 decode chunks.
    private static let unitCount = 1 + 4 + 4 * 3 + 4

    @Test func `a job becomes a video with every frame in its place`() throws {
        let farm = try TestFarm()
        try farm.start()
        let workers = [farm.worker("a"), farm.worker("b")]
        defer { for worker in workers { worker.stop() } }
        let job = try farm.submit(try farm.job())
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        #expect(details.report.state == .done, "\(details.report.reason ?? "")")
        #expect(details.report.frameCount == 20)
        #expect(details.report.units.values.reduce(0) { $0 + $1.done } == Self.unitCount)
        #expect(details.deviceClasses == ["fake"])
        // 3 overlaps in each of 3 rounds.
        #expect(details.mismatchCount == 9)
        #expect(details.mismatchLargest > 0)
        #expect(details.events.contains { $0.text.contains("done") })
        let video = try InputFile(farm.folder("out.mkv")).info().video
        #expect(video.storedWidth == 32)
        let computed = workers.flatMap(\.computed)
        #expect(Set(computed).count == Self.unitCount)
    }

    @Test func `a farm of two classes says who made what and how far they are apart`() throws {
        let farm = try TestFarm { $0.limits.unitsPerPage = 5 }
        try farm.start()
        var faults = FakeWorker.Faults()
        faults.pause = .milliseconds(20)
        (faults.deviceClass, faults.calibration) = ("cpu", [1, -1, 1, -1])
        var others = faults
        (others.deviceClass, others.calibration) = ("cuda", [1, -1, 1, -3])
        let workers = [
            farm.worker("a", faults), farm.worker("b", others), farm.worker("c", others),
        ]
        let job = try farm.submit(try farm.job())
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        for worker in workers { worker.stop() }
        #expect(details.deviceClasses == ["cpu", "cuda"])
        #expect(details.deviations == [DeviceDeviation("cpu", "cuda", ratio: 1 / 3.75)])
        let said = "cpu and cuda differ by D/(2 sigma^2) 2.7e-1"
        #expect(details.events.contains { $0.text == said })
        #expect(workers.allSatisfy { $0.calibrations.count <= 3 })
        let client = try FarmClient(
            context: TestFarm.context,
            endpoint: farm.configuration.controlEndpoint
        )
        let units = try client.units(of: job)
        #expect(units == units.sorted { $0.unit < $1.unit })
        #expect(Set(units.map(\.unit)).count == Self.unitCount && units.count == Self.unitCount)
        for (worker, device) in zip(workers, ["cpu", "cuda", "cuda"]) {
            let made = units.filter { $0.worker.name == worker.name }
            #expect(!made.isEmpty && made.allSatisfy { $0.deviceClass == device })
            #expect(Set(made.map(\.unit)).isSubset(of: worker.computed))
        }
        // It is all in the ledger.
        farm.stop()
        try farm.start()
        #expect(try client.units(of: job) == units)
        #expect(try client.job(job).deviations == details.deviations)
    }

    @Test func `a farm of one class calibrates nothing`() throws {
        let farm = try TestFarm()
        try farm.start()
        let workers = [farm.worker("a"), farm.worker("b")]
        let job = try farm.submit(try farm.job())
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        for worker in workers { worker.stop() }
        #expect(workers.allSatisfy(\.calibrations.isEmpty) && details.deviations.isEmpty)
    }

    @Test func `the output is the same whoever computes and however often it is disturbed`() throws
    {
        func run(_ names: [String], disturbed: Bool) throws -> [UInt8] {
            let farm = try TestFarm { $0.farm.lease = .seconds(1) }
            try farm.start()
            var workers = names.map { farm.worker($0) }
            let job = try farm.submit(try farm.job())
            if disturbed {
                var faults = FakeWorker.Faults()
                faults.diesAfter = 2
                workers.append(farm.worker("mortal", faults))
                for _ in 0..<3 {
                    Thread.sleep(forTimeInterval: 0.15)
                    farm.stop()
                    try farm.start()
                }
            }
            try farm.wait(for: job) { $0.report.state == .done }
            for worker in workers { worker.stop() }
            return try [UInt8](Data(contentsOf: URL(filePath: farm.folder("out.mkv"))))
        }
        let plain = try run(["a"], disturbed: false)
        #expect(!plain.isEmpty)
        #expect(try run(["a", "b", "c"], disturbed: false) == plain)
        #expect(try run(["a", "b"], disturbed: true) == plain)
    }

    @Test func `a restart computes no finished unit again`() throws {
        let farm = try TestFarm()
        try farm.start()
        var faults = FakeWorker.Faults()
        faults.pause = .milliseconds(30)
        let worker = farm.worker("a", faults)
        let job = try farm.submit(try farm.job())
        for _ in 0..<4 {
            Thread.sleep(forTimeInterval: 0.2)
            farm.stop()
            try farm.start()
        }
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        #expect(details.report.state == .done)
        worker.stop()
        #expect(worker.computed.count == Self.unitCount)
        #expect(Set(worker.computed).count == Self.unitCount)
    }

    @Test func `every overlap is measured, whenever the coordinator ends`() throws {
        let farm = try TestFarm()
        try farm.start()
        let workers = [farm.worker("a"), farm.worker("b")]
        defer { for worker in workers { worker.stop() } }
        let job = try farm.submit(try farm.job())
        for _ in 0..<12 {
            Thread.sleep(forTimeInterval: 0.05)
            // Not even letters that are on their way come through.
            farm.stop()
            try farm.start()
        }
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        #expect(details.report.state == .done)
        #expect(details.mismatchCount == 9)
    }

    @Test func `leases of another farm are not taken for our own`() throws {
        let farm = try TestFarm()
        try farm.start()
        let job = try farm.submit(try farm.job())
        let unit = UnitKey(job: job, shot: 0, unit: UnitID(.content))
        let lease = Lease(unit, Epoch(instance: 1, number: 1))
        func introduce(_ name: String, _ id: FarmID?) throws -> WelcomeMessage {
            let peer = try farm.peer()
            try peer.hello("worker")
            let introduction = WorkerIntroduction(
                name: name,
                deviceClass: "fake",
                credit: 1,
                finished: [lease]
            )
            let message = IntroductionMessage(introduction, worker: WorkerID(name), farm: id)
            try peer.send(.introduction(message))
            guard case .welcome(let welcome)? = try peer.receive()?.body else {
                throw TestFarmError("no welcome")
            }
            return welcome
        }
        let stranger = try FarmID([UInt8](repeating: 1, count: WireLimits.farmIDBytes))
        let welcome = try introduce("moved", stranger)
        #expect(welcome.answers == [:] && welcome.farm != stranger)
        #expect(try introduce("new", nil).answers == [:])
        #expect(try introduce("ours", welcome.farm).answers == [lease: .upload])
    }

    @Test func `a submit is a job once, however often it is sent, and survives`() throws {
        let farm = try TestFarm()
        try farm.start()
        let spec = try farm.job()
        let job = try farm.submit(spec, key: "one")
        #expect(try farm.submit(spec, key: "one") == job)
        farm.stop()
        try farm.start()
        #expect(try farm.submit(spec, key: "one") == job)
        let other = try farm.submit(try farm.job("other.mkv"), key: "two")
        #expect(other != job)
        #expect(try farm.show(job).output == spec.output)
        let list = try farm.client().ask(.listJobs(ListJobsMessage()))
        guard case .jobList(let message)? = list else {
            Issue.record("\(String(describing: list))")
            return
        }
        #expect(message.jobs.map(\.report.id) == [other, job])
    }

    @Test func `jobs that this machine cannot do are refused with a sentence`() throws {
        let farm = try TestFarm()
        try farm.start()
        var spec = try farm.job()
        spec.input = farm.folder("nowhere.mp4")
        let request = JobRequest(idempotencyKey: "k")
        let answer = try farm.client().ask(.submit(SubmitMessage(request, spec)))
        #expect(answer?.refusal?.text.contains("nowhere.mp4") == true)
        #expect(try farm.command(JobID(77), .cancel)?.refusal?.reason == .unknown)
    }

    @Test func `an invalid result is refused and the unit is computed again`() throws {
        let farm = try TestFarm()
        try farm.start()
        var faults = FakeWorker.Faults()
        faults.spoils = { $0.unit.kind == .sample && $0.unit.round == 1 && $0.unit.index == 2 }
        let workers = [farm.worker("bad", faults), farm.worker("good")]
        defer { for worker in workers { worker.stop() } }
        let job = try farm.submit(try farm.job())
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        #expect(details.report.state == .done)
    }

    @Test(arguments: [true, false])
    func `a missing or damaged result is found and made again`(isMissing: Bool) throws {
        let farm = try TestFarm()
        try farm.start()
        // Content, depth and the three rounds of a window that is the whole shot.
        var faults = FakeWorker.Faults()
        faults.diesAfter = 1 + 4 + 3
        let mortal = farm.worker("mortal", faults)
        var spec = try farm.job()
        spec.window = 20
        let job = try farm.submit(spec)
        try farm.wait(for: job) { $0.report.units[.sample]?.done == 3 }
        farm.stop()
        mortal.stop()
        let file = farm.folder("state/jobs/\(job)/shot-0/sample-0-2.bin")
        if isMissing {
            try FileManager.default.removeItem(atPath: file)
        } else {
            var bytes = try Data(contentsOf: URL(filePath: file))
            bytes[10] ^= 0x40
            try bytes.write(to: URL(filePath: file))
        }
        try farm.start()
        let worker = farm.worker("honest")
        defer { worker.stop() }
        let details = try farm.wait(for: job) { $0.report.state.isFinal }
        #expect(details.report.state == .done)
        #expect(details.events.contains { $0.text.contains("lost") })
        #expect(worker.computed.contains { $0.unit == UnitID(.sample, index: 0, round: 2) })
    }

    @Test func `cancel takes back what runs within a second and leaves no output`() throws {
        let farm = try TestFarm()
        try farm.start()
        var faults = FakeWorker.Faults()
        faults.pause = .milliseconds(200)
        let worker = farm.worker("a", faults)
        defer { worker.stop() }
        let job = try farm.submit(try farm.job())
        try farm.wait(for: job) { $0.report.units[.depth]?.done ?? 0 > 0 }
        #expect(try farm.command(job, .cancel) == .done(DoneMessage()))
        let details = try farm.wait(for: job, patience: .seconds(1)) {
            $0.report.state == .cancelled
        }
        #expect(details.report.units.values.allSatisfy { $0.leased == 0 })
        let count = worker.computed.count
        Thread.sleep(forTimeInterval: 0.6)
        #expect(worker.computed.count <= count + 1)
        #expect(!FileManager.default.fileExists(atPath: farm.folder("out.mkv")))
        #expect(!FileManager.default.fileExists(atPath: farm.folder("state/jobs/\(job)")))
        #expect(try farm.command(job, .resume)?.refusal?.reason == .conflict)
    }

    @Test func `a full disk stops the farm, and room starts it again`() throws {
        let disk = SimulatedDisk()
        let farm = try TestFarm {
            $0.freeBytesMin = 1000
            $0.freeBytes = { _ in disk.free }
        }
        try farm.start()
        let job = try farm.submit(try farm.job())
        disk.free = 10
        // The disk is looked at about once a second.
        Thread.sleep(forTimeInterval: 2)
        let worker = farm.worker("a")
        defer { worker.stop() }
        let request = JobRequest(idempotencyKey: "late")
        let answer = try farm.client().ask(.submit(SubmitMessage(request, try farm.job("o.mkv"))))
        #expect(answer?.refusal?.reason == .unavailable)
        Thread.sleep(forTimeInterval: 0.5)
        #expect(try farm.show(job).report.state == .running)
        #expect(worker.computed.isEmpty)
        disk.free = 1 << 30
        try farm.wait(for: job) { $0.report.state == .done }
    }
}

/// Free bytes that a test decides on.
private final class SimulatedDisk: Sendable {
    private let bytes = Mutex(1 << 30)

    var free: Int {
        get { bytes.withLock { $0 } }
        set { bytes.withLock { $0 = newValue } }
    }
}
