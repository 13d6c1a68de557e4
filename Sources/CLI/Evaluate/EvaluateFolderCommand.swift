import ArgumentParser
import Evaluation
import FFmpeg
import Pipelines
import Tensors

/// `weft evaluate folder DIR`.
struct EvaluateFolderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "folder",
        abstract: "Measure a benchmark: clips x prompts.",
        discussion: """
            weft evaluate folder benchmark --model my-model --json results.json

            The folder has one folder for each clip, with source.mp4, prompts.txt (a line NAME: \
            PROMPT for each edit) and the outputs NAME.mp4; truth.safetensors of weft scene is \
            used if it is there. Missing outputs are named, and the status is then 1.
            """
    )

    @Argument(help: "The benchmark's folder.", completion: .directory)
    var folder: String

    @OptionGroup(title: "Clips") var clips: EvaluationClipOptions

    @OptionGroup(title: "Windows") var windows: EvaluationWindowOptions

    @OptionGroup(title: "Networks") var model: EvaluationModelOptions

    @Option(help: "Seed of the bootstrap that gives the means their intervals.")
    var seed: UInt64 = 0

    @Option(help: "Also write everything as one JSON object.", completion: .file())
    var json: String?

    @Option(help: "Also write a row for each output, as CSV.", completion: .file())
    var csv: String?

    @Option(
        help: "Also write plots and pictures, in a folder for each output.",
        completion: .directory
    )
    var plots: String?

    func run() throws {
        let benchmark = try BenchmarkFolder(folder)
        let evaluation = try VideoEvaluation(model, clips, windows)
        var rows: [FolderReport.Row] = []
        for clip in benchmark.clips {
            rows += try measure(clip, evaluation)
        }
        let report = FolderReport(rows, strays: benchmark.strays, seed: seed)
        if let judgement = evaluation.judgement { print(judgement) }
        print(report.text, terminator: "")
        if let json {
            var members = report.json
            members.merge(evaluation.judgementJSON) { first, _ in first }
            let text = JSONValue.object(members).serialized(isIndented: true) + "\n"
            try SystemFile.writeAtomically(Array(text.utf8), to: json)
        }
        if let csv {
            try SystemFile.writeAtomically(Array(report.csv.utf8), to: csv)
        }
        let missing = report.missing.count
        guard missing == 0 else {
            throw Failure(.failed, "\(folder): outputs that are missing or unfit: \(missing)")
        }
    }

    /// The rows of a clip's edits; the source is measured once for outputs of one size and length.
    private func measure(
        _ clip: BenchmarkFolder.Clip,
        _ evaluation: VideoEvaluation
    ) throws -> [FolderReport.Row] {
        var source: EvaluatedSource?
        return try clip.edits.map { edit in
            let result: Result<VideoReport, FolderReport.Missing>
            if let path = edit.output {
                writeToStandardError("\(clip.name), \(edit.name)\n")
                do {
                    result = .success(try measure(path, edit, clip, evaluation, &source))
                } catch let error as FFmpegError where error.file == path {
                    result = .failure(FolderReport.Missing(error.description))
                } catch let error as InputError {
                    result = .failure(FolderReport.Missing(error.description))
                }
            } else {
                result = .failure(FolderReport.Missing("there is no output of this name"))
            }
            return FolderReport.Row(
                clip: clip.name,
                edit: edit.name,
                prompt: edit.prompt,
                result: result
            )
        }
    }

    private func measure(
        _ path: String,
        _ edit: BenchmarkFolder.Edit,
        _ clip: BenchmarkFolder.Clip,
        _ evaluation: VideoEvaluation,
        _ source: inout EvaluatedSource?
    ) throws -> VideoReport {
        let output = try clips.output(path)
        let there = source?.facts.clip.pictures
        if there?.count != output.pictures.count || there?.width != output.pictures.width
            || there?.height != output.pictures.height
        {
            source = try evaluation.source(clip.source, truth: clip.truth, for: output)
        }
        let inputs = try evaluation.inputs(output, source: source, prompt: edit.prompt)
        let report = evaluation.report(inputs)
        if let plots {
            let place = "\(plots)/\(clip.name)/\(edit.name)"
            try SystemFile.makeFolders(place)
            try VideoPlots(
                report,
                output: output.pictures,
                source: source?.facts.clip.pictures,
                layout: inputs.windows?.layout
            ).write(to: place)
        }
        return report
    }
}
