/// Classical optical flow: pyramidal Lucas–Kanade, started by block matching.
///
/// Lucas and Kanade 1981, Bouguet 2001. The coarsest level (no side below 12 pixels if it can be
/// helped) is matched in squares of 5 pixels over displacements of up to 3; from there on, each
/// level starts with twice the flow of the level above and improves it by solving, in windows of 9
/// pixels,
///
///     (Σ ∇I ∇Iᵀ + λ) (f' − f̄) = Σ ∇I (∇Iᵀ (f − f̄) − (I₂ warped by f − I₁))
///
/// a few times, followed by a median over 3 by 3 vectors. f̄ is the window's mean of f: λ keeps
/// places without texture at it, and what f has of finer detail than the window does not last.
/// Pictures with sides above 512 pixels are measured at half, quarter, ... their size and the flow
/// enlarged.
package struct OpticalFlow: Sendable {
    private static let iterations = 5
    private static let radius = 4
    /// In squared grey levels (0 to 1) a pixel: noise of a level or so does not move anything.
    private static let regularisation: Float = 2e-5
    private static let sideMax = 512
    private static let coarsestSide = 24
    private static let searchRadius = 3

    /// By how much each point of `first` is elsewhere in `second`, which has the same size.
    package static func flow(from first: GreyPlane, to second: GreyPlane) -> FlowField {
        precondition(
            first.width == second.width && first.height == second.height,
            "\(first.width)x\(first.height) to \(second.width)x\(second.height)"
        )
        var pyramid = [(first, second)]
        while let (a, b) = pyramid.last, min(a.width, a.height) >= coarsestSide {
            pyramid.append((a.halved(), b.halved()))
        }
        let finest = pyramid.firstIndex { max($0.0.width, $0.0.height) <= sideMax } ?? 0
        var flow: FlowField?
        for (a, b) in pyramid[finest...].reversed() {
            var field = flow.map { enlarged($0, width: a.width, height: a.height) } ?? match(a, b)
            for _ in 0..<iterations { improve(&field, a, b) }
            flow = median(field)
        }
        guard var field = flow else { preconditionFailure("a pyramid without a level") }
        for (a, _) in pyramid[..<finest].reversed() {
            field = enlarged(field, width: a.width, height: a.height)
        }
        return field
    }

    /// The flow with the mask of where going there and back again ends near where it started.
    ///
    /// Sundaram et al. 2010: |f + b|² < 0.01 (|f|² + |b|²) + 0.5, with b where f leads.
    package static func masked(from first: GreyPlane, to second: GreyPlane) -> MaskedFlow {
        let forward = flow(from: first, to: second)
        let backward = flow(from: second, to: first)
        let (width, height) = (forward.width, forward.height)
        var isSeen = [Bool](repeating: false, count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let place = y * width + x
                let (u, v) = (forward.u[place], forward.v[place])
                let (toX, toY) = (Float(x) + u, Float(y) + v)
                guard toX >= 0, toY >= 0, toX <= Float(width - 1), toY <= Float(height - 1)
                else { continue }
                let tap = LinearTap(toX, toY, width: width, height: height)
                let (backU, backV) = (tap { backward.u[$0] }, tap { backward.v[$0] })
                let round = (u + backU) * (u + backU) + (v + backV) * (v + backV)
                let lengths = u * u + v * v + backU * backU + backV * backV
                isSeen[place] = round < 0.01 * lengths + 0.5
            }
        }
        return MaskedFlow(forward, isSeen: isSeen)
    }

    /// The whole displacement of the smallest mean absolute difference, the shorter of equal ones.
    private static func match(_ a: GreyPlane, _ b: GreyPlane) -> FlowField {
        let (width, height) = (a.width, a.height)
        var best = [Float](repeating: .infinity, count: width * height)
        var u = [Float](repeating: 0, count: width * height)
        var v = u
        var steps: [(x: Int, y: Int)] = []
        for y in -searchRadius...searchRadius {
            for x in -searchRadius...searchRadius { steps.append((x, y)) }
        }
        steps.sort {
            ($0.x * $0.x + $0.y * $0.y, $0.y, $0.x) < ($1.x * $1.x + $1.y * $1.y, $1.y, $1.x)
        }
        for step in steps {
            var (difference, inside) = (a, a)
            for y in 0..<height {
                for x in 0..<width {
                    let (toX, toY) = (x + step.x, y + step.y)
                    let isInside = toX >= 0 && toY >= 0 && toX < width && toY < height
                    inside.values[y * width + x] = isInside ? 1 : 0
                    difference.values[y * width + x] =
                        isInside
                        ? abs(a.values[y * width + x] - b.values[toY * width + toX]) : 0
                }
            }
            let shares = inside.boxMean(radius: 2).values
            // Longer ways have to be better by a little.
            let price = 0.0005 * Float(step.x * step.x + step.y * step.y)
            for (place, sum) in difference.boxMean(radius: 2).values.enumerated()
            where shares[place] > 0.1 && sum / shares[place] + price < best[place] {
                best[place] = sum / shares[place] + price
                u[place] = Float(step.x)
                v[place] = Float(step.y)
            }
        }
        return median(FlowField(width: width, height: height, u: u, v: v))
    }

    /// One step of Lucas–Kanade at every pixel.
    private static func improve(_ flow: inout FlowField, _ a: GreyPlane, _ b: GreyPlane) {
        let (width, height) = (a.width, a.height)
        let (warped, isInside) = warp(b, by: flow)
        // ∇∇ᵀ in three, ∇ (∇ᵀ f − change) in two, what is inside, and f there in two.
        var sums = [GreyPlane](repeating: a, count: 8)
        for y in 0..<height {
            for x in 0..<width {
                let place = y * width + x
                let left = place - (x > 0 ? 1 : 0)
                let right = place + (x + 1 < width ? 1 : 0)
                let above = place - (y > 0 ? width : 0)
                let below = place + (y + 1 < height ? width : 0)
                // What has left the picture says nothing about where it went.
                let weight: Float = isInside[place] ? 1 : 0
                // Gradients of both pictures: theirs meet half-way.
                let gradientX =
                    weight * (a.values[right] - a.values[left] + warped[right] - warped[left]) / 4
                let gradientY =
                    weight * (a.values[below] - a.values[above] + warped[below] - warped[above])
                    / 4
                let (u, v) = (flow.u[place], flow.v[place])
                let rest = gradientX * u + gradientY * v - (warped[place] - a.values[place])
                sums[0].values[place] = gradientX * gradientX
                sums[1].values[place] = gradientX * gradientY
                sums[2].values[place] = gradientY * gradientY
                sums[3].values[place] = gradientX * rest
                sums[4].values[place] = gradientY * rest
                sums[5].values[place] = weight
                sums[6].values[place] = weight * u
                sums[7].values[place] = weight * v
            }
        }
        let means = sums.map { $0.boxMean(radius: radius).values }
        for place in 0..<width * height where means[5][place] > 0 {
            let (meanU, meanV) = (
                means[6][place] / means[5][place], means[7][place] / means[5][place]
            )
            let (xx, xy, yy) = (means[0][place], means[1][place], means[2][place])
            let toX = means[3][place] - xx * meanU - xy * meanV
            let toY = means[4][place] - xy * meanU - yy * meanV
            let determinant = (xx + regularisation) * (yy + regularisation) - xy * xy
            let stepX = ((yy + regularisation) * toX - xy * toY) / determinant
            let stepY = ((xx + regularisation) * toY - xy * toX) / determinant
            // The linear model holds for a pixel or so.
            flow.u[place] = meanU + min(max(stepX, -1), 1)
            flow.v[place] = meanV + min(max(stepY, -1), 1)
        }
    }

    /// A picture sampled where the flow leads, and whether that is inside it.
    private static func warp(
        _ picture: GreyPlane,
        by flow: FlowField
    ) -> (values: [Float], isInside: [Bool]) {
        let (width, height) = (picture.width, picture.height)
        var values = picture.values
        var isInside = [Bool](repeating: true, count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let place = y * width + x
                let (toX, toY) = (Float(x) + flow.u[place], Float(y) + flow.v[place])
                let tap = LinearTap(toX, toY, width: width, height: height)
                values[place] = tap { picture.values[$0] }
                isInside[place] =
                    toX > -1 && toY > -1 && toX < Float(width) && toY < Float(height)
            }
        }
        return (values, isInside)
    }

    /// The field of a picture about twice as large.
    private static func enlarged(_ flow: FlowField, width: Int, height: Int) -> FlowField {
        let scaleX = Float(width) / Float(flow.width)
        let scaleY = Float(height) / Float(flow.height)
        var u = [Float](repeating: 0, count: width * height)
        var v = u
        for y in 0..<height {
            for x in 0..<width {
                let tap = LinearTap(
                    (Float(x) + 0.5) / scaleX - 0.5,
                    (Float(y) + 0.5) / scaleY - 0.5,
                    width: flow.width,
                    height: flow.height
                )
                u[y * width + x] = tap { flow.u[$0] } * scaleX
                v[y * width + x] = tap { flow.v[$0] } * scaleY
            }
        }
        return FlowField(width: width, height: height, u: u, v: v)
    }

    /// Each component's median over 3 by 3 pixels, those at the edges repeated.
    private static func median(_ flow: FlowField) -> FlowField {
        let (width, height) = (flow.width, flow.height)
        var result = flow
        var (us, vs) = ([Float](repeating: 0, count: 9), [Float](repeating: 0, count: 9))
        for y in 0..<height {
            for x in 0..<width {
                var count = 0
                for row in y - 1...y + 1 {
                    for column in x - 1...x + 1 {
                        let place =
                            min(max(row, 0), height - 1) * width + min(max(column, 0), width - 1)
                        us[count] = flow.u[place]
                        vs[count] = flow.v[place]
                        count += 1
                    }
                }
                result.u[y * width + x] = middle(&us)
                result.v[y * width + x] = middle(&vs)
            }
        }
        return result
    }

    /// The fifth of nine values, which are put in order as far as that needs.
    private static func middle(_ values: inout [Float]) -> Float {
        for index in 0..<5 {
            var least = index
            for other in index + 1..<9 where values[other] < values[least] { least = other }
            values.swapAt(index, least)
        }
        return values[4]
    }
}
