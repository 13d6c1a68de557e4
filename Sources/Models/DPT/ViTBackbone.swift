import NN
import Tensors

/// The vision transformer of DPT.
///
/// Dosovitskiy et al. 2020, arXiv 2010.11929. N images, H and W in patches, C channels;
/// the class token comes first.
struct ViTBackbone: Sendable {
    private let config: DPTConfig
    private let patchEmbedding: Conv2D
    private let classToken: Tensor
    private let positions: Tensor
    private let blocks: [PreNormBlock]

    init(_ config: DPTConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        let embeddings = weights["embeddings"]
        patchEmbedding = try Conv2D(
            config.inputChannels,
            config.channels,
            kernel: config.patchSize,
            stride: config.patchSize,
            padding: Padding(0),
            embeddings["patch_embeddings.projection"]
        )
        classToken = try embeddings.tensor(
            "cls_token",
            [1, 1, config.channels],
            initial: .normal(standardDeviation: 0.02)
        ).reshaped([1, config.channels])
        let count = config.grid * config.grid + 1
        positions = try embeddings.tensor(
            "position_embeddings",
            [1, count, config.channels],
            initial: .normal(standardDeviation: 0.02)
        ).reshaped([count, config.channels])
        var blocks: [PreNormBlock] = []
        // Blocks behind the last tap are read, as the file has them, but never run.
        for index in 0..<config.layers {
            let place = weights["encoder.layer"][index]
            blocks.append(try PreNormBlock(config.block, names: .vit, place))
        }
        self.blocks = blocks
    }

    /// The outputs of the tapped blocks, each `[N, H · W + 1, C]`, and the grid.
    func callAsFunction(
        _ pixels: Tensor
    ) -> (taps: [Tensor], gridHeight: Int, gridWidth: Int) {
        let patches = patchEmbedding(pixels)
        let (height, width) = (patches.shape[1], patches.shape[2])
        var x = patches.reshaped([patches.shape[0], height * width, config.channels])
            .prependingToken(classToken)
            .addRows(positions(height: height, width: width))
        var taps: [Tensor] = []
        for (index, block) in blocks.prefix((config.taps.last ?? -1) + 1).enumerated() {
            x = block(x)
            if config.taps.contains(index) { taps.append(x) }
        }
        return (taps, height, width)
    }

    /// The learned positions, resized to another grid with pixel centres aligned.
    private func positions(height: Int, width: Int) -> Tensor {
        let grid = config.grid
        if height == grid && width == grid { return positions }
        let resized = positions.outer(1..<grid * grid + 1)
            .reshaped([1, grid, grid, config.channels])
            .resize(height: height, width: width, .bilinear)
            .reshaped([height * width, config.channels])
        return resized.backend.concatenateOuter([positions.outer(0..<1), resized])
    }
}
