import Tensors
import TestSupport
import Testing

struct HostTensorTests {
    /// Every permutation of four axes, judged element by element through its indices.
    @Test func `a permutation moves every element to its place`() {
        let shape = [2, 3, 4, 5]
        let x = randomTensor(Shape(shape), seed: 1)
        for axes in permutations([0, 1, 2, 3]) {
            let found = x.permuted(axes)
            #expect(found.shape == Shape(axes.map { shape[$0] }))
            for place in found.values.indices {
                var rest = place
                var source = [Int](repeating: 0, count: 4)
                for axis in axes.reversed() {
                    source[axis] = rest % shape[axis]
                    rest /= shape[axis]
                }
                let flat = zip(source, shape).reduce(0) { $0 * $1.1 + $1.0 }
                #expect(found.values[place] == x.values[flat])
            }
        }
    }

    @Test func `slices of stacked tensors are the tensors`() {
        let parts = (0..<3).map { randomTensor([2, 4], seed: $0) }
        let stacked = HostTensor.stacked(parts)
        #expect(stacked.shape == [3, 2, 4] && stacked.values == parts.flatMap(\.values))
        #expect((0..<3).map { stacked.slice($0) } == parts)
    }

    private func permutations(_ items: [Int]) -> [[Int]] {
        guard !items.isEmpty else { return [[]] }
        return items.flatMap { item in
            permutations(items.filter { $0 != item }).map { [item] + $0 }
        }
    }

    @Test func `empty tensors and scalars permute`() {
        #expect(HostTensor([], [0, 3]).permuted([1, 0]).shape == [3, 0])
        #expect(HostTensor([7], []).permuted([]) == HostTensor([7], []))
    }

    @Test func `values that do not fill the shape are a programmer's error`() async {
        await #expect(processExitsWith: .failure) { _ = HostTensor([1, 2, 3], [2, 2]) }
    }

    @Test func `another count of values is no reshape`() async {
        await #expect(processExitsWith: .failure) {
            _ = HostTensor([1, 2, 3, 4], [2, 2]).reshaped([3])
        }
    }
}
