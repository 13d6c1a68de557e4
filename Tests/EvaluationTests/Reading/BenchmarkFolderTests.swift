import Evaluation
import Pipelines
import Tensors
import TestSupport
import Testing

struct BenchmarkFolderTests {
    @Test func `clips, edits, truth and strays are found`() throws {
        let folder = try TemporaryFolder()
        for (name, text) in [
            ("cat/source.mkv", ""), ("cat/style.mp4", ""), ("cat/notes.md", ""),
            ("cat/prompts.txt", "# edits\nstyle: a cat: in oil\n\n object :a dog \n"),
            ("bear/source.mp4", ""), ("bear/prompts.txt", "style: a bear"),
            ("bear/truth.safetensors", ""), ("README", ""), (".hidden/x", ""),
        ] {
            _ = try folder.write(text, to: name)
        }
        let benchmark = try BenchmarkFolder(folder.path + "/")
        #expect(benchmark.clips.map(\.name) == ["bear", "cat"])
        #expect(benchmark.clips[0].truth == folder("bear/truth.safetensors"))
        #expect(benchmark.clips[0].edits.map(\.output) == [nil])
        let cat = benchmark.clips[1]
        #expect(cat.source == folder("cat/source.mkv") && cat.truth == nil)
        #expect(cat.edits.map(\.name) == ["style", "object"])
        #expect(cat.edits.map(\.prompt) == ["a cat: in oil", "a dog"])
        #expect(cat.edits.map(\.output) == [folder("cat/style.mp4"), nil])
        #expect(benchmark.strays.sorted() == ["README", "cat/notes.md"])
    }

    @Test(
        arguments: [
            ([], "expected a folder for each clip"),
            ([("a/prompts.txt", "x: y")], "expected source.mp4"),
            ([("a/source.mp4", "")], "expected prompts.txt"),
            ([("a/source.mp4", ""), ("a/source.mkv", "")], "expected one file of a name"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "\n#\n")], "at least one edit"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "style")], "line 1: expected NAME: PROMPT"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "x: y\n: z")], "line 2: expected NAME"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "x: ")], "line 1: expected NAME: PROMPT"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "x: y\nx: z")], "a name of its own"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "source: y")], "other than source"),
            ([("a/source.mp4", ""), ("a/prompts.txt", "a/b: y")], "without slashes"),
        ] as [([(String, String)], String)]
    )
    func `a folder of another shape is refused with what was expected`(
        files: [(String, String)],
        reason: String
    ) throws {
        let folder = try TemporaryFolder()
        for (name, text) in files { _ = try folder.write(text, to: name) }
        let error = #expect(throws: InputError.self) { try BenchmarkFolder(folder.path) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `a folder that is not there is a file error`() {
        #expect(throws: FileError.self) { try BenchmarkFolder("/nowhere/at/all") }
    }
}
