// Backend operations as methods of their first operand, with the defaults layers use.
extension Tensor {
    package func linear(
        _ parameters: LinearParameters,
        activation: Activation = .identity,
        residual: Tensor? = nil
    ) -> Tensor {
        backend.linear(self, parameters, activation: activation, residual: residual)
    }

    package func gatedLinear(_ parameters: LinearParameters) -> Tensor {
        backend.gatedLinear(self, parameters)
    }

    package func convolve(
        _ parameters: ConvolutionParameters,
        _ options: ConvolutionOptions = ConvolutionOptions()
    ) -> Tensor {
        backend.convolve(self, parameters, options)
    }

    package func convolveTemporal(
        _ parameters: TemporalConvolutionParameters,
        residual: Tensor? = nil
    ) -> Tensor {
        backend.convolveTemporal(self, parameters, residual: residual)
    }

    package func groupNorm(
        _ parameters: NormParameters,
        groups: Int,
        activation: Activation = .identity
    ) -> Tensor {
        backend.groupNorm(self, parameters, groups: groups, activation: activation)
    }

    package func layerNorm(_ parameters: NormParameters) -> Tensor {
        backend.layerNorm(self, parameters)
    }

    package func activate(_ activation: Activation) -> Tensor {
        backend.activate(self, activation)
    }

    package func addRows(_ table: Tensor, repeats: Int = 1) -> Tensor {
        backend.addRows(self, table, repeats: repeats)
    }

    package func permute(_ axes: [Int]) -> Tensor {
        backend.permute(self, axes)
    }

    package func sliceChannels(_ range: Range<Int>) -> Tensor {
        backend.sliceChannels(self, range)
    }

    package func resize(height: Int, width: Int, _ filter: ResizeFilter) -> Tensor {
        backend.resize(self, height: height, width: width, filter)
    }

    package func depthToSpace(factor: Int) -> Tensor {
        backend.depthToSpace(self, factor: factor)
    }

    package func scaled(by factor: Float) -> Tensor {
        backend.combine([(factor, self)])
    }

    package static func + (left: Tensor, right: Tensor) -> Tensor {
        left.backend.combine([(1, left), (1, right)])
    }

    package static func - (left: Tensor, right: Tensor) -> Tensor {
        left.backend.combine([(1, left), (-1, right)])
    }
}
