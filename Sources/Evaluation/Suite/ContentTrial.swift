import Pipelines
import Scenes
import Tensors

/// A scene, what it is to become, and the references that tell whether it did.
struct ContentTrial {
    let scene: SceneCase
    let edit: SceneEdit
    /// The scene as wished.
    let wish: SceneCase
    /// Frames that are judged for colour.
    let judged: [Int]
    /// The subject in them.
    let masks: [RegionMask]
    let colours: ColourReferences
    /// Of the middle frame; nil where no other finish is wished.
    let finishes: FinishReferences?

    init(
        _ description: SceneDescription,
        edit: SceneEdit,
        _ settings: SuiteSettings,
        judgedMax: Int,
        _ studio: SceneStudio
    ) throws {
        self.edit = edit
        scene = SceneCase(description, frames: 0..<settings.frames, settings.scene)
        wish = SceneCase(
            edit.applied(to: description),
            frames: 0..<settings.frames,
            settings.scene
        )
        judged = scene.frames(atMost: judgedMax)
        masks = judged.map(scene.subject)
        colours = ColourReferences(
            wish.description,
            settings.scene,
            frames: judged,
            masks: masks
        )
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

    /// The example picture of another scene: of the next seed in which the subject can be seen.
    func example(_ settings: SuiteSettings) -> Pictures {
        let seed = scene.description.seed &+ Self.exampleDistance
        let scenes = SceneCase.descriptions(1, from: seed, frames: 1, settings.scene) { other in
            other = edit.example(seed: other.seed)
        }
        return SceneCase(scenes[0], frames: 0..<1, settings.scene).pictures
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
    }

    /// How many colours, and finishes, are told right, and of how many: by kind and column.
    private var counts: [Kind: [String: (right: Int, all: Int)]] = [:]

    /// Tells all twelve colours, and all six finishes where another is wished, on the middle frame.
    init(_ trial: ContentTrial, _ settings: SuiteSettings, _ studio: SceneStudio) throws {
        let frame = trial.scene.middle
        let mask = trial.scene.subject(frame)
        let references = ColourReferences(
            trial.wish.description,
            settings.scene,
            frames: [frame],
            masks: [mask]
        )
        for colour in SceneColour.allCases {
            for (kind, picture) in try pictures(trial, settings, studio, { $0.colour = colour }) {
                let mean = ColourReferences.mean(of: picture, frames: [0], masks: [mask])
                note(kind, "wanted", references.nearest(to: mean) == colour)
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
        var scene = trial.wish.description
        change(&scene.objects[0])
        scene.objects[0].variation ^= 0x5EED_5EED
        let frame = trial.scene.middle
        let truth = SceneCase(scene, frames: frame..<frame + 1, settings.scene).pictures
        return [(.untouched, truth), (.reconstructed, try studio.reconstruction(of: truth))]
    }
}
