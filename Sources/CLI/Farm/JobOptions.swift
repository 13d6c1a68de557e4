import ArgumentParser
import Coordinator
import Diffusion
import FFmpeg
import Foundation
import Pipelines
import WireProtocol

extension JobSpecification.Noise {
    init(_ choice: NoiseKind) {
        switch choice {
        case .independent: self = .independent
        case .shuffled: self = .shuffled
        case .lock: self = .lock
        }
    }
}

extension JobSpecification.Taper {
    init(_ taper: WindowTaper) {
        switch taper {
        case .hann: self = .hann
        case .linear: self = .linear
        case .pyramid: self = .pyramid
        case .flat: self = .flat
        }
    }
}

extension PictureSize: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// An exact time or rate as people write it.
struct Seconds: ExpressibleByArgument {
    let value: Rational

    init?(argument: String) {
        guard let value = TimeText.seconds(argument) else { return nil }
        self.value = value
    }
}

struct Rate: ExpressibleByArgument {
    let value: Rational

    init?(argument: String) {
        guard let value = TimeText.number(argument) else { return nil }
        self.value = value
    }
}

/// What a job makes of which clip; shared by `render` and `submit`.
struct JobOptions: ParsableArguments {
    @Argument(help: "The clip: any file that the installed libavformat reads.", completion: .file())
    var input: String

    @Option(
        name: .shortAndLong,
        help: "The file to make; with --codec png, the folder of its pictures.",
        completion: .file()
    )
    var output: String

    @Option(help: "What it shall look like, in words.")
    var prompt: String?

    @Option(help: "What it shall look like, as a picture.", completion: .file())
    var image: String?

    @Option(help: "What it shall not look like, in words.")
    var negative: String?

    @OptionGroup var prior: PriorOptions

    @Option(help: ArgumentHelp(ModelChoice.helpWithDefault), completion: .directory)
    var model: String?

    @Option(help: "Read the weights of this variant, such as fp16.")
    var variant: String?

    @OptionGroup var sampling: SamplingOptions

    @Option(
        help: "A picture or clip, white where the source is repainted, black where it is kept.",
        completion: .file()
    )
    var mask: String?

    @Option(help: "Size of the picture as WxH; the clip's shape at the model's area unless given.")
    var size: PictureSize?

    @Option(help: "Frames a second, such as 25 or 30000/1001; those of the clip unless given.")
    var fps: Rate?

    @Option(help: "Where to start in the clip, as seconds or H:M:S.")
    var start: Seconds?

    @Option(help: "How long a part to render, as seconds or H:M:S; to the end unless given.")
    var duration: Seconds?

    @Option(help: "Encoder: \(JobSettings.codecs.joined(separator: ", ")).")
    var codec = "h264"

    @Option(help: "Rate factor of h264 and hevc: 0, the best, to 51; the encoder's unless given.")
    var crf: Int?

    @Flag(help: "Leave the clip's sound out.")
    var noSound = false

    @Flag(help: "Also write a low-cost picture strip beside the output while sampling.")
    var preview = false

    func validate() throws {
        if image != nil { try prior.refuse("--image") }
    }

    /// The settings, with paths made absolute.
    ///
    /// - Parameter defaults: What suits the model.
    /// - Returns: Settings of which some are still left to the model's size and length.
    func settings(_ defaults: SamplingDefaults) -> JobSettings {
        let choice = sampling.resolved(defaults)
        var settings = JobSettings(input: absolutePath(input), output: absolutePath(output))
        settings.prompt = prompt
        settings.negativePrompt = negative
        settings.image = image.map(absolutePath)
        settings.mask = mask.map(absolutePath)
        settings.start = start?.value ?? .zero
        settings.duration = duration?.value
        settings.frameRate = fps?.value
        settings.size = size
        settings.seed = sampling.seed
        settings.steps = choice.steps
        settings.guidance = choice.guidance
        settings.priorGuidance = prior.priorGuidance ?? choice.priorGuidance
        settings.temporalGuidance = choice.temporalGuidance
        settings.structureLevel = choice.structureLevel
        settings.strength = sampling.strength
        settings.eta = choice.eta
        settings.noise = JobSpecification.Noise(choice.noise)
        settings.window = choice.window
        settings.overlap = choice.overlap
        settings.taper = JobSpecification.Taper(choice.taper)
        settings.fusion = choice.fusion
        settings.fuseUntil = choice.fuseUntil
        settings.codec = codec
        settings.rateFactor = crf
        settings.copiesSound = !noSound
        settings.writesPreview = preview
        return settings
    }
}

/// A path that means the same from every folder.
func absolutePath(_ path: String) -> String {
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    // By words alone: what links point to may change while a job runs.
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}

/// Makes a folder that only this user may enter, and those above it, if they are not there.
func makeFolder(_ path: String) throws {
    do {
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    } catch {
        throw Failure(.cannotCreate, "\(path): the folder cannot be made")
    }
}
