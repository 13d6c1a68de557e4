package import Tensors

/// How much of the depth's detail is taken away: t_s of the paper, section 3.3.
///
/// t_s rounds of blur and 2:1 downsampling, then back to the size it had. The blur is the binomial
/// kernel 1 3 3 1; edges repeat. Its centre lies between the two pixels that become one, so that
/// nothing moves: a kernel of odd length displaces the map by (2^t_s - 1) / 2 pixels.
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
            result += map.enlarged(height: height, width: width, scale: 1 << rounds)
        }
        return HostTensor(result, depth.shape)
    }

    /// Depth maps `[F, H, W]` without the detail, as pictures of three equal channels.
    package func picture(of depth: HostTensor) -> HostTensor {
        let map = applied(to: depth)
        var values: [Float] = []
        values.reserveCapacity(3 * map.values.count)
        for value in map.values {
            values.append(value)
            values.append(value)
            values.append(value)
        }
        return HostTensor(values, Shape(map.shape.dimensions + [3]))
    }

    /// One frame after some rounds; pixel i of a round lies between pixels 2i and 2i + 1 of the one
    /// before.
    private struct Map {
        let values: [Float]
        let height: Int
        let width: Int

        /// Blurred and taken at every second pixel, rows and columns.
        func halved() -> Map {
            let (low, narrow) = ((height + 1) / 2, (width + 1) / 2)
            var rows: [Float] = []
            rows.reserveCapacity(height * narrow)
            for y in 0..<height {
                for x in 0..<narrow {
                    rows.append(Self.blur(right: 2 * x + 1, of: width) { values[y * width + $0] })
                }
            }
            var result: [Float] = []
            result.reserveCapacity(low * narrow)
            for y in 0..<low {
                for x in 0..<narrow {
                    result.append(
                        Self.blur(right: 2 * y + 1, of: height) { rows[$0 * narrow + x] }
                    )
                }
            }
            return Map(values: result, height: low, width: narrow)
        }

        /// Bilinear, each pixel at its place in the frame it came from: `scale` pixels wide.
        func enlarged(height target: Int, width targetWidth: Int, scale: Int) -> [Float] {
            let columns = (0..<targetWidth).map { Self.place($0, scale, of: width) }
            var result: [Float] = []
            result.reserveCapacity(target * targetWidth)
            for y in 0..<target {
                let row = Self.place(y, scale, of: height)
                for column in columns {
                    let above = mix(row.first * width, column)
                    let below = mix(row.second * width, column)
                    result.append(above + row.share * (below - above))
                }
            }
            return result
        }

        private typealias Place = (first: Int, second: Int, share: Float)

        private func mix(_ start: Int, _ place: Place) -> Float {
            let (left, right) = (values[start + place.first], values[start + place.second])
            return left + place.share * (right - left)
        }

        /// The pixels on both sides of pixel `index` of the frame, and the second one's share.
        private static func place(_ index: Int, _ scale: Int, of count: Int) -> Place {
            let centre = (Double(index) + 0.5) / Double(scale) - 0.5
            let bounded = min(max(centre, 0), Double(count - 1))
            let first = Int(bounded)
            return (first, min(first + 1, count - 1), Float(bounded - Double(first)))
        }

        private static func blur(right: Int, of count: Int, _ value: (Int) -> Float) -> Float {
            func tap(_ index: Int) -> Float { value(min(max(index, 0), count - 1)) }
            return (tap(right - 2) + tap(right + 1) + 3 * (tap(right - 1) + tap(right))) / 8
        }
    }
}
