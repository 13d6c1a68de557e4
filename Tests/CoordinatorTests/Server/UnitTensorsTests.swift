import Coordinator
import Scheduling
import Testing
import WireProtocol

struct UnitTensorsTests {
    private var job: JobSpecification {
        var job = JobSpecification()
        job.width = 64
        job.height = 32
        job.contentChannels = 12
        job.prompt = "x"
        return job
    }

    private func names(_ unit: UnitID, _ job: JobSpecification) -> [String] {
        UnitTensors.inputs(of: unit, frames: 2..<7, in: job).map(\.name)
    }

    @Test func `a unit is given what its round needs and nothing else`() {
        var job = job
        #expect(names(UnitID(.content), job) == [])
        #expect(names(UnitID(.depth), job) == ["frames"])
        #expect(names(UnitID(.sample), job) == ["content", "depth"])
        #expect(names(UnitID(.sample, round: 1), job) == ["content", "depth", "latents"])
        #expect(names(UnitID(.decode), job) == ["latents"])
        job.strength = 0.8
        #expect(names(UnitID(.sample), job) == ["content", "depth", "frames"])
        #expect(names(UnitID(.sample, round: 1), job) == ["content", "depth", "latents"])
        job.image = "/i"
        job.mask = "/m"
        #expect(names(UnitID(.content), job) == ["image"])
        #expect(
            names(UnitID(.sample, round: 1), job)
                == ["content", "depth", "frames", "mask", "latents"]
        )
    }

    @Test func `shapes follow the picture and the frames`() {
        var job = job
        job.mask = "/m"
        let inputs = UnitTensors.inputs(of: UnitID(.sample, round: 1), frames: 2..<7, in: job)
        let shapes = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.shape) })
        #expect(
            shapes == [
                "content": [1, 12], "depth": [5, 32, 64], "frames": [5, 32, 64, 3],
                "mask": [5, 4, 8, 1], "latents": [5, 4, 8, 4],
            ]
        )
        // Latents differ in every round; a worker that kept them would go on from old ones.
        #expect(inputs.filter { !$0.isKept }.map(\.name) == ["latents"])
        #expect(inputs.first { $0.name == "depth" }?.byteCount == 5 * 32 * 64 * 4)
        let results = UnitKind.allCases.map { kind in
            UnitTensors.result(of: UnitID(kind), frames: kind == .content ? 0..<0 : 2..<7, in: job)
        }
        #expect(results.map(\.name) == ["content", "depth", "latents", "frames"])
        #expect(results.map(\.shape) == [[1, 12], [5, 32, 64], [5, 4, 8, 4], [5, 32, 64, 3]])
        #expect(results.map(\.scalarType) == [.float32, .float32, .float32, .uint8])
    }
}
