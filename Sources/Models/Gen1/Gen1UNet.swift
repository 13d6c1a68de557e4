import Glibc
package import NN
package import Tensors

/// The paper's video denoiser: a latent image UNet with layers along time, told the structure by
/// extra input channels and the content by cross-attention.
///
/// Gen-1, arXiv 2302.03011, section 3.2. It predicts v. Every choice that the paper leaves open is
/// recorded in `Docs/Model.md`.
///
/// Legend: B clips, F frames, H × W their size in latents of C channels, D
/// width of the content embedding.
package struct Gen1UNet: Sendable {
    /// Which of the two models that share the weights is run.
    package enum Mode: Hashable, Sendable {
        /// Temporal layers on: the frames of a clip see one another.
        case video
        /// Temporal layers off: each frame is an image of its own.
        case image
    }

    package let config: Gen1Config
    private let trunk: UNetTrunk
    /// Of the steps that a backend may remember.
    let replays = ReplayOwner()

    package init(_ config: Gen1Config, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        trunk = try UNetTrunk(
            UNetStyle(config: config.image, temporal: config.temporal),
            weights
        )
    }

    /// - Parameters:
    ///   - sample: Noisy latents z_t, `[B, F, H, W, C]`.
    ///   - structure: Encoded depth, `[B, F, H, W, C]`, scaled like latents.
    ///   - structureLevel: t_s of each clip, or one for all; 0 (all detail) ... 7.
    ///   - timesteps: t of each clip, or one for all.
    ///   - content: CLIP image embeddings, `[B or 1, D]`, as the projection gives them (not
    ///     normalised); nil for the null content.
    ///   - mode: Video or image model.
    /// - Returns: v, `[B, F, H, W, C]`.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func callAsFunction(
        sample: Tensor,
        structure: Tensor,
        structureLevel: [Float],
        timesteps: [Float],
        content: Tensor?,
        mode: Mode
    ) throws(NetworkInputError) -> Tensor {
        let clips = try layout(
            latents: sample,
            named: "sample",
            values: [("structure_level", structureLevel), ("timestep", timesteps)],
            content
        )
        let structureShape = Shape(
            sample.shape.dimensions.dropLast() + [config.latentChannels]
        )
        guard structure.shape == structureShape else {
            throw NetworkInputError(
                "structure: expected \(structureShape) (channels last), found \(structure.shape)"
            )
        }
        if mode == .video { try checkFrames(clips.frames) }
        let conditioning = UNetConditioning(
            time: time(timesteps, clips),
            context: contentToken(content, sample.backend),
            clips: mode == .video ? clips : nil
        )
        let input = join(sample, conditioningChannels(structure, structureLevel, clips))
        return try run(input, conditioning).reshaped(sample.shape)
    }

    func run(
        _ input: Tensor,
        _ conditioning: UNetConditioning
    ) throws(NetworkInputError) -> Tensor {
        try trunk(input, conditioning)
    }

    var crossAttentions: [CrossAttention] { trunk.crossAttentions }

    /// SiLU of the time embedding, `[B · F or 1, timeChannels]`.
    func time(_ timesteps: [Float], _ clips: ClipLayout) -> Tensor {
        let time = trunk.time(timesteps)
        return timesteps.count == 1 ? time : time.backend.gather(time, clips.clipOfImage)
    }

    /// Latents `[B, F, H, W, C]` and what conditions them, `[B · F, H, W, C + 4]`, side by side.
    func join(_ sample: Tensor, _ structure: Tensor) -> Tensor {
        let shape = Shape(structure.shape.dimensions.dropLast() + [sample.shape[4]])
        return sample.backend.concatenateChannels([sample.reshaped(shape), structure])
    }

    /// Structure and level, `[B · F, H, W, C + 4]`.
    func conditioningChannels(_ structure: Tensor, _ levels: [Float], _ clips: ClipLayout) -> Tensor
    {
        let (height, width) = (structure.shape[2], structure.shape[3])
        let size = { (channels: Int) in
            Shape([clips.clips * clips.frames, height, width, channels])
        }
        return structure.backend.concatenateChannels([
            structure.reshaped(size(structure.shape[4])),
            levelChannels(levels, clips, pixels: height * width, structure.backend)
                .reshaped(size(Gen1Config.levelChannels)),
        ])
    }

    /// Sinusoids of the structure level, `[levels.count, 4]`: cosines of the fast and the slow
    /// angle, then their sines.
    ///
    /// The fast angle goes round once in 8 levels, so that the paper's levels 0 ... 7 stand evenly
    /// on the circle; the slow one goes round once in 32, so that it grows steadily over the range
    /// and tells apart fractional levels a turn of the fast one would confuse.
    package static func levelEmbedding(_ levels: [Float]) -> HostTensor {
        let values = levels.flatMap { level -> [Float] in
            let angles = [8.0, 32.0].map { 2 * Double.pi * Double(level) / $0 }
            return angles.map { Float(cos($0)) } + angles.map { Float(sin($0)) }
        }
        return HostTensor(values, [levels.count, Gen1Config.levelChannels])
    }

    /// The level's channels, constant over a clip's frames and pixels.
    private func levelChannels(
        _ levels: [Float],
        _ clips: ClipLayout,
        pixels: Int,
        _ backend: any Backend
    ) -> Tensor {
        let rows = clips.frames * pixels
        let indices = (0..<clips.clips).flatMap { clip in
            repeatElement(levels.count == 1 ? 0 : clip, count: rows)
        }
        return backend.gather(backend.upload(Self.levelEmbedding(levels)), indices)
    }

    /// One cross-attention token a clip.
    ///
    /// The null content is zeros: keys and values have no bias, so it adds nothing but the output
    /// projection's bias.
    func contentToken(_ content: Tensor?, _ backend: any Backend) -> Tensor {
        let channels = config.contentChannels
        guard let content else {
            return backend.upload(HostTensor(repeating: 0, [1, 1, channels]))
        }
        return content.reshaped([content.shape[0], 1, channels])
    }

    /// Checks latents and what comes with them.
    ///
    /// - Parameters:
    ///   - latents: `[B, F, H, W, C]`.
    ///   - name: Of the latents, for messages.
    ///   - values: Named numbers, one a clip or one for all.
    ///   - content: `[B or 1, D]`.
    /// - Returns: How the images form clips.
    /// - Throws: `NetworkInputError` naming what does not fit.
    func layout(
        latents: Tensor,
        named name: String,
        values: [(String, [Float])],
        _ content: Tensor?
    ) throws(NetworkInputError) -> ClipLayout {
        let shape = latents.shape
        let channels = config.latentChannels
        guard shape.rank == 5, shape[4] == channels, shape.count > 0 else {
            throw NetworkInputError(
                "\(name): expected [clips, frames, height, width, \(channels)], found "
                    + "\(shape)"
            )
        }
        let (clips, frames) = (shape[0], shape[1])
        let image = Shape([clips * frames] + shape.dimensions.dropFirst(2))
        try config.image.check(sample: image, channels: channels)
        for (name, values) in values {
            guard values.count == clips || values.count == 1 else {
                throw NetworkInputError(
                    "\(name): expected \(clips) values or one, found \(values.count)"
                )
            }
            guard values.allSatisfy(\.isFinite) else {
                throw NetworkInputError("\(name): expected finite values, found \(values)")
            }
        }
        if let content {
            let isFitting =
                content.shape.rank == 2 && content.shape[1] == config.contentChannels
                && (content.shape[0] == clips || content.shape[0] == 1)
            guard isFitting else {
                throw NetworkInputError(
                    "content: expected [\(clips) or 1, \(config.contentChannels)], found "
                        + "\(content.shape)"
                )
            }
        }
        return ClipLayout(clips: clips, frames: frames)
    }

    /// Checks that there is a learned position for each frame.
    func checkFrames(_ frames: Int) throws(NetworkInputError) {
        guard frames <= config.maxFrames else {
            throw NetworkInputError(
                "sample: \(frames) frames, but this network has learned positions for "
                    + "\(config.maxFrames) (max_frames); use windows of at most that length"
            )
        }
    }
}

extension ClipLayout {
    /// The clip that each of the `clips · frames` images belongs to.
    var clipOfImage: [Int] {
        (0..<clips).flatMap { repeatElement($0, count: frames) }
    }
}
