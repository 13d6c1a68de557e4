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
            let references = ColourReferences(scene, on: source, Self.settings)
            #expect(references.frames == [0, 1])
            for colour in SceneColour.allCases {
                var other = scene
                other.objects[0].colour = colour
                let pictures = SceneCase(other, frames: 0..<2, Self.settings).pictures
                let told = references.told(pictures)
                right += told.colour == colour ? 1 : 0
                count += 1
                #expect(told.distance(to: colour) < 3)
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
        let references = ColourReferences(scene, on: source, Self.settings)
        #expect(references.told(source.pictures).colour == scene.objects[0].colour)
    }

    @Test func `frames that are chosen are judged, wherever they are among the pictures`() throws {
        let scene = try #require(
            SceneCase.descriptions(1, from: 60, frames: 9, Self.settings).first
        )
        let source = SceneCase(scene, frames: 0..<9, Self.settings)
        #expect(ColourReferences(scene, on: source, Self.settings).frames == [1, 3, 5, 7])
        let references = ColourReferences(scene, on: source, frames: [6], Self.settings)
        let alone = SceneCase(scene, frames: 6..<7, Self.settings)
        #expect(references.masks == [source.subject(6)])
        #expect(references.told(alone.pictures, frames: [0]) == references.told(source.pictures))
    }
}
