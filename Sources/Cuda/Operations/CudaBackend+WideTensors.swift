internal import CCudaKernels
package import Tensors

// float32 beside values of a half: what trains, its gradients and the optimiser's state.
extension CudaBackend {
    package func uploadWide(_ values: HostTensor) -> Tensor {
        let tensor = allocate(values.shape, isWide: true)
        attempt { () throws(CudaError) in try set(tensor, to: values.values) }
        return tensor
    }

    package func wideZeros(_ shape: Shape) -> Tensor {
        cleared(allocate(shape, isWide: true))
    }

    package func zeros(_ shape: Shape) -> Tensor {
        cleared(allocate(shape))
    }

    package func widened(_ tensor: Tensor) -> Tensor {
        guard precision.isHalf, !isWide(tensor) else { return tensor }
        return converted(tensor, isWide: true)
    }

    package func narrowed(_ tensor: Tensor) -> Tensor {
        guard isWide(tensor) else { return tensor }
        return converted(tensor, isWide: false)
    }

    package func write(_ values: HostTensor, into target: Tensor) {
        precondition(values.shape.count == target.count, "\(values.shape) into \(target.shape)")
        attempt { () throws(CudaError) in try set(target, to: values.values) }
    }

    package func stored(_ tensor: Tensor, as shape: Shape, name: String) -> StoredTensor {
        precondition(shape.count == tensor.count, "\(tensor.shape) as \(shape)")
        return StoredTensor(
            name: name,
            scalarType: .float32,
            shape: shape,
            region: CudaRegion(tensor),
            range: 0..<4 * tensor.count
        )
    }

    private func converted(_ tensor: Tensor, isWide: Bool) -> Tensor {
        let result = allocate(tensor.shape, isWide: isWide)
        attempt { () throws(CudaError) in
            try sum([(1, tensor)], into: either(result), count: result.count)
        }
        return result
    }

    private func cleared(_ tensor: Tensor) -> Tensor {
        attempt { () throws(CudaError) in
            try sum([], into: either(tensor), count: tensor.count)
        }
        return tensor
    }
}

/// A tensor of a device as a checkpoint's: the device's own kernels read it where it is.
final class CudaRegion: ByteRegion {
    let tensor: Tensor

    init(_ tensor: Tensor) {
        self.tensor = tensor
    }

    /// Others get a copy, of no numbers where the device failed: its backend tells that itself.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let values = (try? tensor.download())?.values
        let copy = values ?? [Float](repeating: .nan, count: tensor.count)
        return try unsafe copy.withUnsafeBytes(body)
    }

    /// Memory has no pages to give back.
    func discard(_ range: Range<Int>) {}
}
