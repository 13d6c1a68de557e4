/// An image of 8-bit red, green and blue, row by row from the top.
package struct RGBImage: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// `height` rows of `width` pixels of three bytes.
    package var pixels: [UInt8]

    /// Wraps `pixels`, whose count must be `width · height · 3`.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(
            width > 0 && height > 0 && pixels.count == width * height * 3,
            "\(pixels.count) bytes are no RGB image of \(width)×\(height)"
        )
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The rectangle whose upper left corner is at `x`, `y`; it must lie within the image.
    package func cropped(x: Int, y: Int, width: Int, height: Int) -> RGBImage {
        precondition(
            x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height,
            "\(width)×\(height) at \(x), \(y) leaves an image of \(self.width)×\(self.height)"
        )
        var result: [UInt8] = []
        result.reserveCapacity(width * height * 3)
        for row in y..<y + height {
            let start = (row * self.width + x) * 3
            result += pixels[start..<start + width * 3]
        }
        return RGBImage(width: width, height: height, pixels: result)
    }

    /// Each pixel as a square of `factor` by `factor`.
    package func enlarged(by factor: Int) -> RGBImage {
        precondition(factor > 0, "\(factor) times as large")
        var result: [UInt8] = []
        result.reserveCapacity(pixels.count * factor * factor)
        for row in 0..<height {
            var line: [UInt8] = []
            for column in 0..<width {
                let start = (row * width + column) * 3
                for _ in 0..<factor { line += pixels[start..<start + 3] }
            }
            for _ in 0..<factor { result += line }
        }
        return RGBImage(width: width * factor, height: height * factor, pixels: result)
    }
}
