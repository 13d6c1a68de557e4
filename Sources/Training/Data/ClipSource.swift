package import Pipelines
package import Tensors

/// What a stage wants of its data.
package struct ClipRequest: Hashable, Sendable {
    /// 1 for images, which videos have too.
    package var frames: Int
    /// Every how manyth frame of the video.
    package var stride: Int
    package var width: Int
    package var height: Int
    /// Whether only clips with a caption are of use.
    package var needsCaption: Bool

    package init(
        frames: Int = 1,
        stride: Int = 1,
        width: Int,
        height: Int,
        needsCaption: Bool = false
    ) {
        precondition(
            frames > 0 && stride > 0 && width > 0 && height > 0,
            "clips of \(frames) frames, every \(stride)th, \(width)×\(height)"
        )
        self.frames = frames
        self.stride = stride
        self.width = width
        self.height = height
        self.needsCaption = needsCaption
    }

    /// Frames of the source from a clip's first to its last.
    package var span: Int { (frames - 1) * stride + 1 }
}

/// Which clip of a source: with a request, all that its contents depend on.
package struct ClipKey: Hashable, Sendable {
    /// Scene, video or picture.
    package var item: Int
    /// Which of the item's clips: where it begins, and what is cut out.
    package var variation: Int

    package init(item: Int, variation: Int) {
        self.item = item
        self.variation = variation
    }
}

/// Some frames of a scene or video, or a picture.
package struct TrainingClip: Equatable, Sendable {
    package var pictures: Pictures
    package var caption: String?
    /// Inverse depth in some unit, `[F, H, W]`, where it is known exactly.
    package var depth: HostTensor?

    package init(pictures: Pictures, caption: String? = nil, depth: HostTensor? = nil) {
        self.pictures = pictures
        self.caption = caption
        self.depth = depth
    }
}

/// Where a training's clips come from: a function from draws to clips, in two parts so that what
/// was made of a clip can be kept under its key.
package protocol ClipSource: Sendable {
    /// Draws a clip.
    ///
    /// - Throws: `TrainingError` if there is none that fits the request.
    func draw(_ generator: inout KeyedGenerator, _ request: ClipRequest) throws -> ClipKey
    /// Makes a clip that was drawn for the request: the same at every call.
    ///
    /// - Returns: Nil if the file turns out to be damaged there; another has to be drawn.
    func clip(_ key: ClipKey, _ request: ClipRequest) throws -> TrainingClip?
    /// A picture of other things that look like a clip's.
    ///
    /// They have its colours and materials in other shapes, arranged otherwise, in such a place and
    /// light.
    ///
    /// - Returns: One picture, the same at every call; nil where the source knows none.
    func twin(_ key: ClipKey, _ request: ClipRequest) throws -> Pictures?
    /// Tells the clip's pictures and depth, under a request, from those of every other clip of any
    /// source, also in another process.
    func identity(_ key: ClipKey) -> String
}

extension ClipSource {
    package func twin(_ key: ClipKey, _ request: ClipRequest) throws -> Pictures? { nil }

    /// Draws until `make` makes something of the clip.
    ///
    /// Whether a clip is damaged is a property of the file, so the result is a function of the
    /// generator as before.
    ///
    /// - Parameters:
    ///   - generator: Of this example alone.
    ///   - request: What is wanted.
    ///   - make: Makes the example; nil for a clip that is damaged.
    /// - Returns: What `make` returned.
    /// - Throws: `TrainingError` if a hundred draws in a row are damaged, or what `make` throws.
    package func example<Example>(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest,
        _ make: (ClipKey) throws -> Example?
    ) throws -> Example {
        for _ in 0..<100 {
            if let example = try make(draw(&generator, request)) { return example }
        }
        throw TrainingError(.data("a hundred clips in a row cannot be decoded"))
    }

    /// Draws a clip that is whole.
    package func clip(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest
    ) throws -> TrainingClip {
        try example(&generator, request) { try clip($0, request) }
    }
}

/// Several sources, each drawn from as often as the others.
package struct MixedSource: ClipSource {
    private let sources: [any ClipSource]

    package init(_ sources: [any ClipSource]) {
        precondition(!sources.isEmpty, "no source")
        self.sources = sources
    }

    package func draw(
        _ generator: inout KeyedGenerator,
        _ request: ClipRequest
    ) throws -> ClipKey {
        let index = generator.integer(below: sources.count)
        let inner = try sources[index].draw(&generator, request)
        return ClipKey(item: inner.item * sources.count + index, variation: inner.variation)
    }

    package func clip(_ key: ClipKey, _ request: ClipRequest) throws -> TrainingClip? {
        let (source, inner) = place(key)
        return try source.clip(inner, request)
    }

    package func twin(_ key: ClipKey, _ request: ClipRequest) throws -> Pictures? {
        let (source, inner) = place(key)
        return try source.twin(inner, request)
    }

    package func identity(_ key: ClipKey) -> String {
        let (source, inner) = place(key)
        return source.identity(inner)
    }

    private func place(_ key: ClipKey) -> (source: any ClipSource, key: ClipKey) {
        (
            sources[key.item % sources.count],
            ClipKey(item: key.item / sources.count, variation: key.variation)
        )
    }
}
