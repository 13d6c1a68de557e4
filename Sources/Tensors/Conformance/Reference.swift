import Glibc

/// A float64 array: what reference operations work on.
struct Reference: Sendable {
    let shape: Shape
    var values: [Double]

    init(_ values: [Double], _ shape: Shape) {
        precondition(values.count == shape.count, "\(values.count) values for \(shape)")
        self.values = values
        self.shape = shape
    }

    init(_ host: HostTensor) {
        self.init(host.values.map { Double($0) }, host.shape)
    }

    init(zeros shape: Shape) {
        self.init([Double](repeating: 0, count: shape.count), shape)
    }

    var columns: Int { shape[-1] }
    var rows: Int { shape.count / max(1, shape[-1]) }
}

// The specification of `Backend`'s operations: plain loops in float64, written to be read. Every
// backend is judged against them; none of them is fast.
extension Reference {
    func activated(_ activation: Activation) -> Reference {
        Reference(values.map { Self.apply(activation, $0) }, shape)
    }

    static func apply(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
        case .quickGELU: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        }
    }

    func plus(_ other: Reference?) -> Reference {
        guard let other else { return self }
        return Reference(zip(values, other.values).map { $0 + $1 }, shape)
    }

    /// x Wᵀ + b with W `[outputs, inputs]`.
    func linear(_ weight: Reference, _ bias: Reference?) -> Reference {
        let (inputs, outputs) = (columns, weight.shape[0])
        var result = Reference(zeros: Shape(shape.dimensions.dropLast() + [outputs]))
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum = bias?.values[output] ?? 0
                for input in 0..<inputs {
                    sum += values[row * inputs + input] * weight.values[output * inputs + input]
                }
                result.values[row * outputs + output] = sum
            }
        }
        return result
    }

    /// value · GELU(gate) of the two halves of each row.
    func gated() -> Reference {
        let half = columns / 2
        var result = Reference(zeros: Shape(shape.dimensions.dropLast() + [half]))
        for row in 0..<rows {
            for column in 0..<half {
                let value = values[row * columns + column]
                let gate = values[row * columns + half + column]
                result.values[row * half + column] = value * Self.apply(.gelu, gate)
            }
        }
        return result
    }

    /// 2-D convolution of `[N, H, W, C]` with W `[outputs, inputs, kernelHeight, kernelWidth]`.
    func convolved(
        _ weight: Reference,
        _ bias: Reference?,
        _ geometry: ConvolutionGeometry
    ) -> Reference {
        let (n, h, w, inputs) = (shape[0], shape[1], shape[2], shape[3])
        let (outputs, kh, kw) = (weight.shape[0], weight.shape[2], weight.shape[3])
        let size = geometry.outputSize(height: h, width: w)
        var result = Reference(zeros: [n, size.height, size.width, outputs])
        var next = 0
        for image in 0..<n {
            for y in 0..<size.height {
                for x in 0..<size.width {
                    for output in 0..<outputs {
                        var sum = bias?.values[output] ?? 0
                        for i in 0..<kh {
                            let row = y * geometry.stride + i - geometry.padding.top
                            guard (0..<h).contains(row) else { continue }
                            for j in 0..<kw {
                                let column = x * geometry.stride + j - geometry.padding.left
                                guard (0..<w).contains(column) else { continue }
                                let pixel = ((image * h + row) * w + column) * inputs
                                let tap = (output * inputs * kh + i) * kw + j
                                for input in 0..<inputs {
                                    sum +=
                                        values[pixel + input]
                                        * weight.values[tap + input * kh * kw]
                                }
                            }
                        }
                        result.values[next] = sum
                        next += 1
                    }
                }
            }
        }
        return result
    }

    /// Convolution along F of `[B, F, H, W, C]` with W `[outputs, inputs, taps]`.
    func convolvedTemporally(_ weight: Reference, _ bias: Reference?) -> Reference {
        let (b, f, pixels) = (shape[0], shape[1], shape[2] * shape[3])
        let (outputs, inputs, taps) = (weight.shape[0], weight.shape[1], weight.shape[2])
        var result = Reference(zeros: Shape(shape.dimensions.dropLast() + [outputs]))
        for row in 0..<b * f * pixels {
            let (video, frame, pixel) = (row / (f * pixels), row / pixels % f, row % pixels)
            for output in 0..<outputs {
                var sum = bias?.values[output] ?? 0
                for tap in 0..<taps {
                    let source = frame + tap - taps / 2
                    guard (0..<f).contains(source) else { continue }
                    let at = ((video * f + source) * pixels + pixel) * inputs
                    for input in 0..<inputs {
                        sum +=
                            values[at + input]
                            * weight.values[(output * inputs + input) * taps + tap]
                    }
                }
                result.values[row * outputs + output] = sum
            }
        }
        return result
    }

    /// softmax(scale · q kᵀ + mask) v per head; `[B, T, C]` each, mask `[B, Tq, Tk]`.
    static func attention(
        _ q: Reference,
        _ k: Reference,
        _ v: Reference,
        heads: Int,
        scale: Double,
        isCausal: Bool = false,
        mask: Reference? = nil
    ) -> Reference {
        let (batch, queries, channels) = (q.shape[0], q.shape[1], q.shape[2])
        let keys = k.shape[1]
        let width = channels / heads
        var result = Reference(zeros: q.shape)
        for b in 0..<batch {
            let kb = k.shape[0] == 1 ? 0 : b
            for head in 0..<heads {
                for i in 0..<queries {
                    let at = (b * queries + i) * channels + head * width
                    var scores = (0..<keys).map { j in
                        let other = (kb * keys + j) * channels + head * width
                        var sum = 0.0
                        for d in 0..<width { sum += q.values[at + d] * k.values[other + d] }
                        sum *= scale
                        if let mask {
                            sum +=
                                mask.values[((mask.shape[0] == 1 ? 0 : b) * queries + i) * keys + j]
                        }
                        return isCausal && j > i ? -.infinity : sum
                    }
                    let top = scores.max() ?? 0
                    scores = scores.map { exp($0 - top) }
                    let total = scores.reduce(0, +)
                    for j in 0..<keys {
                        let other = (kb * keys + j) * channels + head * width
                        for d in 0..<width {
                            result.values[at + d] += scores[j] / total * v.values[other + d]
                        }
                    }
                }
            }
        }
        return result
    }

    /// Group normalisation of `[N, ..., C]` per outermost slice.
    func groupNormalised(
        groups: Int,
        epsilon: Double,
        _ scale: Reference,
        _ shift: Reference
    ) -> Reference {
        var result = self
        let channels = columns
        let perImage = rows / shape[0]
        let width = channels / groups
        for image in 0..<shape[0] {
            for group in 0..<groups {
                let indices = (0..<perImage).flatMap { row in
                    (0..<width).map { (image * perImage + row) * channels + group * width + $0 }
                }
                let count = Double(indices.count)
                let mean = indices.reduce(0) { $0 + values[$1] } / count
                let variance =
                    indices.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) } / count
                for index in indices {
                    let channel = index % channels
                    let unit = (values[index] - mean) / (variance + epsilon).squareRoot()
                    result.values[index] = unit * scale.values[channel] + shift.values[channel]
                }
            }
        }
        return result
    }

    /// Layer normalisation of each row: one group an image of one row.
    func layerNormalised(epsilon: Double, _ scale: Reference, _ shift: Reference) -> Reference {
        let flat = Reference(values, [rows, 1, columns])
        let result = flat.groupNormalised(groups: 1, epsilon: epsilon, scale, shift)
        return Reference(result.values, shape)
    }

    /// The tensor whose axis i is this one's axis `axes[i]`.
    func permuted(_ axes: [Int]) -> Reference {
        var strides = [Int](repeating: 1, count: shape.rank)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        let target = Shape(axes.map { shape[$0] })
        var result = Reference(zeros: target)
        for index in 0..<target.count {
            var rest = index
            var source = 0
            for axis in stride(from: target.rank - 1, through: 0, by: -1) {
                source += rest % target[axis] * strides[axes[axis]]
                rest /= target[axis]
            }
            result.values[index] = values[source]
        }
        return result
    }

    /// `[N, H, W, C]` resampled by the taps of `ResizeTaps`.
    func resized(height: Int, width: Int, _ filter: ResizeFilter) -> Reference {
        let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
        let ys = ResizeTaps(from: h, to: height, filter)
        let xs = ResizeTaps(from: w, to: width, filter)
        var result = Reference(zeros: [n, height, width, c])
        var next = 0
        for image in 0..<n {
            for y in 0..<height {
                for x in 0..<width {
                    for channel in 0..<c {
                        var sum = 0.0
                        for i in 0..<ys.taps {
                            for j in 0..<xs.taps {
                                let row = Int(ys.indices[y * ys.taps + i])
                                let column = Int(xs.indices[x * xs.taps + j])
                                let weight =
                                    Double(ys.weights[y * ys.taps + i])
                                    * Double(xs.weights[x * xs.taps + j])
                                sum +=
                                    weight * values[((image * h + row) * w + column) * c + channel]
                            }
                        }
                        result.values[next] = sum
                        next += 1
                    }
                }
            }
        }
        return result
    }
}
