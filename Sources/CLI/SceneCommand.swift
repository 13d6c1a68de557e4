import ArgumentParser
import Coordinator
import FFmpeg
import Glibc
import Scenes
import Tensors

extension SceneColour: ExpressibleByArgument {}
extension SceneFinish: ExpressibleByArgument {}
extension SceneGround: ExpressibleByArgument {}
extension SceneLight: ExpressibleByArgument {}
extension SceneShape: ExpressibleByArgument {}
extension ObjectMotion.Kind: ExpressibleByArgument {}
extension VideoSettings.Codec: ExpressibleByArgument {}

/// `weft scene`: small animated worlds, with all that is true of them.
struct SceneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scene",
        abstract: "Make clips of small animated worlds, with depth, flow, masks and captions.",
        discussion: """
            weft scene -o clip.mp4 --seed 7 --shape torus --color red --ground snow

            Everything that is not given is drawn from the seed. With --count, the output is a \
            folder of clips with the seeds that follow, each with its caption and its truth; \
            complete clips that are there already are kept, so that a run can be continued.

            weft scene -o pictures --subject 7 --count 20 --seed 1000 --frames 1 --codec png

            Twenty pictures of one and the same thing, the subject of scene 7, from several sides \
            in several places: what 'weft train customize' wants.
            """
    )

    @Option(
        name: .shortAndLong,
        help: "The clip to make, or with --count the folder of clips.",
        completion: .file()
    )
    var output: String

    @Option(help: "The scene; the same seed gives the same scene, to the bit.")
    var seed: UInt64 = 0

    @Option(help: "Make a folder of so many clips, with the seeds from --seed on.")
    var count: Int?

    @Option(help: "Frames of a clip.")
    var frames = 48

    @Option(help: "Size of the picture as WxH.")
    var size = PictureSize(width: 256, height: 256)

    @Option(help: "Frames a second, such as 25 or 30000/1001; 24 unless given.")
    var fps: Rate?

    @Option(
        help: "Encoder of the clip; png makes a folder of pictures, with --count a picture each."
    )
    var codec = VideoSettings.Codec.h264

    @Option(help: "Rate factor of h264 and hevc: 0, the best, to 51; the encoder's unless given.")
    var crf: Int?

    @OptionGroup(title: "What is in it") var choices: SceneChoiceOptions

    @Flag(help: "Only the colours of surfaces: no light, no shadow, no noise.")
    var albedo = false

    @Flag(help: "Leave the sensor's noise out.")
    var noNoise = false

    @Option(
        help: "Also write depth, flow, visibility and masks, as a safetensors file.",
        completion: .file()
    )
    var truth: String?

    @Option(help: "Also write the caption, as a text file.", completion: .file())
    var caption: String?

    @Flag(help: "Replace outputs that are there.")
    var force = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        let (sides, clips) = (SceneSettings.sides, 1...100_000)
        guard sides.contains(size.width), sides.contains(size.height) else {
            throw ValidationError("--size: expected sides of 8 to 4096, found \(size)")
        }
        guard (1...100_000).contains(frames) else {
            throw ValidationError("--frames: expected 1 to 100000, found \(frames)")
        }
        guard frameRate >= Rational(1, 100), frameRate <= Rational(1000) else {
            throw ValidationError("--fps: expected 1/100 to 1000, found \(frameRate)")
        }
        if let crf, !(0...51).contains(crf) {
            throw ValidationError("--crf: expected 0 to 51, found \(crf)")
        }
        guard let count else { return }
        guard clips.contains(count) else {
            throw ValidationError("--count: expected 1 to 100000, found \(count)")
        }
        guard seed <= UInt64.max - UInt64(count) else {
            throw ValidationError("--count: the last seed has more than 64 bits")
        }
        guard truth == nil, caption == nil else {
            throw ValidationError("--count: each clip has its truth and caption beside it")
        }
        guard codec != .png || frames == 1 else {
            throw ValidationError("--count: with --codec png expected --frames 1, found \(frames)")
        }
    }

    func run() throws {
        if let count {
            try makeFolder(count)
        } else {
            try makeClip()
        }
    }

    private var frameRate: Rational { fps?.value ?? Rational(24) }

    private func writer(seed: UInt64) -> SceneWriter {
        let settings = SceneSettings(
            width: size.width,
            height: size.height,
            framesPerSecond: frameRate.double,
            look: albedo ? .albedo : .photograph,
            hasNoise: !noNoise
        )
        return SceneWriter(
            clip: SceneClip(seed: seed, settings, choices: choices.choices),
            frameCount: frames,
            frameRate: frameRate,
            codec: codec,
            rateFactor: crf,
            isPicture: codec == .png && count != nil,
            subject: choices.subject
        )
    }

    private func makeClip() throws {
        let outputs = [output, truth, caption].compactMap { $0 }
        guard Set(outputs.map(absolutePath)).count == outputs.count else {
            throw Failure(.usage, "\(output): two outputs have the same name")
        }
        for path in outputs where !force {
            guard try SystemFile.status(of: path) == nil else {
                throw Failure(.cannotCreate, "\(path) is there already; --force replaces it")
            }
        }
        let writer = writer(seed: seed)
        try writer.write(to: output, truth: truth, caption: caption)
        if json {
            print(JSONValue.object(writer.json(output)).serialized(isIndented: true))
        } else {
            print("\(output): \(frames) frames of \(size): \(writer.clip.caption)")
        }
    }

    private func makeFolder(_ count: Int) throws {
        try SystemFile.makeFolder(output)
        var clips: [JSONValue] = []
        var kept = 0
        for index in 0..<count {
            let number = "\(index)"
            let zeros = String(repeating: "0", count: max(0, 5 - number.count))
            let base = "\(output)/clip-\(zeros)\(number)"
            let writer = writer(seed: seed + UInt64(index))
            let isThere = try writer.isComplete(base, replaces: force)
            if isThere {
                kept += 1
            } else {
                try writer.write(
                    to: SceneWriter.video(base, codec),
                    truth: base + ".safetensors",
                    caption: base + ".txt"
                )
            }
            if json {
                var members = writer.json(SceneWriter.video(base, codec))
                members["kept"] = .bool(isThere)
                clips.append(.object(members))
            } else {
                let note = isThere ? " (kept)" : ""
                print("\(SceneWriter.video(base, codec)): \(writer.clip.caption)\(note)")
            }
        }
        if json {
            let report: [String: JSONValue] = ["schema": .integer(1), "clips": .array(clips)]
            print(JSONValue.object(report).serialized(isIndented: true))
        } else {
            print("\(output): clips made: \(count - kept), kept: \(kept)")
        }
    }
}

/// What is settled of a scene.
struct SceneChoiceOptions: ParsableArguments {
    @Option(
        help: """
            The seed of the scene whose subject it is: the same thing in each scene. Other options \
            of the subject change it.
            """
    )
    var subject: UInt64?

    @Option(help: "Form of the subject.")
    var shape: SceneShape?

    @Option(
        name: [.customLong("color"), .customLong("colour")],
        help: "Colour of the subject."
    )
    var colour: SceneColour?

    @Option(help: "What the subject is made of.")
    var finish: SceneFinish?

    @Option(help: "How the subject moves.")
    var motion: ObjectMotion.Kind?

    @Option(help: "What it stands on.")
    var ground: SceneGround?

    @Option(help: "The light.")
    var light: SceneLight?

    @Option(help: "Objects in the scene, with the subject: 1 to 3.")
    var objects: Int?

    func validate() throws {
        if let objects, !SceneDescription.objectCounts.contains(objects) {
            throw ValidationError("--objects: expected 1 to 3, found \(objects)")
        }
    }

    var choices: SceneChoices {
        SceneChoices(
            subject: subject,
            colour: colour,
            finish: finish,
            shape: shape,
            motion: motion,
            ground: ground,
            light: light,
            objectCount: objects
        )
    }
}
