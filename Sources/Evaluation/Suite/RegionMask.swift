/// Some of a picture's pixels.
package struct RegionMask: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// Row by row from the top.
    package private(set) var values: [Bool]

    package init(width: Int, height: Int, values: [Bool]) {
        precondition(values.count == width * height, "\(values.count) pixels in \(width)x\(height)")
        self.width = width
        self.height = height
        self.values = values
    }

    /// Where its pixels are, row by row.
    package var places: [Int] { values.indices.filter { values[$0] } }

    /// How many pixels are in it.
    package var count: Int { values.count { $0 } }

    /// How much of the picture is in it.
    package var share: Double { Double(count) / Double(max(1, values.count)) }

    /// Without the pixels that have one outside the mask within `radius` rows and columns; what is
    /// beyond the picture's edge counts as inside.
    package func eroded(by radius: Int) -> RegionMask {
        inverted.dilated(by: radius).inverted
    }

    /// With all pixels within `radius` rows and columns of one of the mask.
    package func dilated(by radius: Int) -> RegionMask {
        precondition(radius >= 0, "a radius of \(radius)")
        var rows = values
        for y in 0..<height {
            for x in 0..<width {
                let near = max(0, x - radius)...min(width - 1, x + radius)
                rows[y * width + x] = near.contains { values[y * width + $0] }
            }
        }
        var result = self
        for y in 0..<height {
            let near = max(0, y - radius)...min(height - 1, y + radius)
            for x in 0..<width {
                result.values[y * width + x] = near.contains { rows[$0 * width + x] }
            }
        }
        return result
    }

    /// The pixels that are not in it.
    package var inverted: RegionMask {
        RegionMask(width: width, height: height, values: values.map { !$0 })
    }
}
