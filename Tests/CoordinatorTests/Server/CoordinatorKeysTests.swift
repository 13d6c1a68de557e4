import Coordinator
import Foundation
import Scheduling
import TestSupport
import Testing
import WireProtocol
import ZeroMQ

/// A farm with keys: who may come in, as what, and for how long.
///
/// One after the other: the process has one context, and a context one authenticator.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CoordinatorKeysTests {
    private let farm: TestFarm
    private let store: KeyStore
    private let server: CurveKeyPair

    init() throws {
        farm = try TestFarm {
            $0.usesKeys = true
            $0.controlEndpoint = "tcp://127.0.0.1:*"
            $0.bulkEndpoint = "tcp://127.0.0.1:*"
        }
        let state = farm.folder("state")
        try FileManager.default.createDirectory(
            atPath: state,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        store = KeyStore(folder: "\(state)/keys")
        server = try store.generate()
    }

    private func enrol(_ name: String, _ role: KeyRole) throws -> CurveKeyPair {
        let keys = try CurveKeyPair.generate()
        try store.enrol(name, as: role, key: keys.publicKey)
        return keys
    }

    private func peer(_ keys: CurveKeyPair) throws -> TestPeer {
        let endpoint = farm.endpoints?.control ?? ""
        let curve = SocketOptions.Curve.client(serverKey: server.publicKey, keys: keys)
        return try TestPeer(TestFarm.context, endpoint, curve: curve)
    }

    @Test func `an enrolled worker and client make a video; the key is the worker's name`() throws {
        let workerKeys = try enrol("w", .worker)
        let clientKeys = try enrol("c", .client)
        try farm.start()
        let endpoints = try #require(farm.endpoints)
        #expect(endpoints.publicKey == server.publicKey)
        let worker = FakeWorker("w")
        worker.start(
            TestFarm.context,
            control: endpoints.control,
            bulk: endpoints.bulk,
            curve: .client(serverKey: server.publicKey, keys: workerKeys)
        )
        defer { worker.stop() }
        let client = try peer(clientKeys)
        try client.hello("client")
        let request = JobRequest(idempotencyKey: "k")
        let answer = try client.ask(.submit(SubmitMessage(request, try farm.job())))
        guard case .submitted(let submitted)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        let details = try farm.wait(for: submitted.job, asking: client) { $0.report.state.isFinal }
        #expect(details.report.state == .done)
        guard case .workerList(let list)? = try client.ask(.listWorkers(ListWorkersMessage()))
        else {
            Issue.record("no list")
            return
        }
        #expect(list.workers.map(\.id.name) == [workerKeys.publicKey.z85])
    }

    @Test func `a key that is not enrolled gets nothing at all`() throws {
        try farm.start()
        let stranger = try peer(try CurveKeyPair.generate())
        let hello = try Hello(
            role: "client",
            software: "x",
            bootID: [UInt8](repeating: 1, count: 16)
        )
        #expect(try stranger.ask(.hello(hello), within: .seconds(1)) == nil)
    }

    @Test func `a key opens its own door only`() throws {
        let workerKeys = try enrol("w", .worker)
        let clientKeys = try enrol("c", .client)
        try farm.start()
        #expect(try peer(workerKeys).hello("client")?.refusal?.reason == .forbidden)
        #expect(try peer(clientKeys).hello("worker")?.refusal?.reason == .forbidden)
    }

    @Test func `a revoked key loses service within five seconds`() throws {
        let workerKeys = try enrol("w", .worker)
        let clientKeys = try enrol("c", .client)
        try farm.start()
        let worker = try peer(workerKeys)
        try worker.hello("worker")
        let introduction = WorkerIntroduction(name: "w", deviceClass: "fake", credit: 1)
        let message = IntroductionMessage(introduction, worker: WorkerID("another's name"))
        try worker.send(.introduction(message))
        #expect(try worker.receive()?.body.refusal == nil)
        let client = try peer(clientKeys)
        try client.hello("client")
        func isConnected() throws -> Bool {
            let answer = try client.ask(.listWorkers(ListWorkersMessage()))
            guard case .workerList(let list)? = answer else { return false }
            return list.workers.contains { $0.isConnected }
        }
        #expect(try isConnected())
        _ = try store.revoke("w")
        let end = ContinuousClock.now + .seconds(5)
        while try isConnected(), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.1) }
        #expect(try !isConnected())
        let heartbeat = HeartbeatMessage(progress: [], freeSpoolBytes: 0)
        #expect(try worker.ask(.heartbeat(heartbeat))?.refusal?.reason == .unexpected)
        #expect(try worker.hello("worker")?.refusal?.reason == .forbidden)
    }
}
