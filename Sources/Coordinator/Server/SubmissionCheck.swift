import FFmpeg
import Foundation
import Tensors
package import WireProtocol

/// Whether this machine can do what a job asks of it: read the input, write the output.
package struct SubmissionCheck: Sendable {
    /// Folder that all files of a job have to be in; nil for any.
    private let mediaRoot: String?

    package init(mediaRoot: String?) {
        self.mediaRoot = mediaRoot
    }

    /// Why a job cannot be taken.
    package struct Objection: Hashable, Sendable {
        package let reason: Refusal.Reason
        /// A sentence.
        package let text: String

        fileprivate init(_ text: String, _ reason: Refusal.Reason = .conflict) {
            self.reason = reason
            self.text = text
        }
    }

    /// Why the job cannot be taken; nil if it can.
    ///
    /// What is not there is `unknown`.
    package func objection(to job: JobSpecification) -> Objection? {
        do {
            try job.check()
        } catch {
            return Objection("\(error)")
        }
        guard let codec = VideoSettings.Codec(rawValue: job.codec) else {
            return Objection("codec \(job.codec): expected one that weft writes")
        }
        if let missing = codec.missingEncoder { return Objection(missing) }
        let inputs = [job.input, job.image, job.mask].compactMap(\.self)
        for path in inputs + [job.output] {
            if let objection = objection(toPlaceOf: path) { return Objection(objection) }
        }
        for path in inputs {
            guard FileManager.default.fileExists(atPath: path) else {
                return Objection("there is no \(path) on the coordinator's machine", .unknown)
            }
            guard FileManager.default.isReadableFile(atPath: path) else {
                return Objection("cannot read \(path) on the coordinator's machine", .forbidden)
            }
        }
        return objection(toOutput: job.output, besides: inputs).map { Objection($0) }
    }

    private func objection(toOutput output: String, besides inputs: [String]) -> String? {
        if let place = Self.resolved(output), inputs.contains(where: { Self.resolved($0) == place })
        {
            return "the output \(output) would replace one of the job's own inputs"
        }
        let folder = Self.folder(of: output)
        guard let status = try? SystemFile.status(of: folder), status.isFolder else {
            return "\(folder) is no folder on the coordinator's machine; the output goes there"
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            return "cannot write into \(folder) on the coordinator's machine"
        }
        return nil
    }

    /// Where a path leads with its links and `..` followed has to be inside the root; for what is
    /// not there yet, where its folder leads.
    private func objection(toPlaceOf path: String) -> String? {
        guard let mediaRoot else { return nil }
        guard let root = Self.resolved(mediaRoot) else { return "\(mediaRoot) is not there" }
        let place = Self.resolved(path) ?? Self.resolved(Self.folder(of: path))
        guard let place, place == root || place.hasPrefix(root == "/" ? root : root + "/") else {
            return "\(path) is not inside \(mediaRoot), where files of jobs have to be"
        }
        return nil
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The path without links and dots; nil if nothing is there.
    private static func resolved(_ path: String) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
