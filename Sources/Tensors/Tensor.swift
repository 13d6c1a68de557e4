/// Memory of one device, owned by the backend that made it.
package protocol Buffer: AnyObject, Sendable {
    var byteCount: Int { get }
}

/// A dense, row-major float32 array on a device.
///
/// Activations are channels-last: images are `[N, H, W, C]`, videos `[B, F, H, W, C]`, tokens
/// `[B, T, C]`, and each is the same memory seen under another shape. A tensor is immutable once
/// the operation that makes it returns; views share the buffer.
package struct Tensor: Sendable {
    package let backend: any Backend
    package let buffer: any Buffer
    package let shape: Shape
    /// First element within the buffer, in elements.
    package let offset: Int

    package init(backend: any Backend, buffer: any Buffer, shape: Shape, offset: Int = 0) {
        precondition(
            (offset + shape.count) * 4 <= buffer.byteCount,
            "a view of shape \(shape) at \(offset) leaves its buffer of \(buffer.byteCount) bytes"
        )
        self.backend = backend
        self.buffer = buffer
        self.shape = shape
        self.offset = offset
    }

    package var count: Int { shape.count }

    /// The same elements under another shape of equal count; no copy.
    package func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "cannot view \(self.shape) as \(shape)")
        return Tensor(backend: backend, buffer: buffer, shape: shape, offset: offset)
    }

    /// The slices `range` of the outermost axis; no copy.
    package func outer(_ range: Range<Int>) -> Tensor {
        precondition(
            shape.rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0],
            "slices \(range) of \(shape)"
        )
        let slice = Shape(Array(shape.dimensions.dropFirst())).count
        return Tensor(
            backend: backend,
            buffer: buffer,
            shape: Shape([range.count] + shape.dimensions.dropFirst()),
            offset: offset + range.lowerBound * slice
        )
    }

    /// Copies the values to the host; waits for the operations that make them.
    ///
    /// - Throws: `BackendError` if an earlier operation on the device failed.
    package func download() throws(BackendError) -> HostTensor {
        try backend.download(self)
    }
}
