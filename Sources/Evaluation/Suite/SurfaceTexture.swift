package import Pipelines

/// How a surface varies under a mask, whatever its colour: what tells finishes apart without a
/// network.
///
/// All is of lightness: its spread, how much of it is fine (against the mean of the 3x3 neighbours)
/// and coarse (that mean against the mean of 7x7), its skewness, and how far the brightest
/// fiftieth is above the median; and the spread of a and b.
package struct SurfaceTexture: Hashable, Sendable {
    package let features: [Double]

    /// Nil if fewer than eight pixels are in the mask.
    package init?(_ pixels: ArraySlice<UInt8>, under mask: RegionMask) {
        precondition(pixels.count == mask.values.count * 3, "\(pixels.count) bytes for a mask")
        let places = mask.values.indices.filter { mask.values[$0] }
        guard places.count >= 8 else { return nil }
        var colours = [LabColour](
            repeating: LabColour(lightness: 0, a: 0, b: 0),
            count: mask.values.count
        )
        for place in places {
            let start = pixels.startIndex + 3 * place
            colours[place] = LabColour(
                red: pixels[start],
                green: pixels[start + 1],
                blue: pixels[start + 2]
            )
        }
        let lightness = places.map { colours[$0].lightness }
        let fine = Self.local(colours, mask, places, radius: 1)
        let coarse = Self.local(colours, mask, places, radius: 3)
        let spread = Self.deviation(lightness)
        let mean = lightness.reduce(0, +) / Double(places.count)
        let cubes = lightness.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) }
        let sorted = lightness.sorted()
        let bright = sorted.suffix(max(1, places.count / 50))
        features = [
            spread,
            Self.rootMeanSquare(zip(lightness, fine).map { $0 - $1 }),
            Self.rootMeanSquare(zip(fine, coarse).map { $0 - $1 }),
            cubes / Double(places.count) / max(spread * spread * spread, 1e-6),
            bright.reduce(0, +) / Double(bright.count) - sorted[sorted.count / 2],
            Self.deviation(places.map { colours[$0].a }),
            Self.deviation(places.map { colours[$0].b }),
        ]
    }

    /// The mean of some textures, at least one.
    package init(meanOf textures: [SurfaceTexture]) {
        precondition(!textures.isEmpty, "the mean of no texture")
        features = textures[0].features.indices.map { index in
            textures.reduce(0) { $0 + $1.features[index] } / Double(textures.count)
        }
    }

    /// Of a clip's frames, the mean; nil if the masks are too small in all of them.
    package init?(of pictures: Pictures, frames: [Int], masks: [RegionMask]) {
        let size = pictures.width * pictures.height * 3
        let textures = zip(frames, masks).compactMap { frame, mask in
            SurfaceTexture(pictures.bytes[frame * size..<(frame + 1) * size], under: mask)
        }
        guard !textures.isEmpty else { return nil }
        self.init(meanOf: textures)
    }

    /// Which of some references is nearest, each feature measured in how far the references differ
    /// in it.
    package func nearest(of references: [SurfaceTexture]) -> Int {
        let scales = features.indices.map { index in
            max(Self.deviation(references.map { $0.features[index] }), 1e-3)
        }
        let distances = references.map { reference in
            features.indices.reduce(0.0) { sum, index in
                let d = (features[index] - reference.features[index]) / scales[index]
                return sum + d * d
            }
        }
        return distances.indices.min { distances[$0] < distances[$1] } ?? 0
    }

    /// The mean lightness of what is near each place and in the mask.
    private static func local(
        _ colours: [LabColour],
        _ mask: RegionMask,
        _ places: [Int],
        radius: Int
    ) -> [Double] {
        places.map { place in
            let (x, y) = (place % mask.width, place / mask.width)
            var (sum, count) = (0.0, 0)
            for row in max(0, y - radius)...min(mask.height - 1, y + radius) {
                for column in max(0, x - radius)...min(mask.width - 1, x + radius)
                where mask.values[row * mask.width + column] {
                    sum += colours[row * mask.width + column].lightness
                    count += 1
                }
            }
            return sum / Double(count)
        }
    }

    private static func rootMeanSquare(_ values: [Double]) -> Double {
        (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
    }

    private static func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        return rootMeanSquare(values.map { $0 - mean })
    }
}
