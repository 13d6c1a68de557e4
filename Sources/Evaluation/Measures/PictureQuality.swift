import Glibc
package import Tensors

/// How near pictures are to others.
package enum PictureQuality {
    /// Peak signal-to-noise ratio in decibels of pictures in [-1, 1], the range of which is the
    /// peak; what is beyond is clamped, as it is in files.
    ///
    /// Equal pictures have 100.
    package static func psnr(_ found: HostTensor, _ original: HostTensor) -> Double {
        precondition(found.shape == original.shape, "\(found.shape) for \(original.shape)")
        var sum = 0.0
        for (a, b) in zip(found.values, original.values) {
            let error = Double(min(max(a, -1), 1)) - Double(min(max(b, -1), 1))
            sum += error * error
        }
        let mean = sum / Double(max(1, found.values.count))
        return mean > 0 ? min(100, 10 * log10(4 / mean)) : 100
    }
}
