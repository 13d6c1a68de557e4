import Coordinator
import Scheduling
import Tensors
import Testing
import WireProtocol

struct JobTextTests {
    @Test func `the report of a job that is done`() {
        let expected = """
            job-17 done after 12:34: /clips/out.mp4
              frames:           20 in 1 shot, 0.667 s
              units:            content 1/1, depth 3/3, sample 12/12, decode 3/3
              attempts:         19 accepted, 2 lost, 1 superseded, 1 of them copies
              overlap mismatch: D/(2 sigma^2) 0.01230 in the mean of 8, at most 0.31000 between \
            windows 1 and 2 after round 2
              devices:          cpu-avx512
            """
        #expect(JobText.report(Jobs.finished(), outputSeconds: 2.0 / 3) == expected)
    }

    @Test func `the report of a job that is held names its units`() {
        let held = (0..<10).map {
            UnitKey(job: JobID(17), shot: 0, unit: UnitID(.sample, index: $0))
        }
        let details = Jobs.details(.held, reason: "units wait for a person", held: held)
        let lines = JobText.report(details, seconds: 5).split(separator: "\n")
        #expect(lines[0] == "job-17 held after 0:05: units wait for a person")
        #expect(lines.last?.hasPrefix("  held:     job-17/0/sample/0/0, ") == true)
        #expect(lines.last?.hasSuffix("job-17/0/sample/7/0 and 2 more") == true)
    }

    @Test func `a list has a line per job`() {
        let expected = """
            job     state    sampled  workers  priority  submitted             name
            job-17  done       100 %        2         0  2026-11-22T20:26:48Z  /clips/out.mp4
            job-17  running        -        2         0  2026-11-22T20:26:48Z  /clips/out.mp4
            """
        let jobs = [Jobs.finished(), Jobs.details(isPlanned: false)]
        #expect(JobText.list(jobs) == expected)
    }

    @Test func `workers have a line each`() {
        let unit = UnitKey(job: JobID(17), shot: 0, unit: UnitID(.sample, index: 3, round: 1))
        let lease = Lease(unit, Epoch(instance: 1, number: 5))
        let workers = [
            WorkerReport(
                id: WorkerID("w1"),
                name: "box/0",
                deviceClass: "cpu-avx2",
                isConnected: true,
                standing: .trusted,
                leases: [LeaseProgress(lease, phase: .running, done: 2, total: 5)],
                unitsDone: 12,
                unitsFailed: 0,
                silence: .milliseconds(400)
            ),
            WorkerReport(
                id: WorkerID("w2"),
                name: "box/1",
                deviceClass: "cpu-avx2",
                isConnected: false,
                standing: .quarantined,
                leases: [],
                unitsDone: 0,
                unitsFailed: 3,
                silence: .seconds(90)
            ),
            WorkerReport(
                id: WorkerID("w3"),
                name: "box/2",
                deviceClass: "cpu-avx2",
                isConnected: true,
                standing: .heldBack,
                leases: [],
                unitsDone: 1,
                unitsFailed: 0,
                silence: .zero
            ),
        ]
        let expected = """
            worker  name   device    standing           done  failed  silent  units
            w1      box/0  cpu-avx2  trusted              12       0    0:00  \
            job-17/0/sample/3/1 running 2/5
            w2      box/1  cpu-avx2  quarantined, away     0       3    1:30  -
            w3      box/2  cpu-avx2  held back             1       0    0:00  -
            """
        #expect(JobText.list(workers) == expected)
    }

    @Test func `details show the stages and the events`() {
        var details = Jobs.details(depth: 3, steps: 6)
        details.events = [JobEventLine(time: 0, text: "submitted")]
        let text = JobText.details(details)
        #expect(text.hasPrefix("job-17 running\n  input:     /clips/in.mp4\n"))
        #expect(text.contains("\n  sampling:  6/60 steps\n"))
        #expect(text.hasSuffix("\n  1970-01-01T00:00:00Z submitted"))
    }

    @Test func `JSON has the values of the text`() throws {
        let details = Jobs.finished()
        guard case .object(let members) = details.json else { throw MissingMember() }
        #expect(members["job"] == .string("job-17") && members["state"] == .string("done"))
        #expect(members["frames"] == .integer(20) && members["schema"] == .integer(1))
        guard case .object(let attempts)? = members["attempts"] else { throw MissingMember() }
        #expect(attempts["accepted"] == .integer(19) && attempts["lost"] == .integer(2))
        // Infinite mismatches and idle stages have no number.
        var odd = details
        odd.mismatchMean = .infinity
        #expect(try JSONValue.parse(Array(odd.json.serialized().utf8)) == odd.json)
        let progress = JobProgress(details, at: 3).json
        #expect(try JSONValue.parse(Array(progress.serialized().utf8)) == progress)
    }

    private struct MissingMember: Error {}
}
