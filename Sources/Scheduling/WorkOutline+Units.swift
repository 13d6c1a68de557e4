/// What a unit reads that other units made.
package struct UnitInputs: Hashable, Sendable {
    /// Whether it needs the job's content.
    package let content: Bool
    /// Depth chunks.
    package let depth: Range<Int>
    /// Windows, all of `round`.
    package let windows: Range<Int>
    package let round: Int

    /// The units it names, in the order of the flow; the content unit is the job's.
    package var units: [UnitID] {
        (content ? [UnitID(.content)] : [])
            + depth.map { UnitID(.depth, index: $0) }
            + windows.map { UnitID(.sample, index: $0, round: round) }
    }
}

// Which units a shot has and what each waits for, computed when asked: a film has millions.
extension WorkOutline {
    /// How many units of a kind the shot has; the content unit is the job's, not a shot's.
    package func unitCount(_ kind: UnitKind) -> Int {
        switch kind {
        case .content: 0
        case .depth, .decode: chunkCount
        case .sample: windows.count * rounds.count
        }
    }

    /// Whether the shot has this unit.
    package func contains(_ unit: UnitID) -> Bool {
        switch unit.kind {
        case .content: false
        case .depth, .decode: unit.index < chunkCount
        case .sample: unit.index < windows.count && unit.round < rounds.count
        }
    }

    /// Frames of the shot that a unit reads and makes; empty for content.
    package func frames(of unit: UnitID) -> Range<Int> {
        switch unit.kind {
        case .content: 0..<0
        case .depth, .decode: chunk(unit.index)
        case .sample: windows[unit.index]
        }
    }

    /// Sampler steps that a unit takes, 0 the noisiest; empty for all but sample units.
    package func steps(of unit: UnitID) -> Range<Int> {
        unit.kind == .sample ? rounds[unit.round] : 0..<0
    }

    /// What a unit reads.
    ///
    /// All sample units are guided by the job's content and by the depth of the whole shot, since
    /// depth is normalised over it. A later round of a window continues from the round before of
    /// the windows that share frames with it and of no others: the barrier is local, so a slow
    /// worker delays its neighbours and not the fleet. A decode unit reads the last round of the
    /// windows that cover its chunk.
    package func inputs(of unit: UnitID) -> UnitInputs {
        switch unit.kind {
        case .content, .depth:
            return UnitInputs(content: false, depth: 0..<0, windows: 0..<0, round: 0)
        case .sample:
            let isFirst = unit.round == 0
            return UnitInputs(
                content: true,
                depth: 0..<chunkCount,
                windows: isFirst ? 0..<0 : neighbours(of: unit.index),
                round: isFirst ? 0 : unit.round - 1
            )
        case .decode:
            return UnitInputs(
                content: false,
                depth: 0..<0,
                windows: windows(sharing: chunk(unit.index)),
                round: rounds.count - 1
            )
        }
    }

    /// The units of the shot in order: depth, sampling by round and window, decoding.
    package var units: [UnitID] {
        let chunks = 0..<chunkCount
        return chunks.map { UnitID(.depth, index: $0) }
            + rounds.indices.flatMap { round in
                windows.indices.map { UnitID(.sample, index: $0, round: round) }
            }
            + chunks.map { UnitID(.decode, index: $0) }
    }
}
