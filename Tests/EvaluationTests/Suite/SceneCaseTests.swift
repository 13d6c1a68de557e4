import Evaluation
import Models
import Pipelines
import Scenes
import Tensors
import Testing

struct SceneCaseTests {
    private static let settings = SceneSettings(width: 32, height: 32)

    @Test func `a case has the frames of its scene and what is true of them`() {
        let scene = SceneDescription(seed: 3)
        let found = SceneCase(scene, frames: 2..<5, Self.settings)
        let frame = SceneClip(scene, Self.settings).frame(3)
        let size = 32 * 32
        #expect(found.frameCount == 3 && found.middle == 1)
        #expect(found.pictures.image(1).pixels == frame.pixels)
        #expect(Array(found.inverseDepth.values[size..<2 * size]) == frame.inverseDepth)
        #expect(Array(found.flow.values[2 * size..<4 * size]) == frame.flow)
        #expect(
            found.visibility.values[size..<2 * size].map { UInt8($0) } == frame.visibility
        )
        let inner = found.subject(1)
        #expect(inner.places.allSatisfy { frame.masks[$0] == 1 })
        let near = found.surroundings(1)
        #expect(frame.masks.indices.allSatisfy { frame.masks[$0] == 0 || near.values[$0] })
        #expect(inner.count > 0 && near.count > frame.masks.count { $0 > 0 })
    }

    @Test func `scenes whose subject is hardly seen are passed over`() {
        let scenes = SceneCase.descriptions(6, from: 100, frames: 4, Self.settings)
        #expect(scenes.count == 6 && Set(scenes.map(\.seed)).count == 6)
        for scene in scenes {
            let clip = SceneClip(scene, Self.settings)
            for frame in [0, 3] {
                #expect(clip.frame(frame, []).masks.count { $0 == 1 } * 50 >= 32 * 32)
            }
        }
        // A dot in the distance is none that anybody would be asked about.
        let far = SceneCase.descriptions(2, from: 100, frames: 1, Self.settings) { scene in
            if scene.seed == scenes[0].seed { scene.objects[0].size = 0.01 }
        }
        #expect(far[0].seed == scenes[1].seed)
    }

    @Test func `frames to be shown are spread evenly`() {
        let found = SceneCase(SceneDescription(seed: 1), frames: 0..<5, Self.settings)
        #expect(found.frames(atMost: 9) == [0, 1, 2, 3, 4])
        #expect(found.frames(atMost: 2) == [1, 3] && found.frames(atMost: 1) == [2])
    }

    @Test func `an edit asks for another colour, and in every second clip another finish`() {
        for seed in 0..<40 as Range<UInt64> {
            let scene = SceneDescription(seed: seed)
            let plain = SceneEdit(of: scene, index: 0)
            let both = SceneEdit(of: scene, index: 1)
            #expect(plain.colour != scene.objects[0].colour && plain.colour == both.colour)
            #expect(plain.finish == nil && both.finish != nil)
            #expect(both.finish != scene.objects[0].finish)
            let wish = both.applied(to: scene)
            #expect(wish.objects[0].colour == both.colour && wish.objects[0].finish == both.finish)
            #expect(wish.camera == scene.camera && wish.ground == scene.ground)
            let example = both.example(seed: seed + 1000)
            #expect(example.objects.count == 1 && example.objects[0].colour == both.colour)
        }
    }
}
