import Pipelines
import Scenes
import Tensors

/// A clip, what it is to become, and the references that tell whether it did.
struct ContentTrial {
    let clip: SuiteClip
    /// The scene as wished.
    let wish: SceneCase
    let colours: ColourReferences
    /// The example picture: another scene, with nothing but the look in common with the wish.
    let example: SceneCase
    /// The wish on the example's ground in the example's light, which come along with its look: in
    /// evening light a yellow thing has the colour of an orange one at noon.
    let wishLikeExample: SceneDescription
    let coloursLikeExample: ColourReferences
    /// Of the middle frame; nil where no other finish is wished.
    let finishes: FinishReferences?

    init(_ clip: SuiteClip, _ settings: SuiteSettings, _ studio: SceneStudio) throws {
        let (scene, edit) = (clip.scene, clip.edit)
        let description = scene.description
        self.clip = clip
        wish = SceneCase(
            edit.applied(to: description),
            frames: 0..<settings.frames,
            settings.scene
        )
        colours = ColourReferences(wish.description, on: scene, settings.scene)
        // The next seed in which the subject can be seen.
        let seed = description.seed &+ Self.exampleDistance
        let others = SceneCase.descriptions(1, from: seed, frames: 1, settings.scene) { other in
            other = edit.example(seed: other.seed)
        }
        example = SceneCase(others[0], frames: 0..<1, settings.scene)
        var wished = wish.description
        (wished.ground, wished.light) = (others[0].ground, others[0].light)
        wishLikeExample = wished
        coloursLikeExample = ColourReferences(wished, on: scene, settings.scene)
        guard edit.finish != nil else {
            finishes = nil
            return
        }
        finishes = try FinishReferences(
            wish.description,
            frame: scene.middle,
            mask: scene.subject(scene.middle),
            settings.scene,
            studio
        )
    }

    /// From a clip's seed to its example's, beyond all clips of a run.
    private static let exampleDistance: UInt64 = 1 << 40
}

/// How well a scene's colours and finishes are told on true renderings, untouched and after the
/// autoencoder: what no rendering can beat.
///
/// The subject has a tint and grain of its own, not the references': a model paints its own, too.
struct ContentCeiling {
    enum Kind: String, CaseIterable {
        case untouched = "true renderings"
        case reconstructed = "the same through the autoencoder"
        /// Why an example's light has to be the references', too.
        case otherLight = "true renderings like the example, told as in the clip's light"
    }

    /// How many colours, and finishes, are told right, and of how many: by kind and column.
    private var counts: [Kind: [String: (right: Int, all: Int)]] = [:]

    /// Tells all twelve colours, and all six finishes where another is wished, on the middle frame.
    init(_ trial: ContentTrial, _ settings: SuiteSettings, _ studio: SceneStudio) throws {
        let scene = trial.clip.scene
        let references = ColourReferences(
            trial.wish.description,
            on: scene,
            frames: [scene.middle],
            settings.scene
        )
        for colour in SceneColour.allCases {
            let change = { (object: inout SceneObject) in object.colour = colour }
            let alike = Self.truth(trial, trial.wishLikeExample, settings, change)
            for (kind, picture) in try pictures(trial, settings, studio, change)
                + [(.otherLight, alike)]
            {
                note(kind, "wanted", references.told(picture, frames: [0]).colour == colour)
            }
        }
        guard let references = trial.finishes else { return }
        for finish in SceneFinish.allCases {
            for (kind, picture) in try pictures(trial, settings, studio, { $0.finish = finish }) {
                // What is not smoothed like the references is no judge of them.
                for (instrument, told) in try references.told(picture, studio)
                where kind == .reconstructed || instrument == .words {
                    note(kind, instrument.column, told == finish)
                }
            }
        }
    }

    /// A value a scene, so that scenes are what chance draws.
    func add(to tally: inout SuiteTally) {
        for (kind, columns) in counts {
            for (column, count) in columns {
                tally.add(kind.rawValue, column, Double(count.right) / Double(count.all))
            }
        }
    }

    private mutating func note(_ kind: Kind, _ column: String, _ isRight: Bool) {
        counts[kind, default: [:]][column, default: (0, 0)].right += isRight ? 1 : 0
        counts[kind, default: [:]][column, default: (0, 0)].all += 1
    }

    /// The middle frame of the wished scene with its subject changed, as it is and after the
    /// autoencoder.
    private func pictures(
        _ trial: ContentTrial,
        _ settings: SuiteSettings,
        _ studio: SceneStudio,
        _ change: (inout SceneObject) -> Void
    ) throws -> [(Kind, Pictures)] {
        let truth = Self.truth(trial, trial.wish.description, settings, change)
        return [(.untouched, truth), (.reconstructed, try studio.reconstruction(of: truth))]
    }

    /// The middle frame of a scene with its subject changed.
    private static func truth(
        _ trial: ContentTrial,
        _ scene: SceneDescription,
        _ settings: SuiteSettings,
        _ change: (inout SceneObject) -> Void
    ) -> Pictures {
        var scene = scene
        change(&scene.objects[0])
        scene.objects[0].variation ^= 0x5EED_5EED
        let frame = trial.clip.scene.middle
        return SceneCase(scene, frames: frame..<frame + 1, settings.scene).pictures
    }
}
