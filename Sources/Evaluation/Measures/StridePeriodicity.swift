import Glibc

/// Whether change has the rhythm of the windows, even if no single border stands out.
///
/// The power of r at one cycle a stride over the median power of its neighbours in the spectrum,
/// two to five bins away on either side. Without rhythm it is about 1.4 in the mean (a single
/// power over the median of its like) and rarely above 6; with borders that move from step to step
/// it should be no more than that.
package struct StridePeriodicity: Hashable, Sendable {
    package let value: Double

    /// Nil if the clip has less than three strides, or the stride less than two frames.
    ///
    /// - Parameters:
    ///   - change: r, one value for each transition.
    ///   - stride: Frames from one window's start to the next one's.
    package init?(change: [Double], stride: Double) {
        let count = Double(change.count)
        guard stride >= 2, count >= 3 * stride else { return nil }
        let centre = Statistics.mean(change)
        let centred = change.map { $0 - centre }
        let cycles = count / stride
        let places = [-5.0, -4, -3, -2, 2, 3, 4, 5].map { cycles + $0 }
            .filter { $0 >= 0.75 && $0 <= count / 2 }
        guard !places.isEmpty else { return nil }
        let around = Statistics.median(places.map { Self.power(centred, cycles: $0) })
        let power = Self.power(centred, cycles: cycles)
        // Rounding alone is no rhythm: a clip whose change is constant has none.
        let floor = 1e-12 * (centre * centre + 1e-30)
        value = (power + floor) / (around + floor)
    }

    /// The mean squared amplitude at so many cycles over the whole length.
    private static func power(_ values: [Double], cycles: Double) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            let angle = 2 * Double.pi * cycles * Double(index) / Double(values.count)
            real += value * cos(angle)
            imaginary += value * sin(angle)
        }
        let scale = Double(values.count)
        return (real * real + imaginary * imaginary) / (scale * scale)
    }
}
