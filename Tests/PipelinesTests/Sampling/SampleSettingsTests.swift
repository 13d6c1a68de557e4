import Diffusion
import Pipelines
import Tensors
import TestSupport
import Testing

struct SampleSettingsTests {
    private func refusal(_ change: (inout SampleSettings) -> Void) throws -> String? {
        let settings = try ShotSamplerTests.settings(change)
        return #expect(throws: SamplerError.self) { try settings.plan(TinyModel.schedule) }?
            .description
    }

    @Test(arguments: [0, -1, 1001, .max])
    func stepsTheScheduleDoesNotHave(_ steps: Int) throws {
        #expect(try refusal { $0.steps = steps }?.contains("\(steps)") == true)
    }

    @Test(arguments: [0, -0.5, 1.01, 0.1, .nan, .infinity])
    func strengthsThatLeaveNoRun(_ strength: Double) throws {
        #expect(try refusal { $0.strength = strength }?.hasPrefix("strength \(strength)") == true)
    }

    @Test(arguments: [-0.1, 1.1, .nan])
    func etaOutOfRange(_ eta: Double) throws {
        #expect(try refusal { $0.eta = eta } == "eta: expected 0 to 1, found \(eta)")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func guidanceThatIsNoNumber(_ scale: Double) throws {
        #expect(
            try refusal { $0.guidance = scale } == "guidance: expected a number, found \(scale)"
        )
        let temporal = try refusal { $0.temporalGuidance = scale }
        #expect(temporal == "temporal guidance: expected a number, found \(scale)")
    }

    @Test(arguments: [(1, 0..<4), (0.75, 1..<4), (0.5, 2..<4), (0.25, 3..<4)])
    func strengthCutsTheFirstSteps(_ strength: Double, _ steps: Range<Int>) throws {
        let settings = try ShotSamplerTests.settings { $0.strength = strength }
        #expect(try settings.plan(TinyModel.schedule).steps == steps)
    }
}
