import Scheduling
import TestSupport
import Testing

struct OrderedSetTests {
    /// The same as a sorted array of a set, whatever is done to it.
    @Test(arguments: UInt64(0)..<10)
    func `it behaves as a set that is sorted each time`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ordered = OrderedSet<Int>()
        var model: Set<Int> = []
        let span = [10, 400, 5000].randomElement(using: &generator)!
        for _ in 0..<4000 {
            let value = Int.random(in: 0..<span, using: &generator)
            if Bool.random(using: &generator) || model.count < span / 3 {
                let isNew = ordered.insert(value)
                #expect(isNew == model.insert(value).inserted)
            } else {
                let wasThere = ordered.remove(value)
                #expect(wasThere == (model.remove(value) != nil))
            }
            let probe = Int.random(in: -1...span, using: &generator)
            #expect(ordered.contains(probe) == model.contains(probe))
            #expect(ordered.count == model.count)
        }
        let sorted = model.sorted()
        #expect(Array(ordered) == sorted)
        #expect(ordered.first == sorted.first && ordered.last == sorted.last)
        for probe in -1...span {
            #expect(ordered.after(probe) == sorted.first { $0 > probe })
            #expect(ordered.before(probe) == sorted.last { $0 < probe })
        }
    }

    @Test func `all can be taken out again`() {
        var ordered = OrderedSet<Int>()
        for value in (0..<1000).reversed() { ordered.insert(value) }
        for value in 0..<1000 {
            let wasThere = ordered.remove(value)
            #expect(wasThere)
        }
        #expect(ordered.isEmpty && ordered.first == nil && ordered.after(-1) == nil)
    }
}
