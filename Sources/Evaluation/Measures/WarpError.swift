package import Pipelines

/// How well frames keep what they show as it moves.
///
///     E(t) = mean over seen pixels and colours of (frame t + 1 warped by the flow − frame t)²
///
/// with colours in [0, 1]. The flow is that of the *source*, or exact; frame t + 1 is sampled
/// linearly where the point of each pixel has gone. What is smooth has a small error whatever it
/// shows, so the number stands beside `DetailEnergy` and the source's own error.
package struct WarpError: Hashable, Sendable {
    /// E(t); nil where no pixel is seen again.
    package let values: [Double?]
    /// Mean of E(t) over the transitions that have one.
    package let mean: Double
    /// Share of the pixels that were seen, over all transitions.
    package let coverage: Double

    /// Nil if there is no transition in which a pixel is seen again.
    ///
    /// - Parameters:
    ///   - clip: The frames.
    ///   - flows: For each transition its flow; more are not looked at.
    ///   - leavingOut: Transitions that do not count: cuts.
    package init?(_ clip: Pictures, _ flows: [MaskedFlow], leavingOut: Set<Int> = []) {
        precondition(flows.count >= clip.count - 1, "\(flows.count) flows, \(clip.count) frames")
        var values: [Double?] = []
        var seen = 0
        var looked = 0
        for frame in 0..<max(0, clip.count - 1) {
            guard !leavingOut.contains(frame) else {
                values.append(nil)
                continue
            }
            let (sum, count) = Self.squares(clip, frame, flows[frame])
            values.append(count > 0 ? sum / Double(count * 3) : nil)
            seen += count
            looked += clip.width * clip.height
        }
        let there = values.compactMap { $0 }
        guard !there.isEmpty else { return nil }
        self.values = values
        mean = Statistics.mean(there)
        coverage = Double(seen) / Double(looked)
    }

    /// The squared differences of one transition, and the number of pixels they are of.
    private static func squares(
        _ clip: Pictures,
        _ frame: Int,
        _ masked: MaskedFlow
    ) -> (sum: Double, count: Int) {
        let (width, height) = (clip.width, clip.height)
        let flow = masked.flow
        precondition(
            flow.width == width && flow.height == height,
            "a flow of \(flow.width)x\(flow.height) for frames of \(width)x\(height)"
        )
        let now = frame * width * height * 3
        let next = now + width * height * 3
        var sum = 0.0
        var count = 0
        for y in 0..<height {
            for x in 0..<width where masked.isSeen[y * width + x] {
                let place = y * width + x
                let (toX, toY) = (Float(x) + flow.u[place], Float(y) + flow.v[place])
                // Half a pixel beyond the outermost centres is still in the picture.
                guard toX >= -0.5, toY >= -0.5, toX <= Float(width) - 0.5,
                    toY <= Float(height) - 0.5
                else { continue }
                let tap = LinearTap(toX, toY, width: width, height: height)
                for colour in 0..<3 {
                    let value = tap { Float(clip.bytes[next + $0 * 3 + colour]) }
                    let difference =
                        Double(value - Float(clip.bytes[now + place * 3 + colour])) / 255
                    sum += difference * difference
                }
                count += 1
            }
        }
        return (sum, count)
    }
}

/// Where a picture is sampled between its pixels' centres, and with which weights; beyond the
/// outermost centres their values stay.
struct LinearTap {
    private let upperLeft: Int
    private let right: Int
    private let below: Int
    private let shareX: Float
    private let shareY: Float

    init(_ x: Float, _ y: Float, width: Int, height: Int) {
        let x = min(max(x, 0), Float(width - 1))
        let y = min(max(y, 0), Float(height - 1))
        let (left, top) = (Int(x), Int(y))
        upperLeft = top * width + left
        right = left + 1 < width ? 1 : 0
        below = top + 1 < height ? width : 0
        shareX = x - Float(left)
        shareY = y - Float(top)
    }

    @inline(__always)
    func callAsFunction(_ value: (Int) -> Float) -> Float {
        let upper = value(upperLeft) * (1 - shareX) + value(upperLeft + right) * shareX
        let lower =
            value(upperLeft + below) * (1 - shareX) + value(upperLeft + below + right) * shareX
        return upper * (1 - shareY) + lower * shareY
    }
}
