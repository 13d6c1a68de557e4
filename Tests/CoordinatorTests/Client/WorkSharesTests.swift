import Coordinator
import Scheduling
import Tensors
import Testing
import WireProtocol

struct WorkSharesTests {
    private static func origin(_ unit: UnitID, _ worker: String, _ device: String) -> UnitOrigin {
        UnitOrigin(
            UnitKey(job: JobID(17), shot: 0, unit: unit),
            WorkerID(worker),
            name: "box/\(worker)",
            deviceClass: device
        )
    }

    private static let shares = WorkShares([
        origin(UnitID(.sample, index: 1, round: 1), "b", "cuda"),
        origin(UnitID(.content), "a", "cpu"),
        origin(UnitID(.sample, index: 0, round: 1), "b", "cuda"),
        origin(UnitID(.depth, index: 3), "a", "cpu"),
        origin(UnitID(.depth, index: 0), "a", "cpu"),
    ])

    @Test func `units are listed by worker, in the order of the plan`() throws {
        let expected = """
            [{"device_class":"cpu","name":"box/a","units":["job-17/content","job-17/0/depth/0",\
            "job-17/0/depth/3"],"worker":"a"},{"device_class":"cuda","name":"box/b","units":\
            ["job-17/0/sample/0/1","job-17/0/sample/1/1"],"worker":"b"}]
            """
        #expect(try JSONValue.parse(Array(expected.utf8)) == Self.shares.json)
    }

    @Test func `a report tells who made what, and how far classes are apart`() {
        var details = Jobs.finished()
        details.deviceClasses = ["cpu", "cuda"]
        let lines = JobText.report(details, Self.shares).split(separator: "\n").map(String.init)
        let head = "  devices:          cpu, cuda"
        #expect(lines.contains(head))
        #expect(lines.contains("  by box/a:         content 1, depth 2 on cpu"))
        #expect(lines.contains("  by box/b:         sample 2 on cuda"))
        #expect(lines.last == "  deviation:        not measured")
        details.deviations = [DeviceDeviation("cuda", "cpu", ratio: 3.14e-7)]
        let measured = JobText.report(details, Self.shares)
        #expect(measured.hasSuffix("deviation:        D/(2 sigma^2) 3.1e-7 between cpu and cuda"))
        guard case .object(let members) = details.json else { return }
        #expect(
            members["device_deviations"]
                == .array([
                    .object([
                        "first": .string("cpu"), "second": .string("cuda"),
                        "ratio": .number(3.14e-7),
                    ])
                ])
        )
    }

    @Test func `who made all is not named, and of very many only some are`() {
        #expect(WorkShares([Self.origin(UnitID(.content), "a", "cpu")]).rows.isEmpty)
        #expect(WorkShares([]).rows.isEmpty)
        let many = WorkShares(
            (0..<100).map { Self.origin(UnitID(.depth, index: $0), "w\($0)", "cpu") }
        )
        #expect(many.rows.count == 17 && many.rows[16].1 == "84 more workers")
        #expect(many.shares.count == 100)
    }
}
