import Diffusion
import Testing

struct FusionScheduleTests {
    @Test(
        arguments: [
            (.every(1), 1, Array(1...50)),
            (.every(2), 1, Array(stride(from: 2, through: 50, by: 2))),
            (.every(25), 1, [25, 50]),
            (.every(20), 1, [20, 40, 50]),
            (.every(1), 0.2, Array(1...10) + [50]),
            (.every(5), 0.6, [5, 10, 15, 20, 25, 30, 50]),
            (.every(4), 0.5, [4, 8, 12, 16, 20, 24, 50]),
            (.every(1), 0, [50]),
            (.every(100), 1, [50]),
            (.every(.max), 1, [50]),
            (.never, 1, [50]),
        ] as [(FusionInterval, Double, [Int])]
    )
    func fusesAfterTheseSteps(interval: FusionInterval, until: Double, ends: [Int]) throws {
        let schedule = try FusionSchedule(steps: 0..<50, interval: interval, until: until)
        #expect(schedule.rounds.map(\.upperBound) == ends)
    }

    @Test(arguments: 1...40, [FusionInterval.every(1), .every(3), .every(7), .never])
    func roundsCoverTheRunInOrder(steps: Int, interval: FusionInterval) throws {
        for until in [0, 0.29, 0.5, 0.9999, 1] {
            let run = 11..<11 + steps
            let rounds = try FusionSchedule(steps: run, interval: interval, until: until).rounds
            #expect(rounds.flatMap { Array($0) } == Array(run))
            #expect(rounds.allSatisfy { !$0.isEmpty })
        }
    }

    @Test func sharesOfTheRunAreCountedExactly() throws {
        // 0.29 · 100 is 28.999… in floating point.
        let schedule = try FusionSchedule(steps: 0..<100, interval: .every(1), until: 0.29)
        #expect(schedule.rounds.count == 30)
    }

    @Test func shorterRunCountsFromItsStart() throws {
        let schedule = try FusionSchedule(steps: 10..<50, interval: .every(20), until: 0.5)
        #expect(schedule.rounds == [10..<30, 30..<50])
    }

    @Test(
        arguments: [
            (0..<0, .every(1), 1), (0..<50, .every(0), 1), (0..<50, .every(-3), 1),
            (0..<50, .never, -0.1), (0..<50, .never, 1.1), (0..<50, .every(1), .nan),
        ] as [(Range<Int>, FusionInterval, Double)]
    )
    func refusesSettingsThatMakeNoSense(
        steps: Range<Int>,
        interval: FusionInterval,
        until: Double
    ) {
        #expect(throws: StitchError.self) {
            try FusionSchedule(steps: steps, interval: interval, until: until)
        }
    }
}
