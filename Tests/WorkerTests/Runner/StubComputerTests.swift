import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct StubComputerTests {
    /// The stub stands for a sampler: its rounds go on from one another, and windows and steps
    /// leave different traces.
    @Test func itsResultsTellFramesWindowsAndStepsApart() throws {
        let folder = try TemporaryFolder()
        let stub = try #require(StubComputer("stub:0ms"))
        func sample(_ frames: Range<Int>, _ steps: Range<Int>, from latents: String?) throws
            -> String
        {
            let name = "\(frames)-\(steps)-\(latents == nil)"
            let unit = UnitID(.sample, index: frames.lowerBound / 2)
            let order = RunnerOrder(
                lease: Lease(
                    UnitKey(job: JobID(1), shot: 0, unit: unit),
                    Epoch(instance: 1, number: 1)
                ),
                job: JobSpecification(),
                order: UnitOrder(frames: frames, firstFrame: 0, steps: steps),
                shotFrames: 8,
                depthRange: DepthRange(least: 0, largest: 1),
                inputs: latents.map { ["latents": $0] } ?? [:],
                output: folder(name),
                result: InputDescription("latents", .float32, [frames.count, 2, 2, 4])
            )
            try stub.compute(order) { _, _ in }
            return folder(name)
        }
        func values(_ path: String) throws -> HostTensor {
            let file = try SafetensorsFile.open(path)
            return try #require(file.tensor(named: "latents")).hostTensor()
        }
        let whole = try values(sample(0..<4, 0..<4, from: nil))
        let half = try sample(0..<4, 0..<2, from: nil)
        let continued = try values(sample(0..<4, 2..<4, from: half))
        #expect(continued == whole)
        let shifted = try values(sample(2..<6, 0..<4, from: nil))
        let size = 16
        #expect(Array(whole.values[2 * size..<4 * size]) != Array(shifted.values[..<(2 * size)]))
        #expect(Set(whole.values).count > 1)
    }
}
