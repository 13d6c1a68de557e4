package import Models
import Pipelines
package import Tensors

/// Which part of a picture fills the frame: the picture is scaled until it covers the frame, times
/// a zoom, and a rectangle is cut out.
package struct FramePlacement: Hashable, Sendable {
    /// The whole picture's size after scaling.
    package let width: Int
    package let height: Int
    /// Upper left corner of what is cut out.
    package let x: Int
    package let y: Int
    /// Whether left and right are exchanged.
    package let isMirrored: Bool

    /// What of a picture is used.
    package enum Style: Hashable, Sendable {
        /// The middle, as large as can be.
        case centre
        /// Any part, up to a quarter nearer.
        case random
        /// The same, every second time mirrored: for pictures without writing or handedness.
        case randomMirrored
    }

    /// Places a picture of `source` in a frame of `target`.
    package init(
        source: (width: Int, height: Int),
        target: (width: Int, height: Int),
        _ style: Style,
        _ generator: inout KeyedGenerator
    ) {
        let cover = max(
            Double(target.width) / Double(source.width),
            Double(target.height) / Double(source.height)
        )
        let zoom = style == .centre ? 1 : generator.uniform(1...1.25)
        width = max(target.width, Int((Double(source.width) * cover * zoom).rounded()))
        height = max(target.height, Int((Double(source.height) * cover * zoom).rounded()))
        let (spareX, spareY) = (width - target.width, height - target.height)
        if style == .centre {
            (x, y) = (spareX / 2, spareY / 2)
        } else {
            x = generator.integer(below: spareX + 1)
            y = generator.integer(below: spareY + 1)
        }
        isMirrored = style == .randomMirrored && generator.bool(probability: 0.5)
    }

    /// Cuts the frame out of a picture that has been scaled.
    package func cut(_ image: RGBImage, width: Int, height: Int) -> [UInt8] {
        precondition(image.width == self.width && image.height == self.height)
        let part = image.cropped(x: x, y: y, width: width, height: height).pixels
        guard isMirrored else { return part }
        var result: [UInt8] = []
        result.reserveCapacity(part.count)
        for row in 0..<height {
            for column in (0..<width).reversed() {
                let start = (row * width + column) * 3
                result += part[start..<start + 3]
            }
        }
        return result
    }
}
