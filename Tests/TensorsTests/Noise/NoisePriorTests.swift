import Tensors
import Testing

struct NoisePriorTests {
    static let extent = NoiseExtent(channels: 4, height: 8, width: 8)
    static let priors: [NoisePrior] = [
        .independent,
        .shuffled(window: 16, group: 4),
        .shuffled(window: 12, group: 6),
        .blockMeanLock(window: 16, block: 8),
        .blockMeanLock(window: 16, block: 5),
    ]

    @Test(arguments: priors)
    func everyFrameHasUnitVariance(prior: NoisePrior) {
        let source = NoiseSource(seed: 5)
        for frame in 0..<48 {
            let mixture = source.mixture(of: frame, prior: prior)
            let variance = mixture.terms.reduce(mixture.common * mixture.common) {
                $0 + $1.coefficient * $1.coefficient
            }
            #expect(abs(variance - 1) < 1e-12)
        }
    }

    @Test(arguments: priors, [3, 16, 29])
    func frameIsTheSameFromAnyWindow(prior: NoisePrior, start: Int) {
        let source = NoiseSource(seed: 6)
        let whole = source.initialNoise(0..<45, Self.extent, prior: prior)
        let window = source.initialNoise(start..<start + 16, Self.extent, prior: prior)
        let count = Self.extent.count
        #expect(window.values == Array(whole.values[start * count..<(start + 16) * count]))
    }

    @Test func independentPriorIsTheFramesOwnNoise() {
        let source = NoiseSource(seed: 6)
        let frames = source.frames(2..<9, Self.extent, key: .initial, layout: .channelsFirst)
        let initial = source.initialNoise(
            2..<9,
            Self.extent,
            prior: .independent,
            layout: .channelsFirst
        )
        #expect(initial == frames)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func shuffledGroupsArePermutationsOfBaseGroups(seed: UInt64) {
        let source = NoiseSource(seed: seed)
        let prior = NoisePrior.shuffled(window: 16, group: 4)
        let sources = (0..<64).map { source.mixture(of: $0, prior: prior).terms[0].frame }
        #expect(Array(sources[0..<16]) == Array(0..<16))
        var orders: Set<[Int]> = []
        for group in 4..<16 {
            let members = Array(sources[4 * group..<4 * group + 4])
            let base = group % 4 * 4
            #expect(members.sorted() == Array(base..<base + 4))
            orders.insert(members.map { $0 - base })
        }
        #expect(orders.count > 4)
    }

    @Test func shufflesAreUniform() {
        let prior = NoisePrior.shuffled(window: 3, group: 3)
        var counts: [[Int]: Int] = [:]
        let source = NoiseSource(seed: 9)
        for group in 1...6000 {
            let order = (0..<3).map {
                source.mixture(of: 3 * group + $0, prior: prior).terms[0].frame
            }
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 6)
        for count in counts.values {
            // Five standard deviations of a binomial count around 1000.
            #expect(abs(count - 1000) < 145)
        }
    }

    @Test func lockedBlocksShareOneMean() {
        let source = NoiseSource(seed: 8)
        let prior = NoisePrior.blockMeanLock(window: 16, block: 8)
        let noise = source.initialNoise(0..<32, Self.extent, prior: prior).values
        let count = Self.extent.count
        func mean(_ frames: Range<Int>, _ element: Int) -> Double {
            frames.reduce(0) { $0 + Double(noise[$1 * count + element]) } / Double(frames.count)
        }
        var power = 0.0
        for element in 0..<count {
            let common = mean(0..<8, element)
            power += common * common
            for start in stride(from: 8, to: 32, by: 8) {
                #expect(abs(mean(start..<start + 8, element) - common) < 1e-6)
            }
        }
        // Mean of 256 squares of variance 1/16, with room for five standard deviations.
        #expect(abs(power / Double(count) * 16 - 1) < 0.45)
    }

    @Test func senselessPriorsAreTold() {
        #expect(!NoisePrior.shuffled(window: 16, group: 5).isValid)
        #expect(!NoisePrior.shuffled(window: 16, group: 0).isValid)
        #expect(!NoisePrior.blockMeanLock(window: 16, block: 1).isValid)
        for prior in Self.priors {
            #expect(prior.isValid)
        }
    }
}
