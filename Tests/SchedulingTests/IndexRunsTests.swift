import Scheduling
import TestSupport
import Testing

struct IndexRunsTests {
    @Test(arguments: UInt64(0)..<10)
    func `it behaves as a set of indices`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...200, using: &generator)
        var runs = IndexRuns(count: count)
        var model = Set(0..<count)
        while let index = model.randomElement(using: &generator) {
            #expect(runs.contains(index) && runs.first == model.min() && runs.count == model.count)
            #expect(runs.spread.map(model.contains) == true)
            runs.remove(index)
            model.remove(index)
            #expect(!runs.contains(index))
        }
        #expect(runs.isEmpty && runs.first == nil && runs.spread == nil)
    }

    @Test func `who starts fresh starts far from the others`() {
        var runs = IndexRuns(count: 64)
        var starts: [Int] = []
        for _ in 0..<4 {
            starts.append(runs.spread!)
            runs.remove(starts.last!)
        }
        #expect(starts == [0, 32, 16, 48])
    }

    @Test func `an index is taken once`() async {
        await #expect(processExitsWith: .failure) {
            var runs = IndexRuns(count: 3)
            runs.remove(1)
            runs.remove(1)
        }
    }
}
