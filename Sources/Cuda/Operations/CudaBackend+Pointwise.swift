internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        let result = allocate(shapes.activate(x, activation).shape)
        attempt { () throws(CudaError) in
            try pointwise(
                .activate,
                weft_cuda_pointwise(
                    x: try address(x),
                    y: try address(result),
                    count: Int64(x.count),
                    activation: activation.rawValue
                )
            )
        }
        return result
    }

    package func combine(_ terms: [(coefficient: Float, tensor: Tensor)]) -> Tensor {
        let most = Int(WEFT_CUDA_TERMS)
        precondition(terms.count <= most, "combine of \(terms.count) terms, 1 to \(most) go")
        let isWide = terms.contains { self.isWide($0.tensor) }
        let result = allocate(shapes.combine(terms).shape, isWide: isWide)
        attempt { () throws(CudaError) in
            try sum(terms, into: either(result), count: result.count)
        }
        return result
    }

    /// Gives `count` elements, which may be those of a term, the sum: zeros if there are no terms.
    func sum(
        _ terms: [(coefficient: Float, tensor: Tensor)],
        into target: weft_cuda_either,
        count: Int
    ) throws(CudaError) {
        var job = weft_cuda_combine()
        job.y = target
        job.count = Int64(count)
        job.terms = Int32(terms.count)
        let addresses = try terms.map { term throws(CudaError) in try either(term.tensor) }
        fill(&job.x, with: addresses)
        fill(&job.coefficients, with: terms.map(\.coefficient))
        try elementwise(.combine, count, job)
    }

    package func addRows(_ x: Tensor, _ table: Tensor, repeats: Int) -> Tensor {
        let result = allocate(shapes.addRows(x, table, repeats: repeats).shape)
        attempt { () throws(CudaError) in
            var job = weft_cuda_row_table()
            job.x = try address(x)
            job.table = try address(table)
            job.y = try address(result)
            job.channels = Int32(x.shape[-1])
            job.rows = Int64(x.count / max(1, x.shape[-1]))
            job.repeats = Int64(repeats)
            job.table_rows = Int64(table.shape[0])
            try elementwise(.addRows, x.count, job)
        }
        return result
    }

    package func gather(_ table: Tensor, _ indices: [Int]) -> Tensor {
        let result = allocate(shapes.gather(table, indices).shape, isWide: isWide(table))
        guard result.count > 0 else { return result }
        attempt { () throws(CudaError) in
            let places = try staged(indices.map { Int32($0) })
            var job = weft_cuda_row_table()
            let source = try either(table)
            job.table = source.at
            job.indices = places.address
            job.y = try either(result).at
            job.is_wide = source.is_wide
            job.channels = Int32(table.shape[1])
            job.rows = Int64(indices.count)
            try elementwise(.gatherRows, result.count, job)
            withExtendedLifetime(places) {}
        }
        return result
    }
}

/// Sets the first elements of a C array, which Swift sees as a tuple.
func fill<Array, Element: BitwiseCopyable>(_ array: inout Array, with elements: [Element]) {
    precondition(elements.count * MemoryLayout<Element>.stride <= MemoryLayout<Array>.size)
    unsafe withUnsafeMutableBytes(of: &array) { bytes in
        for (index, element) in elements.enumerated() {
            unsafe bytes.storeBytes(
                of: element,
                toByteOffset: index * MemoryLayout<Element>.stride,
                as: Element.self
            )
        }
    }
}
