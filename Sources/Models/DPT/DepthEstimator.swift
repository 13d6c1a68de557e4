package import NN
package import Tensors

/// DPT: from an image to relative inverse depth.
///
/// Ranftl et al. 2021, arXiv 2103.13413.
package struct DepthEstimator: Sendable {
    package let config: DPTConfig
    private let backbone: ViTBackbone
    private let reassemble: [Reassemble]
    private let neck: [Conv2D]
    private let fusion: [FusionBlock]
    private let head: Head

    /// - Parameters:
    ///   - config: Sizes.
    ///   - weights: The top of the checkpoint.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(_ config: DPTConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        backbone = try ViTBackbone(config, weights["dpt"])
        let place = weights["neck"]
        var reassemble: [Reassemble] = []
        var neck: [Conv2D] = []
        var fusion: [FusionBlock] = []
        for index in config.taps.indices {
            reassemble.append(try Reassemble(config, tap: index, place["reassemble_stage"]))
            neck.append(
                try Conv2D(
                    config.neckChannels[index],
                    config.fusionChannels,
                    kernel: 3,
                    padding: Padding(1),
                    bias: false,
                    place["convs"][index]
                )
            )
            let layer = place["fusion_stage.layers"][index]
            fusion.append(try FusionBlock(config, hasSkip: index > 0, layer))
        }
        (self.reassemble, self.neck, self.fusion) = (reassemble, neck, fusion)
        head = try Head(config.fusionChannels, weights["head.head"])
    }

    /// Estimates depth.
    ///
    /// - Parameter pixels: `[N, height, width, 3]`, normalised; any size from one patch on.
    /// - Returns: Relative inverse depth, at least 0, large where near: `[N, height, width, 1]`
    ///   where the edges are a multiple of 32 pixels (for dpt-large), a little more elsewhere.
    /// - Throws: `NetworkInputError` if the images are smaller or have other colours.
    package func callAsFunction(_ pixels: Tensor) throws(NetworkInputError) -> Tensor {
        let (patch, colours) = (config.patchSize, config.inputChannels)
        guard pixels.shape.rank == 4, pixels.shape[0] > 0, pixels.shape[1] >= patch,
            pixels.shape[2] >= patch, pixels.shape[3] == colours
        else {
            throw NetworkInputError(
                "pixel_values: expected [N, H, W, \(colours)] with H and W from \(patch) on, "
                    + "found \(pixels.shape)"
            )
        }
        let (taps, height, width) = backbone(pixels)
        let maps = taps.indices.map { index in
            neck[index](reassemble[index](taps[index], height: height, width: width))
        }
        var fused: Tensor?
        for (block, map) in zip(fusion, maps.reversed()) {
            fused = fused.map { block($0, skip: map) } ?? block(map, skip: nil)
        }
        return head(fused ?? maps[0])
    }

    /// The three convolutions that make one channel at twice the size.
    private struct Head: Sendable {
        private static let inner = 32

        private let convolution1: Conv2D
        private let convolution2: Conv2D
        private let output: Linear

        init(_ channels: Int, _ weights: WeightPath) throws(WeightError) {
            convolution1 = try Conv2D(
                channels,
                channels / 2,
                kernel: 3,
                padding: Padding(1),
                weights["0"]
            )
            convolution2 = try Conv2D(
                channels / 2,
                Self.inner,
                kernel: 3,
                padding: Padding(1),
                weights["2"]
            )
            // What is below 0 has no slope: a fresh network that began there would stay there.
            output = try Linear(
                Self.inner,
                1,
                initialBias: .ones,
                storage: .convolution,
                weights["4"]
            )
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let enlarged = convolution1(x).resize(
                height: 2 * x.shape[1],
                width: 2 * x.shape[2],
                .bilinearAlignedCorners
            )
            let features = convolution2(enlarged, ConvolutionOptions(activation: .relu))
            return output(features, activation: .relu)
        }
    }
}
