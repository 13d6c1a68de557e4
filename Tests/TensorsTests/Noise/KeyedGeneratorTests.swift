import Tensors
import TestSupport
import Testing

struct KeyedGeneratorTests {
    private func generator(_ index: Int = 0) -> KeyedGenerator {
        KeyedGenerator(
            Philox4x32(key0: 3, key1: 0),
            counter: (5, UInt32(index), 7)
        )
    }

    /// Words come in the order of Philox's blocks, whose own answers are known.
    @Test func `words are those of the counters, one block after another`() {
        let philox = Philox4x32(key0: 1, key1: 2)
        var generator = KeyedGenerator(philox, counter: (3, 4, 5))
        for block: UInt32 in 0..<3 {
            let words = philox(.init(block, 3, 4, 5))
            let found = (0..<4).map { _ in generator.word() }
            #expect(found == [words.word0, words.word1, words.word2, words.word3])
        }
    }

    @Test func `uniform numbers are below 1 and have the moments they should`() {
        var generator = generator()
        let values = (0..<20_000).map { _ in generator.uniform() }
        #expect(values.allSatisfy { (0..<1).contains($0) })
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
        #expect(abs(mean - 0.5) < 0.01 && abs(variance - 1 / 12.0) < 0.002)
        let others = (0..<100).map { _ in generator.uniform(2...3) }
        #expect(others.allSatisfy { (2...3).contains($0) })
    }

    @Test func `normals have the moments they should`() {
        var generator = generator()
        let tensor = generator.normals([100, 200])
        #expect(tensor.shape == [100, 200])
        let values = tensor.values.map(Double.init)
        let moments = (1...4).map { power in
            values.map { value in (0..<power).reduce(1.0) { product, _ in product * value } }
                .reduce(0, +) / 20_000
        }
        #expect(abs(moments[0]) < 0.03 && abs(moments[1] - 1) < 0.04)
        #expect(abs(moments[2]) < 0.1 && abs(moments[3] - 3) < 0.3)
    }

    @Test(arguments: [1, 2, 3, 7, 1000]) func `integers are even over their range`(bound: Int) {
        var generator = generator(bound)
        var counts = [Int](repeating: 0, count: bound)
        for _ in 0..<100 * bound { counts[generator.integer(below: bound)] += 1 }
        let expected = 100.0
        let chiSquared = counts.map { (Double($0) - expected) * (Double($0) - expected) / expected }
            .reduce(0, +)
        // Mean bound - 1, deviation √(2 (bound - 1)); six deviations are for bad luck.
        let freedom = Double(bound - 1)
        #expect(chiSquared <= freedom + 6 * (2 * freedom).squareRoot())
    }

    @Test func `a probability is one`() {
        var generator = generator()
        let hits = (0..<10_000).count { _ in generator.bool(probability: 0.125) }
        #expect(abs(hits - 1250) < 150)
        let never = (0..<100).map { _ in generator.bool(probability: 0) }
        let always = (0..<100).map { _ in generator.bool(probability: 1) }
        #expect(!never.contains(true) && !always.contains(false))
    }

    @Test func `a permutation has each number once and puts each everywhere`() {
        var places: Set<[Int]> = []
        for index in 0..<200 {
            var generator = generator(index)
            let order = generator.permutation(3)
            #expect(order.sorted() == [0, 1, 2])
            places.insert(order)
        }
        #expect(places.count == 6)
        var generator = generator()
        let short = [generator.permutation(0), generator.permutation(1)]
        #expect(short == [[], [0]])
    }
}
