/// Whether the picture changes more where windows meet than elsewhere.
///
///     S = median of r on borders / median of r elsewhere
///
/// r is the change of each transition relative to the source's (`FrameChange.relative`) and the
/// borders are `ShotLayout.borders`. Without seams S is near 1. How near is told by the test: the
/// borders are slid to every other phase of the layout's stride, and `rank` is the place of the
/// true phase among all, 1 the largest S.
package struct SeamIndex: Hashable, Sendable {
    /// S.
    package let value: Double
    /// Place of the true borders among all phases, from 1; ties count against it.
    package let rank: Int
    /// Phases compared, the true one included; two that share most of their transitions are one.
    package let phases: Int

    /// The chance of a rank this good without seams, rank / phases; it cannot be below 1 / phases.
    package var pValue: Double { Double(rank) / Double(phases) }

    /// Nil if there is no border, or nothing but borders.
    ///
    /// - Parameters:
    ///   - change: r, one value above 0 for each transition of the clip.
    ///   - layout: The windows.
    package init?(change: [Double], layout: ShotLayout) {
        precondition(
            change.count == layout.frameCount - 1,
            "\(change.count) transitions of \(layout.frameCount) frames"
        )
        guard let stride = layout.stride,
            let value = Self.ratio(change, layout.borders, layout.transitions)
        else { return nil }
        self.value = value
        var seen = [layout.borders]
        var rank = 1
        for offset in 1..<max(2, Int(stride.rounded(.up))) {
            let borders = layout.borders(slidBy: offset)
            // Most of the borders may repeat before the stride does: that is the same phase.
            let isSeen = seen.contains { $0.intersection(borders).count * 2 > borders.count }
            guard !isSeen, let other = Self.ratio(change, borders, layout.transitions)
            else { continue }
            seen.append(borders)
            if other >= value { rank += 1 }
        }
        self.rank = rank
        phases = seen.count
    }

    private static func ratio(
        _ change: [Double],
        _ borders: Set<Int>,
        _ transitions: [Int]
    ) -> Double? {
        let on = transitions.filter { borders.contains($0) }.map { change[$0] }
        let elsewhere = transitions.filter { !borders.contains($0) }.map { change[$0] }
        guard !on.isEmpty, !elsewhere.isEmpty else { return nil }
        return Statistics.median(on) / Statistics.median(elsewhere)
    }
}
