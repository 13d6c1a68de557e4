import FFmpeg
import Models
package import Pipelines
import Tensors

/// How much the autoencoder loses: pictures encoded and decoded, beside what they were.
package struct AutoencoderTest {
    package static let name = "vae"

    private let studio: SceneStudio
    private let settings: SuiteSettings
    private let files: [String]
    private let observer: SuiteObserver

    /// - Parameters:
    ///   - studio: The model.
    ///   - settings: One frame of each scene is taken, and so many frames of each file.
    ///   - files: Videos and pictures besides.
    ///   - observer: Is told.
    package init(
        _ studio: SceneStudio,
        _ settings: SuiteSettings,
        files: [String],
        _ observer: SuiteObserver
    ) {
        self.studio = studio
        self.settings = settings
        self.files = files
        self.observer = observer
    }

    /// Runs it.
    ///
    /// - Throws: `FFmpegError` if a file cannot be read, or what networks and the observer throw.
    package func run() throws -> SuiteReport {
        // Files first: what is wrong with them is told before an hour of scenes.
        let clips = try files.map { file in
            try SampledFrames.read(
                file,
                count: settings.frames,
                width: settings.width,
                height: settings.height
            )
        }
        var tally = SuiteTally()
        let total = settings.count + clips.reduce(0) { $0 + $1.count }
        var done = 0
        func measure(_ pictures: Pictures, _ row: String, clip: Int) throws {
            var sheet = SuiteSheet(
                "\(Self.name)-\(row.isEmpty ? "files" : "scenes")",
                clip: clip,
                frames: Array(0..<pictures.count)
            )
            let latents = try studio.latents(of: pictures)
            let found = try studio.pictures(of: latents)
            let rows = row.isEmpty ? [files[clip], Self.filesRow] : [row]
            for frame in 0..<pictures.count {
                let (one, other) = (found.one(frame), pictures.one(frame))
                let latent = latents.slice(frame)
                for row in rows {
                    tally.add(row, "psnr", PictureQuality.psnr(one, other))
                    let detail = DetailEnergy(other).mean
                    tally.add(row, "detail", DetailEnergy(one).mean / detail)
                    tally.add(row, "deviation", Self.deviation(latent))
                }
                done += 1
                try observer.progress(
                    SuiteProgress(done: done, total: total, label: rows[0])
                )
            }
            sheet.add("pictures", pictures)
            sheet.add("encoded and decoded", found)
            try observer.sheet?(sheet)
        }
        for (index, file) in clips.enumerated() { try measure(file, "", clip: index) }
        for (index, description) in settings.scenes.enumerated() {
            let middle = settings.frames / 2
            let scene = SceneCase(description, frames: middle..<middle + 1, settings.scene)
            try measure(scene.pictures, Self.scenesRow, clip: index)
        }
        return report(tally)
    }

    private static let scenesRow = "scenes"
    private static let filesRow = "all files"

    /// Root of the mean square: gen1 wants latents of about 1.
    private static func deviation(_ latents: HostTensor) -> Double {
        let squares = latents.values.reduce(0.0) { $0 + Double($1) * Double($1) }
        return (squares / Double(max(1, latents.values.count))).squareRoot()
    }

    private func report(_ tally: SuiteTally) -> SuiteReport {
        let rows = [Self.scenesRow] + files + (files.isEmpty ? [] : [Self.filesRow])
        var report = SuiteReport(
            Self.name,
            lines: [
                "Autoencoder: pictures encoded and decoded, beside what they were.",
                "A frame of each of \(settings.count) scenes of seeds from \(settings.seed) on"
                    + (files.isEmpty ? "" : ", up to \(settings.frames) frames of each file")
                    + ", \(settings.width)x\(settings.height); the autoencoder of \(studio.name).",
                "Computed by \(studio.deviceClass).",
                "Detail: what is left of the mean squared Laplacian of luma. Latents: root of "
                    + "their mean square, scaled.",
            ],
            columns: [
                SuiteReport.Column("psnr", "PSNR dB", .decimals(2)),
                SuiteReport.Column("detail", "detail kept", .share),
                SuiteReport.Column("deviation", "latents", .decimals(3)),
            ],
            rows: rows.map { tally.row($0) },
            settings: [
                "model": .string(studio.name), "device": .string(studio.deviceClass),
                "count": .integer(settings.count),
                "seed": .string("\(settings.seed)"),
                "frames": .integer(settings.frames), "width": .integer(settings.width),
                "height": .integer(settings.height),
                "files": .array(files.map { .string($0) }),
            ]
        )
        for (row, decibels) in [(Self.scenesRow, 28.0), (Self.filesRow, 24.0)] {
            guard let found = report.cell(row, "psnr") else { continue }
            report.targets.append(
                SuiteReport.Target(
                    "\(row): PSNR of at least \(SuiteReport.decimal(decibels, 0)) dB",
                    isMet: found.mean >= decibels
                )
            )
        }
        return report
    }
}

/// Some frames of a file, evenly spread, in the middle of the picture and as large as fits.
package enum SampledFrames {
    /// Reads them.
    ///
    /// - Parameters:
    ///   - path: A video or picture.
    ///   - count: At most so many.
    ///   - width: Of what is cut out, after the picture was scaled to cover it.
    ///   - height: Likewise.
    /// - Returns: At least one.
    /// - Throws: `FFmpegError`, `FrameRequestError`.
    package static func read(
        _ path: String,
        count: Int,
        width: Int,
        height: Int
    ) throws -> Pictures {
        let first = try StillImage.read(path, sideMax: FrameRequest.sideMax)
        let cover = max(
            Double(width) / Double(first.width),
            Double(height) / Double(first.height)
        )
        let whole = (
            width: max(width, Int((Double(first.width) * cover).rounded())),
            height: max(height, Int((Double(first.height) * cover).rounded()))
        )
        func cut(_ frame: VideoFrame) -> [UInt8] {
            RGBImage(width: frame.width, height: frame.height, pixels: frame.pixels).cropped(
                x: (whole.width - width) / 2,
                y: (whole.height - height) / 2,
                width: width,
                height: height
            ).pixels
        }
        let request = try FrameRequest(width: whole.width, height: whole.height)
        // Counted first: containers often do not say how many frames there are.
        var total = 0
        let counter = try FrameReader(path, request)
        while try counter.next() != nil { total += 1 }
        let shown = min(count, total)
        let places = Set((0..<shown).map { (2 * $0 + 1) * total / (2 * shown) })
        var bytes: [UInt8] = []
        let reader = try FrameReader(path, request)
        var index = 0
        while let frame = try reader.next() {
            if places.contains(index) { bytes += cut(frame) }
            index += 1
        }
        return Pictures(count: places.count, height: height, width: width, bytes: bytes)
    }
}
