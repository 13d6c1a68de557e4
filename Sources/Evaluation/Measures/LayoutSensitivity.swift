package import Pipelines

/// How much of a picture depends on where the windows were.
///
/// The same job rendered twice, with the borders moved by half a stride and the same noise, and a
/// third time from another seed:
///
///     RMS(first − moved) / RMS(first − other seed)
///
/// Near 0 the windows do not matter; near 1 moving them changes as much as another seed.
package enum LayoutSensitivity {
    /// Nil if another seed changes nothing, so that there is no scale.
    package static func value(_ first: Pictures, moved: Pictures, reseeded: Pictures) -> Double? {
        let scale = difference(first, reseeded)
        return scale > 0 ? difference(first, moved) / scale : nil
    }

    /// The root of the mean squared difference of clips of one size, in grey levels.
    static func difference(_ a: Pictures, _ b: Pictures) -> Double {
        precondition(
            a.count == b.count && a.height == b.height && a.width == b.width,
            "\(a.count) pictures of \(a.width)x\(a.height) beside \(b.count) of "
                + "\(b.width)x\(b.height)"
        )
        let squares = zip(a.bytes, b.bytes).reduce(0) { sum, pair in
            let difference = Int(pair.0) - Int(pair.1)
            return sum + difference * difference
        }
        return (Double(squares) / Double(max(1, a.bytes.count))).squareRoot()
    }
}
