// What a backend is beside its operations: memory, and parameters.
extension RecordingBackend {
    package func allocate(_ shape: Shape) -> Tensor { wrap(base.allocate(shape), slot: nil) }

    package func upload(_ values: HostTensor) -> Tensor { wrap(base.upload(values), slot: nil) }

    package func download(_ tensor: Tensor) throws(BackendError) -> HostTensor {
        try base.download(unwrap(tensor))
    }

    package func synchronize() throws(BackendError) { try base.synchronize() }

    package var memory: MemoryReport { base.memory }

    package func resetPeakMemory() { base.resetPeakMemory() }

    // MARK: Parameters

    package func prepareLinear(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        gated: Bool
    ) -> LinearParameters {
        // The gate is an operation of its own here: its derivative needs what goes into it.
        let weights = weights(parts) { [base] in base.prepareLinear($0, gated: false).prepared }
        return LinearParameters(
            inputs: parts[0].weight.shape[1],
            outputs: weights.parts.reduce(0) { $0 + $1.outputs },
            prepared: weights
        )
    }

    package func prepareConvolution(
        weight: StoredTensor,
        bias: StoredTensor?,
        stride: Int,
        padding: Padding
    ) -> ConvolutionParameters {
        let shape = weight.shape
        return ConvolutionParameters(
            inputs: shape[1],
            outputs: shape[0],
            geometry: ConvolutionGeometry(of: shape, stride: stride, padding: padding),
            prepared: weights([(weight, bias)]) { [base] in
                base.prepareConvolution(
                    weight: $0[0].weight,
                    bias: $0[0].bias,
                    stride: stride,
                    padding: padding
                ).prepared
            }
        )
    }

    package func prepareTemporalConvolution(
        weight: StoredTensor,
        bias: StoredTensor?
    ) -> TemporalConvolutionParameters {
        TemporalConvolutionParameters(
            inputs: weight.shape[1],
            outputs: weight.shape[0],
            taps: weight.shape[2],
            prepared: weights([(weight, bias)]) { [base] in
                base.prepareTemporalConvolution(weight: $0[0].weight, bias: $0[0].bias).prepared
            }
        )
    }

    package func prepareTensor(_ stored: StoredTensor, as shape: Shape) -> Tensor {
        precondition(stored.arrangement == nil, "\(stored.name): a tensor in its own order")
        let buffer = RecordedBuffer(declare(stored).parameter)
        return Tensor(backend: self, buffer: buffer, shape: shape)
    }

    private func weights(
        _ parts: [(weight: StoredTensor, bias: StoredTensor?)],
        _ packing: @escaping RecordedWeights.Packing
    ) -> RecordedWeights {
        let parts = parts.map { part in
            RecordedWeights.Part(
                weight: declare(part.weight),
                bias: part.bias.map(declare),
                outputs: part.weight.shape[0]
            )
        }
        return RecordedWeights(parts, on: base, packing: packing)
    }

    func recorded(_ parameters: any PreparedParameters) -> RecordedWeights {
        guard let weights = parameters as? RecordedWeights else {
            preconditionFailure("parameters of another backend reached the recording backend")
        }
        return weights
    }
}
