package import Pipelines
package import Scenes

/// What a scene's subject looks like in each of the twelve colours, in some frames of a clip and
/// where it is seen there, to tell which of them other pictures of that clip show.
///
/// The scene in another colour differs in nothing else, so the mean of its pixels under the
/// subject's mask is what a rendering should have: same light, same shadow, same sensor.
package struct ColourReferences: Hashable, Sendable {
    /// In the order of `SceneColour.allCases`.
    package let means: [LabColour]
    /// Frames of the clip that are judged.
    package let frames: [Int]
    /// The subject in each of them, none empty.
    package let masks: [RegionMask]

    /// Frames of a clip that are judged unless others are chosen.
    package static let framesMax = 4

    /// Renders the references.
    ///
    /// - Parameters:
    ///   - scene: In any colour.
    ///   - clip: Where its subject is, as in the pictures that will be judged.
    ///   - frames: Of the clip; at most `framesMax` unless given.
    ///   - settings: As of those pictures; there is no noise in the references.
    package init(
        _ scene: SceneDescription,
        on clip: SceneCase,
        frames: [Int]? = nil,
        _ settings: SceneSettings
    ) {
        let frames = frames ?? clip.frames(atMost: Self.framesMax)
        let masks = frames.map(clip.subject)
        means = SceneColour.allCases.map { colour in
            var scene = scene
            scene.objects[0].colour = colour
            let truth = SceneClip(scene, settings.withoutNoise)
            return LabColour(
                meanOf: zip(frames, masks).compactMap { frame, mask in
                    LabColour(meanOf: truth.frame(frame, .picture).pixels[...], under: mask)
                }
            )
        }
        self.frames = frames
        self.masks = masks
    }

    /// Which colour pictures show.
    package struct Finding: Hashable, Sendable {
        /// Of the nearest reference.
        package let colour: SceneColour
        /// From each reference, ΔE.
        private let distances: [Double]

        fileprivate init(_ distances: [Double]) {
            let nearest = distances.indices.min { distances[$0] < distances[$1] } ?? 0
            colour = SceneColour.allCases[nearest]
            self.distances = distances
        }

        /// From a colour's reference, ΔE.
        package func distance(to colour: SceneColour) -> Double {
            distances[SceneColour.allCases.firstIndex(of: colour) ?? 0]
        }
    }

    /// Tells which colour pictures show, by their mean under the masks.
    ///
    /// - Parameters:
    ///   - pictures: A rendering of the clip.
    ///   - frames: Where the judged frames are among them; in their places unless given.
    /// - Returns: The nearest colour, and how near all are.
    package func told(_ pictures: Pictures, frames: [Int]? = nil) -> Finding {
        let size = pictures.width * pictures.height * 3
        let mean = LabColour(
            meanOf: zip(frames ?? self.frames, masks).compactMap { frame, mask in
                LabColour(
                    meanOf: pictures.bytes[frame * size..<(frame + 1) * size],
                    under: mask
                )
            }
        )
        return Finding(means.map { $0.distance(to: mean) })
    }
}
