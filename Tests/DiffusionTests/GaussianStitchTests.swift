import Diffusion
import Tensors
import TestSupport
import Testing

/// The exact-Gaussian table of the stitching design, reproduced by the product's own window plan,
/// weights, fusion schedule, noise priors, fuser and sampler around an exact denoiser.
struct GaussianStitchTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var overlap = 8
        var interval = FusionInterval.every(1)
        var until = 1.0
        var taper: WindowTaper? = .linear
        var noise = StitchExperiment.Noise.prior(.independent)
        /// Least variance of a frame and largest squared difference of neighbours, relative to the
        /// joint run; correlation of frames 16 apart; D before the last blend.
        let variance: Double
        let border: Double
        let correlation: Double
        var mismatch: Double?
        /// Runs averaged, where the scheme itself is drawn.
        var draws = 1
        var tolerance = 0.005

        var testDescription: String { name }
    }

    static let shuffle = NoisePrior.shuffled(window: 16, group: 4)
    static let lock = NoisePrior.blockMeanLock(window: 16, block: 8)

    static let rows = [
        Row(
            name: "end blend, independent noise",
            interval: .never,
            noise: .perWindow,
            variance: 0.546,
            border: 1.12,
            correlation: 0,
            mismatch: 1.802
        ),
        Row(
            name: "end hard cut, independent noise",
            interval: .never,
            taper: nil,
            noise: .perWindow,
            variance: 1.06,
            border: 22.4,
            correlation: 0,
            mismatch: 1.802
        ),
        Row(
            name: "end blend, shared noise",
            interval: .never,
            variance: 0.983,
            border: 1.44,
            correlation: 0.054,
            mismatch: 0.377
        ),
        Row(
            name: "end hard cut, shared noise",
            interval: .never,
            taper: nil,
            variance: 1.06,
            border: 5.07,
            correlation: 0.031,
            mismatch: 0.377
        ),
        Row(
            name: "K = 25",
            interval: .every(25),
            variance: 0.943,
            border: 1.45,
            correlation: 0.092
        ),
        Row(
            name: "K = 10",
            interval: .every(10),
            variance: 0.898,
            border: 1.43,
            correlation: 0.117
        ),
        Row(name: "K = 5", interval: .every(5), variance: 0.883, border: 1.40, correlation: 0.128),
        Row(name: "K = 2", interval: .every(2), variance: 0.873, border: 1.39, correlation: 0.135),
        Row(name: "K = 1 linear", variance: 0.870, border: 1.38, correlation: 0.137),
        Row(name: "K = 1 flat", taper: .flat, variance: 0.797, border: 4.45, correlation: 0.144),
        Row(
            name: "K = 1 pyramid",
            taper: .pyramid,
            variance: 0.857,
            border: 1.58,
            correlation: 0.138
        ),
        Row(name: "K = 1 Hann", taper: .hann, variance: 0.894, border: 1.17, correlation: 0.134),
        Row(
            name: "K = 1, hard switch mid-overlap",
            taper: nil,
            variance: 0.908,
            border: 1.24,
            correlation: 0.129
        ),
        Row(
            name: "K = 1, independent initial noise",
            noise: .perWindow,
            variance: 0.541,
            border: 1.14,
            correlation: 0.131
        ),
        Row(
            name: "first 20 %",
            until: 0.2,
            variance: 0.962,
            border: 1.44,
            correlation: 0.075,
            mismatch: 0.277
        ),
        Row(
            name: "first 40 %",
            until: 0.4,
            variance: 0.922,
            border: 1.43,
            correlation: 0.109,
            mismatch: 0.127
        ),
        Row(
            name: "first 60 %",
            until: 0.6,
            variance: 0.886,
            border: 1.43,
            correlation: 0.129,
            mismatch: 0.041
        ),
        Row(
            name: "first 80 %",
            until: 0.8,
            variance: 0.873,
            border: 1.41,
            correlation: 0.136,
            mismatch: 0.009
        ),
        Row(
            name: "FreeNoise shuffle, end blend",
            interval: .never,
            noise: .prior(shuffle),
            variance: 1.06,
            border: 1.26,
            correlation: 0.94,
            mismatch: 0.042,
            draws: 8,
            // Printed with two digits and drawn.
            tolerance: 0.01
        ),
        Row(
            name: "FreeNoise shuffle, K = 1",
            noise: .prior(shuffle),
            variance: 1.07,
            border: 1.20,
            correlation: 0.94,
            draws: 8,
            tolerance: 0.01
        ),
        Row(
            name: "block-mean lock, end blend",
            interval: .never,
            noise: .prior(lock),
            variance: 0.945,
            border: 1.07,
            correlation: 0.88,
            mismatch: 0.021
        ),
        Row(
            name: "block-mean lock, K = 1",
            noise: .prior(lock),
            variance: 0.953,
            border: 1.07,
            correlation: 0.88
        ),
        Row(
            name: "O = 4, end blend, independent noise",
            overlap: 4,
            interval: .never,
            noise: .perWindow,
            variance: 0.575,
            border: 2.00,
            correlation: 0,
            mismatch: 1.81
        ),
        Row(
            name: "O = 4, end blend, shared noise",
            overlap: 4,
            interval: .never,
            variance: 0.916,
            border: 1.63,
            correlation: 0.072,
            mismatch: 0.63
        ),
        Row(
            name: "O = 4, K = 5",
            overlap: 4,
            interval: .every(5),
            variance: 0.877,
            border: 1.40,
            correlation: 0.134
        ),
        Row(
            name: "O = 4, K = 1 linear",
            overlap: 4,
            variance: 0.870,
            border: 1.38,
            correlation: 0.142
        ),
        Row(
            name: "O = 4, K = 1 Hann",
            overlap: 4,
            taper: .hann,
            variance: 0.871,
            border: 1.27,
            correlation: 0.140
        ),
        Row(
            name: "O = 4, K = 1 flat",
            overlap: 4,
            taper: .flat,
            variance: 0.838,
            border: 2.24,
            correlation: 0.150
        ),
    ]

    @Test(arguments: rows)
    func reproducesTheDesignsTable(row: Row) throws {
        let joint = try Self.joint.get()
        var found = (variance: 0.0, border: 0.0, correlation: 0.0, mismatch: 0.0)
        for seed in 0..<row.draws {
            let outcome = try StitchExperiment(
                overlap: row.overlap,
                interval: row.interval,
                until: row.until,
                taper: row.taper,
                noise: row.noise,
                seed: UInt64(seed)
            ).run()
            let frames = 0..<StitchExperiment.frameCount
            let variances = frames.map { outcome.variance($0) / joint.variance($0) }
            let steps = frames.dropLast().map { outcome.step($0) / joint.step($0) }
            let share = 1 / Double(row.draws)
            found.variance += share * (variances.min() ?? .nan)
            found.border += share * (steps.max() ?? .nan)
            found.correlation += share * outcome.correlation(apart: 16)
            found.mismatch +=
                share * outcome.mismatches.reduce(0, +) / Double(outcome.mismatches.count)
        }
        #expect(abs(found.variance - row.variance) < row.tolerance)
        // The table prints three digits, which is less than the tolerance for the largest borders.
        #expect(abs(found.border - row.border) < max(row.tolerance, 0.002 * row.border))
        #expect(abs(found.correlation - row.correlation) < row.tolerance)
        if let mismatch = row.mismatch {
            #expect(abs(found.mismatch - mismatch) < row.tolerance)
        }
    }

    static let joint = Result { try StitchExperiment.joint() }

    /// Absolute values of the run that all rows are relative to.
    @Test func jointRunIsThatOfTheDesign() throws {
        let joint = try Self.joint.get()
        #expect(abs(joint.correlation(apart: 16) - 0.548) < 0.0005)
        #expect(abs(joint.correlation(apart: 32) - 0.47) < 0.005)
        for frame in 0..<StitchExperiment.frameCount {
            #expect(joint.variance(frame) > 0.83 && joint.variance(frame) < 0.855)
        }
    }
}
