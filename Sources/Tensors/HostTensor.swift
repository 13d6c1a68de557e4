/// Float32 values in ordinary memory, row-major: what files, fixtures and the wire hold.
///
/// A `Tensor` lives on a device and is opaque; this is the value it is uploaded from and
/// downloaded to.
package struct HostTensor: Equatable, Sendable {
    package let shape: Shape
    package var values: [Float]

    /// Wraps `values`, whose count must be `shape.count`.
    package init(_ values: [Float], _ shape: Shape) {
        precondition(
            values.count == shape.count,
            "\(values.count) values cannot fill a tensor of shape \(shape)"
        )
        self.shape = shape
        self.values = values
    }

    package init(repeating value: Float, _ shape: Shape) {
        self.init([Float](repeating: value, count: shape.count), shape)
    }

    /// The same values under another shape of equal count.
    package func reshaped(_ shape: Shape) -> HostTensor {
        HostTensor(values, shape)
    }

    /// The tensor whose axis `i` is this one's axis `axes[i]`.
    package func permuted(_ axes: [Int]) -> HostTensor {
        precondition(
            axes.sorted() == Array(0..<shape.rank),
            "\(axes) is no permutation of the axes of \(shape)"
        )
        let target = Shape(axes.map { shape[$0] })
        guard shape.count > 0 else { return HostTensor([], target) }
        var strides = [Int](repeating: 1, count: shape.rank)
        for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        let steps = axes.map { strides[$0] }
        var index = [Int](repeating: 0, count: axes.count)
        var source = 0
        var result: [Float] = []
        result.reserveCapacity(values.count)
        while true {
            result.append(values[source])
            var axis = axes.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += steps[axis]
                if index[axis] < target[axis] { break }
                source -= steps[axis] * target[axis]
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { break }
        }
        return HostTensor(result, target)
    }
}
