import Foundation
import TestSupport
import Testing

/// Every help page, as a person sees it. `WEFT_RECORD_HELP=1 swift test --filter HelpTests` writes
/// them anew.
struct HelpTests {
    static let pages: [[String]] =
        [
            [], ["render"], ["submit"], ["ls"], ["show"], ["watch"], ["cancel"], ["pause"],
            ["resume"], ["retry"], ["coordinator"], ["worker"], ["plan"], ["sample"], ["stitch"],
            ["scene"], ["doctor"],
        ]
        + ["ls", "drain", "undrain", "quarantine", "release"].map { ["workers", $0] }
        + ["generate", "enrol", "revoke", "ls"].map { ["keys", $0] }
        + ["inspect", "check", "create", "run", "pack", "widen"].map { ["model", $0] }
        + ["operations", "train", "scheduler", "farm", "scenes"].map { ["benchmark", $0] }
        + ["vae", "clip", "depth", "prior", "gen1", "customize"].map { ["train", $0] }
        + ["video", "folder", "scenes"].map { ["evaluate", $0] }
        + ["content", "structure", "temporal", "controls", "stitching", "vae", "subject"].map {
            ["evaluate", "scenes", $0]
        }
        + [["workers"], ["keys"], ["model"], ["evaluate"], ["train"], ["benchmark"]]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Goldens/help")

    private static func file(_ page: [String]) -> URL {
        folder.appending(path: (["weft"] + page).joined(separator: "-") + ".txt")
    }

    @Test(arguments: pages)
    func `a help page is the one that was recorded`(page: [String]) throws {
        let outcome = try Program.run(["help"] + page)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        if ProcessInfo.processInfo.environment["WEFT_RECORD_HELP"] == "1" {
            try Data(outcome.output.utf8).write(to: Self.file(page))
        }
        let recorded = try String(contentsOf: Self.file(page), encoding: .utf8)
        #expect(outcome.output == recorded)
    }

    @Test func `every recorded page is one of a command that is there`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(Self.pages.map { Self.file($0).lastPathComponent }))
    }
}
