import Coordinator
import Foundation
import TestSupport
import Testing

struct StateFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func error(_ path: String) -> StateFolderError? {
        #expect(throws: StateFolderError.self) { try StateFolder(path) }
    }

    @Test func `a new folder is made for its owner only and opened again`() throws {
        let path = folder("state")
        for _ in 0..<2 {
            let state = try StateFolder(path)
            for name in [state.jobs, state.spool, state.keys] {
                #expect(FileManager.default.fileExists(atPath: name))
            }
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        #expect(try String(contentsOfFile: "\(path)/VERSION", encoding: .utf8) == "1\n")
    }

    @Test func `one coordinator at a time`() throws {
        let path = folder("state")
        do {
            let state = try StateFolder(path)
            let error = error(path)
            #expect(error?.code == .taken)
            let sentence = "cannot use the state folder \(path): another coordinator runs in it"
            #expect(error?.description == sentence)
            withExtendedLifetime(state) {}
        }
        _ = try StateFolder(path)
    }

    @Test func `what was being written is gone at the next start, results are not`() throws {
        let path = folder("state")
        _ = try StateFolder(path)
        _ = try folder.write("half", to: "state/spool/1.part")
        _ = try folder.write("whole", to: "state/jobs/job-1/shot-0/depth-0-0.bin")
        let state = try StateFolder(path)
        _ = ArtifactStore(state)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.spool).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.jobs) == ["job-1"])
    }

    @Test func `a folder of another layout or of somebody else is left alone`() throws {
        _ = try StateFolder(folder("later"))
        _ = try folder.write("2\n", to: "later/VERSION")
        let later = error(folder("later"))
        #expect(later?.code == .otherVersion)
        #expect(later?.description.hasSuffix("its VERSION is \"2\", this program reads 1") == true)
        _ = try folder.write("mine", to: "photos/cat.jpg")
        #expect(error(folder("photos"))?.code == .otherVersion)
        #expect(error(folder("none/state"))?.code == .unusable)
        _ = try folder.write("", to: "file")
        #expect(error(folder("file"))?.code == .unusable)
    }
}
