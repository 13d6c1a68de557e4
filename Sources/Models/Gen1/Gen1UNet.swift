import Glibc
package import NN
package import Tensors

/// The paper's video denoiser: a latent image UNet with layers along time, told the structure by
/// extra input channels and the content by cross-attention.
///
/// Gen-1, arXiv 2302.03011, section 3.2. It predicts v. Every choice that the paper leaves open is
/// recorded in `Docs/Model.md`.
///
/// Legend: B clips, F frames, H × W their size in latents, D width of the content embedding.
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

    package init(_ config: Gen1Config, _ weights: WeightPath) throws(WeightError) {
        self.config = config
        trunk = try UNetTrunk(
            UNetStyle(config: config.image, temporal: config.temporal),
            weights
        )
    }

    /// - Parameters:
    ///   - sample: Noisy latents z_t, `[B, F, H, W, 4]`.
    ///   - structure: Encoded depth, `[B, F, H, W, 4]`, scaled like latents.
    ///   - structureLevel: t_s of each clip, or one for all; 0 (all detail) ... 7.
    ///   - timesteps: t of each clip, or one for all.
    ///   - content: CLIP image embeddings, `[B or 1, D]`, as the projection gives them (not
    ///     normalised); nil for the null content.
    ///   - mode: Video or image model.
    /// - Returns: v, `[B, F, H, W, 4]`.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func callAsFunction(
        sample: Tensor,
        structure: Tensor,
        structureLevel: [Float],
        timesteps: [Float],
        content: Tensor?,
        mode: Mode
    ) throws(NetworkInputError) -> Tensor {
        let clips = try layout(sample, structure, structureLevel, timesteps, content, mode)
        let images = clips.clips * clips.frames
        let (height, width) = (sample.shape[2], sample.shape[3])
        let size = { (channels: Int) in Shape([images, height, width, channels]) }
        let input = sample.backend.concatenateChannels([
            sample.reshaped(size(sample.shape[4])),
            structure.reshaped(size(structure.shape[4])),
            levelChannels(structureLevel, clips, pixels: height * width, sample.backend)
                .reshaped(size(Gen1Config.inputs.level)),
        ])
        let time = trunk.time(timesteps)
        let conditioning = UNetConditioning(
            time: timesteps.count == 1
                ? time : time.backend.gather(time, clips.clipOfImage),
            context: contentToken(content, sample.backend),
            clips: mode == .video ? clips : nil
        )
        return try trunk(input, conditioning).reshaped(sample.shape)
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
        return HostTensor(values, [levels.count, Gen1Config.inputs.level])
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
    private func contentToken(_ content: Tensor?, _ backend: any Backend) -> Tensor {
        let channels = config.contentChannels
        guard let content else {
            return backend.upload(HostTensor(repeating: 0, [1, 1, channels]))
        }
        return content.reshaped([content.shape[0], 1, channels])
    }

    private func layout(
        _ sample: Tensor,
        _ structure: Tensor,
        _ levels: [Float],
        _ timesteps: [Float],
        _ content: Tensor?,
        _ mode: Mode
    ) throws(NetworkInputError) -> ClipLayout {
        let inputs = Gen1Config.inputs
        guard sample.shape.rank == 5, sample.shape[4] == inputs.latent, sample.count > 0 else {
            throw NetworkInputError(
                "sample: expected [clips, frames, height, width, \(inputs.latent)], found "
                    + "\(sample.shape)"
            )
        }
        let (clips, frames) = (sample.shape[0], sample.shape[1])
        let image = Shape([clips * frames] + sample.shape.dimensions.dropFirst(2))
        try config.image.check(sample: image, channels: inputs.latent)
        let structureShape = Shape(sample.shape.dimensions.dropLast() + [inputs.structure])
        guard structure.shape == structureShape else {
            throw NetworkInputError(
                "structure: expected \(structureShape) (channels last), found \(structure.shape)"
            )
        }
        for (name, values) in [("structure_level", levels), ("timestep", timesteps)] {
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
        guard mode == .image || frames <= config.maxFrames else {
            throw NetworkInputError(
                "sample: \(frames) frames, but this network has learned positions for "
                    + "\(config.maxFrames) (max_frames); use windows of at most that length"
            )
        }
        return ClipLayout(clips: clips, frames: frames)
    }
}

extension ClipLayout {
    /// The clip that each of the `clips · frames` images belongs to.
    var clipOfImage: [Int] {
        (0..<clips).flatMap { repeatElement($0, count: frames) }
    }
}
