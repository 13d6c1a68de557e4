import Evaluation
import TestSupport
import Testing

struct StridePeriodicityTests {
    private func change(_ count: Int, period: Int?, height: Double, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            let noise = Double.random(in: 0.9...1.1, using: &generator)
            return noise + (period.map { index % $0 == 0 ? height : 0 } ?? 0)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a rhythm of the stride stands out and another does not`(seed: UInt64) throws {
        let own = try #require(
            StridePeriodicity(change: change(127, period: 8, height: 0.5, seed: seed), stride: 8)
        )
        let other = try #require(
            StridePeriodicity(change: change(127, period: 5, height: 0.5, seed: seed), stride: 8)
        )
        #expect(own.value > 20)
        #expect(other.value < own.value / 2)
    }

    @Test func `noise has about one and a half in the mean`() throws {
        let values = try (0..<200 as Range<UInt64>).map { seed in
            try #require(
                StridePeriodicity(
                    change: change(127, period: nil, height: 0, seed: seed),
                    stride: 8
                )
            ).value
        }
        let mean = values.reduce(0, +) / 200
        #expect((1.0...2.2).contains(mean), "\(mean)")
    }

    @Test func `a constant change has one and a short clip none`() throws {
        let constant = [Double](repeating: 1, count: 64)
        let value = try #require(StridePeriodicity(change: constant, stride: 8)).value
        #expect(abs(value - 1) < 0.01)
        #expect(StridePeriodicity(change: [1, 2, 3, 4, 5], stride: 2) == nil)
        #expect(StridePeriodicity(change: constant, stride: 1) == nil)
    }
}
