import Glibc
import Tensors
import TestSupport

/// One attention with its operands, and its gradient as plain loops in float64.
struct AttentionProblem: Sendable, CustomStringConvertible {
    let batch: Int
    let keyBatch: Int?
    let queries: Int
    let keys: Int
    let heads: Int
    let width: Int
    let isCausal: Bool
    /// Batches of the additive mask; 0: none.
    let maskBatch: Int

    /// Drawn once: the loops read it often.
    private let maskValues: [Float]

    init(
        batch: Int = 1,
        keyBatch: Int? = nil,
        queries: Int,
        keys: Int,
        heads: Int,
        width: Int,
        isCausal: Bool = false,
        maskBatch: Int = 0
    ) {
        self.batch = batch
        self.keyBatch = keyBatch
        self.queries = queries
        self.keys = keys
        self.heads = heads
        self.width = width
        self.isCausal = isCausal
        self.maskBatch = maskBatch
        maskValues =
            randomTensor([max(1, maskBatch), queries, keys], seed: 5, scale: 3).values
    }

    var columns: Int { heads * width }
    var scale: Float { 1 / Float(width).squareRoot() }
    var queryShape: Shape { [batch, queries, columns] }
    var keyShape: Shape { [keyBatch ?? batch, keys, columns] }
    var query: HostTensor { randomTensor(queryShape, seed: 1, scale: 2) }
    var key: HostTensor { randomTensor(keyShape, seed: 2) }
    var value: HostTensor { randomTensor(keyShape, seed: 3) }
    var gradient: HostTensor { randomTensor(queryShape, seed: 4) }
    var mask: HostTensor { HostTensor(maskValues, [max(1, maskBatch), queries, keys]) }

    var description: String {
        var text = "\(batch)x\(queries)x\(keys) heads \(heads) width \(width)"
        if keyBatch != nil { text += " shared keys" }
        if isCausal { text += " causal" }
        if maskBatch > 0 { text += " masked by \(maskBatch)" }
        return text
    }

    /// Weights of the keys for one query of one head.
    private func weights(_ q: [Double], _ k: [Double], at row: Row) -> [Double] {
        let scores = (0..<keys).map { j -> Double in
            if isCausal && j > row.query { return -.infinity }
            let other = row.key + j * columns
            var sum = 0.0
            for d in 0..<width { sum += q[row.start + d] * k[other + d] }
            sum *= Double(scale)
            if maskBatch > 0 {
                let image = maskBatch == 1 ? 0 : row.batch
                sum += Double(maskValues[(image * queries + row.query) * keys + j])
            }
            return sum
        }
        let top = scores.max() ?? 0
        let powers = scores.map { exp($0 - top) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }

    /// One query of one head: its number, and where its values and its keys start.
    private struct Row {
        let batch: Int
        let query: Int
        let start: Int
        let key: Int
    }

    private var rows: [Row] {
        (0..<batch * heads * queries).map { index in
            let (b, head, i) = (index / queries / heads, index / queries % heads, index % queries)
            let other = (keyBatch ?? batch) == 1 ? 0 : b
            return Row(
                batch: b,
                query: i,
                start: (b * queries + i) * columns + head * width,
                key: other * keys * columns + head * width
            )
        }
    }

    /// softmax(scale · q kᵀ + mask) v per head.
    func attended(_ q: [Double], _ k: [Double], _ v: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: q.count)
        for row in rows {
            for (j, weight) in weights(q, k, at: row).enumerated() {
                for d in 0..<width {
                    result[row.start + d] += weight * v[row.key + j * columns + d]
                }
            }
        }
        return result
    }

    /// Gradients of Σ gradient · attended by q, k and v.
    func gradients(
        _ q: [Double],
        _ k: [Double],
        _ v: [Double],
        _ gradient: [Double]
    ) -> [[Double]] {
        var dq = [Double](repeating: 0, count: q.count)
        var dk = [Double](repeating: 0, count: k.count)
        var dv = dk
        for row in rows {
            let weights = weights(q, k, at: row)
            let slopes = (0..<keys).map { j in
                (0..<width).reduce(0.0) {
                    $0 + gradient[row.start + $1] * v[row.key + j * columns + $1]
                }
            }
            let drift = zip(weights, slopes).reduce(0) { $0 + $1.0 * $1.1 }
            for j in 0..<keys {
                let slope = weights[j] * (slopes[j] - drift) * Double(scale)
                let other = row.key + j * columns
                for d in 0..<width {
                    dq[row.start + d] += slope * k[other + d]
                    dk[other + d] += slope * q[row.start + d]
                    dv[other + d] += weights[j] * gradient[row.start + d]
                }
            }
        }
        return [dq, dk, dv]
    }
}

/// The largest difference between `gradient` and the central differences of `function`, relative to
/// the largest of them.
func differenceError(
    of gradient: [Double],
    at x: [Double],
    _ function: ([Double]) -> Double
) -> Double {
    let step = 1e-5
    var error = 0.0
    var largest = 0.0
    for index in x.indices {
        var moved = x
        moved[index] = x[index] + step
        let above = function(moved)
        moved[index] = x[index] - step
        let slope = (above - function(moved)) / (2 * step)
        error = max(error, abs(slope - gradient[index]))
        largest = max(largest, abs(slope))
    }
    return error / largest
}

/// Σ a · b.
func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

extension HostTensor {
    var doubles: [Double] { values.map { Double($0) } }
}
