import Coordinator
import Scheduling
import Testing

struct ProgressTextTests {
    private var sampling: JobProgress {
        var progress = JobProgress(Jobs.details(depth: 3), at: 0)
        progress.update(Jobs.details(depth: 3, samples: 4, steps: 15, decoded: 0), at: 30)
        return progress
    }

    @Test func `a terminal shows a bar per stage`() {
        let text = ProgressText(columns: 80, isColoured: false)
        let expected = """
            job-17 running, 2 workers, 0:30
            planning [####################] 20/20 frames
            depth    [####################] 20/20 frames
            sampling [#####...............] 15/60 steps, 0.500/s, 1:30 left
            decoding [....................] 0/20 frames
            writing  [....................] 0/20 frames
            """
        #expect(text.bars(sampling).joined(separator: "\n") == expected)
    }

    @Test func `what is not known yet is not shown as a share`() {
        let text = ProgressText(columns: 80, isColoured: false)
        let bars = text.bars(JobProgress(Jobs.details(isPlanned: false), at: 0))
        #expect(bars[1] == "planning [????????????????????] 20 frames so far")
        #expect(bars[3] == "sampling [????????????????????] 0 steps so far")
    }

    @Test func `colours are escapes around the same text`() {
        let plain = ProgressText(columns: 100, isColoured: false).bars(sampling)
        let coloured = ProgressText(columns: 100, isColoured: true).bars(sampling)
        #expect(plain[0] == coloured[0])
        for (line, other) in zip(plain, coloured).dropFirst() {
            #expect(other.hasPrefix("\u{1B}[") && other.hasSuffix("m\(line)\u{1B}[0m"))
        }
    }

    @Test(arguments: [1, 40, 60, 79, 200])
    func `no line is wider than the terminal`(columns: Int) {
        let bars = ProgressText(columns: columns, isColoured: false).bars(sampling)
        #expect(bars.count == 6)
        #expect(bars.allSatisfy { $0.count <= max(40, columns) })
    }

    @Test func `a log has a line at changes and now and then`() {
        var lines = ProgressLines(interval: 5)
        var progress = JobProgress(Jobs.details(), at: 0)
        #expect(lines.next(progress) == "job-17: depth 0/20 frames, 2 workers")
        progress.update(Jobs.details(depth: 1), at: 1)
        #expect(lines.next(progress) == nil)
        progress.update(Jobs.details(depth: 3, steps: 1), at: 2)
        #expect(
            lines.next(progress)
                == "job-17: sampling 1/60 steps, 1.00/s, estimating, 2 workers"
        )
        progress.update(Jobs.details(depth: 3, steps: 2), at: 6.5)
        #expect(lines.next(progress) == nil)
        progress.update(Jobs.details(depth: 3, steps: 30), at: 7)
        #expect(
            lines.next(progress) == "job-17: sampling 30/60 steps, 5.00/s, 0:06 left, 2 workers"
        )
        // Stages overlap.
        var film = JobProgress(Jobs.details(depth: 1, steps: 15), at: 0)
        #expect(
            ProgressText.line(film)
                == "job-17: depth 6/20 frames, estimating; sampling 15/60 steps, estimating, "
                + "2 workers"
        )
        film.update(Jobs.details(depth: 3, steps: 60, decoded: 3), at: 1)
        #expect(ProgressText.line(film) == "job-17: writing 0/20 frames, 2 workers")
        let held = [
            UnitKey(job: JobID(17), shot: 0, unit: UnitID(.sample, index: 1, round: 2))
        ]
        progress.update(Jobs.details(depth: 3, steps: 30, held: held), at: 7.1)
        #expect(lines.next(progress)?.hasSuffix("2 workers, 1 unit held") == true)
        progress.update(Jobs.details(.failed, reason: "the disk is full"), at: 7.2)
        #expect(lines.next(progress) == "job-17: failed, the disk is full")
        #expect(lines.next(progress) == nil)
    }
}
