import Coordinator
import Scheduling
import Testing
import WireProtocol

struct InputDeskTests {
    private let key = InputKey(job: JobID(1), shot: 0, name: "depth", frames: 0..<2, round: 0)
    private let lease = Lease(
        UnitKey(job: JobID(1), shot: 0, unit: UnitID(.sample)),
        Epoch(instance: 1, number: 1)
    )

    private func waiter(_ peer: UInt8, chunk: Int = 0, sequence: UInt64 = 1) -> InputDesk.Waiter {
        InputDesk.Waiter(RoutingID(bytes: [peer]), lease, chunk: chunk, sequence: sequence)
    }

    @Test func `an input is built once for all who wait, and kept for those who come later`() {
        var desk = InputDesk(byteLimit: 100, waiterLimit: 10)
        func isMissing(for waiter: InputDesk.Waiter) -> Bool {
            if case .missing = desk.ask(for: key, waiter) { true } else { false }
        }
        #expect(isMissing(for: waiter(1)))
        #expect(!isMissing(for: waiter(2)))
        #expect(!isMissing(for: waiter(1, sequence: 5)))
        let tensor = InputTensor(InputDescription("depth", .uint8, [4]), [1, 2, 3, 4])
        let served = desk.finish(key, tensor)
        #expect(served == [waiter(1, sequence: 5), waiter(2)])
        guard case .ready(let kept) = desk.ask(for: key, waiter(3)) else {
            Issue.record("not kept")
            return
        }
        #expect(kept.bytes == [1, 2, 3, 4])
        desk.forget(JobID(1))
        #expect(isMissing(for: waiter(3)))
    }

    @Test func `an input that cannot be built is tried again for whoever asks next`() {
        var desk = InputDesk(byteLimit: 100, waiterLimit: 10)
        func isMissing(for waiter: InputDesk.Waiter) -> Bool {
            if case .missing = desk.ask(for: key, waiter) { true } else { false }
        }
        #expect(isMissing(for: waiter(1)))
        let refused = desk.finish(key, nil)
        #expect(refused == [waiter(1)])
        #expect(isMissing(for: waiter(1)))
    }

    @Test func `those who wait are bounded`() {
        var desk = InputDesk(byteLimit: 100, waiterLimit: 2)
        _ = desk.ask(for: key, waiter(1, chunk: 0))
        _ = desk.ask(for: key, waiter(1, chunk: 1))
        guard case .overloaded = desk.ask(for: key, waiter(1, chunk: 2)) else {
            Issue.record("a third one waits")
            return
        }
        let refused = desk.finish(key, nil)
        #expect(refused.count == 2)
        #expect(desk.waiterCount == 0)
    }

    @Test func `chunks of a tensor are its bytes`() throws {
        let bytes = (0..<10).map { UInt8($0) }
        let tensor = InputTensor(InputDescription("depth", .uint8, [10]), bytes)
        var joined: [UInt8] = []
        for chunk in 0..<4 {
            let header = try #require(tensor.header(chunk: chunk, chunkBytes: 3))
            #expect(header.checksum == Checksum.of(bytes))
            joined += tensor.chunk(header)
        }
        #expect(joined == bytes)
        #expect(tensor.header(chunk: 4, chunkBytes: 3) == nil)
    }
}
