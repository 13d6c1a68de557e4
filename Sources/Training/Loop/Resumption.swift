import Tensors

/// Finds the checkpoint that a run goes on from.
struct Resumption {
    let run: RunFolder
    let stage: String
    let settings: [String: JSONValue]
    let steps: Int
    let skipsDamaged: Bool

    /// Puts the newest checkpoint's state into the optimiser.
    ///
    /// - Returns: Completed steps; 0 if there is no checkpoint.
    /// - Throws: `TrainingError` if it is damaged, or of another run.
    func restore(
        _ optimizer: Optimizer,
        observe: (TrainingEvent) -> Void
    ) throws -> Int {
        var steps = try run.shelf.steps()
        while let step = steps.popLast() {
            let checkpoint = TrainingCheckpoint(run.shelf.path(step))
            do {
                try restore(checkpoint, optimizer, step)
                return step
            } catch let damage as TrainingCheckpoint.Damage {
                guard skipsDamaged, !steps.isEmpty else {
                    throw TrainingError(
                        .damaged(
                            checkpoint: checkpoint.path,
                            reason: damage.reason,
                            older: steps.last.map(run.shelf.path)
                        )
                    )
                }
                try run.shelf.setAside(step)
                observe(.setAside(checkpoint: checkpoint.path, reason: damage.reason))
            }
        }
        return 0
    }

    private func restore(
        _ checkpoint: TrainingCheckpoint,
        _ optimizer: Optimizer,
        _ step: Int
    ) throws {
        let record = try checkpoint.record()
        guard record.step == step else {
            throw TrainingCheckpoint.Damage("training.json is of step \(record.step)")
        }
        let differences = record.differences(stage: stage, settings: settings)
        guard differences.isEmpty else {
            throw TrainingError(.otherSettings(folder: run.path, differences: differences))
        }
        guard step <= steps else {
            throw TrainingError(
                .usage("--steps: \(run.path) has \(step) steps behind it, found \(steps)")
            )
        }
        try checkpoint.restore(optimizer, record)
    }
}
