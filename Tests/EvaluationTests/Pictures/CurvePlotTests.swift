import Evaluation
import Foundation
import TestSupport
import Testing

struct CurvePlotTests {
    private func plot(
        _ values: [Double],
        isLogarithmic: Bool = false,
        hasDots: Bool = false
    ) -> CurvePlot {
        let points = values.enumerated().map { CurvePlot.Point(step: $0 + 1, value: $1) }
        return CurvePlot(
            title: "gen1 <a & b>",
            series: [CurvePlot.Series(name: "loss", points: points, hasDots: hasDots)],
            isLogarithmic: isLogarithmic
        )
    }

    /// The points of the first curve, in the picture's coordinates.
    private func curve(_ svg: String) throws -> [(x: Double, y: Double)] {
        let start = try #require(svg.firstRange(of: "<polyline")?.upperBound)
        let part = svg[start...].split(separator: "points=\"")[1].split(separator: "\"")[0]
        return part.split(separator: " ").map { pair in
            let numbers = pair.split(separator: ",").map { Double($0) ?? .nan }
            return (numbers[0], numbers[1])
        }
    }

    /// An element that is not closed makes no picture at all.
    private func expectWellFormed(_ svg: String) {
        let parser = TagBalance(svg)
        #expect(parser.isWellFormed, "\(svg)")
    }

    @Test func `the picture is well-formed whatever is drawn`() {
        for values in [[], [1], [1, 1, 1], [0, -5, 3], [.nan, .infinity, 1], [1e-9, 1e9]] {
            for isLogarithmic in [false, true] {
                let svg = plot(values, isLogarithmic: isLogarithmic, hasDots: true).svg
                expectWellFormed(svg)
                #expect(!svg.contains("nan") && !svg.contains("inf"))
                #expect(svg.contains("gen1 &lt;a &amp; b&gt;"))
            }
        }
    }

    @Test func `the same values give the same text`() {
        let values = (0..<1000).map { 1 + sin(Double($0) / 50) }
        #expect(plot(values).svg == plot(values).svg)
    }

    @Test func `larger values are higher and later steps further right, within the frame`() throws {
        let points = try curve(plot([1, 3, 2]).svg)
        #expect(points.map(\.x) == [70, 385, 700])
        #expect(points.map(\.y) == [350, 40, 195])
    }

    @Test func `on a logarithmic axis equal factors are equally far apart`() throws {
        let points = try curve(plot([1, 10, 100, 0, -1], isLogarithmic: true).svg)
        #expect(points.map(\.y) == [350, 195, 40])
    }

    @Test func `many points are drawn as the mean and the range of columns`() throws {
        let values = (0..<8000).map { $0 % 2 == 0 ? 1.0 : 3.0 }
        let svg = plot(values).svg
        let points = try curve(svg)
        #expect(points.count == CurvePlot.columnsMax)
        #expect(points.allSatisfy { $0.y == 195 })
        #expect(svg.contains("<polygon"))
        #expect(svg.utf8.count < 40_000)
        expectWellFormed(svg)
    }

    @Test(arguments: [
        (0, "0"), (1, "1"), (0.25, "0.25"), (-2.5, "-2.5"), (1500, "1500"), (1e7, "1e7"),
        (2.5e-6, "2.5e-6"), (0.001, "0.001"),
    ])
    func `labels are short`(value: Double, label: String) {
        #expect(CurvePlot.label(value) == label)
    }
}

/// Whether a text is XML, judged by elements alone: opened ones are closed in order.
private struct TagBalance {
    let isWellFormed: Bool

    init(_ text: String) {
        var open: [String] = []
        var isSound = true
        for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
            guard let end = piece.firstIndex(of: ">") else {
                isSound = false
                break
            }
            let tag = piece[..<end]
            isSound = isSound && tag.count { $0 == "\"" } % 2 == 0
            if tag.hasPrefix("/") {
                isSound = isSound && open.popLast() == String(tag.dropFirst())
            } else if !tag.hasSuffix("/") {
                open.append(String(tag.prefix { $0 != " " && $0 != "\n" }))
            }
        }
        isWellFormed = isSound && open.isEmpty
    }
}
