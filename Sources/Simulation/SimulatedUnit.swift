import Scheduling

/// A unit as the definition of a job has it, written down a second time.
///
/// What the simulation expects rests on nothing that the farm works out for itself.
struct SimulatedUnit: Sendable {
    let id: UnitID
    let frames: Range<Int>
    let steps: Range<Int>
    /// All that it reads: a sample unit of any round the content and the depth of the whole shot,
    /// and of a later one also the round before of the windows that share frames with it.
    let inputs: [UnitID]

    init(_ id: UnitID, frames: Range<Int>, steps: Range<Int> = 0..<0, inputs: [UnitID] = []) {
        self.id = id
        self.frames = frames
        self.steps = steps
        self.inputs = inputs
    }

    /// Each after what it reads.
    static func all(of work: WorkOutline) -> [SimulatedUnit] {
        let chunks = chunks(of: work)
        let depth = chunks.indices.map { UnitID(.depth, index: $0) }
        var units = [SimulatedUnit(UnitID(.content), frames: 0..<0)]
        units += zip(depth, chunks).map { SimulatedUnit($0, frames: $1) }
        for (round, steps) in work.rounds.enumerated() {
            for (index, window) in work.windows.enumerated() {
                let before =
                    round == 0 ? [] : windows(of: work, sharing: window, round: round - 1)
                units.append(
                    SimulatedUnit(
                        UnitID(.sample, index: index, round: round),
                        frames: window,
                        steps: steps,
                        inputs: [UnitID(.content)] + depth + before
                    )
                )
            }
        }
        for (index, chunk) in chunks.enumerated() {
            let last = windows(of: work, sharing: chunk, round: work.rounds.count - 1)
            units.append(SimulatedUnit(UnitID(.decode, index: index), frames: chunk, inputs: last))
        }
        return units
    }

    /// Frames of the depth and decode units.
    static func chunks(of work: WorkOutline) -> [Range<Int>] {
        stride(from: 0, to: work.frameCount, by: work.chunkFrames).map {
            $0..<min($0 + work.chunkFrames, work.frameCount)
        }
    }

    private static func windows(
        of work: WorkOutline,
        sharing frames: Range<Int>,
        round: Int
    ) -> [UnitID] {
        work.windows.indices.filter { work.windows[$0].overlaps(frames) }
            .map { UnitID(.sample, index: $0, round: round) }
    }
}
