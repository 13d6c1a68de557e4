package import Pipelines
package import Tensors

/// Where the depth of training clips comes from.
package enum DepthChoice: String, CaseIterable, Sendable {
    /// The model's depth estimator: what it will see when it is used.
    case estimated
    /// What the source knows exactly.
    case exact
    /// Exact where the source knows, estimated elsewhere.
    case known
}

/// What the frozen networks make of clips, as gen1 is trained on it: latents, encoded structure and
/// content embeddings, each a function of clip and request, kept while there is room.
///
/// It is what inference makes of a whole shot: depth is normalised over the clip, structure goes
/// through `StructureLevel` and the autoencoder, latents are the posterior's mean, scaled.
package struct EncodedClips: Sendable {
    /// A clip ready for the network.
    package struct Example: Equatable, Sendable {
        /// `[F, h, w, 4]`.
        package let latents: HostTensor
        /// `[F, h, w, 4]`; zeros where no structure is wanted.
        package let structure: HostTensor
        /// `[D]`, of one frame.
        package let content: HostTensor
    }

    /// The networks, all on one plain backend.
    package struct Networks: Sendable {
        package let latents: LatentEncoder
        package let content: ContentEncoder
        package let depth: DepthMaps?

        /// - Parameters:
        ///   - latents: Of the autoencoder.
        ///   - content: CLIP's image encoder.
        ///   - depth: Needed unless depth is known exactly.
        package init(latents: LatentEncoder, content: ContentEncoder, depth: DepthMaps?) {
            self.latents = latents
            self.content = content
            self.depth = depth
        }
    }

    private enum Part: Hashable {
        case latents
        case structure(StructureLevel)
        case content(frame: Int)
    }

    private struct Place: Hashable {
        let clip: ClipKey
        let request: ClipRequest
        let part: Part
    }

    private let source: any ClipSource
    private let networks: Networks
    private let choice: DepthChoice
    private let kept: BoundedCache<Place, HostTensor>

    /// - Parameters:
    ///   - source: Of the clips.
    ///   - networks: Frozen.
    ///   - depth: Where depth comes from.
    ///   - bytesMax: Of results that are kept.
    package init(
        _ source: any ClipSource,
        _ networks: Networks,
        depth: DepthChoice,
        bytesMax: Int
    ) {
        self.source = source
        self.networks = networks
        choice = depth
        kept = BoundedCache(bytesMax: bytesMax)
    }

    /// Of results: how many were there, and how many had to be made.
    package var counts: (hits: Int, misses: Int) { kept.counts }

    /// Draws a clip and encodes it.
    ///
    /// - Parameters:
    ///   - generator: Of this example alone.
    ///   - request: The clip's extent.
    ///   - level: t_s; nil for no structure.
    ///   - frame: Whose content is taken.
    /// - Returns: The example.
    /// - Throws: As the source and the networks do, and `TrainingError` where exact depth is asked
    ///   for and there is none.
    package func example(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest,
        level: StructureLevel?,
        frame: Int
    ) throws -> Example {
        try source.example(&generator, request) { key in
            // Decoded once, and only if something is not there yet.
            var decoded: TrainingClip?
            func part(
                _ part: Part,
                _ make: (TrainingClip) throws -> HostTensor
            ) throws -> HostTensor? {
                let place = Place(clip: key, request: request, part: part)
                return try kept(place, bytes: { $0.values.count * 4 }) {
                    if decoded == nil { decoded = try source.clip(key, request) }
                    return try decoded.map(make)
                }
            }
            let latents = try part(.latents) {
                try networks.latents.latents(of: $0.pictures.tensor)
            }
            let content = try part(.content(frame: frame)) {
                try networks.content.embedding(of: $0.pictures, frame)
            }
            guard let latents, let content else { return nil }
            guard let level else {
                return Example(
                    latents: latents,
                    structure: HostTensor(repeating: 0, latents.shape),
                    content: content
                )
            }
            let structure = try part(.structure(level)) { try self.structure(of: $0, level) }
            return structure.map { Example(latents: latents, structure: $0, content: content) }
        }
    }

    private func structure(
        of clip: TrainingClip,
        _ level: StructureLevel
    ) throws -> HostTensor {
        let depth = try depth(of: clip)
        guard let range = DepthRange(of: depth) else {
            throw TrainingError(.data("depth: no finite value in a clip"))
        }
        return try networks.latents.structure(ofDepth: depth, range: range, level: level)
    }

    private func depth(of clip: TrainingClip) throws -> HostTensor {
        if choice != .estimated, let depth = clip.depth { return depth }
        guard choice != .exact else {
            throw TrainingError(
                .data("depth: exact depth is asked for, and only scenes have it")
            )
        }
        guard let estimate = networks.depth else {
            throw TrainingError(.data("depth: the model has no depth_estimator"))
        }
        return try estimate(clip.pictures)
    }
}
