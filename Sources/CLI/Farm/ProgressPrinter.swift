import Coordinator
import Tensors
import WireProtocol

/// Shows a job's progress on standard error: bars on a terminal, lines elsewhere.
struct ProgressPrinter {
    enum Style {
        case automatic
        /// A JSON object a line on standard output.
        case objects
        case none
    }

    private let style: Style
    private var lines = ProgressLines()
    private var progress: JobProgress?
    /// Lines on the terminal that the next picture takes the place of.
    private var shownLines = 0
    private var lastObject: JSONValue?

    init(_ style: Style) {
        self.style = style
    }

    mutating func show(_ details: JobDetails, at seconds: Double) {
        var progress = self.progress ?? JobProgress(details, at: seconds)
        progress.update(details, at: seconds)
        self.progress = progress
        switch style {
        case .none: return
        case .objects: print(progress.json.serialized())
        case .automatic:
            // Looked at each time: a terminal may be made wider.
            if let terminal = Terminal() {
                draw(progress, terminal)
            } else if let line = lines.next(progress) {
                writeToStandardError(line + "\n")
            }
        }
    }

    private mutating func draw(_ progress: JobProgress, _ terminal: Terminal) {
        let text = ProgressText(columns: terminal.columns, isColoured: terminal.isColoured)
        let bars = text.bars(progress)
        let up = shownLines > 0 ? "\u{1B}[\(shownLines)A" : ""
        writeToStandardError(up + bars.map { "\r\u{1B}[2K\($0)\n" }.joined())
        shownLines = bars.count
    }

    /// What is written next comes after the bars.
    mutating func end() { shownLines = 0 }
}
