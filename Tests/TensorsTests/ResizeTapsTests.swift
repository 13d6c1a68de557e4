import Tensors
import Testing

struct ResizeTapsTests {
    @Test(arguments: ResizeFilter.allCases, [(1, 1), (1, 5), (3, 7), (8, 8), (9, 4), (384, 24)])
    func `weights sum to one and indices stay inside`(
        filter: ResizeFilter,
        extents: (from: Int, to: Int)
    ) {
        let taps = ResizeTaps(from: extents.from, to: extents.to, filter)
        #expect(taps.indices.count == extents.to * taps.taps)
        #expect(taps.indices.allSatisfy { $0 >= 0 && $0 < Int32(extents.from) })
        for position in 0..<extents.to {
            let sum = taps.weights[position * taps.taps..<(position + 1) * taps.taps].reduce(0, +)
            #expect(abs(sum - 1) < 1e-6)
        }
    }

    @Test(arguments: ResizeFilter.allCases)
    func `the same size copies`(filter: ResizeFilter) {
        let taps = ResizeTaps(from: 6, to: 6, filter)
        for position in 0..<6 {
            for tap in 0..<taps.taps {
                let place = position * taps.taps + tap
                let isSource = taps.indices[place] == Int32(position) && taps.weights[place] != 0
                #expect(isSource ? taps.weights[place] == 1 : taps.weights[place] == 0)
            }
        }
    }

    @Test func `doubling by hand`() {
        let plain = ResizeTaps(from: 2, to: 4, .bilinear)
        #expect(plain.weights == [1, 0, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25])
        #expect(plain.indices == [0, 1, 0, 1, 0, 1, 1, 1])
        let aligned = ResizeTaps(from: 2, to: 3, .bilinearAlignedCorners)
        #expect(aligned.weights == [1, 0, 0.5, 0.5, 1, 0])
        #expect(ResizeTaps(from: 2, to: 4, .nearest).indices == [0, 0, 1, 1])
    }

    @Test(arguments: ResizeFilter.allCases)
    func `the adjoint has each weight where it came from`(filter: ResizeFilter) {
        for (from, to) in [(5, 12), (9, 4), (1, 3), (6, 6)] {
            let taps = ResizeTaps(from: from, to: to, filter)
            let back = taps.adjoint(of: from)
            var difference = [Float](repeating: 0, count: from * to)
            for (place, index) in taps.indices.enumerated() {
                difference[Int(index) * to + place / taps.taps] += taps.weights[place]
            }
            #expect(back.targets == from)
            for (place, index) in back.indices.enumerated() {
                difference[place / back.taps * to + Int(index)] -= back.weights[place]
            }
            #expect(difference.allSatisfy { abs($0) < 1e-6 })
        }
    }
}
