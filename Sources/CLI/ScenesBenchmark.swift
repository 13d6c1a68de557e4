import ArgumentParser
import Scenes
import Tensors

/// `weft benchmark scenes`: frames that one core makes of small worlds.
struct ScenesBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenes",
        abstract: "Time the making of scenes on one core.",
        discussion: """
            Renders frames of scenes of many seeds, once with depth, flow and masks and once \
            without flow, and tells the mean rate and that of the slowest scene.
            """
    )

    @Option(help: "Scenes, with the seeds from 0 on.")
    var scenes = 50

    @Option(help: "Frames of each.")
    var frames = 4

    @Option(help: "Sides of the picture, in pixels.")
    var side = 128

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        for (option, value, range) in [
            ("--scenes", scenes, 1...100_000), ("--frames", frames, 1...10_000),
            ("--side", side, SceneSettings.sides),
        ] where !range.contains(value) {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw ValidationError("\(option): expected \(bounds), found \(value)")
        }
    }

    func run() throws {
        let all = measure(.all)
        let picture = measure(.picture)
        guard json else {
            print("\(scenes) scenes, \(frames) frames each, \(side)x\(side), one core")
            for (name, rates) in [("with depth, flow and masks", all), ("without flow", picture)] {
                print(
                    "\(name): \(fixed(rates.mean, 1)) frames a second, "
                        + "the slowest scene \(fixed(rates.slowest, 1)) (seed \(rates.seed))"
                )
            }
            return
        }
        let members: [String: JSONValue] = [
            "schema": .integer(1), "scenes": .integer(scenes), "frames": .integer(frames),
            "side": .integer(side), "frames_per_second": .number(all.mean),
            "slowest_frames_per_second": .number(all.slowest),
            "picture_frames_per_second": .number(picture.mean),
        ]
        print(JSONValue.object(members).serialized(isIndented: true))
    }

    private func measure(
        _ parts: SceneParts
    ) -> (mean: Double, slowest: Double, seed: UInt64) {
        var total = 0.0
        var longest = (seconds: 0.0, seed: UInt64(0))
        for seed in 0..<UInt64(scenes) {
            let start = ContinuousClock.now
            // What a random frame of a scene costs: the scene itself is part of it.
            let clip = SceneClip(seed: seed, SceneSettings(width: side, height: side))
            for index in 0..<frames { _ = clip.frame(index, parts) }
            let seconds = (ContinuousClock.now - start).seconds
            total += seconds
            if seconds > longest.seconds { longest = (seconds, seed) }
        }
        let count = Double(frames)
        return (count * Double(scenes) / total, count / longest.seconds, longest.seed)
    }
}
