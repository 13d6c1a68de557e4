import Evaluation
import Pipelines
import Testing

struct ControlsTestTests {
    private static let ways: [ControlsTest.Setting] = [
        .guidance(5), .temporalGuidance(0), .strength(0.25),
    ]

    @Test func `a setting changes one thing and says which`() throws {
        var sampling = SampleSettings(structureLevel: try StructureLevel(0))
        sampling.steps = 9
        sampling.seed = 4
        for way in Self.ways + [.structureLevel(try StructureLevel(3))] {
            let found = way.applied(to: sampling)
            #expect(found != sampling)
            var back = found
            switch way {
            case .structureLevel: back.structureLevel = sampling.structureLevel
            case .guidance: back.guidance = sampling.guidance
            case .temporalGuidance: back.temporalGuidance = sampling.temporalGuidance
            case .strength: back.strength = sampling.strength
            }
            #expect(back == sampling)
        }
        #expect(Self.ways.map(\.row) == ["omega 5.0", "omega_t 0.0", "strength 0.25"])
    }
}
