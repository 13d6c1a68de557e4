import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct FetcherTests {
    static let chunkBytes = 1000

    static func lease(_ index: Int, round: Int = 0, epoch: UInt64 = 1, job: UInt64 = 1) -> Lease {
        let unit = UnitID(.sample, index: index, round: round)
        return Lease(
            UnitKey(job: JobID(job), shot: 0, unit: unit),
            Epoch(instance: 1, number: epoch)
        )
    }

    static let inputs = [
        InputDescription("latents", .float32, [4, 3, 3, 4]),
        InputDescription("depth", .float32, [4, 24, 24], isKept: true),
        InputDescription("frames", .uint8, [4, 24, 24, 3], isKept: true),
    ]

    static func offer(_ lease: Lease, _ inputs: [InputDescription] = inputs) -> OfferMessage {
        OfferMessage(
            lease: lease,
            order: UnitOrder(frames: 0..<4, firstFrame: 0, steps: 0..<1),
            job: JobSpecification(),
            shotFrames: 4,
            inputs: inputs,
            result: InputDescription("latents", .float32, [4, 3, 3, 4])
        )
    }

    /// What the coordinator has under a name.
    static func bytes(_ input: InputDescription) throws -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(input.name.utf8.count))
        return try (0..<input.byteCount()).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    static func chunk(
        _ message: FetchMessage,
        checksum: [UInt8]? = nil
    ) throws -> (ChunkMessage, [UInt8]) {
        let input = try #require(inputs.first { $0.name == message.input })
        let bytes = try bytes(input)
        let header = try TensorHeader(
            name: input.name,
            scalarType: input.scalarType,
            shape: input.shape,
            checksum: checksum ?? Checksum.of(bytes),
            chunkIndex: message.chunk,
            chunkBytes: chunkBytes
        )
        return (ChunkMessage(message.lease, header), Array(bytes[header.byteRange]))
    }

    static func expectFiles(_ files: [String: String]) throws {
        #expect(files.keys.sorted() == inputs.map(\.name).sorted())
        for input in inputs {
            let file = try SafetensorsFile.open(try #require(files[input.name]))
            let tensor = try #require(file.tensor(named: input.name))
            #expect(tensor.shape.dimensions == input.shape)
            let bytes = try bytes(input)
            #expect(tensor.bytes(in: 0..<bytes.count) == bytes)
        }
    }

    /// A fetcher, its cache, and the folder that both need to the end.
    final class Stage {
        let folder: TemporaryFolder
        let cache: InputCache
        let fetcher: Fetcher

        init(bytes: Int = 1 << 20) throws {
            folder = try TemporaryFolder()
            cache = try InputCache(folder: folder("cache"), byteLimit: bytes)
            fetcher = Fetcher(cache: cache)
        }
    }

    /// Answers requests until nothing is asked for.
    static func serve(_ fetcher: Fetcher, at now: Instant = .zero) throws -> [Fetcher.Outcome] {
        var outcomes: [Fetcher.Outcome] = []
        while true {
            let requests = fetcher.requests(at: now)
            guard !requests.isEmpty else { return outcomes }
            for request in requests {
                let (message, bytes) = try chunk(request)
                outcomes += fetcher.take(message, bytes)
            }
        }
    }

    @Test(arguments: 0..<8)
    func `inputs arrive whole over a lossy connection, in bounded portions`(seed: Int) throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        var generator = SeededGenerator(seed: UInt64(seed))
        var ready: [Lease] = []
        var wire: [(ChunkMessage, [UInt8])] = []
        var sequence: UInt64 = 0
        let leases = [Self.lease(0), Self.lease(1, epoch: 2)]
        for lease in leases { #expect(fetcher.start(Self.offer(lease), at: .zero) == []) }
        var now = 0
        while ready.count < 2 {
            let requests = fetcher.requests(at: .zero + .milliseconds(now))
            #expect(requests.count <= Fetcher.inFlightMax)
            for request in requests {
                sequence += 1
                fetcher.sent(request, as: sequence)
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: fetcher.unsent(request)
                case 1: break
                case 2:
                    let refusal = try Refusal(.unavailable, text: "", refusedSequence: sequence)
                    #expect(fetcher.refused(sequence, refusal) == [])
                case 3: wire += [try Self.chunk(request), try Self.chunk(request)]
                default: wire.append(try Self.chunk(request))
                }
            }
            wire.shuffle(using: &generator)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                guard let (message, bytes) = wire.popLast() else { break }
                for outcome in fetcher.take(message, bytes) {
                    guard case .ready(let lease) = outcome else {
                        Issue.record("\(outcome)")
                        return
                    }
                    ready.append(lease)
                }
            }
            if Int.random(in: 0..<50, using: &generator) == 0 { fetcher.startOver() }
            now += 200
            try #require(now < 10_000_000)
        }
        #expect(ready.sorted() == leases)
        for lease in leases { try Self.expectFiles(try #require(fetcher.inputs(of: lease))) }
    }

    @Test func `the rounds of a window share what stays the same`() throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let cache = stage.cache
        let first = Self.lease(3)
        _ = fetcher.start(Self.offer(first), at: .zero)
        #expect(try Self.serve(fetcher) == [.ready(first)])
        let second = Self.lease(3, round: 1, epoch: 2)
        _ = fetcher.start(Self.offer(second), at: .zero)
        let asked = fetcher.requests(at: .zero)
        #expect(Set(asked.map(\.input)) == ["latents"])
        fetcher.startOver()
        #expect(try Self.serve(fetcher) == [.ready(second)])
        let paths = [first, second].compactMap { fetcher.inputs(of: $0) }
        #expect(
            paths[0]["depth"] == paths[1]["depth"] && paths[0]["latents"] != paths[1]["latents"]
        )
        fetcher.forget(first)
        try Self.expectFiles(try #require(fetcher.inputs(of: second)))
        fetcher.forget(second)
        // The kept ones stay for the next round, the others are gone.
        #expect(
            try cache.byteCount == Self.bytes(Self.inputs[1]).count
                + Self.bytes(Self.inputs[2]).count
        )
        let other = Self.lease(4, epoch: 3)
        #expect(fetcher.start(Self.offer(other), at: .zero) == [])
        #expect(Set(try Self.requestedNames(fetcher)) == ["latents", "depth", "frames"])
    }

    static func requestedNames(_ fetcher: Fetcher) throws -> [String] {
        var names: [String] = []
        while true {
            let requests = fetcher.requests(at: .zero)
            guard !requests.isEmpty else { return names }
            for request in requests {
                names.append(request.input)
                let (message, bytes) = try chunk(request)
                _ = fetcher.take(message, bytes)
            }
        }
    }

    @Test func `an input that two units wait for is fetched once and outlives the first of them`()
        throws
    {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let (first, second) = (Self.lease(3), Self.lease(3, round: 1, epoch: 2))
        _ = fetcher.start(Self.offer(first), at: .zero)
        _ = fetcher.start(Self.offer(second), at: .zero)
        fetcher.forget(first)
        #expect(try Self.serve(fetcher) == [.ready(second)])
        try Self.expectFiles(try #require(fetcher.inputs(of: second)))
        #expect(fetcher.inputs(of: first) == nil)
    }

    @Test func `a refused input gives the unit up, a postponed one waits`() throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let cache = stage.cache
        let lease = Self.lease(0)
        _ = fetcher.start(Self.offer(lease), at: .zero)
        for (number, request) in fetcher.requests(at: .zero).enumerated() {
            fetcher.sent(request, as: UInt64(number + 1))
        }
        let later = try Refusal(.unavailable, text: "later", refusedSequence: 1)
        #expect(fetcher.refused(1, later) == [])
        let stranger = try Refusal(.unexpected, text: "who?", refusedSequence: 2)
        #expect(fetcher.refused(2, stranger) == [])
        let never = try Refusal(.unknown, text: "not wanted any more", refusedSequence: 3)
        #expect(
            fetcher.refused(3, never) == [.missing(lease, reason: "not wanted any more")]
        )
        #expect(cache.byteCount == 0 && fetcher.requests(at: .zero).isEmpty)
        #expect(fetcher.refused(3, never) == [] && fetcher.refused(99, never) == [])
    }

    @Test func `a coordinator that never has the input is not asked for ever`() throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let lease = Self.lease(0)
        _ = fetcher.start(Self.offer(lease, [Self.inputs[0]]), at: .zero)
        var sequence: UInt64 = 0
        for second in 0..<1000 {
            for request in fetcher.requests(at: .zero + .seconds(second)) {
                sequence += 1
                fetcher.sent(request, as: sequence)
                let refusal = try Refusal(.unavailable, text: "later", refusedSequence: sequence)
                guard fetcher.refused(sequence, refusal) == [] else {
                    #expect(second > 100)
                    return
                }
            }
        }
        Issue.record("it is still being asked for after \(sequence) refusals")
    }

    @Test func `damaged and strange inputs are not used`() throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let cache = stage.cache
        let lease = Self.lease(0)
        let wrong = [UInt8](repeating: 7, count: 32)
        _ = fetcher.start(Self.offer(lease, [Self.inputs[0]]), at: .zero)
        var outcomes: [Fetcher.Outcome] = []
        var rounds = 0
        while outcomes.isEmpty {
            rounds += 1
            try #require(rounds < 100)
            for request in fetcher.requests(at: .zero) {
                let (message, bytes) = try Self.chunk(request, checksum: wrong)
                outcomes += fetcher.take(message, bytes)
            }
        }
        #expect(
            outcomes == [.missing(lease, reason: "latents: its checksum is wrong, 4 times")]
        )
        #expect(cache.byteCount == 0)

        _ = fetcher.start(Self.offer(lease, [Self.inputs[0]]), at: .zero)
        let request = try #require(fetcher.requests(at: .zero).first)
        let (message, bytes) = try Self.chunk(request)
        // A frame of another size is as good as lost.
        #expect(fetcher.take(message, Array(bytes.dropLast())) == [])
        let strange = try TensorHeader(
            name: "latents",
            scalarType: .float32,
            shape: [1],
            checksum: wrong,
            chunkIndex: 0,
            chunkBytes: 4
        )
        guard
            case .missing(lease, _) = fetcher.take(ChunkMessage(lease, strange), [0, 0, 0, 0]).first
        else {
            Issue.record("a tensor of another shape is taken")
            return
        }
        #expect(fetcher.take(message, bytes) == [])
    }

    @Test func `an input that changes on the way is fetched afresh`() throws {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let lease = Self.lease(0)
        let depth = Self.inputs[1]
        _ = fetcher.start(Self.offer(lease, [depth]), at: .zero)
        let first = try #require(fetcher.requests(at: .zero).first)
        let (stale, bytes) = try Self.chunk(first, checksum: [UInt8](repeating: 1, count: 32))
        #expect(fetcher.take(stale, bytes) == [])
        #expect(try Self.serve(fetcher) == [.ready(lease)])
    }

    @Test func `inputs beyond the cache's room give the unit up`() throws {
        let stage = try Stage(bytes: 10_000)
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let cache = stage.cache
        let lease = Self.lease(0)
        guard case .missing(lease, let reason) = fetcher.start(Self.offer(lease), at: .zero).first
        else {
            Issue.record("it is fetched")
            return
        }
        #expect(reason.contains("no room"))
        #expect(cache.byteCount == 0 && fetcher.requests(at: .zero).isEmpty)
    }

    @Test func `a unit without inputs is ready at once, and one that starts again goes on`() throws
    {
        let stage = try Stage()
        defer { withExtendedLifetime(stage) {} }
        let fetcher = stage.fetcher
        let lease = Self.lease(0)
        #expect(fetcher.start(Self.offer(lease, []), at: .zero) == [.ready(lease)])
        #expect(fetcher.start(Self.offer(lease, []), at: .zero) == [.ready(lease)])
        let second = Self.lease(1)
        _ = fetcher.start(Self.offer(second), at: .zero)
        let asked = fetcher.requests(at: .zero)
        #expect(fetcher.requests(at: .zero) == [])
        #expect(fetcher.start(Self.offer(second), at: .zero) == [])
        #expect(fetcher.requests(at: .zero) == asked)
    }
}
