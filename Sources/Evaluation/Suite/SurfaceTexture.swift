import Glibc
package import Pipelines

/// How a surface varies under a mask, whatever its colour: what tells finishes apart without a
/// network.
///
/// Strengths are relative to the mean lightness and on a logarithmic scale, so that dark and light
/// things, and weak and strong grain, count alike: lightness in three bands, of details of about
/// 0.6, 1.2 and 4.8 pixels; what is coarser than 2.4 pixels in a and b; how far the brightest and
/// the darkest fiftieth and the darkest tenth are from the median. Then the direction of the
/// gradient, rows against columns; how chroma goes with lightness, for a highlight is white on
/// plastic and coloured on metal; and the chroma of the brightest twentieth.
package struct SurfaceTexture: Hashable, Sendable {
    package let features: [Double]

    /// Nil if fewer than eight pixels are in the mask.
    package init?(_ pixels: ArraySlice<UInt8>, under mask: RegionMask) {
        precondition(pixels.count == mask.values.count * 3, "\(pixels.count) bytes for a mask")
        let places = mask.places
        guard places.count >= 8 else { return nil }
        var planes = [[Double]](
            repeating: [Double](repeating: 0, count: mask.values.count),
            count: 3
        )
        for place in places {
            let start = pixels.startIndex + 3 * place
            let colour = LabColour(
                red: pixels[start],
                green: pixels[start + 1],
                blue: pixels[start + 2]
            )
            planes[0][place] = colour.lightness
            planes[1][place] = colour.a
            planes[2][place] = colour.b
        }
        let lightness = places.map { planes[0][$0] }
        let chroma = places.map { hypot(planes[1][$0], planes[2][$0]) }
        let scale = max(1, Statistics.mean(lightness))
        let blur = MaskedBlur(mask)
        let smooth = [0.6, 1.2, 2.4, 4.8].map { blur(planes[0], deviation: $0) }
        let bands = [(planes[0], smooth[0]), (smooth[0], smooth[1]), (smooth[2], smooth[3])].map {
            fine,
            coarse in
            Self.level(10 / scale * Self.rootMeanSquare(places.map { fine[$0] - coarse[$0] }))
        }
        let tints = planes[1...].map { plane in
            let coarse = blur(plane, deviation: 2.4)
            return Self.level(5 / scale * Self.deviation(places.map { coarse[$0] }))
        }
        features =
            bands + tints + Self.tails(lightness).map { Self.level($0 / scale) }
            + [
                Self.direction(blur(planes[0], deviation: 0.8), mask),
                Self.correlation(lightness, chroma),
                Self.highlightChroma(lightness, chroma),
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

    // MARK: - Features

    /// A strength as it counts: 0 for none, and below a fiftieth hardly anything.
    private static func level(_ strength: Double) -> Double { log(1 + 50 * max(0, strength)) }

    /// How far the brightest fiftieth is above the median, the darkest tenth and fiftieth below.
    private static func tails(_ lightness: [Double]) -> [Double] {
        let sorted = lightness.sorted()
        let count = max(1, sorted.count / 50)
        let median = sorted[sorted.count / 2]
        return [
            Statistics.mean(Array(sorted.suffix(count))) - median,
            median - sorted[sorted.count / 10],
            median - Statistics.mean(Array(sorted.prefix(count))),
        ]
    }

    /// From -1, all change along rows, to 1, all change along columns; 0 if the mask has no inside.
    private static func direction(_ plane: [Double], _ mask: RegionMask) -> Double {
        let (width, height) = (mask.width, mask.height)
        var (along, down) = (0.0, 0.0)
        for place in mask.eroded(by: 1).places {
            let (x, y) = (place % width, place / width)
            guard x > 0, y > 0, x < width - 1, y < height - 1 else { continue }
            // Sobel's operator.
            func across(_ step: Int, _ side: Int) -> Double {
                [-side, 0, side].enumerated().reduce(0) { sum, item in
                    let (index, shift) = item
                    let weight = index == 1 ? 2.0 : 1.0
                    return sum + weight
                        * (plane[place + shift + step] - plane[place + shift - step])
                } / 8
            }
            let (dx, dy) = (across(1, width), across(width, 1))
            along += dx * dx
            down += dy * dy
        }
        return (down - along) / max(along + down, 1e-6)
    }

    /// Pearson's; 0 if one of them does not vary.
    private static func correlation(_ first: [Double], _ second: [Double]) -> Double {
        let (one, other) = (Statistics.mean(first), Statistics.mean(second))
        let product = zip(first, second).reduce(0) { $0 + ($1.0 - one) * ($1.1 - other) }
        let deviations = deviation(first) * deviation(second) * Double(first.count)
        return deviations > 1e-6 ? product / deviations : 0
    }

    /// How much more chroma the brightest twentieth has than what is of middling lightness, as a
    /// share of that.
    private static func highlightChroma(_ lightness: [Double], _ chroma: [Double]) -> Double {
        let order = lightness.indices.sorted { (lightness[$0], $0) < (lightness[$1], $1) }
        let sorted = order.map { chroma[$0] }
        let count = sorted.count
        let middle = Statistics.mean(Array(sorted[count * 2 / 5...count * 3 / 5]))
        let bright = Statistics.mean(Array(sorted.suffix(max(1, count / 20))))
        return (bright - middle) / (middle + 5)
    }

    private static func rootMeanSquare(_ values: [Double]) -> Double {
        (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
    }

    private static func deviation(_ values: [Double]) -> Double {
        let mean = Statistics.mean(values)
        return rootMeanSquare(values.map { $0 - mean })
    }
}

/// Gaussian means that see nothing outside a mask.
private struct MaskedBlur {
    private let mask: RegionMask
    private let weights: [Double]

    init(_ mask: RegionMask) {
        self.mask = mask
        weights = mask.values.map { $0 ? 1 : 0 }
    }

    /// - Parameters:
    ///   - plane: Zero outside the mask.
    ///   - deviation: In pixels.
    /// - Returns: As large; zero outside the mask.
    func callAsFunction(_ plane: [Double], deviation: Double) -> [Double] {
        let radius = Int((3 * deviation).rounded(.up))
        let kernel = (-radius...radius).map { offset in
            exp(-Double(offset * offset) / (2 * deviation * deviation))
        }
        let (sums, norms) = (spread(plane, kernel), spread(weights, kernel))
        var result = [Double](repeating: 0, count: plane.count)
        for place in mask.places { result[place] = sums[place] / norms[place] }
        return result
    }

    /// Along rows, then along columns; nothing is beyond the edges.
    private func spread(_ plane: [Double], _ kernel: [Double]) -> [Double] {
        let (width, height, radius) = (mask.width, mask.height, kernel.count / 2)
        func pass(_ values: [Double], _ length: Int, _ step: Int, _ starts: [Int]) -> [Double] {
            var result = [Double](repeating: 0, count: values.count)
            for start in starts {
                for at in 0..<length {
                    var sum = 0.0
                    for other in max(0, at - radius)...min(length - 1, at + radius) {
                        sum += values[start + other * step] * kernel[other - at + radius]
                    }
                    result[start + at * step] = sum
                }
            }
            return result
        }
        let rows = pass(plane, width, 1, (0..<height).map { $0 * width })
        return pass(rows, height, width, Array(0..<width))
    }
}
