internal import CCudaKernels
package import Tensors

extension CudaBackend {
    package func prepareLinear(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        gated: Bool
    ) -> LinearParameters {
        let sizes = shapes.prepareLinear(parts, gated: gated)
        return LinearParameters(
            inputs: sizes.inputs,
            outputs: sizes.outputs,
            prepared: pack(parts, channels: sizes.inputs, taps: 1, isGated: gated)
        )
    }

    package func prepareConvolution(
        weight: StoredTensor,
        bias: StoredTensor?,
        stride: Int,
        padding: Padding
    ) -> ConvolutionParameters {
        let sizes = shapes.prepareConvolution(
            weight: weight,
            bias: bias,
            stride: stride,
            padding: padding
        )
        let taps = sizes.geometry.kernelHeight * sizes.geometry.kernelWidth
        return ConvolutionParameters(
            inputs: sizes.inputs,
            outputs: sizes.outputs,
            geometry: sizes.geometry,
            prepared: pack([(weight, bias)], channels: sizes.inputs, taps: taps, isGated: false)
        )
    }

    package func prepareTemporalConvolution(
        weight: StoredTensor,
        bias: StoredTensor?
    ) -> TemporalConvolutionParameters {
        let sizes = shapes.prepareTemporalConvolution(weight: weight, bias: bias)
        return TemporalConvolutionParameters(
            inputs: sizes.inputs,
            outputs: sizes.outputs,
            taps: sizes.taps,
            prepared: pack(
                [(weight, bias)],
                channels: sizes.inputs,
                taps: sizes.taps,
                isGated: false
            )
        )
    }

    private func pack(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        channels: Int,
        taps: Int,
        isGated: Bool
    ) -> CudaMatrix {
        let outputs = parts.reduce(0) { $0 + $1.weight.shape[0] }
        precondition(!isGated || outputs % 2 == 0, "\(outputs) is not [value | gate]")
        let columns = taps * CudaMatrix.padded(channels)
        let weightBytes = outputs * columns * precision.byteCount
        let hasBias = parts.contains { $0.bias != nil }
        var weights: CudaArena.Block?
        var (bias, narrowBias): (CudaArena.Block?, CudaArena.Block?)
        attempt { () throws(CudaError) in
            let block = try takeParameters(weightBytes)
            var first = 0
            for part in parts {
                var job = weft_cuda_pack()
                job.target = block.address
                job.first = Int64(first)
                job.half = isGated ? Int64(outputs / 2) : 0
                job.channels = Int32(channels)
                job.taps = Int32(taps)
                job.padded = Int32(CudaMatrix.padded(channels))
                job.count = Int64(part.weight.shape[0] * columns)
                try pack(part.weight, &job)
                first += part.weight.shape[0]
            }
            weights = block
            guard hasBias else { return }
            let row = try takeParameters(4 * outputs)
            try fillBias(row.address, parts, isGated: isGated)
            bias = row
            guard libraryProducts != nil, precision.isHalf, !isGated else { return }
            narrowBias = try narrowed(row, outputs)
        }
        return CudaMatrix(
            outputs: outputs,
            channels: channels,
            taps: taps,
            isGated: isGated,
            byteCount: weightBytes + (hasBias ? 4 * outputs : 0)
                + (narrowBias == nil ? 0 : precision.byteCount * outputs),
            weights: weights,
            bias: bias,
            narrowBias: narrowBias
        )
    }

    /// Float32 numbers as values are stored.
    private func narrowed(
        _ row: CudaArena.Block,
        _ count: Int
    ) throws(CudaError) -> CudaArena.Block {
        let block = try takeParameters(precision.byteCount * count)
        try convert(.narrow, count, from: row.address, to: block.address)
        return block
    }

    /// Brings one part to the device, or finds it there; straight from the file if its type is one
    /// that the kernel reads.
    private func pack(_ weight: StoredTensor, _ job: inout weft_cuda_pack) throws(CudaError) {
        if let tensor = resident(weight) {
            let source = try either(tensor)
            job.source = source.at
            job.element = source.is_wide == 1 ? 0 : Int32(precision.storage)
            return try elementwise(.pack, Int(job.count), job)
        }
        let element: Int32? =
            switch weight.scalarType {
            case .float32: 0
            case .float16: 1
            case .bfloat16: 2
            default: nil
            }
        var staging: CudaArena.Block?
        if let element {
            let lent = unsafe weight.withStoredBytes { bytes in
                Result { () throws(CudaError) in
                    let block = try takeActivation(bytes.count)
                    try unsafe transfers.copyIn(bytes, to: block.address)
                    return block
                }
            }
            staging = try lent?.get()
            job.element = element
        }
        if staging == nil {
            staging = try staged(weight.floats())
            job.element = 0
        }
        weight.discard()
        job.source = staging?.address ?? 0
        try elementwise(.pack, Int(job.count), job)
        withExtendedLifetime(staging) {}
    }

    private func fillBias(
        _ target: UInt64,
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        isGated: Bool
    ) throws(CudaError) {
        let biases = parts.compactMap(\.bias)
        guard !isGated, biases.allSatisfy({ resident($0) != nil }) else {
            return try copyIn(Self.bias(of: parts, isGated: isGated), to: target)
        }
        var next = target
        for part in parts {
            let terms = part.bias.flatMap(resident).map { [(coefficient: Float(1), tensor: $0)] }
            let outputs = part.weight.shape[0]
            let place = weft_cuda_either(at: next, is_wide: 1)
            try sum(terms ?? [], into: place, count: outputs)
            next += UInt64(4 * outputs)
        }
    }

    /// The tensor of this device that a stored one is, if it is one.
    private func resident(_ stored: StoredTensor) -> Tensor? {
        guard let region = stored.region as? CudaRegion, region.tensor.backend === self else {
            return nil
        }
        return region.tensor
    }

    /// The biases of all parts, zeros where one has none, in the order of the packed rows.
    private static func bias(
        of parts: [(weight: StoredTensor, bias: StoredTensor?)],
        isGated: Bool
    ) -> [Float] {
        let stacked = parts.flatMap { part in
            part.bias?.floats() ?? [Float](repeating: 0, count: part.weight.shape[0])
        }
        for part in parts { part.bias?.discard() }
        guard isGated else { return stacked }
        let half = stacked.count / 2
        return (0..<stacked.count).map { stacked[$0 / 2 + ($0 % 2) * half] }
    }

    func matrix(_ prepared: any PreparedParameters) -> CudaMatrix {
        guard let matrix = prepared as? CudaMatrix else {
            preconditionFailure("parameters of another backend reached \(summary)")
        }
        return matrix
    }
}
