import Tensors
import TestSupport
import Testing

struct NoiseSourceTests {
    struct Vector: Sendable {
        let seed: UInt64
        let block: Int
        let frame: Int
        let key: NoiseKey
        let words: Philox4x32.Block
        let normals: [Float]
    }

    /// The project's own vectors.
    static let project = [
        Vector(
            seed: 42,
            block: 0,
            frame: 0,
            key: .initial,
            words: .init(0x9cea_f053, 0x77f5_493b, 0x12bf_50ad, 0x5742_b3d7),
            normals: [-0.970189790, 0.194018955, -1.235620743, 1.923926750]
        ),
        Vector(
            seed: 42,
            block: 1,
            frame: 0,
            key: .initial,
            words: .init(0xfcdb_2127, 0x53ba_6cfd, 0x838f_5a6e, 0x744e_06fb),
            normals: [-0.073181508, 0.139137496, -1.106665031, 0.326682960]
        ),
        Vector(
            seed: 42,
            block: 0,
            frame: 7,
            key: .initial,
            words: .init(0xc590_608c, 0x67e7_daa9, 0xc004_0026, 0xa1d5_db6b),
            normals: [-0.597632493, 0.401329539, -0.511590299, -0.559889929]
        ),
        Vector(
            seed: 42,
            block: 0,
            frame: 7,
            key: NoiseKey(.samplerStep, step: 13),
            words: .init(0x5770_6f22, 0x6a66_cb98, 0xab6f_db16, 0x9cb3_fb00),
            normals: [-1.264594121, 0.741127051, -0.682327071, -0.579960076]
        ),
        Vector(
            seed: 0x1234_5678_9abc_def0,
            block: 4095,
            frame: 99,
            key: NoiseKey(.samplerStep, step: 49),
            words: .init(0x69bf_8d8e, 0x65c8_afff, 0x99bd_1e06, 0x6bab_f58d),
            normals: [-1.063848692, 0.797783329, -0.886764821, 0.483211872]
        ),
    ]

    @Test(arguments: project)
    func matchesProjectVectors(vector: Vector) {
        let source = NoiseSource(seed: vector.seed)
        #expect(
            source.words(block: vector.block, frame: vector.frame, key: vector.key) == vector.words
        )
        let normals = source.normals(4 * vector.block + 4, frame: vector.frame, key: vector.key)
        for (found, expected) in zip(normals.suffix(4), vector.normals) {
            #expect(abs(found - expected) < 1e-6)
        }
    }

    @Test(arguments: [1, 2, 3, 5, 4095])
    func shorterDrawIsPrefixOfLonger(count: Int) {
        let source = NoiseSource(seed: 3)
        let long = source.normals(4096, frame: 11, key: .initial)
        #expect(source.normals(count, frame: 11, key: .initial) == Array(long.prefix(count)))
    }

    @Test func elementsFollowChannelRowColumn() {
        let source = NoiseSource(seed: 42)
        let extent = NoiseExtent(channels: 3, height: 2, width: 5)
        let files = source.frames(4..<7, extent, key: .initial, layout: .channelsFirst)
        #expect(files.shape == [3, 3, 2, 5])
        #expect(Array(files.values[30..<60]) == source.normals(30, frame: 5, key: .initial))
        let engine = source.frames(4..<7, extent, key: .initial, layout: .channelsLast)
        #expect(engine == files.permuted([0, 2, 3, 1]))
    }

    @Test(arguments: [0, 8, 21])
    func frameIsTheSameFromAnyWindow(start: Int) {
        let source = NoiseSource(seed: 7)
        let extent = NoiseExtent(channels: 4, height: 4, width: 4)
        let whole = source.frames(0..<40, extent, key: .initial)
        let window = source.frames(start..<start + 16, extent, key: .initial)
        let slice = whole.values[start * extent.count..<(start + 16) * extent.count]
        #expect(window.values == Array(slice))
    }

    @Test func keysAndSeedsAreIndependent() {
        var draws = NoiseStream.allCases.flatMap { stream in
            [0, 1].map {
                NoiseSource(seed: 1).normals(4096, frame: 2, key: .init(stream, step: $0))
            }
        }
        draws.append(NoiseSource(seed: 2).normals(4096, frame: 2, key: .initial))
        draws.append(NoiseSource(seed: 1 << 32 | 1).normals(4096, frame: 2, key: .initial))
        for left in draws.indices {
            for right in draws.indices where right > left {
                let product = zip(draws[left], draws[right]).reduce(0.0) {
                    $0 + Double($1.0) * Double($1.1)
                }
                // Five standard deviations of a mean of 4096 products.
                #expect(abs(product / 4096) < 5.0 / 64)
            }
        }
    }

    /// Mean, variance and fourth moment recorded in the design for seed 42.
    @Test func momentsAreThoseRecorded() {
        var sums = (0.0, 0.0, 0.0)
        let source = NoiseSource(seed: 42)
        for frame in 0..<64 {
            for value in source.normals(16384, frame: frame, key: .initial) {
                let square = Double(value) * Double(value)
                sums.0 += Double(value)
                sums.1 += square
                sums.2 += square * square
            }
        }
        let count = 64.0 * 16384
        let mean = sums.0 / count
        #expect(abs(mean - -0.0003) < 0.00005)
        #expect(abs(sums.1 / count - mean * mean - 0.9987) < 0.00005)
        #expect(abs(sums.2 / count - 2.984) < 0.0005)
    }
}
