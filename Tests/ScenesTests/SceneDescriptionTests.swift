import Scenes
import Testing

struct SceneDescriptionTests {
    @Test func `captions are one sentence from the grammar`() {
        var scene = SceneDescription(
            seed: 3,
            SceneChoices(
                colour: .red,
                finish: .metal,
                shape: .torus,
                ground: .snow,
                light: .evening,
                objectCount: 1
            )
        )
        #expect(scene.caption == "a red metal torus on snow, evening light")
        scene.objects.append(scene.objects[0])
        scene.objects[1].colour = .orange
        scene.objects[1].finish = .wood
        scene.objects[1].shape = .egg
        #expect(
            scene.caption
                == "a red metal torus and an orange wooden egg on snow, evening light"
        )
        scene.objects.append(scene.objects[1])
        scene.ground = .wood
        scene.light = .lamp
        #expect(
            scene.caption
                == "a red metal torus, an orange wooden egg and an orange wooden egg on a wooden "
                + "table, lamplight"
        )
    }

    @Test func `a caption tells every choice from every other`() {
        var captions: Set<String> = []
        let base = SceneDescription(seed: 1, SceneChoices(objectCount: 1))
        var count = 0
        for colour in SceneColour.allCases {
            for finish in SceneFinish.allCases {
                for shape in SceneShape.allCases {
                    var scene = base
                    scene.objects[0].colour = colour
                    scene.objects[0].finish = finish
                    scene.objects[0].shape = shape
                    captions.insert(scene.caption)
                    count += 1
                }
            }
        }
        #expect(captions.count == count)
        let grounds = Set(SceneGround.allCases.map(\.words))
        let lights = Set(SceneLight.allCases.map(\.words))
        #expect(grounds.count == SceneGround.allCases.count)
        #expect(lights.count == SceneLight.allCases.count)
    }

    @Test func `a subject is the same thing in another place, seen by another camera`() {
        for seed: UInt64 in 0..<30 {
            let home = SceneDescription(seed: seed)
            #expect(
                SceneDescription(seed: seed, SceneChoices(subject: seed)).caption == home.caption
            )
            let plain = SceneDescription(seed: seed + 1000)
            let away = SceneDescription(seed: seed + 1000, SceneChoices(subject: seed))
            let (thing, guest) = (home.objects[0], away.objects[0])
            #expect((thing.colour, thing.finish) == (guest.colour, guest.finish))
            #expect((thing.shape, thing.size) == (guest.shape, guest.size))
            #expect(thing.isLying == guest.isLying && thing.variation == guest.variation)
            #expect(guest.origin == seed && guest.motion == plain.objects[0].motion)
            #expect(away.ground == plain.ground && away.light == plain.light)
            #expect(away.objects.dropFirst() == plain.objects.dropFirst())
            let red = SceneChoices(subject: seed, colour: .red)
            #expect(SceneDescription(seed: 1, red).objects[0].colour == .red)
        }
    }

    /// Grain and tint are the subject's own: at home, naming it changes no bit of the picture, and
    /// where it is a guest, its grain is not the host's.
    @Test func `a subject keeps its grain`() {
        let settings = SceneSettings(width: 48, height: 48, hasNoise: false)
        func picture(_ scene: SceneDescription) -> [UInt8] {
            SceneClip(scene, settings).frame(0, .picture).pixels
        }
        let choices = SceneChoices(subject: 11, finish: .stone, objectCount: 1)
        let own = SceneDescription(seed: 11, SceneChoices(finish: .stone, objectCount: 1))
        #expect(picture(SceneDescription(seed: 11, choices)) == picture(own))
        var guest = SceneDescription(seed: 12, choices)
        let kept = picture(guest)
        guest.objects[0].origin = nil
        #expect(picture(guest) != kept)
    }

    @Test func `a choice changes what it names and nothing else`() {
        for seed: UInt64 in 0..<50 {
            let drawn = SceneDescription(seed: seed)
            var expected = drawn
            expected.objects[0].colour = .pink
            expected.objects[0].finish = .wool
            expected.objects[0].shape = .mug
            expected.objects[0].motion.kind = .hopping
            expected.ground = .gravel
            expected.light = .studio
            let chosen = SceneDescription(
                seed: seed,
                SceneChoices(
                    colour: .pink,
                    finish: .wool,
                    shape: .mug,
                    motion: .hopping,
                    ground: .gravel,
                    light: .studio
                )
            )
            #expect(chosen == expected)
        }
    }

    @Test func `seeds draw everything there is, tables most often`() {
        let scenes = (0..<600).map { SceneDescription(seed: $0) }
        let subjects = scenes.map { $0.objects[0] }
        #expect(Set(subjects.map(\.colour)).count == SceneColour.allCases.count)
        #expect(Set(subjects.map(\.finish)).count == SceneFinish.allCases.count)
        #expect(Set(subjects.map(\.shape)).count == SceneShape.allCases.count)
        #expect(Set(subjects.map(\.motion.kind)).count == ObjectMotion.Kind.allCases.count)
        #expect(Set(scenes.map(\.ground)).count == SceneGround.allCases.count)
        #expect(Set(scenes.map(\.light)).count == SceneLight.allCases.count)
        #expect(Set(scenes.map(\.objects.count)) == [1, 2, 3])
        #expect(scenes.count { $0.ground == .wood } > 150)
        #expect(Set(scenes).count == scenes.count)
    }

    @Test func `objects keep clear of each other`() {
        for seed: UInt64 in 0..<400 {
            let objects = SceneDescription(seed: seed, SceneChoices(objectCount: 3)).objects
            for first in 0..<3 {
                for second in (first + 1)..<3 {
                    let offset = objects[first].place - objects[second].place
                    let distance = (offset * offset).sum().squareRoot()
                    // Farthest from the own place in any motion, over the ground.
                    let needed = [first, second].map { objects[$0].size * 0.8 }.reduce(0, +)
                    #expect(distance > needed, "seed \(seed), objects \(first) and \(second)")
                }
            }
        }
    }
}
