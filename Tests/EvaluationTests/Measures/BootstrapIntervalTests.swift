import Evaluation
import TestSupport
import Testing

struct BootstrapIntervalTests {
    @Test func `the interval holds the true mean about as often as it says`() {
        var generator = SeededGenerator(seed: 11)
        var held = 0
        for trial in 0..<100 {
            let values = (0..<40).map { _ in Double.random(in: 0...1, using: &generator) }
            let interval = BootstrapInterval(values, seed: UInt64(trial))
            if interval.low <= 0.5, interval.high >= 0.5 { held += 1 }
        }
        #expect((86...100).contains(held), "\(held) of 100")
    }

    @Test func `the same seed gives the same interval and another one nearly`() {
        let values = (0..<20).map { Double($0 * $0 % 17) }
        let first = BootstrapInterval(values, seed: 1)
        #expect(first == BootstrapInterval(values, seed: 1))
        let other = BootstrapInterval(values, seed: 2)
        #expect(first != other)
        #expect(abs(first.low - other.low) < 0.5 && abs(first.high - other.high) < 0.5)
        #expect(first.low < first.mean && first.mean < first.high)
        #expect(first.count == 20)
    }

    @Test func `equal values and a single one have an interval of no width`() {
        for values in [[3.0, 3, 3, 3], [3]] {
            let interval = BootstrapInterval(values, seed: 5)
            #expect(interval.low == 3 && interval.high == 3 && interval.mean == 3)
        }
    }
}
