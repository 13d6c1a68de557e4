import Diffusion
import Scheduling
import Tensors

/// The comparison of a window's result with those of windows that share frames with it.
struct OverlapMeasurement: Sendable {
    let key: UnitKey
    let neighbours: [Int]
    /// Where the results of all these windows are.
    let units: [Int: StoredUnit]
    let fuser: LatentFuser
    /// Shape of one frame's latents.
    let frameShape: [Int]

    /// Reads the windows and compares each pair.
    ///
    /// - Throws: `LostResult` if a result is not there as it was written.
    func run(_ results: StoredResults) throws(LostResult) -> [MismatchRecord] {
        let index = key.unit.index
        let own = try tensor(index, results)
        var measured: [MismatchRecord] = []
        for neighbour in neighbours {
            let other = try tensor(neighbour, results)
            let (left, right) = (min(index, neighbour), max(index, neighbour))
            let mismatch = fuser.mismatch(left: left, right: right) { $0 == index ? own : other }
            measured.append(
                MismatchRecord(
                    job: key.job,
                    shot: key.shot,
                    round: key.unit.round,
                    left: left,
                    right: right,
                    difference: mismatch.meanSquaredDifference,
                    variance: mismatch.variance
                )
            )
        }
        return measured
    }

    private func tensor(_ window: Int, _ results: StoredResults) throws(LostResult) -> HostTensor {
        guard let unit = units[window] else { preconditionFailure("window \(window) of \(key)") }
        let length = fuser.weights.plan.windows[window].count
        let shape = Shape([length] + frameShape)
        guard let tensor = HostTensor(littleEndian: try results.read(unit), shape) else {
            throw LostResult(unit: unit.key, description: "\(unit.key) has another size")
        }
        return tensor
    }
}
