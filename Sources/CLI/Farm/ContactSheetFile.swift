import Coordinator
import FFmpeg
import Glibc
import Models
import Pipelines
import Tensors
import WireProtocol

/// The contact sheet of a job that is done: `weft render --contact-sheet`.
struct ContactSheetFile {
    let path: String

    /// Looks whether the sheet can be written, before anything is rendered.
    ///
    /// - Throws: `Failure` or `FileError` if it cannot.
    init(_ path: String, replaces: Bool, draft: JobDraft) throws {
        self.path = absolutePath(path)
        let job = draft.specification
        guard ![job.input, job.output, job.image, job.mask].contains(self.path) else {
            throw Failure(.usage, "--contact-sheet: \(path) is another file of the job")
        }
        guard try replaces || SystemFile.status(of: self.path) == nil else {
            throw Failure(.cannotCreate, "\(path) is there already; --force replaces it")
        }
        guard isAccessible(job.input, R_OK) else {
            throw Failure(
                .noInput,
                "--contact-sheet: \(job.input) is not on this machine; the sheet shows its frames"
            )
        }
        _ = try AtomicFile(replacing: self.path)
    }

    /// Writes the sheet from the frames of both videos and the depth of those that are shown.
    ///
    /// - Parameters:
    ///   - draft: The job, which is done.
    ///   - frameCount: Frames of the video.
    ///   - backend: Where depth is estimated.
    /// - Throws: `Failure` if the output is not on this machine; what reading or writing throws.
    func write(_ draft: JobDraft, frameCount: Int, on backend: any Backend) throws {
        let job = draft.specification
        guard isAccessible(job.output, R_OK) else {
            throw Failure(
                .noInput,
                "\(path): not written, as \(job.output) is not on this machine; the video is done"
            )
        }
        let numbers = JobSheet.frames(of: frameCount)
        let request = try JobVideo(job).request
        let inputs = try Self.frames(numbers, of: job.input, request)
        let outputs =
            try job.codec == "png"
            ? Self.pictures(numbers, in: job.output)
            : Self.frames(
                numbers,
                of: job.output,
                FrameRequest(width: request.width, height: request.height)
            )
        let sheet = JobSheet(
            inputs: inputs,
            depth: try depth(of: inputs, draft, on: backend),
            level: try StructureLevel(Int(job.structureLevel)),
            outputs: outputs
        ).image
        let picture = VideoFrame(
            time: .zero,
            width: sheet.width,
            height: sheet.height,
            pixels: sheet.pixels
        )
        try StillImage.writePNG(picture, to: path)
    }

    private func depth(
        of frames: [VideoFrame],
        _ draft: JobDraft,
        on backend: any Backend
    ) throws -> HostTensor {
        let folder = draft.modelFolder
        let gen1 = try Gen1Model(folder, on: backend, variant: draft.specification.variant)
        let estimator = try gen1.depthEstimator()
        let maps = DepthMaps(
            estimator,
            try folder.depthPreprocessor(estimator.config),
            on: backend
        )
        return try maps(
            Pictures(
                count: frames.count,
                height: frames[0].height,
                width: frames[0].width,
                bytes: frames.flatMap(\.pixels)
            )
        )
    }

    /// Some frames of a video, by ascending number.
    private static func frames(
        _ numbers: [Int],
        of path: String,
        _ request: FrameRequest
    ) throws -> [VideoFrame] {
        let reader = try FrameReader(path, request)
        let wanted = Set(numbers)
        var frames: [VideoFrame] = []
        var number = 0
        while frames.count < wanted.count, let frame = try reader.next() {
            if wanted.contains(number) { frames.append(frame) }
            number += 1
        }
        guard frames.count == wanted.count else {
            throw Failure(.badInput, "\(path): it has fewer frames than were rendered")
        }
        return frames
    }

    /// Some pictures of a folder, by ascending number.
    private static func pictures(_ numbers: [Int], in folder: String) throws -> [VideoFrame] {
        let names = try SystemFile.names(in: folder).filter { $0.hasSuffix(".png") }
        guard let last = numbers.last, last < names.count else {
            throw Failure(.badInput, "\(folder): it has fewer pictures than were rendered")
        }
        return try numbers.map {
            try StillImage.read("\(folder)/\(names[$0])", sideMax: PictureSize.sideMax)
        }
    }
}
