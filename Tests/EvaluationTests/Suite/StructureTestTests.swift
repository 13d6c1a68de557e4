import Evaluation
import Pipelines
import Scenes
import Tensors
import Testing

struct StructureTestTests {
    private static let settings = SceneSettings(width: 64, height: 64)

    /// Depth from which detail was taken by hand agrees less and less, above all near objects.
    @Test func `blurred depth agrees less the more it is blurred`() throws {
        for scene in SceneCase.descriptions(3, from: 700, frames: 2, Self.settings) {
            let truth = SceneCase(scene, frames: 0..<2, Self.settings)
            let found = try [0, 3, 5, 7].map { rounds in
                StructureTest.agreement(
                    of: try StructureLevel(rounds).applied(to: truth.inverseDepth),
                    with: truth
                )
            }
            #expect(abs(found[0].whole - 1) < 1e-9 && abs(found[0].objects - 1) < 1e-9)
            for (more, less) in zip(found, found.dropFirst()) {
                #expect(more.whole > less.whole && more.objects > less.objects)
            }
        }
    }

    @Test func `scale and shift change nothing, and near and far exchanged is wrong`() {
        let truth = SceneCase(SceneDescription(seed: 4), frames: 0..<1, Self.settings)
        func mapped(_ change: (Float) -> Float) -> HostTensor {
            HostTensor(truth.inverseDepth.values.map(change), truth.inverseDepth.shape)
        }
        let scaled = StructureTest.agreement(of: mapped { 3 * $0 + 5 }, with: truth)
        #expect(abs(scaled.whole - 1) < 1e-4 && abs(scaled.objects - 1) < 1e-4)
        let exchanged = StructureTest.agreement(of: mapped { -$0 }, with: truth)
        #expect(abs(exchanged.whole + 1) < 1e-4 && abs(exchanged.objects + 1) < 1e-4)
    }
}
