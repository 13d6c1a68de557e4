import Scheduling
import TestSupport
import WireProtocol

/// Messages with values drawn over their whole allowed range, the ends included.
struct MessageGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func envelope() throws -> Envelope {
        let kinds = Self.kinds
        return Envelope(
            try body(kinds[below(kinds.count)]),
            sequence: number(),
            replyTo: number(),
            version: ProtocolVersion(major: 1, minor: UInt32(truncatingIfNeeded: number()))
        )
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func bool() -> Bool { below(2) == 0 }

    /// Small and very large numbers in equal shares.
    mutating func number(_ limit: UInt64 = .max) -> UInt64 {
        switch below(4) {
        case 0: return UInt64.random(in: 0...limit, using: &random)
        case 1: return limit
        default: return UInt64.random(in: 0...min(limit, 100), using: &random)
        }
    }

    mutating func count(_ limit: Int, from least: Int = 0) -> Int {
        least + Int(number(UInt64(limit - least)))
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    mutating func text(_ limit: Int, from least: Int = 0) -> String {
        let alphabet: [Character] = ["a", "Z", "9", " ", "\n", "é", "紙", "🐇"]
        let longest = below(8) == 0 ? limit : min(limit, 40)
        var text = String(repeating: "x", count: least)
        var left = Int.random(in: 0...(longest - least), using: &random)
        while true {
            let character = alphabet[below(alphabet.count)]
            left -= String(character).utf8.count
            guard left >= 0 else { return text }
            text.append(character)
        }
    }

    mutating func path() -> String { "/" + text(WireLimits.pathBytes - 1) }

    mutating func real(_ range: ClosedRange<Double>) -> Double {
        switch below(8) {
        case 0: range.lowerBound
        case 1: range.upperBound
        default: Double.random(in: range, using: &random)
        }
    }

    mutating func real32() -> Float {
        bool()
            ? Float.random(in: -1...1, using: &random)
            : Float.random(in: -Float.greatestFiniteMagnitude...0, using: &random)
    }

    mutating func element<Value: CaseIterable>(_ type: Value.Type) -> Value {
        let all = Array(Value.allCases)
        return all[below(all.count)]
    }

    mutating func optional<Value>(
        _ make: (inout MessageGenerator) throws -> Value
    ) rethrows -> Value? {
        bool() ? try make(&self) : nil
    }

    mutating func list<Value>(
        _ limit: Int,
        _ make: (inout MessageGenerator) throws -> Value
    ) rethrows -> [Value] {
        let count = below(6) == 0 ? limit : below(min(limit, 5) + 1)
        return try (0..<count).map { _ in try make(&self) }
    }
}

// Parts of messages.
extension MessageGenerator {
    mutating func job() -> JobID { JobID(number(UInt64(Int.max) - 1) + 1) }

    mutating func worker() -> WorkerID { WorkerID(text(WireLimits.nameBytes, from: 1)) }

    mutating func unit(_ kind: UnitKind? = nil) -> UnitKey {
        let kind = kind ?? element(UnitKind.self)
        return UnitKey(
            job: job(),
            shot: kind == .content ? 0 : count(WireLimits.frames),
            unit: UnitID(
                kind,
                index: kind == .content ? 0 : count(WireLimits.frames),
                round: kind == .sample ? count(WireLimits.steps) : 0
            )
        )
    }

    mutating func lease(_ kind: UnitKind? = nil) -> Lease {
        let instance = number(UInt64(Int.max) - 1) + 1
        return Lease(
            unit(kind),
            Epoch(instance: instance, number: number(UInt64(Int.max) - 1) + 1)
        )
    }

    mutating func progress() -> LeaseProgress {
        LeaseProgress(
            lease(),
            phase: element(UnitPhase.self),
            done: count(WireLimits.frames),
            total: count(WireLimits.frames)
        )
    }

    /// Extents whose product keeps the limit.
    mutating func shape() -> [Int] {
        if below(8) == 0 { return [WireLimits.tensorBytes / 8] }
        return (0..<below(WireLimits.rank + 1)).map { _ in below(9) }
    }

    mutating func description() -> InputDescription {
        InputDescription(
            text(WireLimits.nameBytes, from: 1),
            element(TensorHeader.ScalarType.self),
            shape(),
            isKept: bool()
        )
    }

    mutating func header() throws -> TensorHeader {
        let type = element(TensorHeader.ScalarType.self)
        let shape = shape()
        let name = text(WireLimits.nameBytes, from: 1)
        let checksum = bytes(WireLimits.checksumBytes)
        // Small enough chunks for many of them, large enough to be counted.
        let chunkBytes = bool() ? WireLimits.chunkBytes : 64 + below(WireLimits.chunkBytes - 64)
        func header(_ index: Int) throws -> TensorHeader {
            try TensorHeader(
                name: name,
                scalarType: type,
                shape: shape,
                checksum: checksum,
                chunkIndex: index,
                chunkBytes: chunkBytes
            )
        }
        return try header(below(try header(0).chunkCount))
    }

    mutating func order(of kind: UnitKind, shotFrames: Int) -> UnitOrder {
        let end = kind == .content ? 0 : 1 + below(shotFrames)
        let lastStep = kind == .sample ? count(WireLimits.steps, from: 1) : 0
        return UnitOrder(
            frames: (kind == .content ? 0 : below(end))..<end,
            firstFrame: count(WireLimits.frames),
            steps: (kind == .sample ? below(lastStep) : 0)..<lastStep
        )
    }

    mutating func rational(_ range: ClosedRange<Int64>) -> WireRational {
        WireRational(
            Int64.random(in: range, using: &random),
            Int64.random(in: 1...(1 << 53), using: &random)
        )
    }

    mutating func specification() -> JobSpecification {
        var job = JobSpecification()
        job.input = path()
        job.output = path()
        job.start = rational(0...(1 << 53))
        job.duration = optional { $0.rational(1...(1 << 53)) }
        job.frameRate = optional { WireRational(Int64($0.below(30_000) + 1), 1001) }
        job.codec = JobSpecification.codecs[below(JobSpecification.codecs.count)]
        job.rateFactor = optional { UInt32($0.below(64)) }
        job.copiesSound = bool()
        job.writesPreview = bool()
        job.model = path()
        job.modelFingerprint = bytes(WireLimits.fingerprintBytes)
        job.variant = optional { $0.text(WireLimits.nameBytes, from: 1) }
        job.latentScale = UInt32(1 + below(64))
        job.width = job.latentScale * UInt32(1 + below(256))
        job.height = job.latentScale * UInt32(1 + below(256))
        job.latentChannels = UInt32(1 + below(256))
        job.contentChannels = UInt32(1 + below(65_536))
        job.prompt = optional { $0.text(WireLimits.promptBytes) }
        job.negativePrompt = optional { $0.text(WireLimits.promptBytes) }
        job.image = job.prompt == nil ? path() : optional { $0.path() }
        job.mask = optional { $0.path() }
        job.seed = number()
        job.steps = UInt32(count(WireLimits.steps, from: 1))
        job.guidance = real(-1000...1000)
        job.temporalGuidance = real(-1000...1000)
        job.structureLevel = UInt32(below(8))
        job.strength = real(0...1)
        job.eta = real(0...1)
        job.noise = element(JobSpecification.Noise.self)
        job.priorSteps = UInt32(count(WireLimits.steps, from: 1))
        job.priorGuidance = real(-1000...1000)
        job.window = UInt32(1 + below(4096))
        job.overlap = UInt32(below(Int(job.window)))
        job.taper = element(JobSpecification.Taper.self)
        job.fuseEvery = UInt32(count(WireLimits.steps))
        job.fuseUntil = real(0...1)
        job.chunkFrames = UInt32(1 + below(4096))
        return job
    }

    mutating func request() -> JobRequest {
        JobRequest(
            idempotencyKey: text(WireLimits.nameBytes, from: 1),
            name: text(WireLimits.nameBytes),
            priority: count(2 * WireLimits.priority) - WireLimits.priority,
            workersMax: optional { $0.count(WireLimits.priority, from: 1) },
            isPaused: bool()
        )
    }
}
