import Tensors
import TestSupport
import Testing

struct ShapeBackendTests {
    private let backend = ShapeBackend()

    private func stored(_ shape: Shape) -> StoredTensor {
        StoredTensor(name: "w", shape: shape) { [Float](repeating: 0, count: shape.count) }
    }

    @Test func parametersAreCountedAndNotRead() {
        let untouched = StoredTensor(name: "w", shape: [4, 3]) {
            Issue.record("a parameter was read")
            return []
        }
        let linear = backend.prepareLinear(
            [(untouched, stored([4])), (stored([2, 3, 1, 1]), nil)],
            gated: false
        )
        #expect(linear.inputs == 3)
        #expect(linear.outputs == 6)
        #expect(linear.prepared.byteCount == (18 + 6) * 4)
        let convolution = backend.prepareConvolution(
            weight: stored([8, 3, 5, 3]),
            bias: nil,
            stride: 2,
            padding: Padding(1)
        )
        #expect(convolution.prepared.byteCount == 8 * 3 * 15 * 4)
        let temporal = backend.prepareTemporalConvolution(
            weight: stored([2, 3, 3, 1, 1]),
            bias: nil
        )
        #expect(temporal.taps == 3)
        #expect(backend.memory.parameterBytes == (24 + 360 + 18) * 4)
    }

    @Test func shapesFollowTheOperations() {
        let convolution = backend.prepareConvolution(
            weight: stored([8, 3, 3, 3]),
            bias: nil,
            stride: 2,
            padding: Padding(top: 0, left: 0, bottom: 1, right: 1)
        )
        let image = backend.allocate([2, 9, 6, 3])
        #expect(image.convolve(convolution).shape == [2, 4, 3, 8])
        var options = ConvolutionOptions()
        options.enlargedTo = (18, 12)
        #expect(image.convolve(convolution, options).shape == [2, 9, 6, 8])
        let linear = backend.prepareLinear([(stored([10, 3]), nil)], gated: false)
        #expect(image.linear(linear).shape == [2, 9, 6, 10])
        #expect(image.gatedLinear(linear).shape == [2, 9, 6, 5])
        #expect(image.permute([0, 3, 1, 2]).shape == [2, 3, 9, 6])
        #expect(image.resize(height: 5, width: 7, .bicubic).shape == [2, 5, 7, 3])
        #expect(backend.allocate([1, 2, 3, 8]).depthToSpace(factor: 2).shape == [1, 4, 6, 2])
        #expect(backend.concatenateChannels([image, image]).shape == [2, 9, 6, 6])
        #expect(
            backend.linear(
                joining: [image.sliceChannels(0..<1), image.sliceChannels(1..<3)],
                linear
            ).shape == [2, 9, 6, 10]
        )
        #expect(backend.concatenateOuter([image, image]).shape == [4, 9, 6, 3])
        #expect(image.sliceChannels(1..<3).shape == [2, 9, 6, 2])
        let tokens = AttentionOperand(backend.allocate([2, 7, 12]), column: 4, width: 4)
        let context = AttentionOperand(backend.allocate([1, 5, 4]))
        let attended = backend.attention(
            query: tokens,
            key: context,
            value: context,
            heads: 2,
            scale: 1,
            mask: .none
        )
        #expect(attended.shape == [2, 7, 4])
        #expect(backend.gather(backend.allocate([9, 4]), [3, 3, 8]).shape == [3, 4])
    }

    @Test func productsAreCounted() {
        let linear = backend.prepareLinear([(stored([10, 3]), nil)], gated: false)
        _ = backend.allocate([4, 3]).linear(linear)
        #expect(backend.productOperations == 2 * 4 * 3 * 10)
    }

    @Test func peakIsWhatLivedTogether() {
        func chain() {
            var x = backend.allocate([100])
            for _ in 0..<5 { x = x.activate(.silu) }
        }
        chain()
        #expect(backend.memory.activationBytes == 0)
        #expect(backend.memory.activationPeakBytes == 800)
        let kept = backend.allocate([10])
        backend.resetPeakMemory()
        #expect(backend.memory.activationPeakBytes == kept.buffer.byteCount)
    }

    @Test func thereAreNoValues() {
        #expect(throws: BackendError.self) { try backend.allocate([1]).download() }
    }
}
