import Diffusion
import Testing

struct NoiseScheduleTests {
    struct Recorded: Sendable {
        let schedule: BetaSchedule
        var timesteps = 1000
        /// Σ (t + 1) · bits of the float32 values, from diffusers 0.42.1 on PyTorch 2.13.0.
        let betaBits: UInt64
        var alphaBarBits: UInt64?
    }

    static let scaledLinear = BetaSchedule.scaledLinear(start: 0.00085, end: 0.012)

    static let recorded = [
        Recorded(
            schedule: scaledLinear,
            betaBits: 502_391_581_301_307,
            alphaBarBits: 517_155_731_131_159
        ),
        Recorded(
            schedule: .linear(start: 0.00085, end: 0.012),
            betaBits: 503_494_718_741_361,
            alphaBarBits: 512_573_565_165_801
        ),
        Recorded(
            schedule: .linear(start: 0.0001, end: 0.02),
            betaBits: 506_290_386_841_349,
            alphaBarBits: 502_244_368_571_207
        ),
        Recorded(
            schedule: .squaredCosine,
            betaBits: 503_164_945_714_897,
            alphaBarBits: 519_199_033_080_031
        ),
        Recorded(schedule: scaledLinear, timesteps: 1, betaBits: 979_292_808),
        Recorded(schedule: scaledLinear, timesteps: 3, betaBits: 6_013_048_147),
        Recorded(schedule: scaledLinear, timesteps: 77, betaBits: 3_014_251_068_393),
        Recorded(schedule: scaledLinear, timesteps: 999, betaBits: 501_387_800_337_495),
    ]

    static func bits(_ values: [Float]) -> UInt64 {
        values.enumerated().reduce(0) {
            $0 &+ UInt64($1.offset + 1) &* UInt64($1.element.bitPattern)
        }
    }

    @Test(arguments: recorded)
    func matchesPyTorchToTheBit(recorded: Recorded) {
        let schedule = NoiseSchedule(
            recorded.schedule,
            timesteps: recorded.timesteps
        )
        #expect(Self.bits(schedule.betas) == recorded.betaBits)
        if let expected = recorded.alphaBarBits {
            #expect(Self.bits(schedule.alphaBars) == expected)
        }
    }

    /// ᾱ at timesteps 0, 1, 500 and 999 as published checkpoints' schedulers print them.
    static let published: [(BetaSchedule, [Float])] = [
        (
            .scaledLinear(start: 0.00085, end: 0.012),
            [0.999149978, 0.998296022, 0.276332468, 0.004660095]
        ),
        (
            .linear(start: 0.00085, end: 0.012),
            [0.999149978, 0.998289526, 0.160771623, 0.001578963]
        ),
        (.squaredCosine, [0.999958694, 0.99991256, 0.492285043, 2.42873499e-09]),
    ]

    @Test(arguments: published)
    func matchesPublishedValues(schedule: BetaSchedule, alphaBars: [Float]) {
        let found = NoiseSchedule(schedule, timesteps: 1000).alphaBars
        for (timestep, expected) in zip([0, 1, 500, 999], alphaBars) {
            #expect(abs(found[timestep] / expected - 1) < 1e-6)
        }
    }

    @Test(arguments: published.map(\.0), [7, 100, 1000])
    func signalOnlyFades(schedule: BetaSchedule, timesteps: Int) {
        let found = NoiseSchedule(schedule, timesteps: timesteps)
        #expect(found.betas.count == timesteps)
        for (index, alphaBar) in found.alphaBars.enumerated() {
            #expect(alphaBar > 0 && alphaBar < (index > 0 ? found.alphaBars[index - 1] : 1))
        }
    }

    @Test func zeroTerminalSNRKeepsTheFirstLevelAndEndsInNoise() {
        let plain = NoiseSchedule(.scaledLinear(start: 0.00085, end: 0.012), timesteps: 1000)
        let rescaled = NoiseSchedule(
            .scaledLinear(start: 0.00085, end: 0.012),
            timesteps: 1000,
            hasZeroTerminalSNR: true
        )
        #expect(abs(rescaled.alphaBars[0] - plain.alphaBars[0]) < 1e-6)
        #expect(rescaled.alphaBars[999] == 0)
    }

    @Test func trainedBetasAreTakenAsTheyAre() {
        let schedule = NoiseSchedule(.trained([0.5, 0.25]), timesteps: 2)
        #expect(schedule.betas == [0.5, 0.25])
        #expect(schedule.alphaBars == [0.5, 0.375])
    }
}
