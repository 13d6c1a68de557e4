package import Pipelines

/// All that a video is judged by.
package struct VideoInputs {
    /// The windows it was rendered in, if any.
    package struct Windows: Hashable, Sendable {
        package let layout: ShotLayout
        /// Frames of a window and frames that neighbours share, as asked for.
        package let length: Int
        package let overlap: Int
        /// Whether nobody said so and they are those of a render without options.
        package let isDefault: Bool

        package init(layout: ShotLayout, length: Int, overlap: Int, isDefault: Bool) {
            self.layout = layout
            self.length = length
            self.overlap = overlap
            self.isDefault = isDefault
        }
    }

    /// The same job with borders elsewhere, and from another seed.
    package struct Renders: Sendable {
        package let moved: Pictures
        package let reseeded: Pictures

        package init(moved: Pictures, reseeded: Pictures) {
            self.moved = moved
            self.reseeded = reseeded
        }
    }

    package var output: ClipFacts
    /// As long as the output and of its size.
    package var source: ClipFacts?
    package var truth: SceneTruth?
    package var windows: Windows?
    package var prompt: Obtained<[Float]> = .absent("no prompt is given (--prompt)")
    package var latents: LatentFile?
    package var renders: Renders?

    package init(output: ClipFacts) {
        self.output = output
    }
}
