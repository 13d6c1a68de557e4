package import Models
package import Tensors

/// What a job asks of a model, the same for all its units.
package struct UnitSettings: Hashable, Sendable {
    /// The model's folder.
    package var model: String
    package var variant: String?
    package var prompt: String?
    package var negativePrompt: String?
    /// Whether the content is a picture, which comes as an input.
    package var hasImage = false
    package var sampling: SampleSettings
    package var priorSteps = 25
    package var priorGuidance = SamplingDefaults().priorGuidance

    package init(model: String, sampling: SampleSettings) {
        self.model = model
        self.sampling = sampling
    }

    /// Whether anything says what the result looks like.
    package var hasContent: Bool { prompt != nil || hasImage }
}

/// Which frames a unit is about.
package struct UnitFrames: Hashable, Sendable {
    /// Tells apart what is encoded for different jobs; equal for all units of one.
    package var job: String
    package var shot: Int
    /// Frames within the shot.
    package var frames: Range<Int>
    /// Number of the shot's first frame in the video.
    package var firstFrame: Int

    package init(job: String, shot: Int, frames: Range<Int>, firstFrame: Int) {
        self.job = job
        self.shot = shot
        self.frames = frames
        self.firstFrame = firstFrame
    }
}

/// A unit of work with all it needs.
package enum UnitRequest: Sendable {
    /// To the CLIP image embedding `[1, D]` of the prompt, or of a picture if there is one.
    case content(picture: Pictures?)
    /// To relative inverse depth `[n, H, W]`.
    case depth(Pictures)
    /// To stepped latents `[n, h, w, C]`.
    case sample(SampleInputs, UnitFrames, steps: Range<Int>)
    /// Of fused latents `[n, h, w, C]`, to pictures.
    case decode(HostTensor)
}

/// What a window is sampled from.
package struct SampleInputs: Sendable {
    /// Relative inverse depth of the window's frames, `[n, H, W]`.
    package var depth: HostTensor
    /// Of the whole shot.
    package var depthRange: DepthRange
    /// `[1, D]`; nil without content.
    package var content: HostTensor?
    /// The source's pictures, for a strength below 1 or a mask.
    package var frames: Pictures?
    /// `[n, h, w, 1]`, 1 where the source is kept.
    package var mask: HostTensor?
    /// Fused latents `[n, h, w, C]`; nil in the first round.
    package var latents: HostTensor?

    package init(depth: HostTensor, depthRange: DepthRange) {
        self.depth = depth
        self.depthRange = depthRange
    }
}

/// 8-bit pictures of one size, red, green and blue.
package struct Pictures: Hashable, Sendable {
    package let count: Int
    package let height: Int
    package let width: Int
    /// `[count, height, width, 3]`.
    package let bytes: [UInt8]

    package init(count: Int, height: Int, width: Int, bytes: [UInt8]) {
        precondition(
            bytes.count == count * height * width * 3,
            "\(bytes.count) bytes are not \(count) pictures of \(width)×\(height)"
        )
        self.count = count
        self.height = height
        self.width = width
        self.bytes = bytes
    }

    /// In [-1, 1], `[count, height, width, 3]`.
    package var tensor: HostTensor {
        HostTensor(bytes.map { Float($0) / 127.5 - 1 }, Shape([count, height, width, 3]))
    }

    /// From values in [-1, 1], `[count, height, width, 3]`.
    ///
    /// Beyond is clamped; between two bytes the nearest is taken, in the middle the even one.
    package init(_ tensor: HostTensor) {
        precondition(tensor.shape.rank == 4 && tensor.shape[3] == 3, "pictures \(tensor.shape)")
        let bytes = tensor.values.map { value in
            UInt8((min(max((value + 1) / 2, 0), 1) * 255).rounded(.toNearestOrEven))
        }
        self.init(
            count: tensor.shape[0],
            height: tensor.shape[1],
            width: tensor.shape[2],
            bytes: bytes
        )
    }

    /// One of them.
    package func image(_ index: Int) -> RGBImage {
        let size = height * width * 3
        return RGBImage(
            width: width,
            height: height,
            pixels: Array(bytes[index * size..<(index + 1) * size])
        )
    }
}

/// What a unit makes.
package enum UnitResult: Equatable, Sendable {
    case tensor(HostTensor)
    case pictures(Pictures)
}
