import Pipelines
import Tensors

/// How gen1 is trained: the paper's stages, and what each leaves open.
///
/// Esser et al. 2023 (arXiv 2302.03011), section 3.4.
package struct Gen1Recipe: Sendable {
    /// The paper's stages, and fine-tuning on a subject.
    package enum Stage: String, CaseIterable, Sendable {
        /// Content embeddings in place of texts; images only.
        case content = "1"
        /// Layers along time; images and videos jointly.
        case video = "2"
        /// Structure, in all its detail.
        case structure = "3"
        /// Structure of any level.
        case levels = "4"
        /// A subject's pictures (section 3.5).
        case customize
    }

    /// Which weights train.
    package enum Weights: String, CaseIterable, Sendable {
        case all
        /// All but the layers along time.
        case spatial
        /// The spatial transformers, cross-attention to the content among them.
        case transformers
        /// Cross-attention to the content alone.
        case content
    }

    /// Extent of a clip; an image is one frame of it.
    package var request: ClipRequest
    /// Clips of a video batch.
    package var clips: Int
    /// Images of an image batch; as many as a video batch has frames in the paper.
    package var images: Int
    /// Share of batches that are of images.
    package var imageShare: Double
    /// t_s, drawn evenly; nil for none.
    package var levels: ClosedRange<Int>?
    package var depth: DepthChoice
    /// Share of clips whose content is the null content; structure is never dropped.
    package var contentDropout = 0.1
    /// Share of clips whose content comes from a twin, other things of the same look, where the
    /// source has any.
    ///
    /// The paper takes it from the clip itself, where shapes and places agree with the
    /// structure; what is rendered later takes it from other pictures.
    package var twinShare = 0.0
    /// Texts that are to mean what is trained on: with them, half of the clips that have content
    /// see an embedding that the prior draws for one of them, instead of their own.
    package var prompts: [String] = []
    package var weighting = LossWeighting.velocity
    /// How often which noise is trained.
    package var timestepShift = TimestepShift.none
    package var weights: Weights
    /// Of encoded clips that are kept in memory.
    package var cacheBytes = 1 << 30
    /// Where encoded clips are kept for other runs; nil for nowhere.
    package var sharedCache: SharedCache?
    /// Clips that are judged.
    package var judged = 8
    /// Steps of the clip that is sampled to be looked at; 0 for none.
    package var sampledSteps = 20

    /// A folder of what frozen networks made.
    package struct SharedCache: Sendable {
        package var folder: String
        package var bytesMax: Int
        /// Is told, once, if the folder takes no more.
        package var tell: @Sendable (String) -> Void

        package init(
            folder: String,
            bytesMax: Int,
            tell: @escaping @Sendable (String) -> Void
        ) {
            self.folder = folder
            self.bytesMax = bytesMax
            self.tell = tell
        }
    }

    /// A stage as the paper has it.
    package init(
        _ stage: Stage,
        request: ClipRequest,
        clips: Int,
        images: Int? = nil,
        depth: DepthChoice = .estimated
    ) {
        self.request = request
        self.clips = clips
        self.images = images ?? clips * request.frames
        self.depth = depth
        switch stage {
        case .content, .customize: imageShare = 1
        case .video, .structure, .levels: imageShare = 0.125
        }
        switch stage {
        case .content, .video: levels = nil
        case .structure: levels = 0...0
        case .levels, .customize: levels = 0...StructureLevel.largest
        }
        switch stage {
        // Layers that see no video stay as they are to the bit, averages included.
        case .content: weights = .spatial
        case .video, .structure, .levels: weights = .all
        case .customize: weights = .transformers
        }
    }
}

extension Gen1Recipe.Weights {
    /// Whether the parameter of a key of the UNet trains.
    package func include(_ key: String) -> Bool {
        let parts = key.split(separator: ".")
        let isTemporal = parts.contains { $0.hasPrefix("temporal_") }
        return switch self {
        case .all: true
        case .spatial: !isTemporal
        case .transformers: !isTemporal && parts.contains("attentions")
        case .content: !isTemporal && parts.contains("attn2")
        }
    }
}
