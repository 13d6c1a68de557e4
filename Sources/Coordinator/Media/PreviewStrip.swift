package import FFmpeg
package import Tensors

/// A strip of small pictures straight from latents, to look at while a job is sampled.
///
/// Each latent becomes one pixel by a fixed linear map, which for the public autoencoders with four
/// channels comes close to the colours that decoding gives; latents of other depths are shown in
/// grey by their first channel.
package enum PreviewStrip {
    /// Pictures side by side.
    package static let framesMax = 8

    /// Red, green and blue of each channel's unit, around the middle of the range.
    private static let colours: [[Float]] = [
        [0.35, 0.23, 0.32], [0.33, 0.50, 0.24], [-0.28, 0.18, 0.27], [-0.21, -0.26, -0.72],
    ]

    /// The strip: frames spread evenly over those given, first and last among them.
    ///
    /// - Parameter latents: `[F, h, w, C]`, scaled as the sampler has them.
    /// - Returns: A picture of height h.
    package static func frame(_ latents: HostTensor) -> VideoFrame {
        precondition(latents.shape.rank == 4 && latents.shape[0] > 0, "latents \(latents.shape)")
        let (frames, rows, columns) = (latents.shape[0], latents.shape[1], latents.shape[2])
        let channels = latents.shape[3]
        let count = min(frames, framesMax)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * rows * columns * 3)
        for row in 0..<rows {
            for place in 0..<count {
                let frame = count == 1 ? 0 : place * (frames - 1) / (count - 1)
                for column in 0..<columns {
                    let start = ((frame * rows + row) * columns + column) * channels
                    pixels += colour(latents.values[start..<start + channels])
                }
            }
        }
        return VideoFrame(time: .zero, width: count * columns, height: rows, pixels: pixels)
    }

    /// Writes the strip as a PNG file; whoever looks sees the old strip or the new.
    ///
    /// - Throws: `JobMediaError` if it cannot be written.
    package static func write(_ latents: HostTensor, to path: String) throws(JobMediaError) {
        do {
            try StillImage.writePNG(frame(latents), to: path)
        } catch {
            throw JobMediaError("\(error)")
        }
    }

    private static func colour(_ latent: ArraySlice<Float>) -> [UInt8] {
        var sums: [Float] = [0, 0, 0]
        if latent.count == colours.count {
            for (value, weights) in zip(latent, colours) {
                for index in 0..<3 { sums[index] += value * weights[index] }
            }
        } else if let first = latent.first {
            sums = [first, first, first]
        }
        // A value that is no number, of a run that went wrong, is black.
        return sums.map { $0.isNaN ? 0 : UInt8(min(max(($0 / 2 + 0.5) * 255, 0), 255)) }
    }
}
