import NN
package import Tensors

/// What all evaluations of one clip have in common, computed once: the structure with its level,
/// and what each layer makes of a content.
///
/// It belongs to the network that prepared it.
package struct Gen1Clip: Sendable {
    /// A content and what the layers have made of it.
    struct Content: Sendable {
        /// `[B or 1, 1, D]`.
        let token: Tensor
        let memo = TensorMemo()

        /// What each layer adds for it, made once.
        func rows(_ layers: [CrossAttention]) -> [Tensor] {
            layers.map { layer in
                let place = TensorMemo.Place.content(layer.identity)
                let rows = memo[place] ?? layer.rows(of: token)
                memo[place] = rows
                return rows
            }
        }
    }

    /// One way to evaluate the network.
    package struct Branch: Hashable, Sendable {
        /// Whether the clip's content is seen, or the null content.
        package let hasContent: Bool
        package let mode: Gen1UNet.Mode

        package init(hasContent: Bool, mode: Gen1UNet.Mode) {
            self.hasContent = hasContent
            self.mode = mode
        }
    }

    /// Structure and level beside it, `[images, H, W, 8]`.
    let structure: Tensor
    let layout: ClipLayout
    let content: Content?
    let null: Content
}

extension Gen1UNet {
    /// Prepares clips for `evaluate`.
    ///
    /// - Parameters:
    ///   - structure: As for a call, `[B, F, H, W, C]`.
    ///   - structureLevel: t_s of each clip, or one for all.
    ///   - content: As for a call; nil if no branch will see any.
    /// - Returns: What is the same in all evaluations.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func prepare(
        structure: Tensor,
        structureLevel: [Float],
        content: Tensor?
    ) throws(NetworkInputError) -> Gen1Clip {
        let clips = try layout(
            latents: structure,
            named: "structure",
            values: [("structure_level", structureLevel)],
            content
        )
        return Gen1Clip(
            structure: conditioningChannels(structure, structureLevel, clips),
            layout: clips,
            content: content.map { Gen1Clip.Content(token: contentToken($0, structure.backend)) },
            null: Gen1Clip.Content(token: contentToken(nil, structure.backend))
        )
    }

    /// Evaluates several branches on the same latents; what they have in common is computed once.
    ///
    /// - Parameters:
    ///   - sample: Noisy latents z_t, `[B, F, H, W, C]`, of the shape of the clip's structure.
    ///   - clip: Of `prepare`.
    ///   - timesteps: t of each clip, or one for all.
    ///   - branches: Which evaluations; one with content needs a clip with content.
    /// - Returns: v of each branch, to the bit what a call for it alone gives.
    /// - Throws: `NetworkInputError` naming the tensor that does not fit.
    package func evaluate(
        _ sample: Tensor,
        of clip: Gen1Clip,
        timesteps: [Float],
        branches: [Gen1Clip.Branch]
    ) throws(NetworkInputError) -> [Tensor] {
        let clips = try layout(
            latents: sample,
            named: "sample",
            values: [("timestep", timesteps)],
            nil
        )
        let (height, width) = (sample.shape[2], sample.shape[3])
        guard clips == clip.layout, clip.structure.shape[1] == height,
            clip.structure.shape[2] == width
        else {
            throw NetworkInputError(
                "sample: expected the shape of the structure, found \(sample.shape)"
            )
        }
        if branches.contains(where: { $0.mode == .video }) { try checkFrames(clips.frames) }
        // Everything that is not the same in every step of every clip is an input, in this order.
        var inputs = [sample, clip.structure, time(timesteps, clips)]
        let layers = crossAttentions
        let seen = [false, true].filter { seen in branches.contains { $0.hasContent == seen } }
        for hasContent in seen {
            guard let content = hasContent ? clip.content : clip.null else {
                throw NetworkInputError("content: missing; a branch sees it")
            }
            inputs.append(content.token)
            inputs += content.rows(layers)
        }
        let key = ReplayKey(replays, "step of \(branches)")
        return try sample.backend.replayed(key, inputs) { inputs throws(NetworkInputError) in
            try evaluate(inputs, clips, branches, layers)
        }
    }

    /// The same, of tensors alone: latents, structure, time, then each content's token and rows.
    private func evaluate(
        _ inputs: [Tensor],
        _ clips: ClipLayout,
        _ branches: [Gen1Clip.Branch],
        _ layers: [CrossAttention]
    ) throws(NetworkInputError) -> [Tensor] {
        var contents = inputs[3...]
        func nextContent() -> Gen1Clip.Content {
            let content = Gen1Clip.Content(token: contents.removeFirst())
            for layer in layers {
                content.memo[.content(layer.identity)] = contents.removeFirst()
            }
            return content
        }
        let null = branches.contains { !$0.hasContent } ? nextContent() : nil
        let content = branches.contains { $0.hasContent } ? nextContent() : nil
        let input = join(inputs[0], inputs[1])
        let memo = branches.count > 1 ? TensorMemo() : nil
        var results: [Tensor] = []
        for branch in branches {
            guard let seen = branch.hasContent ? content : null else { continue }
            let conditioning = UNetConditioning(
                time: inputs[2],
                context: seen.token,
                clips: branch.mode == .video ? clips : nil,
                contextMemo: seen.memo,
                stepMemo: memo
            )
            results.append(try run(input, conditioning).reshaped(inputs[0].shape))
        }
        return results
    }
}
