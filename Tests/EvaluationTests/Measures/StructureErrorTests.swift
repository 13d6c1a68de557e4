import Evaluation
import Tensors
import TestSupport
import Testing

struct StructureErrorTests {
    private let reference = randomTensor([3, 8, 10], seed: 1)

    @Test func `scale and shift of each frame's own do not count`() {
        var found = reference
        for (index, value) in reference.values.enumerated() {
            let frame = Float(index / 80)
            found.values[index] = value * (frame + 0.5) - 3 * frame
        }
        let structure = StructureError(found: found, reference: reference)
        #expect(structure.correlation > 0.999_99)
        #expect(structure.error < 1e-3)
    }

    @Test func `near and far exchanged is as wrong as a flat map`() {
        var inverted = reference
        inverted.values = reference.values.map { -$0 }
        let wrong = StructureError(found: inverted, reference: reference)
        let flat = StructureError(
            found: HostTensor(repeating: 2, reference.shape),
            reference: reference
        )
        #expect(abs(wrong.correlation + 1) < 1e-6)
        #expect(flat.correlation == 0)
        #expect(abs(wrong.error - flat.error) < 1e-9)
    }

    @Test func `the error is what is left after the fit, of the range`() {
        let other = randomTensor(reference.shape, seed: 2)
        let structure = StructureError(found: other, reference: reference)
        #expect(abs(structure.correlation) < 0.3)
        let range = (reference.values.max() ?? 0) - (reference.values.min() ?? 0)
        #expect(structure.error > 0.1 && structure.error < Double(range))
    }
}
