package import FFmpeg
import Models
package import Pipelines
import Tensors

/// The plots and pictures of a report, by the names of their files.
package struct VideoPlots: Sendable {
    /// SVG files.
    package let curves: [(name: String, svg: String)]
    /// PNG files.
    package let pictures: [(name: String, frame: VideoFrame)]

    private static let columnsMax = 8

    /// - Parameters:
    ///   - report: The measures.
    ///   - output: The frames.
    ///   - source: Its own, of the same size and number.
    ///   - layout: The windows, whose borders are marked.
    package init(
        _ report: VideoReport,
        output: Pictures,
        source: Pictures?,
        layout: ShotLayout?
    ) {
        var curves: [(name: String, svg: String)] = []
        func add(_ name: String, _ title: String, _ series: [(String, [Double?]?)], _ axis: String)
        {
            var drawn = series.compactMap { label, values in
                values.map { CurvePlot.Series(name: label, points: Self.points($0)) }
            }
            guard !drawn.isEmpty else { return }
            if name == "change.svg", let layout, let values = series[0].1 {
                let marks = layout.borders.sorted().compactMap { transition in
                    values[transition].map { CurvePlot.Point(step: transition, value: $0) }
                }
                drawn.append(CurvePlot.Series(name: "borders", points: marks, hasOnlyDots: true))
            }
            let plot = CurvePlot(title: title, series: drawn, axis: axis)
            curves.append((name, plot.svg))
        }
        let all = report.curves
        add("change.svg", "change beside the source, r", [("r", all["change"])], "transition")
        add(
            "warp.svg",
            "warp error x 1000",
            [("output", all["warp"]), ("source", all["warp_source"])],
            "transition"
        )
        add(
            "detail.svg",
            "detail energy x 1000",
            [("output", all["detail"]), ("source", all["detail_source"])],
            "frame"
        )
        add(
            "colour.svg",
            "means of the output's channels, in levels",
            ["red", "green", "blue"].map { ($0, all["colour_\($0)"]) },
            "frame"
        )
        self.curves = curves
        let clips = [source, output].compactMap(\.self)
        let slice = TimeSlice.image(clips, borders: layout?.borders ?? [])
        let sheet = ContactSheet.image(clips.map(Self.row))
        pictures = [("slice.png", Self.frame(slice)), ("sheet.png", Self.frame(sheet))]
    }

    private static func points(_ values: [Double?]) -> [CurvePlot.Point] {
        values.enumerated().compactMap { step, value in
            value.map { CurvePlot.Point(step: step, value: $0) }
        }
    }

    /// Frames spread over the clip, the first and the last among them.
    private static func row(_ clip: Pictures) -> [HostTensor] {
        let count = min(columnsMax, clip.count)
        return (0..<count).map { column in
            let index = count > 1 ? column * (clip.count - 1) / (count - 1) : 0
            let picture = clip.image(index)
            return Pictures(
                count: 1,
                height: clip.height,
                width: clip.width,
                bytes: picture.pixels
            ).tensor.reshaped([clip.height, clip.width, 3])
        }
    }

    private static func frame(_ image: RGBImage) -> VideoFrame {
        VideoFrame(time: .zero, width: image.width, height: image.height, pixels: image.pixels)
    }

    /// Writes all of them into a folder that is there.
    ///
    /// - Throws: `FileError`, `FFmpegError`.
    package func write(to folder: String) throws {
        for (name, svg) in curves {
            try SystemFile.writeAtomically(Array(svg.utf8), to: "\(folder)/\(name)")
        }
        for (name, frame) in pictures {
            try StillImage.writePNG(frame, to: "\(folder)/\(name)")
        }
    }
}
