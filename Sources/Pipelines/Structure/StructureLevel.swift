package import Tensors

/// How much of the depth's detail is taken away: t_s of the paper, section 3.3.
///
/// t_s rounds of blur and 2:1 downsampling, then back to the size it had. The blur is the binomial
/// kernel 1 4 6 4 1 (Burt and Adelson 1983), the usual filter before halving; edges repeat.
package struct StructureLevel: Hashable, Sendable {
    /// T_s of the paper.
    package static let largest = 7

    package let rounds: Int

    /// - Throws: `InputError` if the level is not 0 ... 7.
    package init(_ rounds: Int) throws(InputError) {
        guard (0...Self.largest).contains(rounds) else {
            throw InputError("structure level: expected 0 to \(Self.largest), found \(rounds)")
        }
        self.rounds = rounds
    }

    /// Depth maps `[F, H, W]` without the detail; level 0 gives them back as they are.
    package func applied(to depth: HostTensor) -> HostTensor {
        precondition(depth.shape.rank == 3, "depth maps are [F, H, W], not \(depth.shape)")
        let (height, width) = (depth.shape[1], depth.shape[2])
        guard rounds > 0, depth.values.count > 0 else { return depth }
        var result: [Float] = []
        result.reserveCapacity(depth.values.count)
        for frame in 0..<depth.shape[0] {
            let pixels = depth.values[frame * height * width..<(frame + 1) * height * width]
            var map = Map(values: Array(pixels), height: height, width: width)
            for _ in 0..<rounds { map = map.halved() }
            result += map.enlarged(height: height, width: width).values
        }
        return HostTensor(result, depth.shape)
    }

    private struct Map {
        var values: [Float]
        var height: Int
        var width: Int

        /// Blurred, then every second pixel of every second row.
        func halved() -> Map {
            let narrow = (width + 1) / 2
            let low = (height + 1) / 2
            var rows = [Float](repeating: 0, count: height * narrow)
            for y in 0..<height {
                for x in 0..<narrow {
                    rows[y * narrow + x] = Self.blur(at: 2 * x, of: width) {
                        values[y * width + $0]
                    }
                }
            }
            var result = [Float](repeating: 0, count: low * narrow)
            for y in 0..<low {
                for x in 0..<narrow {
                    result[y * narrow + x] = Self.blur(at: 2 * y, of: height) {
                        rows[$0 * narrow + x]
                    }
                }
            }
            return Map(values: result, height: low, width: narrow)
        }

        /// Bilinear, pixel centres on pixel centres.
        func enlarged(height target: Int, width targetWidth: Int) -> Map {
            let ys = ResizeTaps(from: height, to: target, .bilinear)
            let xs = ResizeTaps(from: width, to: targetWidth, .bilinear)
            var result: [Float] = []
            result.reserveCapacity(target * targetWidth)
            for y in 0..<target {
                for x in 0..<targetWidth {
                    var sum: Float = 0
                    for i in 2 * y..<2 * y + 2 {
                        for j in 2 * x..<2 * x + 2 {
                            let value = values[Int(ys.indices[i]) * width + Int(xs.indices[j])]
                            sum += ys.weights[i] * xs.weights[j] * value
                        }
                    }
                    result.append(sum)
                }
            }
            return Map(values: result, height: target, width: targetWidth)
        }

        private static func blur(at centre: Int, of count: Int, _ value: (Int) -> Float) -> Float {
            func tap(_ offset: Int) -> Float { value(min(max(centre + offset, 0), count - 1)) }
            return (tap(-2) + tap(2) + 4 * (tap(-1) + tap(1)) + 6 * tap(0)) / 16
        }
    }
}
