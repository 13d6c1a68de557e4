import Evaluation
import Pipelines
import Tensors
import Testing

struct FolderReportTests {
    private func row(_ clip: String, _ edit: String, seed: UInt64?) throws -> FolderReport.Row {
        let result: Result<VideoReport, FolderReport.Missing>
        if let seed {
            let clip = DecodedClip(path: "", pictures: TestClips.noise(3, seed: seed), cuts: [])
            result = .success(
                VideoReport(VideoInputs(output: try ClipFacts(clip, nil, hasMasks: false)))
            )
        } else {
            result = .failure(FolderReport.Missing("it is not there"))
        }
        return FolderReport.Row(clip: clip, edit: edit, prompt: "a, \"b\"", result: result)
    }

    private func report() throws -> FolderReport {
        FolderReport(
            [
                try row("cat", "style", seed: 1), try row("cat", "object", seed: nil),
                try row("dog", "style", seed: 2),
            ],
            strays: ["dog/notes.txt"],
            seed: 3
        )
    }

    @Test func `means are over the rows that have the measure`() throws {
        let report = try report()
        let values = report.rows.compactMap { try? $0.result.get().values[.detailEnergy] }
        #expect(values.count == 2)
        let mean = try #require(report.means[.detailEnergy])
        #expect(mean.count == 2 && mean.mean == (values[0] + values[1]) / 2)
        #expect(report.means[.promptConsistency] == nil)
    }

    @Test func `what is missing and what belongs to nothing is named`() throws {
        let text = try report().text
        #expect(text.contains("cat, object: it is not there"))
        #expect(text.contains("files of no edit: dog/notes.txt"))
        #expect(text.contains("warp error: neither a source"))
        #expect(text.contains("95 % from"))
        let none = FolderReport([try row("a", "b", seed: nil)], strays: [], seed: 0)
        #expect(none.text.hasPrefix("nothing measured\nmissing:\n  a, b: "))
    }

    @Test func `CSV has a column for each measure and quotes what needs it`() throws {
        let lines = try report().csv.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].split(separator: ",").count == 3 + Measure.allCases.count)
        #expect(lines[1].hasPrefix("cat,style,\"a, \"\"b\"\"\","))
        let cells = lines[1].split(separator: ",", omittingEmptySubsequences: false)
        #expect(cells.count == 4 + Measure.allCases.count, "the prompt has a comma of its own")
    }

    @Test func `JSON has all rows, the missing ones with their reason`() throws {
        let report = try report()
        guard case .array(let rows)? = report.json["results"], case .object(let second) = rows[1]
        else { return #expect(Bool(false), "\(report.json)") }
        #expect(rows.count == 3)
        #expect(second["missing"] == .string("it is not there"))
        _ = JSONValue.object(report.json).serialized()
    }
}
