package import Models
package import Tensors

/// Pictures side by side, for people to look at.
package enum ContactSheet {
    /// Rows of pictures as one, with a dark line between.
    ///
    /// - Parameter rows: Pictures `[H, W, 3]` or maps `[H, W]` in [-1, 1], all of one size; rows
    ///   may have different lengths.
    /// - Returns: The sheet.
    package static func image(_ rows: [[HostTensor]]) -> RGBImage {
        precondition(rows.contains { !$0.isEmpty }, "no picture")
        let first = rows.lazy.joined().first?.shape ?? []
        let (height, width, gap) = (first[0], first[1], 2)
        let columns = rows.map(\.count).max() ?? 0
        let fullWidth = columns * (width + gap) - gap
        let fullHeight = rows.count * (height + gap) - gap
        var pixels = [UInt8](repeating: 24, count: fullWidth * fullHeight * 3)
        for (row, pictures) in rows.enumerated() {
            for (column, picture) in pictures.enumerated() {
                let bytes = bytes(of: picture, height: height, width: width)
                for y in 0..<height {
                    let from = y * width * 3
                    let to = ((row * (height + gap) + y) * fullWidth + column * (width + gap)) * 3
                    pixels.replaceSubrange(
                        to..<to + width * 3,
                        with: bytes[from..<from + width * 3]
                    )
                }
            }
        }
        return RGBImage(width: fullWidth, height: fullHeight, pixels: pixels)
    }

    private static func bytes(of picture: HostTensor, height: Int, width: Int) -> [UInt8] {
        precondition(
            picture.shape[0] == height && picture.shape[1] == width,
            "\(picture.shape) among pictures of \(width)×\(height)"
        )
        let colours =
            picture.shape.rank == 3
            ? picture : HostTensor(picture.values.flatMap { [$0, $0, $0] }, [height, width, 3])
        return Pictures(colours.reshaped([1, height, width, 3])).bytes
    }

    /// A map between its extremes, in [-1, 1].
    package static func stretched(_ map: HostTensor) -> HostTensor {
        DepthRange(of: map)?.normalised(map) ?? map
    }
}
