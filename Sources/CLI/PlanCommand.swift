import ArgumentParser
import Diffusion
import Tensors

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the windows, weights and rounds of a shot without running it."
    )

    @OptionGroup var options: WindowOptions

    @Option(help: "Blend the windows after every so many steps, or never before the end.")
    var fuseEvery = FusionInterval.every(1)

    @Option(help: "Share of the steps after which windows are no longer blended until the end.")
    var fuseUntil = 0.6

    @Option(help: "Sampler steps.")
    var steps = 50

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let plan = try options.plan()
        let weights = BlendWeights(plan, taper: options.taper)
        guard steps >= 1, steps <= 1_000_000 else {
            throw Failure(.usage, "steps \(steps): expected 1 to 1000000")
        }
        let schedule = try FusionSchedule(
            steps: 0..<steps,
            interval: fuseEvery,
            until: fuseUntil
        )
        if json {
            print(object(plan, weights, schedule).serialized())
        } else {
            printText(plan, schedule)
        }
    }

    private func object(
        _ plan: WindowPlan,
        _ weights: BlendWeights,
        _ schedule: FusionSchedule
    ) -> JSONValue {
        let windows = plan.windows.enumerated().map { index, window in
            JSONValue.object([
                "index": .integer(index),
                "start": .integer(window.lowerBound),
                "end": .integer(window.upperBound),
                "weights": .array(weights.rows[index].map { .number($0) }),
                "neighbours": .array(plan.neighbours(of: index).map { .integer($0) }),
            ])
        }
        let rounds = schedule.rounds.map { round in
            JSONValue.object([
                "start": .integer(round.lowerBound), "end": .integer(round.upperBound),
            ])
        }
        return .object([
            "frames": .integer(plan.frameCount),
            "taper": .string(options.taper.rawValue),
            "windows": .array(windows),
            "rounds": .array(rounds),
        ])
    }

    private func printText(_ plan: WindowPlan, _ schedule: FusionSchedule) {
        let sampled = plan.windows.reduce(0) { $0 + $1.count }
        let hundredths = (sampled * 100 + plan.frameCount / 2) / plan.frameCount
        let cost = "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
        print(
            "\(plan.frameCount) frames, windows: \(plan.windows.count), taper: "
                + "\(options.taper.rawValue), frames sampled: \(sampled) (\(cost) times the shot)"
        )
        for (index, window) in plan.windows.enumerated() {
            let others = plan.neighbours(of: index).map { "\($0)" }.joined(separator: ", ")
            let frames = "frames \(window.lowerBound)..<\(window.upperBound)"
            print("  window \(index): \(frames), blends with: \(others.isEmpty ? "none" : others)")
        }
        let ends = schedule.rounds.map { "\($0.upperBound)" }.joined(separator: ", ")
        print("\(steps) steps, rounds: \(schedule.rounds.count), blended after steps: \(ends)")
    }
}
