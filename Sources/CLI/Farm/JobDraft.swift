import Coordinator
import FFmpeg
import Foundation
import Glibc
import Models
import Pipelines
import Scheduling
import Tensors
import WireProtocol

/// A job before anything is started: all that can be wrong with it has been told.
struct JobDraft {
    let specification: JobSpecification
    /// The job's model on this machine.
    let modelFolder: CheckpointFolder
    /// Frames that the input says it has in the part that is rendered; nil if it does not say.
    let expectedFrames: Int?

    /// Looks at the files and checks the settings.
    ///
    /// - Parameters:
    ///   - options: What was asked for.
    ///   - isRemote: Whether the coordinator is another process, maybe on another machine, where
    ///     input and output are; what is not here is then not looked at.
    ///   - replacesOutput: Whether an output that is there may go.
    /// - Throws: The first thing that is wrong.
    init(_ options: JobOptions, isRemote: Bool, replacesOutput: Bool) throws {
        let choice = try ModelChoice(options.model)
        let folder = try CheckpointFolder.open(choice.folder)
        let settings = options.settings(try SamplingDefaults(folder))
        let isHere = try SystemFile.status(of: settings.input) != nil
        guard isHere || isRemote else {
            throw Failure(.noInput, "\(settings.input): no such file")
        }
        guard isHere || settings.size != nil else {
            throw Failure(
                .noInput,
                "\(settings.input) is not on this machine; for a clip that the coordinator alone "
                    + "has, give --size"
            )
        }
        let media = isHere ? try MediaInfo.probe(settings.input) : nil
        if !isRemote {
            try Self.checkOutput(settings, replacesOutput: replacesOutput)
            for path in [settings.image, settings.mask].compactMap(\.self) {
                guard isAccessible(path, R_OK) else {
                    throw Failure(.noInput, "\(path): the file is missing or cannot be read")
                }
            }
        }
        let model = try ModelTraits(reading: folder, named: choice.jobName, options)
        modelFolder = folder
        specification = try settings.specification(of: media.map { ClipShape($0) }, with: model)
        expectedFrames = media.flatMap { Self.frames(of: $0, settings) }
    }

    /// What tells this job from others: the same command gives the same.
    var digest: String {
        let request = JobRequest(idempotencyKey: "digest")
        let body = EnvelopeBody.submit(SubmitMessage(request, specification))
        let bytes = Envelope(body, sequence: 1).encoded()
        return Checksum.of(bytes).prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    /// What the job would take, found by reading the clip once.
    func estimate() throws -> JobEstimate {
        guard try SystemFile.status(of: specification.input) != nil else {
            throw Failure(
                .noInput,
                "\(specification.input) is not on this machine; a plan has to read it"
            )
        }
        var shots: [ShotOutline] = []
        try ShotPlanner(specification).run(
            isAbandoned: { false },
            report: { shots += $0.outlines }
        )
        return JobEstimate(specification, shots: shots)
    }

    /// Refuses a job whose state cannot fit on the disk, as far as the input tells its length.
    func checkRoom(stateFolder: String?) throws {
        guard let expectedFrames, expectedFrames > 0 else { return }
        let shot = ShotOutline(
            index: 0,
            firstFrame: 0,
            work: try ShotPlanner(specification).outline(of: expectedFrames)
        )
        let needed = JobEstimate(specification, shots: [shot]).stateBytes
        let folder = stateFolder.map(absolutePath) ?? Environment.value("TMPDIR") ?? "/tmp"
        var place = folder
        // A folder that is made later is on the disk of the one above it.
        while place != "/", !isAccessible(place, F_OK) { place = parent(of: place) }
        guard let free = DiskSpace.freeBytes(place), free < needed else { return }
        throw Failure(
            .inputOutput,
            "\(folder): the job may need \(NumberText.bytes(needed)) of state, "
                + "\(NumberText.bytes(free)) are free; set --state or TMPDIR to a larger disk"
        )
    }

    private static func checkOutput(_ settings: JobSettings, replacesOutput: Bool) throws {
        let output = settings.output
        guard output != settings.input else {
            throw Failure(.usage, "--output: \(output) is the input")
        }
        let folder = parent(of: output)
        guard let status = try SystemFile.status(of: folder), status.isFolder else {
            throw Failure(.cannotCreate, "\(output): there is no folder \(folder)")
        }
        guard isAccessible(folder, W_OK | X_OK) else {
            throw Failure(.cannotCreate, "\(output): the folder \(folder) cannot be written")
        }
        guard let there = try SystemFile.status(of: output) else { return }
        guard replacesOutput else {
            throw Failure(.cannotCreate, "\(output) is there already; --force replaces it")
        }
        guard there.isRegular || (settings.codec == "png" && there.isFolder) else {
            throw Failure(.cannotCreate, "\(output) is there and no file that can be replaced")
        }
    }

    private static func frames(of media: MediaInfo, _ settings: JobSettings) -> Int? {
        guard let length = media.video.duration ?? media.duration,
            let rate = settings.frameRate ?? media.video.frameRate
        else { return media.video.frameCount }
        var part = length.double - settings.start.double
        if let duration = settings.duration { part = min(part, duration.double) }
        return max(1, Int((part * rate.double).rounded(.up)))
    }
}

func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
    return String(path[..<slash])
}

/// A key that no other submit has.
func randomKey() -> String {
    (0..<4).map { _ in String(UInt32.random(in: 0 ... .max), radix: 36) }.joined(separator: "-")
}
