import Coordinator
import Diffusion
import Scheduling
import Tensors
import Testing
import WireProtocol

struct JobEstimateTests {
    private func shots(
        _ frames: [Int],
        window: Int,
        overlap: Int,
        steps: Int,
        fusion: FusionInterval
    ) throws -> [ShotOutline] {
        var first = 0
        return try frames.enumerated().map { index, count in
            let plan = JobPlan(
                windows: try WindowPlan(frameCount: count, length: window, overlap: overlap),
                fusion: try FusionSchedule(steps: 0..<steps, interval: fusion, until: 0.6),
                chunkFrames: 8
            )
            defer { first += count }
            return ShotOutline(index: index, firstFrame: first, work: plan.work)
        }
    }

    private func job() throws -> JobSpecification {
        var settings = Jobs.settings()
        settings.size = PictureSize(width: 64, height: 64)
        return try settings.specification(of: nil, with: Jobs.model)
    }

    /// The counts are those of the units that a farm would make.
    @Test(arguments: [FusionInterval.every(1), .every(5), .never], [0, 3, 7])
    func `units are those of the work plan`(fusion: FusionInterval, overlap: Int) throws {
        let shots = try shots(
            [1, 15, 40, 100],
            window: 8,
            overlap: overlap,
            steps: 20,
            fusion: fusion
        )
        let estimate = JobEstimate(try job(), shots: shots)
        let units = shots.flatMap(\.work.units)
        for kind in [UnitKind.depth, .sample, .decode] {
            #expect(estimate.units[kind] == units.count { $0.kind == kind })
        }
        #expect(estimate.frames == 156)
        let steps = shots.flatMap { shot in shot.work.units.map(shot.work.steps) }
        #expect(estimate.steps == steps.reduce(0) { $0 + $1.count })
        let touching = shots.reduce(0) { sum, shot in
            sum
                + shot.work.windows.indices.reduce(0) {
                    $0 + shot.work.neighbours(of: $1).count - 1
                } / 2
        }
        #expect(estimate.overlaps == touching)
    }

    /// K = 1 until 60 % of 20 steps: 12 blends and the last; K = 5: after 5, 10 and 20.
    @Test(arguments: [(FusionInterval.every(1), 13), (.every(5), 3), (.never, 1)])
    func `blends are those of the definition`(fusion: FusionInterval, rounds: Int) throws {
        let shots = try shots([4, 40], window: 8, overlap: 4, steps: 20, fusion: fusion)
        let estimate = JobEstimate(try job(), shots: shots)
        // The shot of one window has nothing to blend.
        #expect(estimate.rounds.count == rounds && estimate.fusions == rounds)
    }

    @Test func `bytes follow the formulas`() throws {
        let shots = try shots([8], window: 8, overlap: 4, steps: 10, fusion: .never)
        let estimate = JobEstimate(try job(), shots: shots)
        let (picture, depth, latents) = (3 * 4096, 4 * 4096, 4 * 64 * 4)
        #expect(estimate.stateBytes == 8 * (picture + depth) + 2 * 8 * latents)
        #expect(estimate.sentBytes == 8 * (picture + depth + latents))
        #expect(estimate.receivedBytes == 8 * (picture + depth + latents))
    }

    @Test func `the text and the JSON say the same`() throws {
        let shots = try shots([20, 8], window: 8, overlap: 4, steps: 10, fusion: .every(5))
        let estimate = JobEstimate(try job(), shots: shots)
        let expected = """
            model: \(Jobs.model.path), pictures of 64x64
            sampling: 50 steps, guidance 7.5, prior guidance 4, temporal guidance 1, \
            structure level 0, strength 1, eta 0, noise shuffled, seed 0
            fusion: windows of 16 that share 8, taper hann, blended after every 1 step until 0.6
            28 frames in 2 shots
              shot 0: frames 0..<20, 4 windows
              shot 1: frames 20..<28, 1 window
            windows: 5, 40 frames sampled (1.43 times the video)
            rounds: 2, ending after steps 5, 10; blends: 2, overlaps: 3
            units: 1 content, 4 depth, 10 sample, 4 decode; steps: 50
            disk: up to 864.0 KiB of state, and the output
            memory: up to 680.0 KiB for tensors in the coordinator beside 512.0 MiB of caches, \
            448.0 KiB in a worker beside its network
            traffic: 1.0 MiB to workers, 864.0 KiB from them
            """
        #expect(estimate.text == expected)
        guard case .object(let members) = estimate.json else {
            Issue.record("no object")
            return
        }
        #expect(members["steps"] == .integer(50) && members["fusions"] == .integer(2))
        guard case .object(let settings) = members["settings"] else {
            Issue.record("no settings")
            return
        }
        #expect(settings["steps"] == .integer(50) && settings["guidance"] == .number(7.5))
        #expect(settings["prior_guidance"] == .number(4))
        #expect(settings["noise"] == .string("shuffled") && settings["window"] == .integer(16))
    }

    @Test func `a job of a picture says nothing of the prior`() throws {
        var job = try job()
        (job.prompt, job.image) = (nil, "/look.png")
        let shots = try shots([8], window: 8, overlap: 4, steps: 10, fusion: .never)
        let estimate = JobEstimate(job, shots: shots)
        #expect(estimate.text.contains("guidance 7.5, temporal guidance 1, "))
        guard case .object(let members) = estimate.json,
            case .object(let settings)? = members["settings"]
        else {
            Issue.record("no settings")
            return
        }
        #expect(settings["prior_guidance"] == .null)
    }
}
