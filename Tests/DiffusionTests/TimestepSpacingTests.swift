import Diffusion
import Testing

struct TimestepSpacingTests {
    /// For every run length 1 to 1000 of 1000 timesteps, all timesteps folded as 31 · sum + t;
    /// recorded from diffusers 0.42.1. For 60-odd run lengths its `trailing` ends in an extra
    /// timestep -1, which is left out of the record.
    @Test(
        arguments: [
            (TimestepSpacing.leading, 18_060_538_170_449_083_261),
            (.linspace, 18_335_598_951_220_682_165),
            (.trailing, 15_666_598_794_695_653_972),
        ] as [(TimestepSpacing, UInt64)]
    )
    func matchesDiffusersForEveryRunLength(spacing: TimestepSpacing, expected: UInt64) throws {
        var folded: UInt64 = 0
        for count in 1...1000 {
            let timesteps = try spacing.timesteps(count: count, of: 1000, offset: 0)
            #expect(timesteps.count == count)
            for timestep in timesteps {
                folded = folded &* 31 &+ UInt64(timestep)
            }
        }
        #expect(folded == expected)
    }

    @Test func matchesPublishedTimesteps() throws {
        let leading = try TimestepSpacing.leading.timesteps(count: 50, of: 1000, offset: 1)
        #expect(leading == Array(stride(from: 981, through: 1, by: -20)))
        let linspace = try TimestepSpacing.linspace.timesteps(count: 25, of: 1000, offset: 0)
        #expect(
            linspace == [
                999, 957, 916, 874, 832, 791, 749, 708, 666, 624, 583, 541, 500, 458, 416, 375,
                333, 291, 250, 208, 166, 125, 83, 42, 0,
            ]
        )
    }

    @Test(arguments: TimestepSpacing.allCases, [3, 17, 1000])
    func timestepsDescendWithinTheSchedule(spacing: TimestepSpacing, trainCount: Int) throws {
        for count in 1...trainCount {
            let timesteps = try spacing.timesteps(count: count, of: trainCount, offset: 0)
            #expect(timesteps.count == count)
            for (index, timestep) in timesteps.enumerated() {
                #expect(timestep >= 0)
                #expect(timestep < (index > 0 ? timesteps[index - 1] : trainCount))
            }
        }
    }

    @Test(arguments: TimestepSpacing.allCases, [0, -1, 1001])
    func refusesStepsThatAreNotThere(spacing: TimestepSpacing, count: Int) {
        #expect(throws: SamplerError.self) {
            try spacing.timesteps(count: count, of: 1000, offset: 0)
        }
    }

    @Test(arguments: [-1, 20, 1000])
    func refusesOffsetsThatLeaveTheSchedule(offset: Int) {
        #expect(throws: SamplerError.self) {
            try TimestepSpacing.leading.timesteps(count: 50, of: 1000, offset: offset)
        }
    }
}
