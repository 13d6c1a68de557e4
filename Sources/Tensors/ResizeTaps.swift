/// Which input positions an output position mixes, and with which weights, along one axis.
package struct ResizeTaps: Sendable {
    package let taps: Int
    /// `taps` entries an output position.
    package let indices: [Int32]
    package let weights: [Float]

    /// - Parameters:
    ///   - count: Input extent, at least 1.
    ///   - target: Output extent.
    ///   - filter: How positions map and which kernel weighs them.
    package init(from count: Int, to target: Int, _ filter: ResizeFilter) {
        if filter == .nearest {
            taps = 1
            indices = nearestMap(from: count, to: target)
            weights = [Float](repeating: 1, count: target)
            return
        }
        let isCubic = filter == .bicubic
        let taps = isCubic ? 4 : 2
        var indices: [Int32] = []
        var weights: [Float] = []
        let scale = Float(count) / Float(target)
        let aligned = target > 1 ? Float(count - 1) / Float(target - 1) : 0
        for position in 0..<target {
            var source =
                filter == .bilinearAlignedCorners
                ? aligned * Float(position) : scale * (Float(position) + 0.5) - 0.5
            // PyTorch stops linear sampling at the first pixel and lets cubic sampling run past it.
            if !isCubic { source = max(source, 0) }
            let base = source.rounded(.down)
            let t = source - base
            let kernel = isCubic ? Self.cubic(t) : [1 - t, t]
            for (tap, weight) in kernel.enumerated() {
                let index = Int(base) + tap - (isCubic ? 1 : 0)
                indices.append(Int32(min(max(index, 0), count - 1)))
                weights.append(weight)
            }
        }
        self.taps = taps
        self.indices = indices
        self.weights = weights
    }

    private init(taps: Int, indices: [Int32], weights: [Float]) {
        self.taps = taps
        self.indices = indices
        self.weights = weights
    }

    /// Output positions.
    package var targets: Int { indices.count / max(1, taps) }

    /// The taps that take gradients of outputs back to `count` inputs: the matrix transposed.
    package func adjoint(of count: Int) -> ResizeTaps {
        var entries = [[(index: Int32, weight: Float)]](repeating: [], count: count)
        for position in 0..<targets {
            for entry in position * taps..<(position + 1) * taps where weights[entry] != 0 {
                entries[Int(indices[entry])].append((Int32(position), weights[entry]))
            }
        }
        let most = max(1, entries.map(\.count).max() ?? 1)
        // Inputs with fewer outputs have nothing from the first one besides.
        let padded = entries.flatMap { entry in
            entry + repeatElement((index: 0, weight: 0), count: most - entry.count)
        }
        return ResizeTaps(
            taps: most,
            indices: padded.map(\.index),
            weights: padded.map(\.weight)
        )
    }

    /// Keys' cubic convolution kernel with a = -0.75 at t + 1, t, 1 - t and 2 - t.
    private static func cubic(_ t: Float) -> [Float] {
        let a: Float = -0.75
        func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
        func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return [far(t + 1), near(t), near(1 - t), far(2 - t)]
    }
}
