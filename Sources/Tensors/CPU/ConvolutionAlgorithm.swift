/// How the CPU computes a 2-D convolution.
package enum ConvolutionAlgorithm: Int, CaseIterable, Sendable {
    /// A product of matrices whose left rows are gathered on the way.
    case direct = 0
    /// Winograd's F(2x2, 3x3): 16 multiplications for 36.
    case winograd2 = 2
    /// Winograd's F(4x4, 3x3): 36 multiplications for 144.
    case winograd4 = 4

    /// Outputs of a tile along one axis.
    var tileEdge: Int { max(1, rawValue) }
}

/// The size of one convolution: all that the choice of its algorithm depends on, never time, nor
/// the number of threads.
package struct ConvolutionSize: Hashable, Sendable {
    package var geometry: ConvolutionGeometry
    package var inputs: Int
    package var outputs: Int
    package var images: Int
    /// Of the result.
    package var height: Int
    package var width: Int

    package init(
        _ geometry: ConvolutionGeometry,
        inputs: Int,
        outputs: Int,
        images: Int,
        height: Int,
        width: Int
    ) {
        self.geometry = geometry
        self.inputs = inputs
        self.outputs = outputs
        self.images = images
        self.height = height
        self.width = width
    }

    /// The algorithm of least cost.
    package var fastest: ConvolutionAlgorithm {
        ConvolutionAlgorithm.allCases.filter(allows).min { cost($0) < cost($1) } ?? .direct
    }

    /// Winograd's algorithms are for 3 by 3 taps, step 1 and the same padding on all sides.
    package func allows(_ algorithm: ConvolutionAlgorithm) -> Bool {
        algorithm == .direct
            || geometry.kernelHeight == 3 && geometry.kernelWidth == 3 && geometry.stride == 1
                && geometry.padding == Padding(geometry.padding.top)
    }

    /// Time in multiply-adds of the register tiles, counted for their widest version.
    ///
    /// Weights are read as they are packed by every algorithm, so that memory does not enter. What
    /// does are the transforms, in multiply-adds that take as long: measured, `Docs/Benchmarks.md`.
    package func cost(_ algorithm: ConvolutionAlgorithm) -> Double {
        // Whole panels are computed.
        let outputs = (outputs + 31) / 32 * 32
        guard algorithm != .direct else {
            let sum = geometry.kernelHeight * geometry.kernelWidth * inputs
            return Double(images * height * width * (sum + Self.sumCost) * outputs)
        }
        let edge = algorithm.tileEdge
        let across = (width + edge - 1) / edge
        let down = (height + edge - 1) / edge
        let tiles = images * across * down
        let points = (edge + 2) * (edge + 2)
        // A panel's weights are transformed for each block of tiles.
        let blocks = (tiles + Self.blockTiles - 1) / Self.blockTiles
        let sums = tiles * (inputs + Self.sumCost) * outputs
        let weights = blocks * Self.weightCost * inputs * outputs
        let images = tiles * (Self.inputCost * inputs + Self.outputCost * outputs)
        return Double(points * (sums + weights + images))
    }

    private static let blockTiles = 84
    /// To begin and store a sum.
    private static let sumCost = 8
    /// To transform the weights of one point for one input and one output channel.
    private static let weightCost = 4
    /// To transform one point of a tile of the input for one channel.
    private static let inputCost = 40
    /// To transform one point of a tile of the output for one channel.
    private static let outputCost = 20
}
