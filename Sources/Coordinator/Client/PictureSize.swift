import Glibc

/// Width and height of a picture in pixels.
package struct PictureSize: Hashable, Sendable, CustomStringConvertible {
    package let width: Int
    package let height: Int

    /// The largest side that a job may have.
    package static let sideMax = 8192

    package init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a picture of \(width)x\(height)")
        self.width = width
        self.height = height
    }

    /// Reads `WxH`.
    package init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0,
            height > 0
        else { return nil }
        self.init(width: width, height: height)
    }

    package var description: String { "\(width)x\(height)" }

    /// The size nearest to an area and a shape among those a model can make.
    ///
    /// A wrong shape is seen, a somewhat smaller picture is not: an error of the aspect counts four
    /// times as much as one of the area.
    ///
    /// - Parameters:
    ///   - aspect: Width over height as shown, above 0.
    ///   - area: Pixels that the model is best at.
    ///   - multiple: What both sides have to be multiples of.
    package init(aspect: Double, area: Int, multiple: Int) {
        precondition(aspect > 0 && area > 0 && multiple > 0, "\(aspect), \(area), \(multiple)")
        let countMax = Self.sideMax / multiple
        let ideal = (Double(area) / aspect).squareRoot() / Double(multiple)
        let around = max(1, min(countMax, Int(ideal)))
        var best = (cost: Double.infinity, width: 1, height: 1)
        for height in max(1, around - 2)...min(countMax, around + 3) {
            let exact = Double(height) * aspect
            for width in [exact.rounded(.down), exact.rounded(.up)] {
                let width = Int(min(max(width, 1), Double(countMax)))
                let pixels = Double(width * height * multiple * multiple)
                let cost =
                    4 * abs(log(Double(width) / Double(height) / aspect))
                    + abs(log(pixels / Double(area)))
                if cost < best.cost { best = (cost, width, height) }
            }
        }
        self.init(width: best.width * multiple, height: best.height * multiple)
    }
}
