import Coordinator
import Foundation
import Scheduling
import TestSupport
import Testing
import WireProtocol
import ZeroMQ

/// What strangers, broken peers and hostile ones get, on both sockets.
@Suite(.timeLimit(.minutes(10)))
struct SwitchboardTests {
    private let farm: TestFarm

    init() throws {
        farm = try TestFarm()
        try farm.start()
    }

    /// Whether the farm still does its work.
    private func isServing() throws -> Bool {
        let answer = try farm.client().ask(.listJobs(ListJobsMessage()))
        if case .jobList? = answer { return true }
        return false
    }

    private func introduced(_ name: String) throws -> (TestPeer, WelcomeMessage) {
        let peer = try farm.peer()
        try peer.hello("worker")
        let introduction = WorkerIntroduction(name: name, deviceClass: "fake", credit: 1)
        try peer.send(.introduction(IntroductionMessage(introduction, worker: WorkerID(name))))
        guard case .welcome(let welcome)? = try peer.receive()?.body else {
            throw TestFarmError("no welcome")
        }
        return (peer, welcome)
    }

    @Test(arguments: [Plane.control, .bulk])
    func `bytes of chance are answered or dropped`(plane: Plane) throws {
        for seed in 0..<5 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let peer = try farm.peer(plane)
            for _ in 0..<200 {
                let frames = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                    (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                }
                try peer.send(frames)
            }
            #expect(try peer.receive()?.body.refusal?.reason == .malformed)
        }
        #expect(try isServing())
    }

    @Test(arguments: [Plane.control, .bulk])
    func `a message of a later version is refused as that`(plane: Plane) throws {
        let peer = try farm.peer(plane)
        var bytes = Envelope(.listJobs(ListJobsMessage()), sequence: 1).encoded()
        // Field 1, the version, comes first: its length, then field 1, the major.
        try #require(bytes[0] == 0x0A && bytes[2] == 0x08 && bytes[3] == 1)
        bytes[3] = 9
        try peer.send([bytes])
        #expect(try peer.receive()?.body.refusal?.reason == .version)
        #expect(try isServing())
    }

    @Test(arguments: [Plane.control, .bulk])
    func `a frame above the limit costs its sender the message`(plane: Plane) throws {
        let peer = try farm.peer(plane)
        try peer.send([[UInt8](repeating: 1, count: 40 << 20)])
        #expect(try isServing())
        // The connection is made again and works.
        #expect(try peer.ask(.listJobs(ListJobsMessage()), within: .seconds(10)) != nil)
    }

    @Test func `who has not said hello is asked to`() throws {
        let peer = try farm.peer()
        let answer = try peer.ask(.listJobs(ListJobsMessage()))
        #expect(answer?.refusal?.reason == .unexpected)
        try peer.hello("client")
        #expect(try peer.ask(.listJobs(ListJobsMessage()))?.refusal == nil)
    }

    @Test func `roles belong to sockets, and a bulk connection to a session`() throws {
        #expect(try farm.peer(.bulk).hello("client")?.refusal?.reason == .unexpected)
        #expect(try farm.peer(.control).hello("bulk")?.refusal?.reason == .unexpected)
        #expect(try farm.peer(.bulk).hello("bulk")?.refusal?.reason == .unexpected)
        #expect(try farm.peer(.control).hello("king")?.refusal?.reason == .malformed)
        let (_, welcome) = try introduced("w")
        let answer = try farm.peer(.bulk).hello("bulk", session: welcome.session)
        #expect(answer?.refusal == nil)
        #expect(answer != nil)
    }

    @Test func `a client cannot speak as a worker, nor a worker before it is introduced`() throws {
        let heartbeat = HeartbeatMessage(progress: [], freeSpoolBytes: 0)
        #expect(try farm.client().ask(.heartbeat(heartbeat))?.refusal?.reason == .unexpected)
        let worker = try farm.peer()
        try worker.hello("worker")
        #expect(try worker.ask(.heartbeat(heartbeat))?.refusal?.reason == .unexpected)
    }

    @Test func `a message that was recorded and sent again is dropped`() throws {
        let client = try farm.client()
        let list = EnvelopeBody.listJobs(ListJobsMessage())
        try client.send(list, number: 50)
        #expect(try client.receive()?.replyTo == 50)
        try client.send(list, number: 50)
        try client.send(list, number: 49)
        try client.send(list, number: 51)
        #expect(try client.receive()?.replyTo == 51)
    }

    @Test func `chunks that do not fit their headers are refused`() throws {
        let (_, welcome) = try introduced("w")
        let bulk = try farm.peer(.bulk)
        try bulk.hello("bulk", session: welcome.session)
        let unit = UnitKey(job: JobID(1), shot: 0, unit: UnitID(.content))
        let lease = Lease(unit, Epoch(instance: 1, number: 1))
        let header = try TensorHeader(
            name: "content",
            scalarType: .uint8,
            shape: [4],
            checksum: Checksum.of([1, 2, 3, 4] as [UInt8]),
            chunkIndex: 0,
            chunkBytes: 4
        )
        let chunk = EnvelopeBody.chunk(ChunkMessage(lease, header))
        #expect(try bulk.ask(chunk, payload: [1, 2])?.refusal?.reason == .malformed)
        #expect(try bulk.ask(chunk)?.refusal?.reason == .malformed)
        // A result of no job is told apart on the control socket, and asks for no memory.
        let fetch = EnvelopeBody.fetch(FetchMessage(lease, input: "image", chunk: 0))
        #expect(try bulk.ask(fetch)?.refusal?.reason == .unknown)
        #expect(try isServing())
    }

    @Test func `a peer that does not read is sent no more than its queue holds`() throws {
        let client = try farm.client()
        // Each answer stays in the queues of both ends: what does not fit is dropped, not kept.
        for _ in 0..<20_000 { try client.send(.listWorkers(ListWorkersMessage())) }
        #expect(try isServing())
        var answers = 0
        while try client.receive(within: .milliseconds(300)) != nil { answers += 1 }
        #expect(answers > 0)
        #expect(try isServing())
    }

    @Test func `a second connection of a worker takes its place`() throws {
        let (first, one) = try introduced("w")
        let (second, two) = try introduced("w")
        #expect(one.session != two.session)
        let heartbeat = HeartbeatMessage(progress: [], freeSpoolBytes: 0)
        #expect(try first.ask(.heartbeat(heartbeat))?.refusal?.reason == .forbidden)
        #expect(try second.ask(.heartbeat(heartbeat), within: .milliseconds(300)) == nil)
    }

    @Test func `a connection is one worker, whatever it calls itself`() throws {
        let (peer, _) = try introduced("first")
        let introduction = WorkerIntroduction(name: "x", deviceClass: "fake", credit: 1)
        let message = IntroductionMessage(introduction, worker: WorkerID("second"))
        try peer.send(.introduction(message))
        _ = try peer.receive()
        guard
            case .workerList(let list)? = try farm.client().ask(.listWorkers(ListWorkersMessage()))
        else {
            Issue.record("no list")
            return
        }
        #expect(list.workers.filter(\.isConnected).map(\.id.name) == ["second"])
    }

    @Test func `a bulk connection ends with its worker`() throws {
        let (control, welcome) = try introduced("w")
        let bulk = try farm.peer(.bulk)
        try bulk.hello("bulk", session: welcome.session)
        try control.send(.goodbye(GoodbyeMessage(reason: "done")))
        _ = try isServing()
        let unit = UnitKey(job: JobID(1), shot: 0, unit: UnitID(.content))
        let fetch = FetchMessage(Lease(unit, Epoch(instance: 1, number: 1)), input: "x", chunk: 0)
        #expect(try bulk.ask(.fetch(fetch))?.refusal?.reason == .unexpected)
    }
}
