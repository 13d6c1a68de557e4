import Testing
import WireProtocol

struct JobSpecificationTests {
    private func field(_ change: (inout JobSpecification) -> Void) throws -> String? {
        var generator = MessageGenerator(seed: 3)
        var job = generator.specification()
        try job.check()
        change(&job)
        let error = #expect(throws: WireError.self) { try job.check() }
        guard case .invalidField(let field, _) = error?.code else { return nil }
        return field
    }

    @Test func `each value outside its limits is refused by name`() throws {
        let cases: [(String, (inout JobSpecification) -> Void)] = [
            ("input path", { $0.input = "clip.mp4" }), ("input path", { $0.input = "" }),
            ("output path", { $0.output = "/" + String(repeating: "x", count: 4096) }),
            ("model path", { $0.model = "/a\0b" }), ("model path", { $0.model = "" }),
            ("model path", { $0.model = "models/gen1" }), ("model path", { $0.model = ".." }),
            ("model path", { $0.model = "a\0b" }), ("start", { $0.start = WireRational(-1, 1) }),
            ("start's denominator", { $0.start = WireRational(1, 0) }),
            ("duration", { $0.duration = WireRational(0, 1) }),
            ("duration's numerator", { $0.duration = WireRational(.max, 1) }),
            ("frame rate", { $0.frameRate = WireRational(1001, 1) }),
            ("frame rate", { $0.frameRate = WireRational(0, 1) }),
            ("codec", { $0.codec = "vp9" }), ("rate factor", { $0.rateFactor = 64 }),
            ("model fingerprint", { $0.modelFingerprint = [] }), ("variant", { $0.variant = "" }),
            ("width", { $0.width = 0 }), ("height", { $0.height = 16_384 + $0.latentScale }),
            ("width", { ($0.width, $0.latentScale) = (65, 8) }),
            ("content", { ($0.prompt, $0.image) = (nil, nil) }),
            ("prompt", { $0.prompt = String(repeating: "é", count: 4097) }),
            ("negative prompt", { $0.negativePrompt = "\0" }), ("mask path", { $0.mask = "" }),
            ("steps", { $0.steps = 0 }), ("steps", { $0.steps = 10_001 }),
            ("guidance", { $0.guidance = .nan }), ("guidance", { $0.guidance = .infinity }),
            ("temporal guidance", { $0.temporalGuidance = -.infinity }),
            ("strength", { $0.strength = 1.01 }), ("strength", { $0.strength = .nan }),
            ("eta", { $0.eta = -0.1 }), ("structure level", { $0.structureLevel = 8 }),
            ("window", { $0.window = 0 }), ("overlap", { $0.overlap = $0.window }),
            ("fuse-until", { $0.fuseUntil = .nan }), ("frames of a chunk", { $0.chunkFrames = 0 }),
            ("prior steps", { $0.priorSteps = 0 }), ("latent scale", { $0.latentScale = 0 }),
        ]
        for (expected, change) in cases { #expect(try field(change) == expected) }
    }

    @Test func `a model has a path, or the name that it comes by`() throws {
        var generator = MessageGenerator(seed: 3)
        var job = generator.specification()
        for model in ["/models/gen1", "weft-small"] {
            job.model = model
            try job.check()
        }
    }

    @Test(arguments: UInt64(0)..<50)
    func `the bytes in the ledger give the same job`(seed: UInt64) throws {
        var generator = MessageGenerator(seed: seed)
        let job = generator.specification()
        #expect(try JobSpecification(decoding: job.encoded()) == job)
        let truncated = Array(job.encoded().dropLast())
        #expect((try? JobSpecification(decoding: truncated)) != job)
    }

    @Test func `bytes that are no job are refused`() {
        #expect(throws: WireError.self) { try JobSpecification(decoding: []) }
        #expect(throws: WireError.self) { try JobSpecification(decoding: [0xFF]) }
    }
}
