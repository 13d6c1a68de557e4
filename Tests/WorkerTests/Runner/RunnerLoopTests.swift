import Foundation
import Models
import Pipelines
import Scheduling
import Synchronization
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

/// The child's side of the conversation, over pipes as in life.
struct RunnerLoopTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private final class EndStatus: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    /// A runner on a thread of this process.
    private final class Conversation {
        let requests = Pipe()
        let replies = Pipe()
        let end = EndStatus()
        private var buffer: [UInt8] = []

        init(_ computer: @escaping @Sendable () -> any UnitComputer) {
            let loop = RunnerLoop(
                requests: requests.fileHandleForReading.fileDescriptor,
                replies: replies.fileHandleForWriting.fileDescriptor,
                end: { [end] status in end.value.withLock { $0 = status } }
            )
            Thread { loop.run(computer()) }.start()
        }

        func send(_ request: RunnerRequest) throws {
            try requests.fileHandleForWriting.write(contentsOf: Data(request.line))
        }

        func next() throws -> RunnerReply {
            while !buffer.contains(10) {
                let data = replies.fileHandleForReading.availableData
                try #require(!data.isEmpty)
                buffer += Array(data)
            }
            let line = Array(buffer.prefix { $0 != 10 })
            buffer.removeFirst(line.count + 1)
            return try RunnerReply(line: line)
        }

        /// The replies up to the one that ends a unit.
        func untilEnd() throws -> [RunnerReply] {
            var replies: [RunnerReply] = []
            while true {
                let reply = try next()
                replies.append(reply)
                switch reply {
                case .finished, .failed: return replies
                case .ready, .progress, .calibrated: continue
                }
            }
        }
    }

    private func order(
        _ unit: UnitID,
        steps: Range<Int> = 0..<0,
        inputs: [String: String] = [:],
        result: InputDescription,
        job: JobSpecification = JobSpecification()
    ) -> RunnerOrder {
        RunnerOrder(
            lease: Lease(
                UnitKey(job: JobID(1), shot: 0, unit: unit),
                Epoch(instance: 1, number: 1)
            ),
            job: job,
            order: UnitOrder(
                frames: unit.kind == .content ? 0..<0 : 4..<6,
                firstFrame: 10,
                steps: steps
            ),
            shotFrames: 8,
            depthRange: DepthRange(least: 0, largest: 1),
            inputs: inputs,
            output: folder("result.safetensors"),
            result: result
        )
    }

    private func stub(_ text: String) -> Conversation {
        Conversation {
            guard let stub = StubComputer(text) else { preconditionFailure(text) }
            return stub
        }
    }

    private let latents = InputDescription("latents", .float32, [2, 3, 4, 4])

    @Test func aUnitGoesInAndItsResultComesOut() throws {
        let talk = stub("stub:1ms")
        #expect(try talk.next() == .ready(deviceClass: "stub"))
        let order = order(UnitID(.sample, index: 1), steps: 2..<5, result: latents)
        try talk.send(.run(order))
        let replies = try talk.untilEnd()
        #expect(replies.last == .finished(order.lease))
        #expect(replies.contains(.progress(order.lease, phase: .running, done: 2)))
        let file = try SafetensorsFile.open(order.output)
        #expect(file.names == ["latents"])
        #expect(file.tensor(named: "latents")?.shape == [2, 3, 4, 4])
    }

    @Test func aUnitStopsAtItsNextStepAndTheNextOneRuns() throws {
        let talk = stub("stub:20ms")
        _ = try talk.next()
        let order = order(UnitID(.sample, index: 1), steps: 0..<1000, result: latents)
        try talk.send(.run(order))
        _ = try talk.next()
        try talk.send(.stop(order.lease))
        guard case .failed(order.lease, let failure)? = try talk.untilEnd().last else {
            Issue.record("a stopped unit fails")
            return
        }
        #expect(failure.failureClass == .infrastructure)
        #expect(!FileManager.default.fileExists(atPath: order.output))
        let next = self.order(UnitID(.sample, index: 1), steps: 0..<1, result: latents)
        try talk.send(.run(next))
        #expect(try talk.untilEnd().last == .finished(next.lease))
    }

    @Test func failuresCarryTheirClass() throws {
        let talk = stub("stub:0ms,fail=sample/1")
        _ = try talk.next()
        let poison = order(UnitID(.sample, index: 1), steps: 0..<1, result: latents)
        try talk.send(.run(poison))
        guard case .failed(_, let failure)? = try talk.untilEnd().last else {
            Issue.record("it was told to fail")
            return
        }
        #expect(failure.failureClass == .unit)
        let lost = order(UnitID(.decode), result: InputDescription("frames", .uint8, [2, 8, 8, 3]))
        try talk.send(.run(lost))
        guard case .failed(_, let second)? = try talk.untilEnd().last else {
            Issue.record("it has no inputs")
            return
        }
        #expect(second.failureClass == .infrastructure && second.reason.contains("latents"))
    }

    @Test func theEndOfTheWorkerIsTheEnd() throws {
        let talk = stub("stub:0ms")
        _ = try talk.next()
        try talk.requests.fileHandleForWriting.close()
        try waitForEnd(talk, status: 0)
    }

    @Test func aLineThatMeansNothingIsTheEnd() throws {
        let talk = stub("stub:0ms")
        _ = try talk.next()
        try talk.requests.fileHandleForWriting.write(contentsOf: Data("{\"run\":1}\n".utf8))
        try waitForEnd(talk, status: 76)
    }

    /// Fails once, as a device that broke does.
    private struct BrokenComputer: UnitComputer {
        let deviceClass = "broken"
        let isUsable = false

        func compute(_ order: RunnerOrder, progress: @escaping RunnerProgress) throws {
            throw UnitComputerError(.worker, "the device fell off the bus")
        }
    }

    @Test func aBrokenDeviceIsTheEnd() throws {
        let talk = Conversation { BrokenComputer() }
        _ = try talk.next()
        try talk.send(.run(order(UnitID(.sample, index: 1), steps: 0..<1, result: latents)))
        guard case .failed(_, let failure)? = try talk.untilEnd().last else {
            Issue.record("it cannot compute")
            return
        }
        #expect(failure.failureClass == .worker)
        try waitForEnd(talk, status: 69)
    }

    /// Calibrates before it computes, or cannot.
    private struct CalibratingComputer: UnitComputer {
        let deviceClass = "calibrating"
        let values: [Float]?

        func calibration(
            of order: RunnerOrder,
            progress: @escaping RunnerProgress
        ) throws -> [Float]? {
            try progress(.loading, 0)
            guard values != [] else { throw UnitComputerError(.unit, "not finite") }
            return values
        }

        func compute(_ order: RunnerOrder, progress: @escaping RunnerProgress) throws {
            try progress(.running, 0)
        }
    }

    @Test(arguments: [[1.5, -2], [], nil] as [[Float]?])
    func aCalibrationComesFirstAndFailsNoUnit(_ values: [Float]?) throws {
        let talk = Conversation { CalibratingComputer(values: values) }
        _ = try talk.next()
        var order = order(UnitID(.sample, index: 1), steps: 0..<1, result: latents)
        try talk.send(.run(order))
        #expect(
            try talk.untilEnd()
                == [.progress(order.lease, phase: .running, done: 0), .finished(order.lease)]
        )
        order.calibrates = true
        try talk.send(.run(order))
        let replies = try talk.untilEnd()
        #expect(replies.first == .progress(order.lease, phase: .loading, done: 0))
        #expect(replies.last == .finished(order.lease))
        let isTold = replies.contains(.calibrated(order.lease, [1.5, -2]))
        #expect(isTold == (values == [1.5, -2]) && replies.count == (isTold ? 4 : 3))
    }

    private func waitForEnd(_ talk: Conversation, status: Int32) throws {
        for _ in 0..<2000 {
            if let found = talk.end.value.withLock({ $0 }) {
                #expect(found == status)
                return
            }
            usleep(5000)
        }
        Issue.record("it did not end")
    }

    @Test(arguments: ["stub", "stub:5", "stub:-1ms", "stub:1ms,burn=a", "model"])
    func aStubIsDescribedExactly(_ text: String) {
        #expect(StubComputer(text) == nil)
    }
}
