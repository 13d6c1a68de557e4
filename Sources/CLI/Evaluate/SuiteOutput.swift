import ArgumentParser
import Coordinator
import Evaluation
import FFmpeg
import Models
import Tensors

/// Where a test's results go, and how it shows how far it is.
struct SuiteOutput: ParsableArguments {
    @Option(
        help: "Also write the table, settings and what was found clip by clip, as JSON.",
        completion: .file()
    )
    var json: String?

    @Option(
        help: "Also write a contact sheet of each clip into this folder.",
        completion: .directory
    )
    var pictures: String?

    @Flag(help: "End with status 1 unless all that is promised of a model is so.")
    var check = false

    /// Runs a test, and prints and writes what it found.
    func run(_ test: (SuiteObserver) throws -> SuiteReport) throws {
        // What cannot be written is told before anything is computed.
        if let json { _ = try AtomicFile(replacing: json) }
        if let pictures { try SystemFile.makeFolder(pictures) }
        let line = ProgressLine()
        let report = try test(
            SuiteObserver(
                progress: { line.show($0) },
                sheet: pictures.map { folder in { try write($0, in: folder) } }
            )
        )
        line.end()
        print(report.text)
        if let json {
            let text = report.json.serialized(isIndented: true) + "\n"
            try SystemFile.writeAtomically(Array(text.utf8), to: json)
        }
        if check, !report.targets.allSatisfy(\.isMet) { throw ExitCode.failure }
    }

    /// A sheet, and beside it what its rows show.
    private func write(_ sheet: SuiteSheet, in folder: String) throws {
        let image = sheet.image
        try StillImage.writePNG(
            VideoFrame(
                time: .zero,
                width: image.width,
                height: image.height,
                pixels: image.pixels
            ),
            to: "\(folder)/\(sheet.name).png"
        )
        let rows = sheet.rows.joined(separator: "\n") + "\n"
        try SystemFile.writeAtomically(Array(rows.utf8), to: "\(folder)/\(sheet.name).txt")
    }
}

/// How far a test is: one line on a terminal, lines now and then elsewhere.
private final class ProgressLine {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant?
    private var isLineOpen = false

    /// Between lines where there is no terminal.
    private static let interval = Duration.seconds(10)

    init() {
        start = clock.now
    }

    func show(_ progress: SuiteProgress) {
        let now = clock.now
        let seconds = (now - start).seconds
        let left = seconds / Double(progress.done) * Double(progress.total - progress.done)
        let line =
            "\(progress.done)/\(progress.total)  \(progress.label)  \(TimeText.clock(left)) left"
        if let terminal = Terminal() {
            writeToStandardError("\r\u{1B}[2K" + line.prefix(terminal.columns - 1))
            isLineOpen = true
        } else if shown.map({ now - $0 >= Self.interval }) ?? true
            || progress.done == progress.total
        {
            writeToStandardError(line + "\n")
            shown = now
        }
    }

    func end() {
        if isLineOpen { writeToStandardError("\n") }
        isLineOpen = false
    }
}
