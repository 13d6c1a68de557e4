import Scheduling
import TestSupport
import Testing
import WireProtocol
import Worker

struct RunnerMessagesTests {
    /// An order whose every field has a value drawn for it.
    static func anyOrder(_ generator: inout SeededGenerator) -> RunnerOrder {
        let round = Int.random(in: 0...3, using: &generator)
        let unit = UnitID(.sample, index: Int.random(in: 0...9, using: &generator), round: round)
        var order = RunnerOrder(
            lease: Lease(
                UnitKey(job: JobID(7), shot: 2, unit: unit),
                Epoch(instance: 3, number: .random(in: 1...9, using: &generator))
            ),
            job: anySpecification(&generator),
            order: UnitOrder(frames: 8..<24, firstFrame: 100, steps: round..<round + 1),
            shotFrames: 40,
            depthRange: DepthRange(
                least: .random(in: -1...0, using: &generator),
                largest: .random(in: 0...1e20, using: &generator)
            ),
            inputs: ["latents": "/tmp/a \"b\"\n/c", "depth": "/tmp/\u{1F3AC}"],
            output: "/tmp/out",
            result: InputDescription("latents", .float32, [16, 8, 8, 4])
        )
        order.calibrates = .random(using: &generator)
        return order
    }

    static func anySpecification(_ generator: inout SeededGenerator) -> JobSpecification {
        func number() -> UInt32 { .random(in: 0...UInt32.max, using: &generator) }
        func share() -> Double { .random(in: 0...1, using: &generator) }
        func text() -> String { "t\(number())\t\u{0}é" }
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
        var job = JobSpecification()
        job.input = text()
        job.output = text()
        job.start = WireRational(.random(in: -9...Int64.max, using: &generator), 30_000)
        job.duration = maybe(WireRational(7, 3))
        job.frameRate = maybe(WireRational(24_000, 1001))
        job.codec = text()
        job.rateFactor = maybe(number())
        job.copiesSound = .random(using: &generator)
        job.writesPreview = .random(using: &generator)
        job.model = text()
        job.modelFingerprint = (0..<32).map { _ in .random(in: 0...255, using: &generator) }
        job.variant = maybe(text())
        job.width = number()
        job.height = number()
        job.latentScale = number()
        job.latentChannels = number()
        job.contentChannels = number()
        job.prompt = maybe(text())
        job.negativePrompt = maybe(text())
        job.image = maybe(text())
        job.mask = maybe(text())
        job.seed = .random(in: 0...UInt64.max, using: &generator)
        job.steps = number()
        job.guidance = share() * 1e3
        job.temporalGuidance = share()
        job.structureLevel = number()
        job.strength = share()
        job.eta = share()
        job.noise = JobSpecification.Noise.allCases.randomElement(using: &generator)!
        job.priorSteps = number()
        job.priorGuidance = share()
        job.window = number()
        job.overlap = number()
        job.taper = JobSpecification.Taper.allCases.randomElement(using: &generator)!
        job.fuseEvery = number()
        job.fuseUntil = share()
        job.chunkFrames = number()
        return job
    }

    /// The text of a line, which has exactly one end.
    static func content(_ line: [UInt8]) -> [UInt8] {
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        return line.dropLast()
    }

    @Test func `every request is read back as it was`() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let request = RunnerRequest.run(Self.anyOrder(&generator))
            #expect(try RunnerRequest(line: Self.content(request.line)) == request)
        }
        let stop = RunnerRequest.stop(Self.anyOrder(&generator).lease)
        #expect(try RunnerRequest(line: Self.content(stop.line)) == stop)
    }

    @Test func `every reply is read back as it was`() throws {
        var generator = SeededGenerator(seed: 6)
        let lease = Self.anyOrder(&generator).lease
        var replies = [RunnerReply.ready(deviceClass: "cpu-avx512"), .finished(lease)]
        let values = (0..<WireLimits.calibrationValues).map { _ in
            Float.random(in: -9...9, using: &generator)
        }
        replies += [.calibrated(lease, values), .calibrated(lease, [])]
        #expect(replies[2].line.count < RunnerLine.bytesMax)
        replies += UnitPhase.allCases.map { .progress(lease, phase: $0, done: 12) }
        replies += FailureClass.allCases.map {
            .failed(lease, UnitFailure($0, "a \"quoted\"\nreason"))
        }
        for reply in replies {
            #expect(try RunnerReply(line: Self.content(reply.line)) == reply)
        }
    }

    @Test func `numbers that JSON does not have are refused by the reader`() {
        var generator = SeededGenerator(seed: 7)
        var order = Self.anyOrder(&generator)
        order.depthRange.largest = .infinity
        #expect(throws: RunnerMessageError.self) {
            try RunnerRequest(line: Self.content(RunnerRequest.run(order).line))
        }
        order = Self.anyOrder(&generator)
        order.job.guidance = .nan
        #expect(throws: RunnerMessageError("request.run.job.guidance: expected a number")) {
            try RunnerRequest(line: Self.content(RunnerRequest.run(order).line))
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "7", #"{"finished":7}"#, #"{"finished":"job-1"}"#, #"{"ready":{}}"#,
        #"{"ready":"cpu"}"#, #"{"progress":{"lease":"job-1/content@1.1","phase":"x","done":1}}"#,
        #"{"progress":{"lease":"job-1/content@1.1","phase":"running","done":1.5}}"#,
        #"{"failed":{"lease":"job-1/content@1.1","class":"unit"}}"#, #"{"finished":"#,
    ])
    func `lines that mean nothing are refused`(_ text: String) {
        #expect(throws: RunnerMessageError.self) { try RunnerReply(line: Array(text.utf8)) }
        #expect(throws: RunnerMessageError.self) { try RunnerRequest(line: Array(text.utf8)) }
    }

    @Test func `damaged lines are refused or read, and never end the process`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            var line = RunnerRequest.run(Self.anyOrder(&generator)).line
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<line.count, using: &generator)
                line[index] = .random(in: 0...255, using: &generator)
            }
            guard let request = try? RunnerRequest(line: line) else { continue }
            #expect((try? RunnerRequest(line: Self.content(request.line))) == request)
        }
    }
}
