import Glibc
package import Pipelines

extension PictureQuality {
    /// Peak signal-to-noise ratio in decibels of two clips of one size, over all frames together;
    /// equal clips have 100.
    package static func psnr(_ found: Pictures, _ original: Pictures) -> Double {
        precondition(
            found.count == original.count && found.height == original.height
                && found.width == original.width,
            "\(found.count) pictures of \(found.width)x\(found.height) beside \(original.count) "
                + "of \(original.width)x\(original.height)"
        )
        let squares = zip(found.bytes, original.bytes).reduce(0) { sum, pair in
            let difference = Int(pair.0) - Int(pair.1)
            return sum + difference * difference
        }
        let mean = Double(squares) / Double(max(1, found.bytes.count))
        return mean > 0 ? min(100, 10 * log10(255 * 255 / mean)) : 100
    }
}
