import Tensors
import TestSupport
import Testing

struct PlanTests {
    /// The weights of a shot as other programs read them: they sum to one at every frame.
    @Test(arguments: [
        (20, 8, 4, "hann"), (5, 16, 8, "flat"), (41, 16, 12, "linear"), (64, 16, 0, "pyramid"),
    ])
    func `the plan's weights sum to one at every frame`(
        frames: Int,
        window: Int,
        overlap: Int,
        taper: String
    ) throws {
        let outcome = try Program.run([
            "plan", "--frames", "\(frames)", "--window", "\(window)", "--overlap", "\(overlap)",
            "--taper", taper, "--json",
        ])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        var sums = [Double](repeating: 0, count: frames)
        for window in try windows(outcome.output) {
            for (offset, weight) in window.weights.enumerated() {
                sums[window.start + offset] += weight
            }
        }
        #expect(sums.allSatisfy { abs($0 - 1) < 1e-12 })
    }

    private func windows(_ text: String) throws -> [(start: Int, weights: [Double])] {
        guard case .object(let plan) = try JSONValue.parse(Array(text.utf8)),
            case .array(let windows) = plan["windows"]
        else { throw Program.Failure("no plan in \(text)") }
        return try windows.map { window in
            guard case .object(let members) = window, case .integer(let start) = members["start"],
                case .array(let weights) = members["weights"]
            else { throw Program.Failure("no window in \(window)") }
            return (
                start,
                weights.compactMap { weight in
                    switch weight {
                    case .number(let number): number
                    case .integer(let integer): Double(integer)
                    default: nil
                    }
                }
            )
        }
    }

    @Test(arguments: [
        ["--frames", "0"], ["--frames", "x"], ["--frames", "9", "--overlap", "16"],
        ["--frames", "9", "--taper", "round"], ["--frames", "9", "--fuse-every", "0"], [],
    ])
    func `a layout that makes no sense is wrong usage`(arguments: [String]) throws {
        let outcome = try Program.run(["plan"] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty && !outcome.errors.isEmpty)
    }
}
