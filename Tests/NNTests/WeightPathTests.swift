import NN
import Tensors
import TestSupport
import Testing

private let weights = KeyedWeights([
    "down.0.proj.weight": [3, 2], "down.0.proj.bias": [3], "down.1.weight": [4],
])

struct WeightPathTests {
    @Test func `subscripts descend by name, by number and by several parts`() throws {
        let path = weights.open().path
        #expect(path["down"][0]["proj"].key == "down.0.proj")
        #expect(path["down.0.proj"].key == "down.0.proj")
        #expect(path["down"].exists && path["down.0"].exists && !path["up"].exists)
        // A name that only begins like a key is no place.
        #expect(!path["dow"].exists && !path["down.0.pro"].exists)
        #expect(path["down.0.proj"].contains("bias") && !path["down.1"].contains("bias"))
        let stored = try path["down"][0]["proj"].stored("weight", [3, 2], initial: .zeros)
        #expect(stored.hostTensor() == weights.host("down.0.proj.weight"))
    }

    @Test func `a missing tensor is named in full`() {
        let error = #expect(throws: WeightError.self) {
            try weights.open().path["down.1"].stored("bias", [4], initial: .zeros)
        }
        #expect(error?.code == .missing)
        #expect(error?.description == "down.1.bias: missing from keyed weights")
    }

    @Test func `a wrong shape says what was expected and what was found`() {
        let error = #expect(throws: WeightError.self) {
            try weights.open().path["down.0.proj"].stored("weight", [2, 3], initial: .zeros)
        }
        let text = "down.0.proj.weight: expected [2, 3], found [3, 2] in keyed weights"
        #expect(error?.description == text)
    }

    @Test func `alternatives mean the same values under the asked shape`() throws {
        let tensor = try weights.open().path["down.0.proj"]
            .tensor("weight", [3, 2, 1], alternatives: [[3, 2]], initial: .zeros)
        #expect(tensor.shape == [3, 2, 1])
        #expect(try tensor.download().values == weights.host("down.0.proj.weight").values)
    }
}
