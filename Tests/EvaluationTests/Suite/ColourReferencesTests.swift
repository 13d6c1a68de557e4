import Evaluation
import Pipelines
import Scenes
import Testing

struct ColourReferencesTests {
    private static let settings = SceneSettings(width: 48, height: 48)

    /// The instrument itself: right on true renderings, with the sensor's noise.
    @Test func `a true rendering's colour is told by the nearest reference`() {
        var (right, count) = (0, 0)
        for scene in SceneCase.descriptions(6, from: 900, frames: 2, Self.settings) {
            let source = SceneCase(scene, frames: 0..<2, Self.settings)
            let masks = [0, 1].map(source.subject)
            let references = ColourReferences(scene, Self.settings, frames: [0, 1], masks: masks)
            for colour in SceneColour.allCases {
                var other = scene
                other.objects[0].colour = colour
                let pictures = SceneCase(other, frames: 0..<2, Self.settings).pictures
                let mean = ColourReferences.mean(of: pictures, frames: [0, 1], masks: masks)
                right += references.nearest(to: mean) == colour ? 1 : 0
                count += 1
                #expect(mean.distance(to: references[colour]) < 3)
            }
        }
        #expect(count == 72 && right == count)
    }

    /// A picture that keeps the source's colour is told as that, not as what was asked for.
    @Test func `the source is told to have its own colour`() throws {
        let scene = try #require(
            SceneCase.descriptions(1, from: 50, frames: 1, Self.settings).first
        )
        let source = SceneCase(scene, frames: 0..<1, Self.settings)
        let masks = [source.subject(0)]
        let references = ColourReferences(scene, Self.settings, frames: [0], masks: masks)
        let mean = ColourReferences.mean(of: source.pictures, frames: [0], masks: masks)
        #expect(references.nearest(to: mean) == scene.objects[0].colour)
    }
}
