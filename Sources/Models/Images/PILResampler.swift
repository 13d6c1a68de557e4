import Glibc

/// Resizing with the results of Pillow, to the bit, for 8-bit images.
///
/// CLIP and DPT were trained on images resized so. When an image shrinks, the filter widens with
/// it (no aliasing); weights are fixed-point numbers of 22 bits; rows and columns are resized one
/// after the other, with rounding to 8 bits between. The order is that of Pillow 13: columns first
/// where the height shrinks by more than twice as many pixels as the width, which older versions,
/// with rows always first, do not do.
package enum PILResampler {
    /// A reconstruction filter, numbered as Pillow and the checkpoints' preprocessor configs do.
    package enum Filter: Int, CaseIterable, Sendable {
        case lanczos = 1
        case bilinear = 2
        /// Keys' kernel with a = -0.5.
        case bicubic = 3
        case box = 4

        /// Half the width of the kernel, in source pixels at scale 1.
        var support: Double {
            switch self {
            case .box: 0.5
            case .bilinear: 1
            case .bicubic: 2
            case .lanczos: 3
            }
        }

        func callAsFunction(_ position: Double) -> Double {
            let x = abs(position)
            switch self {
            case .box:
                return position > -0.5 && position <= 0.5 ? 1 : 0
            case .bilinear:
                return x < 1 ? 1 - x : 0
            case .bicubic:
                let a = -0.5
                if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
                return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
            case .lanczos:
                guard position >= -3, position < 3 else { return 0 }
                return sinc(position) * sinc(position / 3)
            }
        }

        private func sinc(_ x: Double) -> Double {
            x == 0 ? 1 : sin(x * .pi) / (x * .pi)
        }
    }

    /// Resizes an image.
    ///
    /// - Parameters:
    ///   - image: The source.
    ///   - width: Pixels a row of the result, positive.
    ///   - height: Rows of the result, positive.
    ///   - filter: The filter.
    ///   - part: Which pixels of the result are made, all by default: what is cut away costs
    ///     nothing, however long the image.
    /// - Returns: The resized image, or that part of it.
    package static func resize(
        _ image: RGBImage,
        width: Int,
        height: Int,
        _ filter: Filter,
        keeping part: (columns: Range<Int>, rows: Range<Int>)? = nil
    ) -> RGBImage {
        let (columns, rows) = part ?? (0..<width, 0..<height)
        precondition(
            !columns.isEmpty && !rows.isEmpty && columns.lowerBound >= 0 && rows.lowerBound >= 0
                && columns.upperBound <= width && rows.upperBound <= height,
            "columns \(columns) and rows \(rows) of an image of \(width)×\(height) pixels"
        )
        let lostRows = image.height - height
        let areColumnsFirst = lostRows > 0 && lostRows > 2 * (image.width - width)
        var result = image
        if areColumnsFirst { result = resizeColumns(result, to: height, keeping: rows, filter) }
        result = resizeRows(result, to: width, keeping: columns, filter)
        if !areColumnsFirst { result = resizeColumns(result, to: height, keeping: rows, filter) }
        return result
    }

    private static let precisionBits = 22
    private static let half: Int32 = 1 << (precisionBits - 1)

    /// The source pixels of one result pixel and their fixed-point weights.
    private struct Taps {
        let first: Int
        let weights: [Int32]
    }

    private static func taps(
        from source: Int,
        to target: Int,
        keeping part: Range<Int>,
        _ filter: Filter
    ) -> [Taps] {
        let scale = Double(source) / Double(target)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        let inverse = 1 / stretch
        return part.map { index in
            let center = (Double(index) + 0.5) * scale
            let first = max(0, Int(center - support + 0.5))
            let end = min(source, Int(center + support + 0.5))
            let weights = (0..<end - first).map { offset in
                filter((Double(offset + first) - center + 0.5) * inverse)
            }
            let sum = weights.reduce(0, +)
            let fixed = weights.map { weight in
                let scaled = (sum != 0 ? weight / sum : weight) * Double(1 << precisionBits)
                return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
            }
            return Taps(first: first, weights: fixed)
        }
    }

    private static func clip(_ sum: Int32) -> UInt8 {
        UInt8(clamping: sum >> Int32(precisionBits))
    }

    private static func resizeRows(
        _ image: RGBImage,
        to width: Int,
        keeping part: Range<Int>,
        _ filter: Filter
    ) -> RGBImage {
        guard width != image.width else {
            return image.cropped(
                x: part.lowerBound,
                y: 0,
                width: part.count,
                height: image.height
            )
        }
        let taps = taps(from: image.width, to: width, keeping: part, filter)
        var result: [UInt8] = []
        result.reserveCapacity(part.count * image.height * 3)
        for row in 0..<image.height {
            for tap in taps {
                var (red, green, blue) = (half, half, half)
                var index = (row * image.width + tap.first) * 3
                for weight in tap.weights {
                    red &+= Int32(image.pixels[index]) &* weight
                    green &+= Int32(image.pixels[index + 1]) &* weight
                    blue &+= Int32(image.pixels[index + 2]) &* weight
                    index += 3
                }
                result.append(clip(red))
                result.append(clip(green))
                result.append(clip(blue))
            }
        }
        return RGBImage(width: part.count, height: image.height, pixels: result)
    }

    private static func resizeColumns(
        _ image: RGBImage,
        to height: Int,
        keeping part: Range<Int>,
        _ filter: Filter
    ) -> RGBImage {
        guard height != image.height else {
            return image.cropped(x: 0, y: part.lowerBound, width: image.width, height: part.count)
        }
        let bytesPerRow = image.width * 3
        var result: [UInt8] = []
        result.reserveCapacity(part.count * bytesPerRow)
        for tap in taps(from: image.height, to: height, keeping: part, filter) {
            var sums = [Int32](repeating: half, count: bytesPerRow)
            for (offset, weight) in tap.weights.enumerated() {
                let start = (tap.first + offset) * bytesPerRow
                for column in 0..<bytesPerRow {
                    sums[column] &+= Int32(image.pixels[start + column]) &* weight
                }
            }
            for sum in sums { result.append(clip(sum)) }
        }
        return RGBImage(width: image.width, height: part.count, pixels: result)
    }
}
