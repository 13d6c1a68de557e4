import Coordinator
import Foundation
import TestSupport
import Testing
import WireProtocol

struct SubmissionCheckTests {
    private let folder: TemporaryFolder
    private let job: JobSpecification

    init() throws {
        folder = try TemporaryFolder()
        var job = JobSpecification()
        job.input = try folder.write("x", to: "media/in.mp4")
        job.output = folder("media/out.mp4")
        job.model = "/models/m"
        job.modelFingerprint = [UInt8](repeating: 1, count: 32)
        (job.width, job.height, job.contentChannels) = (64, 64, 8)
        job.prompt = "a"
        self.job = job
    }

    private func objection(
        root: String? = nil,
        _ change: (inout JobSpecification) -> Void = { _ in }
    ) -> String? {
        var job = job
        change(&job)
        return SubmissionCheck(mediaRoot: root).objection(to: job)?.text
    }

    @Test func `a job whose files are in order is taken`() {
        #expect(objection() == nil)
        #expect(objection(root: folder("media")) == nil)
        #expect(objection(root: "/") == nil)
    }

    @Test func `settings are checked as on the wire`() {
        #expect(objection { $0.steps = 0 }?.contains("steps") == true)
        #expect(objection { $0.output = "relative.mp4" }?.contains("output") == true)
    }

    @Test func `what is missing is named`() {
        for change: (inout JobSpecification) -> Void in [
            { $0.input = "/nowhere/in.mp4" }, { $0.image = "/nowhere/i.png" },
            { $0.mask = "/nowhere/m.png" }, { $0.output = "/nowhere/out.mp4" },
        ] {
            #expect(objection(change)?.contains("/nowhere") == true)
        }
    }

    @Test func `an input that is not there is told from other mistakes`() {
        let check = SubmissionCheck(mediaRoot: nil)
        func reason(_ change: (inout JobSpecification) -> Void) -> Refusal.Reason? {
            var job = job
            change(&job)
            return check.objection(to: job)?.reason
        }
        #expect(reason { $0.input = "/nowhere/in.mp4" } == .unknown)
        #expect(reason { $0.image = "/nowhere/i.png" } == .unknown)
        #expect(reason { $0.mask = "/nowhere/m.png" } == .unknown)
        #expect(reason { $0.output = "/nowhere/out.mp4" } == .conflict)
        #expect(reason { $0.codec = "gif" } == .conflict)
    }

    @Test func `an output must not replace an input`() throws {
        #expect(objection { $0.output = $0.input }?.contains("replace") == true)
        try FileManager.default.createSymbolicLink(
            atPath: folder("media/link.mp4"),
            withDestinationPath: job.input
        )
        #expect(objection { $0.output = folder("media/link.mp4") }?.contains("replace") == true)
    }

    @Test func `files outside the media root are refused, by links and dots too`() throws {
        let outside = try folder.write("x", to: "secret/in.mp4")
        try FileManager.default.createSymbolicLink(
            atPath: folder("media/link.mp4"),
            withDestinationPath: outside
        )
        let root = folder("media")
        for path in [outside, folder("media/../secret/in.mp4"), folder("media/link.mp4")] {
            #expect(objection(root: root) { $0.input = path }?.contains("not inside") == true)
        }
        for path in [folder("secret/out.mp4"), folder("media/../out.mp4"), folder("mediaout.mp4")] {
            #expect(objection(root: root) { $0.output = path }?.contains("not inside") == true)
        }
    }
}
