import NN
import Tensors

/// What every layer of a UNet sees beside its input.
struct UNetConditioning: Sendable {
    /// SiLU of the time embedding, `[N or 1, timeChannels]`.
    let time: Tensor
    /// `[N or 1, S, contextChannels]`, or one token for neighbouring images, `[B, 1, ...]`.
    let context: Tensor
    /// How the N images form clips; nil leaves the temporal layers off.
    let clips: ClipLayout?
    /// What other evaluations under the same context have made of it.
    var contextMemo: TensorMemo?
    /// What other evaluations of the same latents at the same time have in common with this one.
    var stepMemo: TensorMemo?
}

/// What the layers of one UNet are built from.
struct UNetStyle: Sendable {
    let config: UNet2DConfig
    let temporal: TemporalStyle?

    var transformer: SpatialTransformer.Style {
        SpatialTransformer.Style(
            groups: config.normGroups,
            contextChannels: config.contextChannels,
            usesLinearProjection: config.usesLinearProjection
        )
    }

    func residual(outputScale: Float = 1) -> ResidualBlock.Style {
        ResidualBlock.Style(
            groups: config.normGroups,
            epsilon: config.normEpsilon,
            timeChannels: config.timeChannels,
            outputScale: outputScale,
            temporalTaps: temporal?.taps
        )
    }
}

/// A spatial transformer and, in a video network, the temporal one that mirrors it.
struct TransformerPair: Sendable {
    private let spatial: SpatialTransformer
    private let temporal: TemporalTransformer?

    init(
        _ block: UNet2DConfig.Block,
        _ style: UNetStyle,
        _ index: Int,
        _ weights: WeightPath
    ) throws(WeightError) {
        spatial = try SpatialTransformer(
            block.channels,
            heads: block.heads,
            layers: block.transformerLayers,
            style.transformer,
            weights["attentions"][index]
        )
        temporal =
            if let temporal = style.temporal {
                try TemporalTransformer(
                    block.channels,
                    heads: block.heads,
                    groups: style.config.normGroups,
                    temporal,
                    weights["temporal_attentions"][index]
                )
            } else { nil }
    }

    var crossAttentions: [CrossAttention] { spatial.crossAttentions }

    func callAsFunction(
        _ x: consuming Tensor,
        _ conditioning: UNetConditioning,
        memo: TensorMemo? = nil
    ) -> Tensor {
        let h = spatial(x, conditioning, memo: memo)
        _ = consume x
        guard let temporal, let clips = conditioning.clips else { return h }
        return temporal(h, clips: clips)
    }
}

/// A residual block and, where the resolution has attention, its transformers.
private struct UNetLayer: Sendable {
    private let residual: ResidualBlock
    private let transformers: TransformerPair?

    init(
        from inputs: Int,
        _ block: UNet2DConfig.Block,
        attends: Bool,
        _ style: UNetStyle,
        _ index: Int,
        _ weights: WeightPath
    ) throws(WeightError) {
        residual = try ResidualBlock(
            inputs,
            block.channels,
            style.residual(),
            weights["resnets"][index]
        )
        transformers = attends ? try TransformerPair(block, style, index, weights) : nil
    }

    var crossAttentions: [CrossAttention] { transformers?.crossAttentions ?? [] }

    /// `memo` is that of the step, for the network's first layer: what it computes depends neither
    /// on the content nor, at its beginning, on the temporal layers.
    func callAsFunction(
        _ x: consuming Tensor,
        _ conditioning: UNetConditioning,
        memo: TensorMemo? = nil
    ) -> Tensor {
        let (time, clips) = (conditioning.time, conditioning.clips)
        let place = TensorMemo.Place.firstBlock(isVideo: clips != nil)
        let h: Tensor
        if let known = memo?[place] {
            _ = consume x
            h = known
        } else {
            h = residual(consume x, time: time, clips: clips, memo: memo)
            memo?[place] = h
        }
        guard let transformers else { return h }
        return transformers(consume h, conditioning, memo: memo)
    }

    /// The layer on `x` and `skip` joined along channels.
    func callAsFunction(
        _ x: consuming Tensor,
        joining skip: consuming Tensor,
        _ conditioning: UNetConditioning
    ) -> Tensor {
        let (time, clips) = (conditioning.time, conditioning.clips)
        let h = residual(consume x, joining: consume skip, time: time, clips: clips)
        guard let transformers else { return h }
        return transformers(consume h, conditioning)
    }
}

/// One resolution of the way down.
struct DownBlock: Sendable {
    private let layers: [UNetLayer]
    /// Absent at the coarsest resolution.
    private let downsample: Conv2D?

    init(
        from inputs: Int,
        _ block: UNet2DConfig.Block,
        isLast: Bool,
        _ style: UNetStyle,
        _ weights: WeightPath
    ) throws(WeightError) {
        var layers: [UNetLayer] = []
        for index in 0..<block.layers {
            layers.append(
                try UNetLayer(
                    from: index == 0 ? inputs : block.channels,
                    block,
                    attends: block.hasAttentionDown,
                    style,
                    index,
                    weights
                )
            )
        }
        self.layers = layers
        let padding =
            style.config.downsamplePadding == 0
            ? Padding(top: 0, left: 0, bottom: 1, right: 1)
            : Padding(style.config.downsamplePadding)
        downsample =
            isLast
            ? nil
            : try Conv2D(
                block.channels,
                block.channels,
                kernel: 3,
                stride: 2,
                padding: padding,
                weights["downsamplers.0.conv"]
            )
    }

    var crossAttentions: [CrossAttention] { layers.flatMap(\.crossAttentions) }

    /// Pushes each layer's result, and the smaller image, onto `skips`; `memo` as its first layer
    /// has it.
    func callAsFunction(
        _ x: consuming Tensor,
        _ conditioning: UNetConditioning,
        memo: TensorMemo?,
        skips: inout [Tensor]
    ) -> Tensor {
        var h = consume x
        for (index, layer) in layers.enumerated() {
            h = layer(consume h, conditioning, memo: index == 0 ? memo : nil)
            skips.append(h)
        }
        if let downsample {
            h = downsample(h)
            skips.append(h)
        }
        return h
    }
}

/// The coarsest resolution: residual block, transformers, residual block.
struct MiddleBlock: Sendable {
    private let first: ResidualBlock
    private let transformers: TransformerPair
    private let second: ResidualBlock

    init(
        _ block: UNet2DConfig.Block,
        _ style: UNetStyle,
        _ weights: WeightPath
    ) throws(WeightError) {
        let residual = style.residual(outputScale: style.config.middleScale)
        let channels = block.channels
        first = try ResidualBlock(channels, channels, residual, weights["resnets.0"])
        transformers = try TransformerPair(block, style, 0, weights)
        second = try ResidualBlock(channels, channels, residual, weights["resnets.1"])
    }

    var crossAttentions: [CrossAttention] { transformers.crossAttentions }

    func callAsFunction(_ x: consuming Tensor, _ conditioning: UNetConditioning) -> Tensor {
        let (time, clips) = (conditioning.time, conditioning.clips)
        var h = first(consume x, time: time, clips: clips)
        h = transformers(consume h, conditioning)
        return second(consume h, time: time, clips: clips)
    }
}

/// One resolution of the way up.
struct UpBlock: Sendable {
    private let layers: [UNetLayer]
    /// Absent at the finest resolution.
    private let upsample: Conv2D?

    /// - Parameters:
    ///   - inputs: Channels of what comes from below.
    ///   - skips: Channels of the skips, in the order in which they are popped.
    ///   - block: The resolution.
    ///   - isLast: Whether this is the finest resolution.
    ///   - style: What the network's layers share.
    ///   - weights: The block's place.
    /// - Throws: `WeightError` as `WeightPath` does.
    init(
        from inputs: Int,
        skips: [Int],
        _ block: UNet2DConfig.Block,
        isLast: Bool,
        _ style: UNetStyle,
        _ weights: WeightPath
    ) throws(WeightError) {
        var layers: [UNetLayer] = []
        for (index, skip) in skips.enumerated() {
            layers.append(
                try UNetLayer(
                    from: (index == 0 ? inputs : block.channels) + skip,
                    block,
                    attends: block.hasAttentionUp,
                    style,
                    index,
                    weights
                )
            )
        }
        self.layers = layers
        upsample =
            isLast
            ? nil
            : try Conv2D(
                block.channels,
                block.channels,
                kernel: 3,
                padding: Padding(1),
                weights["upsamplers.0.conv"]
            )
    }

    var crossAttentions: [CrossAttention] { layers.flatMap(\.crossAttentions) }

    /// Pops a skip for each layer; enlarges to the size of the next one, which at odd sizes is not
    /// twice the size here.
    func callAsFunction(
        _ x: consuming Tensor,
        _ conditioning: UNetConditioning,
        skips: inout [Tensor]
    ) -> Tensor {
        var h = consume x
        for layer in layers {
            h = layer(consume h, joining: skips.removeLast(), conditioning)
        }
        guard let upsample, let next = skips.last else { return h }
        let size = (height: next.shape[1], width: next.shape[2])
        return upsample(h, ConvolutionOptions(enlargedTo: size))
    }
}
