import Tensors
import Testing
import Training

struct TimestepShiftTests {
    private func draws(_ factor: Double, count: Int = 20_000, below bound: Int = 1000) -> [Int] {
        let shift = TimestepShift(factor: factor)
        return (0..<count).map { step in
            var generator = Draw(seed: 5, step: step).stream("timestep")
            return shift.draw(&generator, below: bound)
        }
    }

    @Test func `no shift draws what an even draw does`() {
        let even = (0..<100).map { step in
            var generator = Draw(seed: 5, step: step).stream("timestep")
            return generator.integer(below: 1000)
        }
        #expect(draws(1, count: 100) == even)
        #expect(TimestepShift.none.factor == 1)
    }

    /// Below t are draws u below t / (s − (s − 1) t), the formula's inverse.
    @Test(arguments: [0.25, 2, 4], [0.1, 0.5, 0.8])
    func `the share below a timestep is the inverse of the shift`(factor: Double, place: Double) {
        let found = draws(factor)
        let share = Double(found.count { Double($0) < 1000 * place }) / Double(found.count)
        let expected = place / (factor - (factor - 1) * place)
        // Five standard deviations of a share of so many draws.
        let deviation = (expected * (1 - expected) / Double(found.count)).squareRoot()
        #expect(abs(share - expected) < 5 * deviation, "\(share) instead of \(expected)")
    }

    @Test(arguments: [0.001, 1000.0])
    func `every draw is a timestep`(factor: Double) {
        for bound in [1, 2, 1000] {
            #expect(draws(factor, count: 500, below: bound).allSatisfy((0..<bound).contains))
        }
    }

    @Test func `a factor that is none crashes at once`() async {
        await #expect(processExitsWith: .failure) { _ = TimestepShift(factor: 0) }
        await #expect(processExitsWith: .failure) { _ = TimestepShift(factor: .infinity) }
    }
}
