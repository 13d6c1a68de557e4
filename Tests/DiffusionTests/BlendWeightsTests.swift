import Diffusion
import Testing

struct BlendWeightsTests {
    /// Every layout with up to 60 frames and windows of up to 12, and every taper.
    @Test(arguments: WindowTaper.allCases, 1...12)
    func sharesArePositiveAndSumToOne(taper: WindowTaper, length: Int) throws {
        for overlap in 0..<length {
            for frameCount in 1...60 {
                let plan = try WindowPlan(
                    frameCount: frameCount,
                    length: length,
                    overlap: overlap
                )
                let weights = BlendWeights(plan, taper: taper)
                for frame in 0..<frameCount {
                    let shares = plan.windows(covering: frame).map {
                        weights.share(of: $0, in: frame)
                    }
                    let sum = shares.reduce(0, +)
                    let smallest = shares.min() ?? 0
                    #expect(abs(sum - 1) < 1e-12, "\(plan), frame \(frame)")
                    #expect(smallest > 0, "\(plan), frame \(frame)")
                }
            }
        }
    }

    /// The left window's shares of an 8-frame overlap, as the design lists them.
    @Test(
        arguments: [
            (.linear, [0.9375, 0.8125, 0.6875, 0.5625, 0.4375, 0.3125, 0.1875, 0.0625]),
            (.hann, [0.9904, 0.9157, 0.7778, 0.5975, 0.4025, 0.2222, 0.0843, 0.0096]),
            (.pyramid, [0.8889, 0.7778, 0.6667, 0.5556, 0.4444, 0.3333, 0.2222, 0.1111]),
            (.flat, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
        ] as [(WindowTaper, [Double])]
    )
    func sharesAreThoseOfTheDesign(taper: WindowTaper, expected: [Double]) throws {
        let plan = try WindowPlan(frameCount: 24, length: 16, overlap: 8)
        let weights = BlendWeights(plan, taper: taper)
        #expect(Array(weights.rows[0][0..<8]) == [Double](repeating: 1, count: 8))
        for (found, expected) in zip(weights.rows[0][8...], expected) {
            #expect(abs(found - expected) < 5e-5)
        }
    }

    @Test(arguments: WindowTaper.allCases)
    func weightsAreSymmetric(taper: WindowTaper) throws {
        let plan = try WindowPlan(frameCount: 64, length: 16, overlap: 8)
        let rows = BlendWeights(plan, taper: taper).rows
        for (row, mirrored) in zip(rows, rows.reversed()) {
            for (left, right) in zip(row, mirrored.reversed()) {
                #expect(abs(left - right) < 1e-12)
            }
        }
    }

    /// White noise from unrelated windows: a plain blend leaves Σ p², the corrected one 1.
    @Test(arguments: WindowTaper.allCases, [4, 8, 12])
    func correctedBlendKeepsTheVarianceOfUnrelatedWindows(taper: WindowTaper, overlap: Int) throws {
        let plan = try WindowPlan(frameCount: 64, length: 16, overlap: overlap)
        let weights = BlendWeights(plan, taper: taper).keepingVariance(correlation: 0)
        for frame in 0..<64 {
            let variance = plan.windows(covering: frame).reduce(0) {
                $0 + weights.share(of: $1, in: frame) * weights.share(of: $1, in: frame)
            }
            #expect(abs(variance - 1) < 1e-12)
        }
    }

    @Test func correctionOfIdenticalWindowsChangesNothing() throws {
        let plan = try WindowPlan(frameCount: 40, length: 16, overlap: 8)
        let weights = BlendWeights(plan, taper: .hann)
        for (plain, corrected) in zip(weights.rows, weights.keepingVariance(correlation: 1).rows) {
            for (left, right) in zip(plain, corrected) {
                #expect(abs(left - right) < 1e-12)
            }
        }
    }
}
