import Pipelines
package import Scenes
import Tensors

/// What fine-tuning on pictures of one subject has bound: how often a clip that is to show "a
/// rabbit" shows this rabbit, before and after.
///
/// Clips show the subject's form in another colour and finish, in places of their own; prompts name
/// the form and nothing of its looks. What the subject truly looks like there is rendered, and in
/// the other eleven colours, as for `ContentTest`.
package struct SubjectTest {
    package static let name = "subject"

    private let before: SceneStudio
    private let after: SceneStudio
    private let settings: SuiteSettings
    private let subject: UInt64
    private let prompts: [String]
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - before: The model that was fine-tuned; its CLIP judges both.
    ///   - after: What became of it.
    ///   - settings: Of the test.
    ///   - subject: The seed of the scene whose subject it is.
    ///   - prompts: Taken in turn; none stands for "a FORM on GROUND, LIGHT" of each clip.
    ///   - observer: Is told.
    package init(
        before: SceneStudio,
        after: SceneStudio,
        _ settings: SuiteSettings,
        subject: UInt64,
        prompts: [String],
        _ observer: SuiteObserver
    ) {
        self.before = before
        self.after = after
        self.settings = settings
        self.subject = subject
        self.prompts = prompts
        self.observer = observer
    }

    /// What a prompt says of a scene if it says nothing of its subject's looks.
    package static func plainPrompt(_ scene: SceneDescription) -> String {
        let shape = scene.objects[0].shape.word
        let article = "aeiou".contains(shape.prefix(1)) ? "an" : "a"
        return "\(article) \(shape) on \(scene.ground.words), \(scene.light.words)"
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw.
    package func run() throws -> SuiteReport {
        var tally = SuiteTally()
        let scenes = SceneCase.descriptions(
            settings.count,
            from: settings.seed,
            frames: settings.frames,
            settings.scene
        ) { scene in
            scene = SceneDescription(
                seed: scene.seed,
                SceneChoices(subject: subject, objectCount: 1)
            )
        }
        for (index, truth) in scenes.enumerated() {
            let edit = SceneEdit(of: truth, index: 1)
            let source = SceneCase(
                edit.applied(to: truth),
                frames: 0..<settings.frames,
                settings.scene
            )
            try measure(source, truth, clip: index, &tally)
        }
        return report(tally, scenes)
    }

    private static let truthRow = "the subject, rendered truly"

    private func measure(
        _ source: SceneCase,
        _ truth: SceneDescription,
        clip: Int,
        _ tally: inout SuiteTally
    ) throws {
        let references = ColourReferences(truth, on: source, settings.scene)
        let judge = try Judge(truth, references, before)
        let wish = SceneCase(truth, frames: 0..<settings.frames, settings.scene)
        var sheet = SuiteSheet(Self.name, clip: clip, frames: references.frames)
        sheet.add("source", source.pictures)
        sheet.add(Self.truthRow, wish.pictures)
        try judge.add(wish.pictures, to: Self.truthRow, &tally)
        let prompt = prompts.isEmpty ? Self.plainPrompt(truth) : prompts[clip % prompts.count]
        for (position, (name, studio)) in [("before", before), ("after", after)].enumerated() {
            let rendering = try studio.render(
                structure: studio.structure(
                    ofDepth: studio.depth(of: source.pictures),
                    level: settings.sampling.structureLevel
                ),
                content: studio.content(
                    prompt: prompt,
                    seed: truth.seed,
                    guidance: settings.priorGuidance
                ),
                settings.sampling(scene: truth.seed),
                settings.arrangement
            )
            try judge.add(rendering.pictures, to: name, &tally)
            sheet.add("\(name): \(prompt)", rendering.pictures)
            try observer.progress(
                SuiteProgress(
                    rendering: position,
                    of: 2,
                    clip: clip,
                    of: settings.count,
                    name
                )
            )
        }
        try observer.sheet?(sheet)
    }

    private func report(_ tally: SuiteTally, _ scenes: [SceneDescription]) -> SuiteReport {
        let thing = scenes[0].objects[0].caption
        let asked = prompts.isEmpty ? "\"\(Self.plainPrompt(scenes[0]))\" and the like" : "prompts"
        var report = SuiteReport(
            Self.name,
            lines: [
                "Subject: how often \(asked) show the subject of seed \(subject), \(thing)."
            ] + settings.lines(after.name) + [
                "Before: \(before.name), sampled in the same way.",
                "Colour: the nearest of the 12 true renderings' mean colours on the subject, in "
                    + "CIELAB; by chance 8.3 %.",
                "Margins: cosine with the subject's caption over the best one of another colour, "
                    + "or form, x100, by CLIP of the model before.",
            ],
            columns: [
                SuiteReport.Column("colour", "its colour", .share),
                SuiteReport.Column("distance", "dE to it", .decimals(1)),
                SuiteReport.Column("looks", "colour margin", .decimals(2)),
                SuiteReport.Column("form", "form margin", .decimals(2)),
                SuiteReport.Column("class", "its form", .share),
            ],
            rows: [Self.truthRow, "before", "after"].map { tally.row($0) },
            settings: settings.json(after.name).merging([
                "before": .string(before.name),
                "subject": .string("\(subject)"),
                "prompts": .array(prompts.map { .string($0) }),
            ]) { $1 }
        )
        if let old = report.cell("before", "colour"), let new = report.cell("after", "colour") {
            report.targets.append(
                SuiteReport.Target(
                    "its colour is seen more often after than before, intervals apart",
                    isMet: new.low > old.high
                )
            )
        }
        return report
    }
}

/// Tells whether pictures show a subject.
private struct Judge {
    private let colour: SceneColour
    private let references: ColourReferences
    private let studio: SceneStudio
    private let caption: [Float]
    private let otherColours: [[Float]]
    private let otherForms: [[Float]]

    init(
        _ truth: SceneDescription,
        _ references: ColourReferences,
        _ studio: SceneStudio
    ) throws {
        colour = truth.objects[0].colour
        self.references = references
        self.studio = studio
        func embedding(_ change: (inout SceneObject) -> Void = { _ in }) throws -> [Float] {
            var scene = truth
            change(&scene.objects[0])
            return try studio.embedding(ofText: scene.caption)
        }
        let subject = truth.objects[0]
        caption = try embedding()
        otherColours = try SceneColour.allCases.filter { $0 != subject.colour }
            .map { colour in try embedding { $0.colour = colour } }
        otherForms = try SceneShape.allCases.filter { $0 != subject.shape }
            .map { shape in try embedding { $0.shape = shape } }
    }

    func add(_ pictures: Pictures, to row: String, _ tally: inout SuiteTally) throws {
        let told = references.told(pictures)
        tally.add(row, "colour", told.colour == colour)
        tally.add(row, "distance", told.distance(to: colour))
        let picture = try studio.content(pictures, frame: pictures.count / 2).values
        let own = Cosine.of(picture, caption)
        func margin(_ others: [[Float]]) -> Double {
            own - (others.map { Cosine.of(picture, $0) }.max() ?? 0)
        }
        let form = margin(otherForms)
        tally.add(row, "looks", 100 * margin(otherColours))
        tally.add(row, "form", 100 * form)
        tally.add(row, "class", form > 0)
    }
}
