import Tensors
import Testing

struct ConvolutionAlgorithmTests {
    private func size(
        _ inputs: Int,
        _ outputs: Int,
        images: Int = 1,
        edge: Int,
        kernel: Int = 3,
        stride: Int = 1,
        padding: Padding = Padding(1)
    ) -> ConvolutionSize {
        let geometry = ConvolutionGeometry(
            kernelHeight: kernel,
            kernelWidth: kernel,
            stride: stride,
            padding: padding
        )
        return ConvolutionSize(
            geometry,
            inputs: inputs,
            outputs: outputs,
            images: images,
            height: edge,
            width: edge
        )
    }

    @Test func `large convolutions take the larger tiles`() {
        for (inputs, outputs, images, edge) in [
            (320, 320, 1, 64), (640, 640, 1, 32), (1280, 1280, 8, 16), (128, 128, 8, 256),
            (512, 512, 1, 64), (320, 4, 1, 64), (128, 3, 1, 512),
        ] {
            let size = size(inputs, outputs, images: images, edge: edge)
            #expect(size.fastest == .winograd4, "\(size)")
        }
    }

    @Test func `few channels to transform or few pixels are convolved directly`() {
        #expect(size(4, 320, edge: 64).fastest == .direct)
        #expect(size(3, 128, edge: 512).fastest == .direct)
        #expect(size(1280, 1280, edge: 1).fastest == .direct)
    }

    @Test func `only three taps of step one with the same padding everywhere are transformed`() {
        for other in [
            size(320, 320, edge: 64, kernel: 1, padding: Padding(0)),
            size(320, 320, edge: 64, kernel: 5),
            size(320, 320, edge: 64, stride: 2),
            size(320, 320, edge: 64, padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
        ] {
            #expect(other.fastest == .direct && !other.allows(.winograd2), "\(other)")
        }
    }

    @Test func `an algorithm's cost grows with every size`() {
        for algorithm in ConvolutionAlgorithm.allCases {
            let cost = size(64, 64, edge: 16).cost(algorithm)
            #expect(size(128, 64, edge: 16).cost(algorithm) > cost)
            #expect(size(64, 128, edge: 16).cost(algorithm) > cost)
            #expect(size(64, 64, images: 2, edge: 16).cost(algorithm) > cost)
            #expect(size(64, 64, edge: 20).cost(algorithm) > cost)
        }
    }
}
