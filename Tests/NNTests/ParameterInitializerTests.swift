import NN
import Tensors
import Testing

struct ParameterInitializerTests {
    private func values(
        _ initial: Initial,
        _ shape: Shape = [64, 48, 3],
        key: String = "a.weight",
        seed: UInt64 = 1
    ) -> [Float] {
        ParameterInitializer(seed: seed).values(
            ParameterDeclaration(key: key, shape: shape, initial: initial)
        )
    }

    private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let power = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (mean, power / Double(values.count))
    }

    @Test(arguments: [UInt64(0), 7, .max])
    func uniformFillsItsRange(_ seed: UInt64) {
        let found = values(.uniform(fanIn: 144), seed: seed)
        let (mean, variance) = moments(found)
        #expect(found.allSatisfy { abs($0) <= 1 / 12 })
        #expect(abs(mean) < 0.002)
        #expect(abs(variance * 3 * 144 - 1) < 0.05)
        #expect(Set(found).count > found.count * 99 / 100)
    }

    @Test(arguments: [UInt64(0), 7, .max])
    func normalHasItsDeviation(_ seed: UInt64) {
        let (mean, variance) = moments(values(.normal(standardDeviation: 0.02), seed: seed))
        #expect(abs(mean) < 0.001)
        #expect(abs(variance / 0.0004 - 1) < 0.05)
    }

    @Test func valuesDependOnSeedAndKeyAlone() {
        let initial = Initial.uniform(fanIn: 4)
        #expect(values(initial) == values(initial))
        #expect(values(initial) != values(initial, seed: 2))
        #expect(values(initial) != values(initial, key: "b.weight"))
        #expect(values(initial, [5]) == Array(values(initial).prefix(5)))
    }

    @Test func constantsAndIdentity() {
        #expect(values(.zeros, [3]) == [0, 0, 0])
        #expect(values(.ones, [3]) == [1, 1, 1])
        #expect(values(.identityTap, [2, 2, 3]) == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    }

    @Test func readsBackThroughTheTensor() {
        let declaration = ParameterDeclaration(
            key: "a.bias",
            shape: [9],
            initial: .uniform(fanIn: 3)
        )
        let initializer = ParameterInitializer(seed: 3)
        #expect(initializer(declaration).floats() == initializer.values(declaration))
    }
}
