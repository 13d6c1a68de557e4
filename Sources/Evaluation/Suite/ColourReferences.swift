package import Pipelines
package import Scenes

/// What a scene's subject looks like in each of the twelve colours, to tell which of them a picture
/// shows.
///
/// The scene in another colour differs in nothing else, so the mean of its pixels under the
/// subject's mask is what a rendering should have: same light, same shadow, same sensor.
package struct ColourReferences: Hashable, Sendable {
    /// In the order of `SceneColour.allCases`.
    package let means: [LabColour]

    /// Renders the references.
    ///
    /// - Parameters:
    ///   - scene: In any colour.
    ///   - settings: As of the pictures that will be judged; there is no noise in the references.
    ///   - frames: Frames of the scene.
    ///   - masks: The subject in each of them.
    package init(
        _ scene: SceneDescription,
        _ settings: SceneSettings,
        frames: [Int],
        masks: [RegionMask]
    ) {
        means = SceneColour.allCases.map { colour in
            var scene = scene
            scene.objects[0].colour = colour
            let clip = SceneClip(scene, settings.withoutNoise)
            let means = zip(frames, masks).compactMap { frame, mask in
                LabColour(meanOf: clip.frame(frame, .picture).pixels[...], under: mask)
            }
            return LabColour(meanOf: means)
        }
    }

    package subscript(colour: SceneColour) -> LabColour {
        means[SceneColour.allCases.firstIndex(of: colour) ?? 0]
    }

    /// The colour whose reference is nearest.
    package func nearest(to colour: LabColour) -> SceneColour {
        let distances = means.map { $0.distance(to: colour) }
        let index = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        return SceneColour.allCases[index]
    }

    /// The mean colour of pictures under masks.
    ///
    /// - Parameters:
    ///   - pictures: Of a clip.
    ///   - frames: Which of them.
    ///   - masks: One for each of `frames`, none empty.
    /// - Returns: The mean over frames of the means under their masks.
    package static func mean(
        of pictures: Pictures,
        frames: [Int],
        masks: [RegionMask]
    ) -> LabColour {
        let size = pictures.width * pictures.height * 3
        return LabColour(
            meanOf: zip(frames, masks).compactMap { frame, mask in
                LabColour(
                    meanOf: pictures.bytes[frame * size..<(frame + 1) * size],
                    under: mask
                )
            }
        )
    }
}
