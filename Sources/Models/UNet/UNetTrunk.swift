import NN
package import Tensors

/// Extra terms that a ControlNet adds inside a UNet.
package struct ControlResiduals: Sendable {
    /// Added to the skips, in the order in which the way down makes them; empty for none.
    package let down: [Tensor]
    /// Added to the middle block's result.
    package let middle: Tensor?

    package init(down: [Tensor], middle: Tensor?) {
        self.down = down
        self.middle = middle
    }
}

/// Everything from `conv_in` to `conv_out`: the part that the image and the video network share.
///
/// The way down keeps each layer's result as a skip for the way up (Ronneberger et al. 2015,
/// arXiv 1505.04597); blocks are those of Rombach et al. 2022 (arXiv 2112.10752).
struct UNetTrunk: Sendable {
    private let convIn: Conv2D
    private let timeEmbedding: TimeEmbedding
    private let down: [DownBlock]
    private let middle: MiddleBlock
    private let up: [UpBlock]
    private let normOut: GroupNorm
    private let convOut: Conv2D

    init(_ style: UNetStyle, _ weights: WeightPath) throws(WeightError) {
        let config = style.config
        let blocks = config.blocks
        let finest = blocks[0].channels
        let coarsest = blocks[blocks.count - 1]
        let same = Padding(1)
        convIn = try Conv2D(
            config.inputChannels,
            finest,
            kernel: 3,
            padding: same,
            weights["conv_in"]
        )
        timeEmbedding = try TimeEmbedding(config, weights["time_embedding"])
        var down: [DownBlock] = []
        var skips = [finest]
        for (index, block) in blocks.enumerated() {
            let isLast = index == blocks.count - 1
            down.append(
                try DownBlock(
                    from: skips[skips.count - 1],
                    block,
                    isLast: isLast,
                    style,
                    weights["down_blocks"][index]
                )
            )
            skips += [Int](repeating: block.channels, count: block.layers + (isLast ? 0 : 1))
        }
        self.down = down
        middle = try MiddleBlock(coarsest, style, weights["mid_block"])
        var up: [UpBlock] = []
        var inputs = coarsest.channels
        for (index, block) in blocks.reversed().enumerated() {
            let popped = Array(skips.suffix(block.layers + 1).reversed())
            skips.removeLast(block.layers + 1)
            up.append(
                try UpBlock(
                    from: inputs,
                    skips: popped,
                    block,
                    isLast: index == blocks.count - 1,
                    style,
                    weights["up_blocks"][index]
                )
            )
            inputs = block.channels
        }
        self.up = up
        normOut = try GroupNorm(
            groups: config.normGroups,
            finest,
            epsilon: config.normEpsilon,
            weights["conv_norm_out"]
        )
        convOut = try Conv2D(
            finest,
            config.outputChannels,
            kernel: 3,
            padding: same,
            weights["conv_out"]
        )
    }

    /// SiLU of the time embedding of each timestep, `[timesteps.count, timeChannels]`.
    func time(_ timesteps: [Float]) -> Tensor {
        timeEmbedding(timesteps)
    }

    /// Those of all spatial transformers, in their order.
    var crossAttentions: [CrossAttention] {
        down.flatMap(\.crossAttentions) + middle.crossAttentions + up.flatMap(\.crossAttentions)
    }

    /// - Parameters:
    ///   - x: `[N, H, W, inputChannels]`.
    ///   - conditioning: Time, context and clips.
    ///   - residuals: A ControlNet's terms.
    /// - Returns: `[N, H, W, outputChannels]`.
    /// - Throws: `NetworkInputError` if a residual does not fit its skip.
    func callAsFunction(
        _ x: Tensor,
        _ conditioning: UNetConditioning,
        residuals: ControlResiduals? = nil
    ) throws(NetworkInputError) -> Tensor {
        let memo = conditioning.stepMemo
        var h = memo?[.input] ?? convIn(x)
        memo?[.input] = h
        var skips = [h]
        for (index, block) in down.enumerated() {
            let first = index == 0 ? memo : nil
            h = block(consume h, conditioning, memo: first, skips: &skips)
        }
        h = middle(consume h, conditioning)
        if let residuals { try add(residuals, to: &skips, &h) }
        for block in up { h = block(consume h, conditioning, skips: &skips) }
        let normal = normOut(consume h, activation: .silu)
        return convOut(normal)
    }

    private func add(
        _ residuals: ControlResiduals,
        to skips: inout [Tensor],
        _ middle: inout Tensor
    ) throws(NetworkInputError) {
        if !residuals.down.isEmpty {
            guard residuals.down.count == skips.count else {
                throw NetworkInputError(
                    "down_residual: expected \(skips.count) tensors, found "
                        + "\(residuals.down.count)"
                )
            }
            for (index, residual) in residuals.down.enumerated() {
                try Self.check(residual, "down_residual.\(index)", skips[index])
                skips[index] = skips[index] + residual
            }
        }
        guard let residual = residuals.middle else { return }
        try Self.check(residual, "mid_residual", middle)
        middle = middle + residual
    }

    private static func check(
        _ residual: Tensor,
        _ name: String,
        _ target: Tensor
    ) throws(NetworkInputError) {
        guard residual.shape == target.shape else {
            throw NetworkInputError(
                "\(name): expected \(target.shape) (channels last), found \(residual.shape)"
            )
        }
    }
}

/// Sinusoids of the timestep through two linear layers.
private struct TimeEmbedding: Sendable {
    private let config: UNet2DConfig
    private let first: Linear
    private let second: Linear
    private let backend: any Backend

    init(_ config: UNet2DConfig, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        backend = weights.backend
        let (narrow, wide) = (config.blocks[0].channels, config.timeChannels)
        first = try Linear(narrow, wide, weights["linear_1"])
        second = try Linear(wide, wide, weights["linear_2"])
    }

    /// Every residual block begins with SiLU of the embedding, so it is applied once here.
    func callAsFunction(_ timesteps: [Float]) -> Tensor {
        let sinusoids = timestepEmbedding(
            timesteps,
            channels: config.blocks[0].channels,
            isCosineFirst: config.isCosineFirst,
            shift: config.frequencyShift
        )
        return second(
            first(backend.upload(sinusoids), activation: .silu),
            activation: .silu
        )
    }
}
