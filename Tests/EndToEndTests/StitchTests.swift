import Tensors
import TestSupport
import Testing

/// `weft plan` and `weft stitch` agree with each other.
struct StitchTests {
    struct PlannedWindow {
        let frames: Range<Int>
        let weights: [Double]
    }

    private static func plan(_ layout: [String]) throws -> [PlannedWindow] {
        let outcome = try Program.run(["plan"] + layout + ["--json"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        guard case .object(let plan) = try JSONValue.parse(Array(outcome.output.utf8)),
            case .array(let windows) = plan["windows"]
        else {
            Issue.record("no windows in \(outcome.output)")
            return []
        }
        return windows.enumerated().compactMap { index, window in
            guard case .object(let members) = window,
                members["index"] == .integer(index),
                case .integer(let start) = members["start"],
                case .integer(let end) = members["end"],
                case .array(let weights) = members["weights"]
            else { return nil }
            let numbers = weights.compactMap { value -> Double? in
                guard case .number(let number) = value else { return nil }
                return number
            }
            return PlannedWindow(frames: start..<end, weights: numbers)
        }
    }

    @Test(arguments: ["hann", "linear", "pyramid", "flat"])
    func `the blend is the planned weighted mean`(taper: String) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let layout = ["--frames", "29", "--window", "10", "--overlap", "4", "--taper", taper]
        let windows = try Self.plan(layout)
        #expect(windows.count == 5)
        var tensors: [String: HostTensor] = [:]
        var expected = [Double](repeating: 0, count: 29 * 24)
        for (index, window) in windows.enumerated() {
            #expect(window.weights.count == window.frames.count)
            let tensor = randomTensor([window.frames.count, 2, 3, 4], seed: UInt64(index))
            for (position, frame) in window.frames.enumerated() {
                for element in 0..<24 {
                    expected[frame * 24 + element] +=
                        window.weights[position] * Double(tensor.values[position * 24 + element])
                }
            }
            tensors["window.\(index)"] = tensor
        }
        let (input, output) = (folder("windows.safetensors"), folder("latent.safetensors"))
        try SafetensorsFile.write(tensors, to: input)
        let outcome = try Program.run(
            ["stitch"] + layout + ["--input", input, "--output", output]
        )
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let latent = try #require(try SafetensorsFile.open(output).tensor(named: "latent"))
        #expect(latent.shape == [29, 2, 3, 4])
        #expect(latent.floats() == expected.map { Float($0) })
    }

    @Test func `windows of another layout are refused and nothing is written`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let (input, output) = (folder("windows.safetensors"), folder("latent.safetensors"))
        try SafetensorsFile.write(["window.0": randomTensor([16, 2], seed: 1)], to: input)
        let outcome = try Program.run(
            ["stitch", "--frames", "40", "--input", input, "--output", output]
        )
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("weft: window.1: missing from "))
        #expect(try SystemFile.status(of: output) == nil)
    }

    @Test(
        arguments: [
            ["--frames", "0"], ["--frames", "40", "--overlap", "16"],
            ["--frames", "40", "--fuse-every", "0"], ["--frames", "40", "--fuse-until", "nan"],
            ["--frames", "40", "--taper", "triangle"], ["--frames", "40", "--steps", "-1"],
            ["--frames", "999999999999"], [],
        ]
    )
    func `a plan that makes no sense is a usage error`(arguments: [String]) throws {
        let outcome = try Program.run(["plan"] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty && !outcome.errors.isEmpty)
    }
}
