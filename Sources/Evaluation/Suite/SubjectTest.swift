import Pipelines
import Scenes
import Tensors

/// What fine-tuning on pictures of one subject has bound, and what else it has changed: how often a
/// clip that is to show "a rabbit" shows this rabbit, before and after, and how often what is asked
/// for in another colour or form takes its colour.
///
/// Clips show the subject's form in another colour and finish, or another form, in places of their
/// own. What they would look like in the subject's colour is rendered, and in the other eleven, as
/// for `ContentTest`.
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

    /// A model that is asked, by its name in the table.
    private struct Model {
        let name: String
        let studio: SceneStudio
    }

    private var models: [Model] {
        [Model(name: "before", studio: before), Model(name: "after", studio: after)]
    }

    /// Runs it.
    ///
    /// - Throws: What networks and the observer throw.
    package func run() throws -> SuiteReport {
        var tally = SuiteTally()
        var found: [JSONValue] = []
        let own = SubjectClip.all(of: subject, isOwnForm: true, settings)
        let other = SubjectClip.all(of: subject, isOwnForm: false, settings)
        for index in own.indices {
            var sheet = SuiteSheet(Self.name, clip: index, frames: shown)
            found += try measure(own[index], isOwnForm: true, clip: index, &sheet, &tally)
            found += try measure(other[index], isOwnForm: false, clip: index, &sheet, &tally)
            try observer.sheet?(sheet)
        }
        var report = report(tally, own[0].truth)
        report.clips = found
        return report
    }

    private static let truthRow = "the subject, rendered truly"

    /// The frames of a sheet: those that are judged.
    private var shown: [Int] {
        SceneCase.frames(atMost: ColourReferences.framesMax, of: settings.frames)
    }

    /// Asks both models all that is asked of a clip.
    ///
    /// - Returns: What was found of each request.
    private func measure(
        _ clip: SubjectClip,
        isOwnForm: Bool,
        clip index: Int,
        _ sheet: inout SuiteSheet,
        _ tally: inout SuiteTally
    ) throws -> [JSONValue] {
        let frames = 0..<settings.frames
        let source = SceneCase(clip.source, frames: frames, settings.scene)
        let judge = SubjectJudge(clip, source, settings.scene)
        sheet.add(isOwnForm ? "source" : "another source", source.pictures)
        let looks = isOwnForm ? try SubjectLooks(clip.truth, before) : nil
        if let looks {
            let truth = SceneCase(clip.truth, frames: frames, settings.scene).pictures
            sheet.add(Self.truthRow, truth)
            _ = judge.add(truth, .form, to: Self.truthRow, &tally)
            try looks.add(truth, to: Self.truthRow, &tally)
        }
        let structures = try models.map { model in
            try model.studio.structure(
                ofDepth: model.studio.depth(of: source.pictures),
                level: settings.sampling.structureLevel
            )
        }
        return try SubjectRequest.allCases.filter { $0.isOwnForm == isOwnForm }.map { request in
            let prompt = prompt(request, clip, index)
            var found = about(request, clip, prompt)
            for (model, structure) in zip(models, structures) {
                let rendering = try model.studio.render(
                    structure: structure,
                    content: model.studio.content(
                        prompt: prompt,
                        seed: clip.truth.seed,
                        guidance: settings.priorGuidance
                    ),
                    settings.sampling(scene: clip.truth.seed),
                    settings.arrangement
                )
                let row = request.row(model.name)
                let colour = judge.add(rendering.pictures, request, to: row, &tally)
                if request == .form { try looks?.add(rendering.pictures, to: row, &tally) }
                found[model.name] = .string(colour.rawValue)
                sheet.add("\(model.name): \(prompt)", rendering.pictures)
                try observer.progress(progress(request, model, clip: index))
            }
            return .object(found)
        }
    }

    private func prompt(_ request: SubjectRequest, _ clip: SubjectClip, _ index: Int) -> String {
        request == .form && !prompts.isEmpty
            ? prompts[index % prompts.count] : request.prompt(clip.source)
    }

    private func progress(
        _ request: SubjectRequest,
        _ model: Model,
        clip: Int
    ) -> SuiteProgress {
        let position = SubjectRequest.allCases.firstIndex(of: request) ?? 0
        return SuiteProgress(
            rendering: 2 * position + (model.name == "after" ? 1 : 0),
            of: 2 * SubjectRequest.allCases.count,
            clip: clip,
            of: settings.count,
            request.row(model.name)
        )
    }

    private func about(
        _ request: SubjectRequest,
        _ clip: SubjectClip,
        _ prompt: String
    ) -> [String: JSONValue] {
        let wanted = clip.source.objects[0].colour.rawValue
        return [
            "seed": .string("\(clip.truth.seed)"), "prompt": .string(prompt),
            "wanted": request.namesColour ? .string(wanted) : .null,
        ]
    }

    private func report(_ tally: SuiteTally, _ scene: SceneDescription) -> SuiteReport {
        let thing = scene.objects[0].caption
        let plain = SubjectRequest.form.prompt(scene)
        let asked = prompts.isEmpty ? "\"\(plain)\" and the like" : "prompts"
        let rows = SubjectRequest.allCases.flatMap { request in
            models.map { request.row($0.name) }
        }
        var report = SuiteReport(
            Self.name,
            lines: [
                "Subject: how often \(asked) show the subject of seed \(subject), \(thing)."
            ] + settings.lines(after.name, on: after.deviceClass) + [
                "Before: \(before.name), sampled in the same way.",
                "Colour: the nearest of the 12 true renderings' mean colours on the subject, in "
                    + "CIELAB; by chance 8.3 %.",
                "Another colour, another form: what is asked for beside it; wanted is the colour "
                    + "that the prompt names, and the subject's ought to be as rare as before.",
                "Margins: cosine with the subject's caption over the best one of another colour, "
                    + "or form, x100, by CLIP of the model before.",
            ],
            columns: [
                SuiteReport.Column("colour", "its colour", .share),
                SuiteReport.Column("distance", "dE to it", .decimals(1)),
                SuiteReport.Column("wanted", "wanted colour", .share),
                SuiteReport.Column("wanted_distance", "dE to wanted", .decimals(1)),
                SuiteReport.Column("looks", "colour margin", .decimals(2)),
                SuiteReport.Column("form", "form margin", .decimals(2)),
                SuiteReport.Column("class", "its form", .share),
            ],
            rows: ([Self.truthRow] + rows).map { tally.row($0) },
            settings: settings.json(after.name, on: after.deviceClass).merging([
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

/// Tells the colour of what pictures of a clip show.
private struct SubjectJudge {
    private let subject: SceneColour
    private let wanted: SceneColour
    private let references: ColourReferences

    init(_ clip: SubjectClip, _ source: SceneCase, _ settings: SceneSettings) {
        subject = clip.truth.objects[0].colour
        wanted = clip.source.objects[0].colour
        references = ColourReferences(clip.truth, on: source, settings)
    }

    /// Adds what pictures show of a request; returns their colour.
    func add(
        _ pictures: Pictures,
        _ request: SubjectRequest,
        to row: String,
        _ tally: inout SuiteTally
    ) -> SceneColour {
        let told = references.told(pictures)
        tally.add(row, "colour", told.colour == subject)
        tally.add(row, "distance", told.distance(to: subject))
        if request.namesColour {
            tally.add(row, "wanted", told.colour == wanted)
            tally.add(row, "wanted_distance", told.distance(to: wanted))
        }
        return told.colour
    }
}

/// Tells by CLIP whether pictures show a subject.
private struct SubjectLooks {
    private let studio: SceneStudio
    private let caption: [Float]
    private let otherColours: [[Float]]
    private let otherForms: [[Float]]

    init(_ truth: SceneDescription, _ studio: SceneStudio) throws {
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
