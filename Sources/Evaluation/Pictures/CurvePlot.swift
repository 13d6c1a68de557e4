import Glibc

/// Curves over steps, drawn as SVG: a function of its values and of nothing else.
package struct CurvePlot: Hashable, Sendable {
    package struct Series: Hashable, Sendable {
        package let name: String
        package let points: [Point]
        /// Drawn as a line with dots, for values that are far apart.
        package let hasDots: Bool
        /// Drawn as dots alone, one for each point: places on another curve.
        package let hasOnlyDots: Bool

        package init(
            name: String,
            points: [Point],
            hasDots: Bool = false,
            hasOnlyDots: Bool = false
        ) {
            self.name = name
            self.points = points
            self.hasDots = hasDots || hasOnlyDots
            self.hasOnlyDots = hasOnlyDots
        }
    }

    package struct Point: Hashable, Sendable {
        package let step: Int
        package let value: Double

        package init(step: Int, value: Double) {
            self.step = step
            self.value = value
        }
    }

    package var title: String
    package var series: [Series]
    /// Whether equal factors, not equal differences, are equally far apart; values that are not
    /// positive are then left out.
    package var isLogarithmic: Bool
    /// What is counted from left to right.
    package var axis: String

    package init(
        title: String,
        series: [Series],
        isLogarithmic: Bool = false,
        axis: String = "step"
    ) {
        self.title = title
        self.series = series
        self.isLogarithmic = isLogarithmic
        self.axis = axis
    }

    /// Columns a curve may have: more points are drawn as the mean and the range of each column.
    package static let columnsMax = 400
    private static let size = (width: 720.0, height: 400.0)
    private static let frame = (left: 70.0, top: 40.0, right: 700.0, bottom: 350.0)
    private static let colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#e377c2"]

    /// The picture.
    package var svg: String {
        let drawn = series.map { series in
            series.points.filter { isDrawn($0.value) }
        }
        let steps = drawn.joined().map { Double($0.step) }
        let values = drawn.joined().map { height(of: $0.value) }
        let x = Axis(steps.min() ?? 0, steps.max() ?? 1)
        let y = Axis(values.min() ?? 0, values.max() ?? 1)
        var parts = [head, grid(x, y)]
        for (index, points) in drawn.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            parts.append(curve(points, series[index], colour, x, y))
            parts.append(legend(index, series[index].name, colour))
        }
        return parts.joined() + "</svg>\n"
    }

    private func isDrawn(_ value: Double) -> Bool {
        value.isFinite && (!isLogarithmic || value > 0)
    }

    private func height(of value: Double) -> Double { isLogarithmic ? log10(value) : value }

    private var head: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="720" height="400" viewBox="0 0 720 400" \
        font-family="sans-serif" font-size="12">
        <style>
        .paper { fill: #ffffff } .ink { fill: #222222 } .grid { stroke: #dddddd }
        @media (prefers-color-scheme: dark) {
        .paper { fill: #161616 } .ink { fill: #dddddd } .grid { stroke: #3a3a3a } }
        </style>
        <rect class="paper" width="720" height="400"/>
        <text class="ink" x="70" y="24" font-size="15">\(Self.escaped(title))</text>

        """
    }

    private func grid(_ x: Axis, _ y: Axis) -> String {
        let frame = Self.frame
        var text = ""
        for tick in x.ticks(count: 8, isWhole: true) {
            let place = Self.fixed(frame.left + x.share(tick) * (frame.right - frame.left), 1)
            text += """
                <line class="grid" x1="\(place)" y1="40" x2="\(place)" y2="350"/>
                <text class="ink" x="\(place)" y="368" \
                text-anchor="middle">\(Self.label(tick))</text>

                """
        }
        for tick in isLogarithmic ? y.powers : y.ticks(count: 6, isWhole: false) {
            let place = frame.bottom - y.share(tick) * (frame.bottom - frame.top)
            let name = Self.label(isLogarithmic ? pow(10, tick) : tick)
            text += """
                <line class="grid" x1="70" y1="\(Self.fixed(place, 1))" x2="700" \
                y2="\(Self.fixed(place, 1))"/>
                <text class="ink" x="64" y="\(Self.fixed(place + 4, 1))" \
                text-anchor="end">\(name)</text>

                """
        }
        return text + """
            <text class="ink" x="385" y="390" text-anchor="middle">\(Self.escaped(axis))</text>

            """
    }

    private func legend(_ index: Int, _ name: String, _ colour: String) -> String {
        let top = 52 + 18 * index
        return """
            <rect x="560" y="\(top)" width="12" height="4" fill="\(colour)"/>
            <text class="ink" x="578" y="\(top + 7)">\(Self.escaped(name))</text>

            """
    }

    private func curve(
        _ points: [Point],
        _ series: Series,
        _ colour: String,
        _ x: Axis,
        _ y: Axis
    ) -> String {
        guard !points.isEmpty else { return "" }
        let frame = Self.frame
        func place(_ step: Double, _ value: Double) -> String {
            let across = frame.left + x.share(step) * (frame.right - frame.left)
            let down = frame.bottom - y.share(height(of: value)) * (frame.bottom - frame.top)
            return "\(Self.fixed(across, 1)),\(Self.fixed(down, 1))"
        }
        let count = series.hasOnlyDots ? points.count : Self.columnsMax
        let columns = Column.columns(points, count: count)
        let line = columns.map { place($0.step, $0.mean) }.joined(separator: " ")
        var text = ""
        if columns.count < points.count {
            let edge =
                columns.map { place($0.step, $0.largest) }
                + columns.reversed().map { place($0.step, $0.least) }
            text += """
                <polygon fill="\(colour)" fill-opacity="0.2" points="\(edge.joined(separator: " "))"/>

                """
        }
        if !series.hasOnlyDots {
            text += """
                <polyline fill="none" stroke="\(colour)" stroke-width="1.5" points="\(line)"/>

                """
        }
        if series.hasDots || columns.count == 1 {
            for column in columns {
                let centre = place(column.step, column.mean).split(separator: ",")
                text += """
                    <circle cx="\(centre[0])" cy="\(centre[1])" r="2.5" fill="\(colour)"/>

                    """
            }
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }

    /// A number with `digits` decimals.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = pow(10, Double(digits))
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let whole = Int(scaled) / Int(scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = "\(Int(scaled) % Int(scale))"
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }

    /// A number on an axis: as few digits as tell it from its neighbours.
    package static func label(_ value: Double) -> String {
        if value == 0 { return "0" }
        let size = abs(value)
        guard size >= 1e-4, size < 1e6 else {
            let exponent = floor(log10(size) + 1e-9)
            let digits = trimmed(fixed(value / pow(10, exponent), 2))
            return "\(digits)e\(Int(exponent))"
        }
        return trimmed(fixed(value, size >= 100 ? 0 : size >= 1 ? 2 : 5))
    }

    private static func trimmed(_ number: String) -> String {
        guard number.contains(".") else { return number }
        var number = number
        while number.hasSuffix("0") { number.removeLast() }
        if number.hasSuffix(".") { number.removeLast() }
        return number
    }
}

/// The part of the number line that is shown.
private struct Axis {
    let low: Double
    let high: Double

    init(_ low: Double, _ high: Double) {
        let margin = high > low ? 0 : max(abs(low) * 0.1, 0.5)
        self.low = low - margin
        self.high = high + margin
    }

    func share(_ value: Double) -> Double { (value - low) / (high - low) }

    /// Multiples of 1, 2 or 5 times a power of ten.
    func ticks(count: Int, isWhole: Bool) -> [Double] {
        let rough = (high - low) / Double(count)
        let power = pow(10, floor(log10(rough)))
        var step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
        if isWhole { step = max(1, step.rounded()) }
        let first = Int((low / step).rounded(.up))
        let last = Int((high / step).rounded(.down))
        return first > last ? [] : (first...last).map { Double($0) * step }
    }

    /// Powers of ten, or their half-way marks too where there are few.
    var powers: [Double] {
        let whole = ticks(count: 6, isWhole: true)
        return whole.count > 1 ? whole : ticks(count: 4, isWhole: false)
    }
}

/// Neighbouring points, drawn as one.
private struct Column {
    let step: Double
    let mean: Double
    let least: Double
    let largest: Double

    /// At most `count` columns of as equal numbers of points as can be.
    static func columns(_ points: [CurvePlot.Point], count: Int) -> [Column] {
        let count = min(count, points.count)
        return (0..<count).map { index in
            let part = points[points.count * index / count..<points.count * (index + 1) / count]
            let values = part.map(\.value)
            return Column(
                step: part.map { Double($0.step) }.reduce(0, +) / Double(part.count),
                mean: values.reduce(0, +) / Double(values.count),
                least: values.min() ?? 0,
                largest: values.max() ?? 0
            )
        }
    }
}
