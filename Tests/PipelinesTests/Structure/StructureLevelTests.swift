import Pipelines
import Tensors
import TestSupport
import Testing

struct StructureLevelTests {
    private func spread(_ x: HostTensor) -> Double {
        let mean = x.values.reduce(0) { $0 + Double($1) } / Double(x.shape.count)
        return x.values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    }

    @Test func `level 0 changes nothing`() throws {
        let depth = randomTensor([2, 9, 7], seed: 1)
        #expect(try StructureLevel(0).applied(to: depth) == depth)
    }

    @Test(arguments: 0...7)
    func `the size stays and a flat map stays flat`(rounds: Int) throws {
        for shape: Shape in [[1, 1, 1], [2, 5, 3], [1, 64, 48]] {
            let flat = HostTensor(repeating: 0.25, shape)
            let found = try StructureLevel(rounds).applied(to: flat)
            #expect(found.shape == shape)
            #expect(found.values.allSatisfy { abs($0 - 0.25) < 1e-6 })
        }
    }

    @Test func `each level takes detail away`() throws {
        let depth = randomTensor([1, 64, 64], seed: 2)
        var last = Double.infinity
        // Six rounds leave one pixel of 64.
        for rounds in 0...6 {
            let left = spread(try StructureLevel(rounds).applied(to: depth))
            #expect(left < last)
            last = left
        }
    }

    @Test func `frames do not touch each other`() throws {
        let a = randomTensor([1, 12, 10], seed: 3)
        let b = randomTensor([1, 12, 10], seed: 4)
        let level = try StructureLevel(3)
        let both = level.applied(to: HostTensor(a.values + b.values, [2, 12, 10]))
        #expect(both.values == level.applied(to: a).values + level.applied(to: b).values)
    }

    @Test(arguments: [-1, 8])
    func `other levels are refused`(rounds: Int) {
        let error = #expect(throws: InputError.self) { try StructureLevel(rounds) }
        #expect(error?.description == "structure level: expected 0 to 7, found \(rounds)")
    }
}
