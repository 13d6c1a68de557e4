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
/// content embeddings, each a function of clip and request, kept while there is room: in memory,
/// and in a folder where other runs find it.
///
/// It is what inference makes of a whole shot: depth is normalised over the clip, structure goes
/// through `StructureLevel` and the autoencoder, latents are the posterior's mean, scaled.
package struct EncodedClips: Sendable {
    /// A clip ready for the network.
    package struct Example: Equatable, Sendable {
        /// `[F, h, w, C]`.
        package let latents: HostTensor
        /// `[F, h, w, C]`; zeros where no structure is wanted.
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

    /// Where results are kept.
    package struct Keeping: Sendable {
        /// Of results that are kept in memory.
        package var bytesMax: Int
        /// Whether depth is kept too: of use where structure of several levels is made of it.
        package var keepsDepth = false
        /// For other runs, or for this one when it goes on.
        package var shared: Shared?

        package init(bytesMax: Int) {
            self.bytesMax = bytesMax
        }
    }

    /// A folder of results, and what tells these networks' results from those of others.
    package struct Shared: Sendable {
        package let folder: TensorFolder
        package let latents: String
        package let content: String
        /// Empty if there is no estimator.
        package let depth: String

        package init(_ folder: TensorFolder, latents: String, content: String, depth: String) {
            self.folder = folder
            self.latents = latents
            self.content = content
            self.depth = depth
        }
    }

    private enum Part: Hashable {
        case latents
        case depth
        case structure(StructureLevel)
        /// Of one frame, or of all where other runs may want them.
        case content(frame: Int?)
        /// Of a twin's picture.
        case twin
    }

    private struct Place: Hashable {
        let clip: ClipKey
        let request: ClipRequest
        let part: Part
    }

    private let source: any ClipSource
    private let networks: Networks
    private let choice: DepthChoice
    private let keeping: Keeping
    private let kept: BoundedCache<Place, HostTensor>
    /// A map takes as much as sixteen results, and is seldom of use: it must not drive them out.
    private let keptDepth: BoundedCache<Place, HostTensor>

    /// - Parameters:
    ///   - source: Of the clips.
    ///   - networks: Frozen.
    ///   - depth: Where depth comes from.
    ///   - keeping: Where results are kept.
    package init(
        _ source: any ClipSource,
        _ networks: Networks,
        depth: DepthChoice,
        _ keeping: Keeping
    ) {
        self.source = source
        self.networks = networks
        choice = depth
        self.keeping = keeping
        let depthBytes = keeping.keepsDepth ? keeping.bytesMax / 4 : 0
        kept = BoundedCache(bytesMax: keeping.bytesMax - depthBytes)
        keptDepth = BoundedCache(bytesMax: depthBytes)
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
    ///   - isTwin: Whether a twin's is instead, where the source has one.
    /// - Returns: The example.
    /// - Throws: As the source and the networks do, and `TrainingError` where exact depth is asked
    ///   for and there is none.
    package func example(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest,
        level: StructureLevel?,
        frame: Int,
        isTwin: Bool = false
    ) throws -> Example {
        try source.example(&generator, request) { key in
            // Decoded once, and only if something is not there yet.
            var decoded: TrainingClip?
            func clip() throws -> TrainingClip? {
                if decoded == nil { decoded = try source.clip(key, request) }
                return decoded
            }
            func part(_ part: Part, _ make: () throws -> HostTensor?) throws -> HostTensor? {
                try self.part(Place(clip: key, request: request, part: part), make)
            }
            let latents = try part(.latents) {
                try clip().map { try networks.latents.latents(of: $0.pictures.tensor) }
            }
            let twin =
                isTwin
                ? try part(.twin) {
                    try source.twin(key, request).map { try networks.content.embedding(of: $0, 0) }
                } : nil
            guard let latents, let content = try twin ?? content(frame, key, request, clip) else {
                return nil
            }
            guard let level else {
                return Example(
                    latents: latents,
                    structure: HostTensor(repeating: 0, latents.shape),
                    content: content
                )
            }
            let structure = try part(.structure(level)) {
                try part(.depth) { try clip().map(depth) }.map { try self.structure($0, level) }
            }
            return structure.map { Example(latents: latents, structure: $0, content: content) }
        }
    }

    /// The embedding of a frame.
    ///
    /// In a folder all frames of a clip lie together: the network is quick, and what a clip is
    /// decoded for again is not.
    private func content(
        _ frame: Int,
        _ key: ClipKey,
        _ request: ClipRequest,
        _ clip: () throws -> TrainingClip?
    ) throws -> HostTensor? {
        func place(_ frame: Int?) -> Place {
            Place(clip: key, request: request, part: .content(frame: frame))
        }
        func embedding(_ clip: TrainingClip, _ frame: Int) throws -> HostTensor {
            try networks.content.embedding(of: clip.pictures, frame)
        }
        guard keeping.shared != nil else {
            return try part(place(frame)) { try clip().map { try embedding($0, frame) } }
        }
        let all = try part(place(nil)) {
            try clip().map { clip in
                HostTensor.stacked(try (0..<request.frames).map { try embedding(clip, $0) })
            }
        }
        return all?.slice(frame)
    }

    /// A result: from memory, from the folder, or made and kept in both.
    private func part(
        _ place: Place,
        _ make: () throws -> HostTensor?
    ) throws -> HostTensor? {
        let isDepth = place.part == .depth
        guard !isDepth || keeping.keepsDepth else { return try make() }
        func keep() throws -> HostTensor? {
            guard let shared = keeping.shared else { return try make() }
            let key = name(place, shared)
            if let found = shared.folder.tensor(key) { return found }
            let made = try make()
            if let made { shared.folder.keep(made, key) }
            return made
        }
        let cache = isDepth ? keptDepth : kept
        return try cache(place, bytes: { $0.values.count * 4 }, make: keep)
    }

    /// All that a result depends on, in words.
    private func name(_ place: Place, _ shared: Shared) -> String {
        let depth = choice == .estimated ? shared.depth : "\(choice.rawValue) \(shared.depth)"
        let part =
            switch place.part {
            case .latents: "latents by \(shared.latents)"
            case .depth: "depth by \(depth)"
            case .structure(let level):
                "structure of level \(level.rounds) by \(shared.latents) of depth by \(depth)"
            case .content: "content by \(shared.content)"
            case .twin: "content of a twin by \(shared.content)"
            }
        let request = place.request
        return "\(part); \(request.frames) frames, every \(request.stride)th, of "
            + "\(request.width)x\(request.height); \(source.identity(place.clip))"
    }

    private func structure(_ depth: HostTensor, _ level: StructureLevel) throws -> HostTensor {
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
