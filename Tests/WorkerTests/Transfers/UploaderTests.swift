import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct UploaderTests {
    static let lease = Lease(
        UnitKey(job: JobID(1), shot: 0, unit: UnitID(.sample, index: 2, round: 1)),
        Epoch(instance: 1, number: 5)
    )

    /// A result of about `chunks` chunks in a file.
    static func result(chunks: Double, in folder: TemporaryFolder) throws -> (SpoolFile, [UInt8]) {
        let count = Int(chunks * Double(Uploader.chunkBytes))
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let path = folder("result-\(count)")
        let writer = try SafetensorsWriter(
            path: path,
            entries: [.init(name: "frames", scalarType: .uint8, shape: [count])]
        )
        try writer.append(bytes, to: "frames")
        try writer.finish(isDurable: false)
        return (try SpoolFile(path), bytes)
    }

    static func time(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test(arguments: [0.0, 0.3, 1, 6.5])
    func `a result arrives whole over a lossy connection, in bounded portions`(
        chunks: Double
    ) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let (file, bytes) = try Self.result(chunks: chunks, in: folder)
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5 {
            let uploader = Uploader()
            uploader.start(Self.lease, file)
            var arrived: [Int: [UInt8]] = [:]
            var answers: [Int] = []
            var isDelivered = false
            var now = 0
            while !isDelivered {
                let sent = try uploader.chunks(at: Self.time(now))
                #expect(sent.count <= Uploader.inFlightMax)
                for chunk in sent {
                    #expect(chunk.message.header.checksum == Checksum.of(bytes))
                    switch Int.random(in: 0..<6, using: &generator) {
                    case 0: uploader.unsent(chunk.message)
                    case 1: break
                    default:
                        arrived[chunk.message.header.chunkIndex] = chunk.bytes
                        answers.append(chunk.message.header.chunkIndex)
                    }
                }
                answers.shuffle(using: &generator)
                while let answer = answers.popLast() {
                    // Some answers are lost, some come twice.
                    for _ in 0..<Int.random(in: 0...2, using: &generator) where !isDelivered {
                        isDelivered = uploader.stored(StoredMessage(Self.lease, chunk: answer))
                    }
                }
                now += 500
                try #require(now < 1_000_000)
            }
            #expect(arrived.sorted { $0.key < $1.key }.flatMap(\.value) == bytes)
            #expect(!uploader.isSending(Self.lease))
        }
    }

    @Test func `what is on its way is not sent again before its time, unless all starts over`()
        throws
    {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let (file, _) = try Self.result(chunks: 8, in: folder)
        let uploader = Uploader()
        uploader.start(Self.lease, file)
        func positions(at milliseconds: Int) throws -> [Int] {
            try uploader.chunks(at: Self.time(milliseconds)).map(\.message.header.chunkIndex)
        }
        #expect(try positions(at: 0) == [0, 1, 2, 3])
        #expect(try positions(at: 1999) == [])
        #expect(!uploader.stored(StoredMessage(Self.lease, chunk: 1)))
        #expect(try positions(at: 1999) == [4])
        #expect(try positions(at: 2000) == [0, 2, 3])
        uploader.startOver()
        #expect(try positions(at: 2001) == [0, 2, 3, 4])
        uploader.start(Self.lease, file)
        #expect(try positions(at: 2002) == [0, 1, 2, 3])
        uploader.forget(Self.lease)
        #expect(try positions(at: 9000) == [])
        #expect(!uploader.stored(StoredMessage(Self.lease, chunk: 0)))
    }

    @Test func `answers that nobody waits for mean nothing`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let (file, _) = try Self.result(chunks: 1, in: folder)
        let uploader = Uploader()
        uploader.start(Self.lease, file)
        #expect(!uploader.stored(StoredMessage(Self.lease, chunk: 0)))
        #expect(!uploader.stored(StoredMessage(Self.lease, chunk: 70)))
        _ = try uploader.chunks(at: .zero)
        #expect(uploader.stored(StoredMessage(Self.lease, chunk: 0)))
    }
}
