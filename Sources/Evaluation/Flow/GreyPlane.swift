package import Pipelines

/// The luma of a picture, 0 to 1, row by row from the top.
package struct GreyPlane: Hashable, Sendable {
    package let width: Int
    package let height: Int
    package var values: [Float]

    package init(width: Int, height: Int, values: [Float]) {
        precondition(
            width > 0 && height > 0 && values.count == width * height,
            "\(values.count) values for \(width)x\(height)"
        )
        self.width = width
        self.height = height
        self.values = values
    }

    /// Y = 0.299 R + 0.587 G + 0.114 B of a frame.
    package init(_ clip: Pictures, frame: Int) {
        let size = clip.width * clip.height
        let start = frame * size * 3
        self.init(
            width: clip.width,
            height: clip.height,
            values: (0..<size).map { pixel in
                let place = start + pixel * 3
                let (red, green) = (Float(clip.bytes[place]), Float(clip.bytes[place + 1]))
                let blue = Float(clip.bytes[place + 2])
                return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
            }
        )
    }

    /// Half as large: blurred by (1 3 3 1) / 8 each way, whose centre lies between two pixels, so
    /// that a pixel of the result is where two by two of this are.
    func halved() -> GreyPlane {
        let (newWidth, newHeight) = (max(1, width / 2), max(1, height / 2))
        var rows = [Float](repeating: 0, count: height * newWidth)
        for y in 0..<height {
            for x in 0..<newWidth {
                rows[y * newWidth + x] = Self.blend(values, y * width, 1, 2 * x, width)
            }
        }
        var result = [Float](repeating: 0, count: newHeight * newWidth)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                result[y * newWidth + x] = Self.blend(rows, x, newWidth, 2 * y, height)
            }
        }
        return GreyPlane(width: newWidth, height: newHeight, values: result)
    }

    /// Four values along a line weighted, around those at `place` and the next.
    private static func blend(
        _ values: [Float],
        _ start: Int,
        _ step: Int,
        _ place: Int,
        _ count: Int
    ) -> Float {
        func value(_ index: Int) -> Float {
            values[start + min(max(index, 0), count - 1) * step]
        }
        return (value(place - 1) + 3 * (value(place) + value(place + 1)) + value(place + 2)) / 8
    }

    /// The mean over squares of 2 `radius` + 1 pixels a side, smaller at the edges.
    func boxMean(radius: Int) -> GreyPlane {
        var rows = [Float](repeating: 0, count: values.count)
        for y in 0..<height {
            Self.lineMeans(values, &rows, y * width, 1, width, radius)
        }
        var result = [Float](repeating: 0, count: values.count)
        for x in 0..<width {
            Self.lineMeans(rows, &result, x, width, height, radius)
        }
        return GreyPlane(width: width, height: height, values: result)
    }

    private static func lineMeans(
        _ values: [Float],
        _ result: inout [Float],
        _ start: Int,
        _ step: Int,
        _ count: Int,
        _ radius: Int
    ) {
        // In double: what goes in at one end of the running sum has to come out at the other.
        var sum = 0.0
        for index in 0..<min(radius, count) { sum += Double(values[start + index * step]) }
        for index in 0..<count {
            if index + radius < count { sum += Double(values[start + (index + radius) * step]) }
            if index > radius { sum -= Double(values[start + (index - radius - 1) * step]) }
            let length = min(index + radius, count - 1) - max(index - radius, 0) + 1
            result[start + index * step] = Float(sum / Double(length))
        }
    }
}
