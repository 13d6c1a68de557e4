import Models
import Pipelines
import Scheduling
import Tensors
import TestSupport
import Testing
import WireProtocol
import Worker

struct ModelComputerTests {
    private let folder: TemporaryFolder
    private var job = JobSpecification()
    private let configuration = CPUConfiguration(threads: 1)

    init() throws {
        folder = try TemporaryFolder()
        _ = try FreshModel(.tiny, seed: 1).write(to: folder("model"))
        job.model = folder("model")
        job.modelFingerprint = try ModelFingerprint.of(job.model) { Checksum.of($0) }
        job.prompt = "a red frog"
        job.steps = 3
        job.window = 4
        job.overlap = 2
        job.priorSteps = 2
    }

    private func order(
        _ unit: UnitID,
        steps: Range<Int> = 0..<0,
        inputs: [String: String],
        result: InputDescription
    ) -> RunnerOrder {
        RunnerOrder(
            lease: Lease(
                UnitKey(job: JobID(1), shot: 0, unit: unit),
                Epoch(instance: 1, number: 1)
            ),
            job: job,
            order: UnitOrder(
                frames: unit.kind == .content ? 0..<0 : 2..<4,
                firstFrame: 10,
                steps: steps
            ),
            shotFrames: 4,
            depthRange: Worker.DepthRange(least: -1, largest: 9),
            inputs: inputs,
            output: folder("\(unit.kind).safetensors"),
            result: result
        )
    }

    /// From pictures to pictures through files alone, each unit of the kind it has to be.
    @Test func theFourKindsOfUnitRun() throws {
        let computer = ModelComputer(configuration)
        func run(_ order: RunnerOrder) throws -> StoredTensor {
            try computer.compute(order) { _, _ in }
            let file = try SafetensorsFile.open(order.output)
            return try #require(file.tensor(named: order.result.name))
        }
        let writer = try SafetensorsWriter(
            path: folder("frames.safetensors"),
            entries: [.init(name: "frames", scalarType: .uint8, shape: [2, 32, 32, 3])]
        )
        let count = 2 * 32 * 32 * 3
        let bytes: [Int64] = (0..<count).map { Int64($0 * 7 % 256) }
        try writer.write(integers: bytes, named: "frames")
        try writer.finish()

        let content = try run(
            order(
                UnitID(.content),
                inputs: [:],
                result: InputDescription("content", .float32, [1, 32])
            )
        )
        #expect(content.hostTensor().values.allSatisfy { $0.isFinite })
        _ = try run(
            order(
                UnitID(.depth),
                inputs: ["frames": folder("frames.safetensors")],
                result: InputDescription("depth", .float32, [2, 32, 32])
            )
        )
        let sampled = try run(
            order(
                UnitID(.sample),
                steps: 0..<3,
                inputs: [
                    "depth": folder("depth.safetensors"),
                    "content": folder("content.safetensors"),
                ],
                result: InputDescription("latents", .float32, [2, 4, 4, 4])
            )
        )
        #expect(sampled.hostTensor().values.allSatisfy { $0.isFinite })
        let decoded = try run(
            order(
                UnitID(.decode),
                inputs: ["latents": folder("sample.safetensors")],
                result: InputDescription("frames", .uint8, [2, 32, 32, 3])
            )
        )
        #expect(decoded.scalarType == .uint8)
    }

    /// Whatever unit asks, and however many threads there are.
    @Test func aCalibrationDependsOnTheJobAndTheClassAlone() throws {
        func values(
            _ configuration: CPUConfiguration,
            _ unit: UnitID,
            seed: UInt64 = 0
        ) throws -> [Float] {
            var order = order(unit, inputs: [:], result: InputDescription("x", .float32, [1]))
            order.job.seed = seed
            (order.job.width, order.job.height) = (64, 32)
            let computer = ModelComputer(configuration)
            let values = try computer.calibration(of: order) { phase, done in
                #expect(phase == .loading && done == 0)
            }
            // The second time it is remembered.
            let again = try computer.calibration(of: order) { _, _ in Issue.record("computed") }
            #expect(again == values)
            return try #require(values)
        }
        let first = try values(configuration, UnitID(.sample))
        // Two frames of 4 channels and 8x4.
        #expect(first.count == 256 && Set(first).count > 200)
        #expect(try values(CPUConfiguration(threads: 3), UnitID(.decode)) == first)
        #expect(try values(configuration, UnitID(.sample), seed: 1) != first)
        let scalar = try values(CPUConfiguration(threads: 1, kernels: .scalar), UnitID(.sample))
        #expect(zip(scalar, first).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    private func failure(_ order: RunnerOrder) -> UnitFailure? {
        do {
            try ModelComputer(configuration).compute(order) { _, _ in }
            return nil
        } catch {
            return (error as? UnitComputerError)?.failure
        }
    }

    @Test func anotherModelUnderTheNameIsRefused() throws {
        var order = order(
            UnitID(.content),
            inputs: [:],
            result: InputDescription("content", .float32, [1, 32])
        )
        order.job.modelFingerprint = [UInt8](repeating: 1, count: 32)
        #expect(failure(order)?.failureClass == .resource)
        order.job.model = folder("nowhere")
        #expect(failure(order)?.failureClass == .resource)
    }

    @Test func aModelThatMakesSomethingElseFailsTheJob() throws {
        let order = order(
            UnitID(.content),
            inputs: [:],
            result: InputDescription("content", .float32, [1, 768])
        )
        #expect(failure(order)?.failureClass == .specification)
    }
}
