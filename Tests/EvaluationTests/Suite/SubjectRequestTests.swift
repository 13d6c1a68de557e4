import Diffusion
import Evaluation
import Pipelines
import Scenes
import Testing

struct SubjectRequestTests {
    private func clips(of subject: UInt64, isOwnForm: Bool) throws -> [SubjectClip] {
        let settings = SuiteSettings(
            count: 12,
            seed: 300,
            frames: 2,
            width: 32,
            height: 32,
            SampleSettings(structureLevel: try StructureLevel(0)),
            WindowArrangement()
        )
        return SubjectClip.all(of: subject, isOwnForm: isOwnForm, settings)
    }

    @Test(arguments: [7, 8, 1 << 40] as [UInt64])
    func `clips of the subject's form show it in another colour and finish`(
        subject: UInt64
    ) throws {
        let looks = SceneDescription(seed: subject).objects[0]
        let clips = try clips(of: subject, isOwnForm: true)
        #expect(clips.count == 12 && Set(clips.map(\.truth.seed)).count == 12)
        for clip in clips {
            let (truth, source) = (clip.truth.objects, clip.source.objects)
            #expect(truth.count == 1 && truth[0].origin == subject)
            #expect(truth[0].caption == looks.caption && source[0].shape == looks.shape)
            #expect(source[0].colour != looks.colour && source[0].finish != looks.finish)
            #expect(clip.source.ground == clip.truth.ground)
        }
    }

    @Test(arguments: [7, 8, 1 << 40] as [UInt64])
    func `clips of another form have nothing of the subject, and its colour where that is judged`(
        subject: UInt64
    ) throws {
        let looks = SceneDescription(seed: subject).objects[0]
        let clips = try clips(of: subject, isOwnForm: false)
        for clip in clips {
            let (truth, source) = (clip.truth.objects, clip.source.objects)
            #expect(truth.count == 1 && truth[0].origin == nil)
            #expect(truth[0].colour == looks.colour && truth[0].shape != looks.shape)
            #expect(source[0].colour != looks.colour && source[0].shape == truth[0].shape)
        }
        // Any form, any colour.
        #expect(Set(clips.map(\.source.objects[0].shape)).count > 4)
        #expect(Set(clips.map(\.source.objects[0].colour)).count > 4)
        #expect(try self.clips(of: subject, isOwnForm: false) == clips)
    }

    @Test func `prompts name the form, and the clip's own colour where one is asked for`() {
        var scene = SceneDescription(seed: 9, SceneChoices(colour: .orange, shape: .mug))
        (scene.ground, scene.light) = (SceneGround.allCases[0], SceneLight.allCases[0])
        let place = "on \(scene.ground.words), \(scene.light.words)"
        let prompts = SubjectRequest.allCases.map { $0.prompt(scene) }
        #expect(
            prompts == [
                "a mug \(place)", "an orange mug \(place)", "a mug \(place)",
                "an orange mug \(place)",
            ]
        )
        scene.objects[0].shape = .egg
        #expect(SubjectRequest.form.prompt(scene) == "an egg \(place)")
        for request in SubjectRequest.allCases {
            #expect(request.row("before").hasSuffix("before"))
            #expect(request.row("x").contains("form") != request.isOwnForm)
            #expect(request.row("x").contains("colour") == request.namesColour)
        }
    }
}
