import Glibc

/// A colour in CIELAB (1976) under D65, where distances are about what eyes see.
package struct LabColour: Hashable, Sendable {
    /// 0, black, to 100, white.
    package var lightness: Double
    /// From green to red.
    package var a: Double
    /// From blue to yellow.
    package var b: Double

    package init(lightness: Double, a: Double, b: Double) {
        self.lightness = lightness
        self.a = a
        self.b = b
    }

    /// Of an sRGB pixel.
    package init(red: UInt8, green: UInt8, blue: UInt8) {
        let linear = Self.linear
        let (r, g, b) = (linear[Int(red)], linear[Int(green)], linear[Int(blue)])
        // The rows of sRGB's matrix, divided by the white's X and Z.
        let x = (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47
        let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b
        let z = (0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83
        let (fx, fy, fz) = (Self.response(x), Self.response(y), Self.response(z))
        self.init(lightness: 116 * fy - 16, a: 500 * (fx - fy), b: 200 * (fy - fz))
    }

    /// The mean of a picture's pixels under a mask, row by row; nil if the mask is empty.
    ///
    /// - Parameters:
    ///   - pixels: sRGB, three bytes each.
    ///   - mask: As many values as pixels.
    package init?(meanOf pixels: ArraySlice<UInt8>, under mask: RegionMask) {
        precondition(pixels.count == mask.values.count * 3, "\(pixels.count) bytes for a mask")
        var sum = LabColour(lightness: 0, a: 0, b: 0)
        var count = 0
        for (index, isInside) in mask.values.enumerated() where isInside {
            let start = pixels.startIndex + 3 * index
            let colour = LabColour(
                red: pixels[start],
                green: pixels[start + 1],
                blue: pixels[start + 2]
            )
            sum.lightness += colour.lightness
            sum.a += colour.a
            sum.b += colour.b
            count += 1
        }
        guard count > 0 else { return nil }
        let share = 1 / Double(count)
        self.init(lightness: sum.lightness * share, a: sum.a * share, b: sum.b * share)
    }

    /// The mean of some colours, at least one.
    package init(meanOf colours: [LabColour]) {
        precondition(!colours.isEmpty, "the mean of no colour")
        let share = 1 / Double(colours.count)
        self.init(
            lightness: colours.reduce(0) { $0 + $1.lightness } * share,
            a: colours.reduce(0) { $0 + $1.a } * share,
            b: colours.reduce(0) { $0 + $1.b } * share
        )
    }

    /// ΔE of 1976; about 2 can just be seen.
    package func distance(to other: LabColour) -> Double {
        let (l, a, b) = (lightness - other.lightness, self.a - other.a, self.b - other.b)
        return (l * l + a * a + b * b).squareRoot()
    }

    private static let linear: [Double] = (0..<256).map { byte in
        let value = Double(byte) / 255
        return value <= 0.040_45 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    private static func response(_ value: Double) -> Double {
        value > 216.0 / 24389 ? cbrt(value) : (24389.0 / 27 * value + 16) / 116
    }
}
