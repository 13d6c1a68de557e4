import Coordinator
import Diffusion
import FFmpeg
import Testing
import WireProtocol

struct JobSettingsTests {
    private func failure(
        _ change: (inout JobSettings) -> Void,
        clip: ClipShape? = Jobs.clip
    ) -> SettingsError? {
        var settings = Jobs.settings()
        change(&settings)
        do {
            _ = try settings.specification(of: clip, with: Jobs.model)
            return nil
        } catch {
            return error
        }
    }

    @Test func `defaults are the recommended design`() throws {
        let job = try Jobs.settings().specification(of: Jobs.clip, with: Jobs.model)
        #expect(job.width == 576 && job.height == 384)
        #expect(job.window == 16 && job.overlap == 8 && job.taper == .hann)
        #expect(job.fuseEvery == 1 && job.fuseUntil == 0.6 && job.noise == .shuffled)
        #expect(job.steps == 50 && job.strength == 1 && job.eta == 0)
        #expect(job.model == "/models/gen1" && job.modelFingerprint == Jobs.model.fingerprint)
        #expect(job.contentChannels == 768 && job.latentScale == 8 && job.latentChannels == 4)
        #expect(job.codec == "h264" && job.rateFactor == nil && job.copiesSound)
        #expect(job.duration == nil && job.frameRate == nil && job.start == WireRational(0, 1))
    }

    @Test func `what is chosen arrives`() throws {
        var settings = Jobs.settings()
        settings.prompt = nil
        settings.image = "/pictures/look.png"
        settings.mask = "/pictures/mask.png"
        settings.start = Rational(3, 2)
        settings.duration = Rational(2)
        settings.frameRate = Rational(30000, 1001)
        settings.size = PictureSize(width: 320, height: 256)
        settings.fusion = .never
        settings.window = 9
        settings.strength = 0.5
        settings.priorGuidance = 2
        settings.rateFactor = 20
        let job = try settings.specification(of: nil, with: Jobs.model)
        #expect(job.image == "/pictures/look.png" && job.prompt == nil)
        #expect(job.mask == "/pictures/mask.png")
        #expect(job.start == WireRational(3, 2) && job.duration == WireRational(2, 1))
        #expect(job.frameRate == WireRational(30000, 1001))
        #expect(job.width == 320 && job.height == 256)
        #expect(job.fuseEvery == 0 && job.window == 9 && job.overlap == 4)
        #expect(job.priorGuidance == 2)
        #expect(job.strength == 0.5 && job.rateFactor == 20)
    }

    @Test func `a model of fewer positions has shorter windows`() throws {
        var model = Jobs.model
        model.framesMax = 7
        let job = try Jobs.settings().specification(of: Jobs.clip, with: model)
        #expect(job.window == 7 && job.overlap == 3)
    }

    @Test func `every wrong value is named by its option`() {
        let wrong: [(String, (inout JobSettings) -> Void)] = [
            ("--prompt", { $0.prompt = " \n" }),
            ("--prompt or --image", { $0.prompt = nil }),
            ("--prompt and --image", { $0.image = "/a.png" }),
            ("--negative", { $0.negativePrompt = String(repeating: "x", count: 5000) }),
            ("--steps", { $0.steps = 0 }), ("--steps", { $0.steps = 1001 }),
            ("--guidance", { $0.guidance = .nan }),
            ("--prior-guidance", { $0.priorGuidance = 1001 }),
            ("--prior-guidance", { $0.priorGuidance = .nan }),
            ("--temporal-guidance", { $0.temporalGuidance = .infinity }),
            ("--structure-level", { $0.structureLevel = 8 }),
            ("--structure-level", { $0.structureLevel = -1 }),
            ("--strength", { $0.strength = 0 }), ("--strength", { $0.strength = 1.01 }),
            ("--strength", { $0.strength = 0.01 }), ("--strength", { $0.strength = .nan }),
            ("--eta", { $0.eta = -0.1 }), ("--eta", { $0.eta = .nan }),
            ("--codec", { $0.codec = "gif" }),
            ("--crf", { $0.rateFactor = 52 }),
            (
                "--crf",
                {
                    $0.codec = "png"
                    $0.rateFactor = 20
                }
            ),
            ("--window", { $0.window = 17 }), ("--window", { $0.window = 0 }),
            ("--overlap", { $0.overlap = 16 }), ("--overlap", { $0.overlap = -1 }),
            (
                "--noise lock",
                {
                    $0.window = 1
                    $0.noise = .lock
                }
            ),
            ("--fuse-every", { $0.fusion = .every(0) }),
            ("--fuse-until", { $0.fuseUntil = 1.5 }), ("--fuse-until", { $0.fuseUntil = .nan }),
            ("--size", { $0.size = PictureSize(width: 321, height: 256) }),
            ("--size", { $0.size = PictureSize(width: 64000, height: 256) }),
            ("--duration", { $0.duration = .zero }),
            ("--fps", { $0.frameRate = .zero }), ("--fps", { $0.frameRate = Rational(1001) }),
        ]
        for (name, change) in wrong {
            let error = failure(change)
            #expect(error?.code == .usage, "\(name)")
            #expect(error?.description.hasPrefix(name) == true, "\(name): \(error as Any)")
        }
    }

    @Test func `a start after the clip's end is bad input`() {
        let error = failure { $0.start = Rational(8) }
        #expect(error?.code == .badInput)
        #expect(error?.description.contains("7.800 s") == true)
        #expect(failure { $0.start = Rational(7) } == nil)
    }

    @Test func `without the clip at hand the size has to be given`() {
        #expect(failure({ _ in }, clip: nil)?.description.hasPrefix("--size") == true)
        #expect(failure({ $0.size = PictureSize(width: 64, height: 64) }, clip: nil) == nil)
    }
}
