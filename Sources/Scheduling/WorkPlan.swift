/// All units of one shot's job, each after those it needs.
package struct WorkPlan: Hashable, Sendable {
    package let outline: WorkOutline
    /// Content, then depth by chunk, then sampling by round and window, then decoding by chunk.
    package let units: [WorkUnit]

    /// Lists the units of a job.
    ///
    /// The first round waits for all the depth of the shot, since depth is normalised over the
    /// whole shot. A later round of a window waits for the round before of the windows that share
    /// frames with it and for no others: the barrier is local, so a slow worker delays its
    /// neighbours and not the fleet. Decoding of a chunk waits for the last round of the windows
    /// that cover it.
    package init(_ outline: WorkOutline) {
        let content = WorkUnit(UnitID(.content), frames: 0..<0, dependencies: [])
        let chunks = outline.chunks
        let depth = chunks.indices.map {
            WorkUnit(UnitID(.depth, index: $0), frames: chunks[$0], dependencies: [])
        }
        var samples: [WorkUnit] = []
        for (round, steps) in outline.rounds.enumerated() {
            for (index, window) in outline.windows.enumerated() {
                let dependencies =
                    round == 0
                    ? [content.id] + depth.map(\.id)
                    : outline.neighbours(of: index).map {
                        UnitID(.sample, index: $0, round: round - 1)
                    }
                samples.append(
                    WorkUnit(
                        UnitID(.sample, index: index, round: round),
                        frames: window,
                        steps: steps,
                        dependencies: dependencies
                    )
                )
            }
        }
        let lastRound = outline.rounds.count - 1
        let decode = chunks.indices.map { index in
            let covering = outline.windows.indices.filter {
                outline.windows[$0].overlaps(chunks[index])
            }
            return WorkUnit(
                UnitID(.decode, index: index),
                frames: chunks[index],
                dependencies: covering.map { UnitID(.sample, index: $0, round: lastRound) }
            )
        }
        self.outline = outline
        units = [content] + depth + samples + decode
    }

    /// Units that can run now: not finished, and all they need is.
    ///
    /// - Parameter finished: Units whose results have been accepted.
    /// - Returns: In the plan's order.
    package func ready(finished: Set<UnitID>) -> [WorkUnit] {
        units.filter { unit in
            !finished.contains(unit.id) && unit.dependencies.allSatisfy(finished.contains)
        }
    }
}
