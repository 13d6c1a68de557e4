import Evaluation
import Pipelines
import Tensors
import TestSupport
import Testing

struct SceneTruthTests {
    private func tensors() -> [String: HostTensor] {
        [
            "flow": randomTensor([4, 3, 5, 2], seed: 1),
            "visibility": HostTensor(repeating: 1, [4, 3, 5]),
            "depth": HostTensor(repeating: 4, [4, 3, 5]),
        ]
    }

    @Test func `the truth of the frames that are measured is read`() throws {
        let folder = try TemporaryFolder()
        let tensors = tensors()
        try SafetensorsFile.write(tensors, to: folder("t.safetensors"))
        let clip = TestClips.noise(3, width: 5, height: 3, seed: 1)
        let truth = try SceneTruth(reading: folder("t.safetensors"), for: clip)
        #expect(truth.flows.count == 3)
        #expect(truth.flows[2].flow.v[4] == tensors["flow"]?.values[2 * 30 + 9])
        #expect(truth.inverseDepth.shape == [3, 3, 5])
        #expect(truth.inverseDepth.values.allSatisfy { $0 == 0.25 })
    }

    @Test(
        arguments: [
            ("flow", Shape([4, 3, 6, 2]), 1, "--size"), ("flow", Shape([4, 3, 5, 3]), 1, "--size"),
            ("depth", Shape([2, 3, 5]), 1, "at least 3 frames"),
            ("depth", Shape([4, 3, 5]), 0, "above 0"),
            ("flow", Shape([4, 3, 5, 2]), Float.nan, "not finite"),
        ] as [(String, Shape, Float, String)]
    )
    func `what does not fit is refused`(
        name: String,
        shape: Shape,
        value: Float,
        reason: String
    ) throws {
        let folder = try TemporaryFolder()
        var tensors = tensors()
        tensors[name] = HostTensor(repeating: value, shape)
        try SafetensorsFile.write(tensors, to: folder("t.safetensors"))
        let clip = TestClips.noise(3, width: 5, height: 3, seed: 1)
        let error = #expect(throws: InputError.self) {
            try SceneTruth(reading: folder("t.safetensors"), for: clip)
        }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
