import Coordinator
import Scheduling
import TestSupport
import Testing
import WireProtocol

struct UploadDeskTests {
    private let worker = WorkerID("w")
    private let lease = Lease(
        UnitKey(job: JobID(1), shot: 0, unit: UnitID(.decode)),
        Epoch(instance: 1, number: 1)
    )

    private func header(_ bytes: [UInt8], chunk: Int, of chunkBytes: Int) throws -> TensorHeader {
        try TensorHeader(
            name: "frames",
            scalarType: .uint8,
            shape: [bytes.count],
            checksum: Checksum.of(bytes),
            chunkIndex: chunk,
            chunkBytes: chunkBytes
        )
    }

    @Test func `chunks in any order, some twice, are the bytes they were cut from`() throws {
        for seed in 0..<50 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let count = Int.random(in: 0..<300, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let chunkBytes = Int.random(in: 1...100, using: &generator)
            let chunkCount = try header(bytes, chunk: 0, of: chunkBytes).chunkCount
            var order = Array(0..<chunkCount)
            order += (0..<3).map { _ in Int.random(in: 0..<chunkCount, using: &generator) }
            order.shuffle(using: &generator)
            var desk = UploadDesk(CoordinatorLimits())
            var whole: [UInt8]?
            for chunk in order where whole == nil {
                let header = try header(bytes, chunk: chunk, of: chunkBytes)
                let part = Array(bytes[header.byteRange])
                let outcome = desk.take(part, header, from: worker, for: lease, at: .zero)
                if case .complete(_, let found) = outcome { whole = found }
            }
            #expect(whole == bytes)
            #expect(desk.byteCount == 0)
        }
    }

    @Test func `another tensor under the same lease starts over`() throws {
        var desk = UploadDesk(CoordinatorLimits())
        let (old, new): ([UInt8], [UInt8]) = ([1, 1, 1, 1], [2, 2, 2, 2])
        _ = desk.take(
            [1, 1],
            try header(old, chunk: 0, of: 2),
            from: worker,
            for: lease,
            at: .zero
        )
        _ = desk.take(
            [2, 2],
            try header(new, chunk: 1, of: 2),
            from: worker,
            for: lease,
            at: .zero
        )
        #expect(desk.byteCount == 4)
        let last = desk.take(
            [2, 2],
            try header(new, chunk: 0, of: 2),
            from: worker,
            for: lease,
            at: .zero
        )
        guard case .complete(_, let bytes) = last else {
            Issue.record("incomplete")
            return
        }
        #expect(bytes == new)
    }

    @Test func `bytes and uploads are bounded, and silent ones make room`() throws {
        var limits = CoordinatorLimits()
        limits.uploadBytes = 10
        limits.uploadsPerWorker = 2
        var desk = UploadDesk(limits)
        func offer(_ number: UInt64, _ size: Int, from name: String) throws -> Bool {
            let bytes = [UInt8](repeating: 0, count: size)
            let lease = Lease(lease.unit, Epoch(instance: 1, number: number))
            let header = try header(bytes, chunk: 0, of: 2)
            let worker = WorkerID(name)
            let outcome = desk.take([0, 0], header, from: worker, for: lease, at: .zero)
            if case .overloaded = outcome { return false }
            return true
        }
        #expect(try offer(1, 3, from: "a"))
        #expect(try offer(2, 3, from: "a"))
        #expect(try !offer(3, 3, from: "a"))
        #expect(try !offer(4, 5, from: "b"))
        #expect(try offer(5, 4, from: "b"))
        desk.drop(silentAt: .zero + .seconds(61))
        #expect(desk.byteCount == 0)
        #expect(try offer(3, 3, from: "a"))
    }
}
