import Foundation
import Testing

/// The tree keeps its own rules; `Docs/Style.md` gives the reasons.
struct TreeTests {
    private func expectNone(_ violations: [Violation]) {
        #expect(violations.isEmpty, "\n\(violations.map(\.description).joined(separator: "\n"))")
    }

    @Test func `the tree is read`() {
        // A rule over no files would pass whatever the files say.
        #expect(SourceTree.swift.count > 100)
        #expect(SourceTree.files.contains { $0.path == "Sources/CLI/Weft.swift" })
        #expect(SourceTree.files.contains { $0.path == "Deploy/test" })
    }

    @Test func `targets import what the architecture allows`() throws {
        expectNone(SourceTree.swift.flatMap(ImportRules.check))
        let manifest = try #require(SourceTree.files.first { $0.path == "Package.swift" })
        expectNone(ImportRules.checkManifest(manifest))
    }

    @Test func `the core of the farm has no clock and no chance`() {
        expectNone(SourceTree.swift.flatMap(TextRules.banned))
    }

    @Test func `nothing is left for later`() {
        expectNone(SourceTree.files.flatMap(TextRules.leftover))
    }

    @Test func `only the command line prints`() {
        expectNone(SourceTree.swift.flatMap(TextRules.printing))
    }

    @Test func `unsafe code stays where C begins`() {
        expectNone(SourceTree.swift.flatMap(TextRules.unsafe))
        for path in TextRules.unsafeFiles.keys { #expect(SourceTree.exists(path), "\(path)") }
    }

    @Test func `escapes from the concurrency checks give their reason`() {
        expectNone(SourceTree.swift.flatMap(TextRules.unexplainedEscape))
    }

    @Test func `no path of a developer's machine`() {
        expectNone(SourceTree.files.flatMap(TextRules.machinePath))
    }

    @Test func `files, lines and functions are short`() {
        expectNone(SourceTree.files.flatMap(SizeRules.check))
    }

    @Test func `every library file is tested`() {
        let violations = TestMapRules.check(
            SourceTree.files,
            map: TestMapRules.map,
            exists: SourceTree.exists
        )
        expectNone(violations)
    }

    @Test func `documents point to what is there`() {
        expectNone(
            SourceTree.files.flatMap { DocumentRules.brokenLinks($0, exists: SourceTree.exists) }
        )
        expectNone(
            SourceTree.files.flatMap {
                DocumentRules.brokenCommands($0) { path in
                    let file = SourceTree.root.appending(path: path).path
                    return FileManager.default.isExecutableFile(atPath: file)
                }
            }
        )
    }
}
