import FFmpeg
import Scenes
import Tensors

/// Writes a scene's clip and what is true of it; each file appears whole or not at all.
struct SceneWriter {
    let clip: SceneClip
    let frameCount: Int
    let frameRate: Rational
    let codec: VideoSettings.Codec
    let rateFactor: Int?
    /// Whether the clip is one picture, in a file of its own.
    let isPicture: Bool
    /// The seed whose subject it shows, where that is not the scene's own.
    let subject: UInt64?

    /// Renders all frames once.
    ///
    /// The truth is last to have its name: where it is, the clip is complete.
    func write(to path: String, truth: String?, caption: String?) throws {
        let settings = clip.settings
        let unit = frameRate.reciprocal
        let video = isPicture ? nil : try videoWriter(path)
        let tensors = try truth.map { path in
            try SafetensorsWriter(path: path, entries: entries, metadata: metadata)
        }
        for index in 0..<frameCount {
            let frame = clip.frame(index, tensors == nil ? .picture : .all)
            let picture = VideoFrame(
                time: Rational(Int64(index)) * unit,
                duration: unit,
                width: settings.width,
                height: settings.height,
                pixels: frame.pixels
            )
            if let video {
                try video.append(picture)
            } else {
                try StillImage.writePNG(picture, to: path)
            }
            guard let tensors else { continue }
            try tensors.append(Self.bytes(frame.depth), to: "depth")
            try tensors.append(Self.bytes(frame.flow), to: "flow")
            try tensors.append(frame.visibility, to: "visibility")
            try tensors.append(frame.masks, to: "masks")
        }
        _ = try video?.finish()
        if let caption {
            try SystemFile.writeAtomically(Array((clip.caption + "\n").utf8), to: caption)
        }
        try tensors?.finish()
    }

    private func videoWriter(_ path: String) throws -> VideoWriter {
        try VideoWriter(
            path,
            VideoSettings(
                codec,
                width: clip.settings.width,
                height: clip.settings.height,
                timeUnit: VideoSettings.timeUnit(of: [frameRate.reciprocal]),
                frameRate: frameRate,
                rateFactor: rateFactor
            )
        )
    }

    /// Whether a clip of a folder is there, with its caption and truth, as this would write it.
    ///
    /// - Parameters:
    ///   - base: The files' name up to the dot.
    ///   - replaces: Whether one of another scene or other settings is to be made anew.
    /// - Returns: False if any of the files is missing.
    /// - Throws: `Failure` if it is of another scene and is not to be replaced.
    func isComplete(_ base: String, replaces: Bool) throws -> Bool {
        let truth = base + ".safetensors"
        for path in [truth, Self.video(base, codec), base + ".txt"] {
            guard try SystemFile.status(of: path) != nil else { return false }
        }
        if try SafetensorsFile.open(truth).metadata == metadata { return true }
        guard replaces else {
            throw Failure(
                .cannotCreate,
                "\(truth) is there and of another scene or other settings; --force replaces it"
            )
        }
        return false
    }

    /// The name of a clip's video or picture, in a folder of clips.
    static func video(_ base: String, _ codec: VideoSettings.Codec) -> String {
        switch codec {
        case .h264, .hevc: base + ".mp4"
        case .ffv1: base + ".mkv"
        case .prores: base + ".mov"
        case .png: base + ".png"
        }
    }

    /// What a report says of the clip.
    func json(_ path: String) -> [String: JSONValue] {
        let objects = clip.description.objects.map { object in
            JSONValue.object([
                "color": .string(object.colour.rawValue),
                "finish": .string(object.finish.rawValue),
                "shape": .string(object.shape.rawValue),
                "motion": .string(object.motion.kind.rawValue),
            ])
        }
        return [
            "file": .string(path),
            "seed": .string("\(clip.description.seed)"),
            "caption": .string(clip.caption),
            "frames": .integer(frameCount),
            "width": .integer(clip.settings.width),
            "height": .integer(clip.settings.height),
            "frames_per_second": .string("\(frameRate)"),
            "objects": .array(objects),
            "ground": .string(clip.description.ground.rawValue),
            "light": .string(clip.description.light.rawValue),
        ]
    }

    private var entries: [SafetensorsWriter.Entry] {
        let (height, width) = (clip.settings.height, clip.settings.width)
        let plane = Shape([frameCount, height, width])
        return [
            SafetensorsWriter.Entry(name: "depth", shape: plane),
            SafetensorsWriter.Entry(name: "flow", shape: Shape(plane.dimensions + [2])),
            SafetensorsWriter.Entry(name: "visibility", scalarType: .uint8, shape: plane),
            SafetensorsWriter.Entry(name: "masks", scalarType: .uint8, shape: plane),
        ]
    }

    /// What the scene is; two clips with the same are the same.
    private var metadata: [String: String] {
        let settings = clip.settings
        var metadata = [
            "version": "\(SceneDescription.version)",
            "seed": "\(clip.description.seed)",
            "caption": clip.caption,
            "motions": clip.description.objects.map(\.motion.kind.rawValue).joined(separator: " "),
            "frames_per_second": "\(frameRate)",
            "look": settings.look == .albedo ? "albedo" : "photograph",
            "noise": settings.hasNoise ? "yes" : "no",
            "codec": codec.rawValue,
            "crf": rateFactor.map { "\($0)" } ?? "",
            "size": "\(frameCount) \(settings.width)x\(settings.height)",
        ]
        // Absent where it says nothing, so that clips from before it was known are the same still.
        if let subject { metadata["subject"] = "\(subject)" }
        return metadata
    }

    private static func bytes(_ values: [Float]) -> [UInt8] {
        HostTensor(values, [values.count]).littleEndianBytes
    }
}
