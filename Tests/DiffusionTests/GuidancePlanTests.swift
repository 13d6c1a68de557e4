import Diffusion
import Tensors
import TestSupport
import Testing

struct GuidancePlanTests {
    static let scales = [0, 0.5, 1, 1.5, 4, 7.5, -1]

    @Test(arguments: scales, scales)
    func combinesAsThePaperDoes(scale: Double, temporalScale: Double) {
        let outputs = GuidanceBranch.allCases.map {
            randomTensor([2, 3, 2, 2], seed: UInt64($0.rawValue))
        }
        let plan = GuidancePlan(scale: scale, temporalScale: temporalScale)
        let combined = plan.combine(plan.terms.map { outputs[$0.branch.rawValue] })
        let expected = outputs[0].values.indices.map { index in
            let image = Double(outputs[0].values[index])
            let video = Double(outputs[1].values[index])
            let content = Double(outputs[2].values[index])
            return Float(image + temporalScale * (video - image) + scale * (content - video))
        }
        #expect(nmse(combined.values, expected) < 1e-12)
    }

    @Test(arguments: scales, scales)
    func coefficientsSumToOne(scale: Double, temporalScale: Double) {
        let plan = GuidancePlan(scale: scale, temporalScale: temporalScale)
        #expect(abs(plan.terms.reduce(0) { $0 + $1.coefficient } - 1) < 1e-12)
    }

    @Test(
        arguments: [
            (7.5, 1.5, [.imageWithoutContent, .videoWithoutContent, .videoWithContent]),
            (7.5, 1, [.videoWithoutContent, .videoWithContent]),
            (1, 1, [.videoWithContent]),
            (0, 1, [.videoWithoutContent]),
            (0, 0, [.imageWithoutContent]),
            (0, 0.5, [.imageWithoutContent, .videoWithoutContent]),
            (7.5, 7.5, [.imageWithoutContent, .videoWithContent]),
            (1, 0, [.imageWithoutContent, .videoWithoutContent, .videoWithContent]),
        ] as [(Double, Double, [GuidanceBranch])]
    )
    func leavesOutWhatDoesNotCount(
        scale: Double,
        temporalScale: Double,
        branches: [GuidanceBranch]
    ) {
        let plan = GuidancePlan(scale: scale, temporalScale: temporalScale)
        #expect(plan.terms.map(\.branch) == branches)
    }

    /// ω 7.5 and ω_t 0.5 on the outputs 1, 2 and 4: 1 + 0.5 · (2 − 1) + 7.5 · (4 − 2).
    @Test func agreesWithHandComputedValue() {
        let plan = GuidancePlan(scale: 7.5, temporalScale: 0.5)
        let outputs = [1, 2, 4].map { HostTensor([$0], [1]) }
        #expect(plan.combine(outputs).values == [16.5])
    }

    @Test func withoutTemporalLayersItIsPlainGuidance() {
        let plan = GuidancePlan(scale: 3)
        #expect(plan == GuidancePlan(scale: 3, temporalScale: 1))
        #expect(plan.terms.map(\.coefficient) == [-2, 3])
    }

    @Test func oneEvaluationIsReturnedAsItIs() {
        let output = randomTensor([1, 3], seed: 9)
        #expect(GuidancePlan(scale: 1).combine([output]) == output)
    }

    @Test(arguments: scales, scales)
    func deviceCombinesAlike(scale: Double, temporalScale: Double) throws {
        let backend = CPUBackend()
        let plan = GuidancePlan(scale: scale, temporalScale: temporalScale)
        let outputs = plan.terms.indices.map { randomTensor([2, 3, 4], seed: UInt64($0)) }
        let found = try plan.combine(outputs.map { backend.upload($0) }).download()
        #expect(nmse(found, plan.combine(outputs)) < 1e-10)
    }
}
