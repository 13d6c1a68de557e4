import Pipelines
import Tensors
import TestSupport
import Testing

struct StructureLevelTests {
    private func apply(_ rounds: Int, _ depth: HostTensor) throws -> HostTensor {
        try StructureLevel(rounds).applied(to: depth)
    }

    /// Sum of squared differences of neighbours in a row: what is left of fine detail.
    private func detail(_ map: HostTensor) -> Double {
        let width = map.shape[2]
        return map.values.indices.dropLast().reduce(0) { sum, index in
            guard (index + 1) % width != 0 else { return sum }
            let difference = Double(map.values[index + 1]) - Double(map.values[index])
            return sum + difference * difference
        }
    }

    /// Columns and rows in the opposite order.
    private func turned(_ map: HostTensor) -> HostTensor {
        let size = map.shape[1] * map.shape[2]
        let values = (0..<map.shape[0]).flatMap { frame in
            map.values[frame * size..<(frame + 1) * size].reversed()
        }
        return HostTensor(values, map.shape)
    }

    @Test(arguments: [-1, 8, .max, .min])
    func refusesOtherLevels(_ rounds: Int) {
        let error = #expect(throws: InputError.self) { try StructureLevel(rounds) }
        #expect(error?.description == "structure level: expected 0 to 7, found \(rounds)")
    }

    @Test func levelZeroIsTheDepthToTheBit() throws {
        let depth = randomTensor([3, 5, 7], seed: 1)
        #expect(try apply(0, depth) == depth)
    }

    @Test(arguments: 0...7, [[1, 1], [1, 9], [9, 1], [2, 2], [33, 17], [64, 40]])
    func constantMapsStayAndNothingLeavesTheRange(_ rounds: Int, _ size: [Int]) throws {
        let shape = Shape([2] + size)
        let constant = try apply(rounds, HostTensor(repeating: 0.3, shape))
        #expect(constant.shape == shape)
        #expect(constant.values.allSatisfy { abs($0 - 0.3) < 1e-6 })
        let depth = randomTensor(shape, seed: 2)
        let result = try apply(rounds, depth)
        let (least, largest) = (depth.values.min() ?? 0, depth.values.max() ?? 0)
        #expect(result.shape == shape)
        #expect(result.values.allSatisfy { $0 >= least - 1e-5 && $0 <= largest + 1e-5 })
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func detailFallsWithEachLevel(seed: UInt64) throws {
        let depth = randomTensor([1, 96, 160], seed: seed)
        let details = try (0...7).map { detail(try apply($0, depth)) }
        for (more, less) in zip(details, details.dropFirst()) { #expect(less < more) }
    }

    /// Halving about pixel centres moves nothing: a turned map gives the turned result.
    @Test(arguments: 1...5)
    func nothingMoves(_ rounds: Int) throws {
        let depth = randomTensor([2, 64, 96], seed: 4)
        let result = try apply(rounds, depth)
        let other = turned(try apply(rounds, turned(depth)))
        #expect(nmse(other, result) < 1e-10)
        // A slope stays where it is, away from the edges that repeat.
        let slope = HostTensor((0..<64 * 96).map { Float($0 % 96) }, [1, 64, 96])
        let middle = try apply(rounds, slope).values[32 * 96 + 48]
        #expect(abs(middle - 48) < 0.1)
    }

    @Test func framesDoNotMix() throws {
        let depth = randomTensor([3, 12, 10], seed: 5)
        let whole = try apply(2, depth)
        let second = try apply(2, HostTensor(Array(depth.values[120..<240]), [1, 12, 10]))
        #expect(Array(whole.values[120..<240]) == second.values)
    }

    @Test func noFramesGiveNone() throws {
        let empty = HostTensor([], [0, 4, 4])
        #expect(try apply(3, empty) == empty)
    }
}
