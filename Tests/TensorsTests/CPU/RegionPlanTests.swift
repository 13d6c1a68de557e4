import Tensors
import TestSupport
import Testing

struct RegionPlanTests {
    @Test func `what is given back serves smaller and larger requests`() {
        var plan = RegionPlan()
        let first = plan.take(10)
        let second = plan.take(20)
        let third = plan.take(30)
        #expect([first, second, third] == [0, 10, 30] && plan.end == 60)
        plan.give(first..<first + 10)
        plan.give(second..<second + 20)
        // The two holes are one, large enough for what neither would hold.
        #expect(plan.holes == [0..<30])
        let fitted = plan.take(25)
        #expect(fitted == 0)
        #expect(plan.holes == [25..<30])
        plan.give(30..<60)
        #expect(plan.end == 25 && plan.holes.isEmpty)
    }

    @Test func `a block goes into the smallest hole that holds it, the lowest of several`() {
        var plan = RegionPlan()
        let blocks = [8, 1, 4, 1, 6, 1, 4, 1].map { count in
            let start = plan.take(count)
            return start..<start + count
        }
        for index in [0, 2, 4, 6] { plan.give(blocks[index]) }
        let places = [3, 4, 5, 9].map { plan.take($0) }
        #expect(places.prefix(3) == [2, 6, 4].map { blocks[$0].lowerBound }[...])
        #expect(places[3] == blocks[7].upperBound)
    }

    /// Blocks in use never overlap, holes are exactly what lies between them, and nothing is left
    /// when all are back.
    @Test(arguments: 0..<20)
    func `any order of requests keeps the account`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var plan = RegionPlan()
        var blocks: [Range<Int>] = []
        for _ in 0..<400 {
            if blocks.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
                let count = Int.random(in: 1...50, using: &random)
                let start = plan.take(count)
                blocks.append(start..<start + count)
            } else {
                plan.give(blocks.remove(at: Int.random(in: blocks.indices, using: &random)))
            }
            let sorted = blocks.sorted { $0.lowerBound < $1.lowerBound }
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
            #expect(plan.end == sorted.last?.upperBound ?? 0)
            let starts = sorted.map(\.lowerBound)
            let ends = [0] + sorted.map(\.upperBound)
            let gaps = zip(ends, starts).filter { $0 < $1 }.map { $0..<$1 }
            #expect(plan.holes == gaps)
        }
        for block in blocks { plan.give(block) }
        #expect(plan == RegionPlan())
    }
}
