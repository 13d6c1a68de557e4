import Testing
import Training

struct LearningRateTests {
    private func rates(_ schedule: RateSchedule, warmUp: Int, steps: Int) -> [Double] {
        let rate = LearningRate(peak: 0.5, warmUp: warmUp, schedule: schedule, steps: steps)
        return (0..<steps).map { rate(at: $0) }
    }

    @Test(arguments: RateSchedule.allCases)
    func `the rate rises evenly to the peak and never exceeds it`(schedule: RateSchedule) {
        let rates = rates(schedule, warmUp: 4, steps: 12)
        #expect(Array(rates.prefix(5)) == [0.125, 0.25, 0.375, 0.5, 0.5])
        #expect(rates.allSatisfy { $0 > 0 && $0 <= 0.5 })
        let rest = rates.dropFirst(4)
        #expect(zip(rest, rest.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test func `constant stays, a line falls evenly, a cosine slowly at both ends`() {
        #expect(rates(.constant, warmUp: 0, steps: 5) == [0.5, 0.5, 0.5, 0.5, 0.5])
        #expect(rates(.linear, warmUp: 0, steps: 4) == [0.5, 0.375, 0.25, 0.125])
        let cosine = rates(.cosine, warmUp: 0, steps: 4)
        let root = 0.5.squareRoot()
        for (found, expected) in zip(cosine, [0.5, 0.25 * (1 + root), 0.25, 0.25 * (1 - root)]) {
            #expect(abs(found - expected) < 1e-15)
        }
    }

    @Test(arguments: RateSchedule.allCases)
    func `a run that is all warm-up, or goes past its steps, has a rate`(schedule: RateSchedule) {
        let rate = LearningRate(peak: 1, warmUp: 5, schedule: schedule, steps: 3)
        #expect((0..<3).map { rate(at: $0) } == [0.2, 0.4, 0.6])
        #expect((3..<100).allSatisfy { (0...1).contains(rate(at: $0)) })
    }
}
