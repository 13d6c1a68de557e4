/// Classical optical flow: pyramidal Lucas–Kanade, started by block matching.
///
/// Lucas and Kanade 1981, Bouguet 2001. The coarsest level (no side below 12 pixels if it can be
/// helped) is matched in squares of 5 pixels over displacements of up to 3; from there on, each
/// level starts with twice the flow of the level above and improves it by solving, in windows of 9
/// pixels,
///
///     (Σ ∇I ∇Iᵀ + λ) δ = −Σ ∇I (I₂ warped − I₁)
///
/// a few times, followed by a median over 3 by 3 vectors. λ keeps places without texture where the
/// level above put them. Pictures with sides above 512 pixels are measured at half, quarter, ...
/// their size and the flow enlarged.
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
            var difference = a
            for y in 0..<height {
                for x in 0..<width {
                    let toX = min(max(x + step.x, 0), width - 1)
                    let toY = min(max(y + step.y, 0), height - 1)
                    difference.values[y * width + x] =
                        abs(a.values[y * width + x] - b.values[toY * width + toX])
                }
            }
            // Longer ways have to be better by a little.
            let price = 0.0005 * Float(step.x * step.x + step.y * step.y)
            for (place, cost) in difference.boxMean(radius: 2).values.enumerated()
            where cost + price < best[place] {
                best[place] = cost + price
                u[place] = Float(step.x)
                v[place] = Float(step.y)
            }
        }
        return median(FlowField(width: width, height: height, u: u, v: v))
    }

    /// One step of Lucas–Kanade at every pixel.
    private static func improve(_ flow: inout FlowField, _ a: GreyPlane, _ b: GreyPlane) {
        let (width, height) = (a.width, a.height)
        var products = [GreyPlane](repeating: a, count: 5)
        var warped = a
        for y in 0..<height {
            for x in 0..<width {
                let place = y * width + x
                let tap = LinearTap(
                    Float(x) + flow.u[place],
                    Float(y) + flow.v[place],
                    width: width,
                    height: height
                )
                warped.values[place] = tap { b.values[$0] }
            }
        }
        for y in 0..<height {
            for x in 0..<width {
                let place = y * width + x
                let left = place - (x > 0 ? 1 : 0)
                let right = place + (x + 1 < width ? 1 : 0)
                let above = place - (y > 0 ? width : 0)
                let below = place + (y + 1 < height ? width : 0)
                // Gradients of both pictures: theirs meet half-way.
                let gradientX =
                    (a.values[right] - a.values[left] + warped.values[right] - warped.values[left])
                    / 4
                let gradientY =
                    (a.values[below] - a.values[above] + warped.values[below]
                        - warped.values[above]) / 4
                let change = warped.values[place] - a.values[place]
                products[0].values[place] = gradientX * gradientX
                products[1].values[place] = gradientX * gradientY
                products[2].values[place] = gradientY * gradientY
                products[3].values[place] = gradientX * change
                products[4].values[place] = gradientY * change
            }
        }
        let means = products.map { $0.boxMean(radius: radius).values }
        for place in 0..<width * height {
            let xx = means[0][place] + regularisation
            let yy = means[2][place] + regularisation
            let xy = means[1][place]
            let determinant = xx * yy - xy * xy
            let (toX, toY) = (-means[3][place], -means[4][place])
            let stepX = (yy * toX - xy * toY) / determinant
            let stepY = (xx * toY - xy * toX) / determinant
            // The linear model holds for a pixel or so.
            flow.u[place] += min(max(stepX, -1), 1)
            flow.v[place] += min(max(stepY, -1), 1)
        }
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
