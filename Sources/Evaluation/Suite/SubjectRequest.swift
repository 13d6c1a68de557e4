package import Scenes
import Tensors

/// What is asked of a model that was fine-tuned on a subject: the subject, by its form alone, and
/// three things that fine-tuning was not to change.
package enum SubjectRequest: CaseIterable, Hashable, Sendable {
    /// "A rabbit": this one is wanted.
    case form
    /// "A green rabbit".
    case otherColour
    /// "A cone".
    case otherForm
    /// "A green cone".
    case otherFormAndColour

    /// Whether the subject's form is asked for, of a clip that shows it.
    package var isOwnForm: Bool { self == .form || self == .otherColour }

    /// Whether a colour is asked for, another than the subject's.
    package var namesColour: Bool { self == .otherColour || self == .otherFormAndColour }

    /// The table's row of a model.
    package func row(_ model: String) -> String {
        switch self {
        case .form: model
        case .otherColour: "another colour, \(model)"
        case .otherForm: "another form, \(model)"
        case .otherFormAndColour: "another form and colour, \(model)"
        }
    }

    /// What is asked for of a clip: form, ground and light, and a colour if one is asked for.
    ///
    /// - Parameter source: The clip's scene.
    /// - Returns: For instance "an orange mug on snow, daylight".
    package func prompt(_ source: SceneDescription) -> String {
        let subject = source.objects[0]
        let words =
            namesColour ? "\(subject.colour.word) \(subject.shape.word)" : subject.shape.word
        let article = "aeiou".contains(words.prefix(1)) ? "an" : "a"
        return "\(article) \(words) on \(source.ground.words), \(source.light.words)"
    }
}

/// A clip of the test of a subject: a place of its own, without the subject's looks.
package struct SubjectClip: Hashable, Sendable {
    /// The clip's scene with an object of the subject's colour: the subject itself, or what of
    /// another form has taken on its colour.
    package let truth: SceneDescription
    /// What the clip shows, and prompts that name a colour ask for: the same in another colour and
    /// finish.
    package let source: SceneDescription

    /// - Parameter truth: Whose only object has the subject's colour.
    init(_ truth: SceneDescription) {
        self.truth = truth
        source = SceneEdit(of: truth, index: 1).applied(to: truth)
    }

    /// The clips of a test in which something of the subject's form is seen, or of another form.
    ///
    /// - Parameters:
    ///   - subject: The seed of the scene whose subject it is.
    ///   - isOwnForm: Whether it is the subject's form; otherwise any other alike, and nothing of
    ///     the subject but its colour.
    ///   - settings: How many, from which seed on, of which size.
    /// - Returns: As many, none in which the object is hardly seen.
    package static func all(
        of subject: UInt64,
        isOwnForm: Bool,
        _ settings: SuiteSettings
    ) -> [SubjectClip] {
        let looks = SceneDescription(seed: subject).objects[0]
        let shapes = SceneShape.allCases.filter { $0 != looks.shape }
        return SceneCase.descriptions(
            settings.count,
            from: settings.seed,
            frames: settings.frames,
            settings.scene
        ) { scene in
            var choices = SceneChoices(subject: subject, objectCount: 1)
            if !isOwnForm {
                var chance = SuiteChance.stream("form", seed: scene.seed)
                let shape = shapes[chance.integer(below: shapes.count)]
                choices = SceneChoices(colour: looks.colour, shape: shape, objectCount: 1)
            }
            scene = SceneDescription(seed: scene.seed, choices)
        }.map { SubjectClip($0) }
    }
}
