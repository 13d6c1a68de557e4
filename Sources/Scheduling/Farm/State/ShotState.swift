/// What is done of a shot and which results are there.
struct ShotState: Sendable {
    let outline: ShotOutline
    /// Which stretch of the job's shots it is in; they are served in order.
    let stretch: Int
    /// Rounds that each window has finished.
    private(set) var rounds: [Int]
    /// The worker that had each window last.
    var owners: [Int?]
    private(set) var depthDone: [Bool]
    private(set) var decodeDone: [Bool]
    private(set) var depthMissing: Int
    /// Sample units without an accepted result, those to do again included.
    private(set) var samplesMissing: Int
    /// Sample units that were done and whose results were lost while others need them.
    private(set) var redo = OrderedSet<UnitID>()
    /// Accepted results that were not discarded.
    private(set) var results: [UnitID: ResultSummary] = [:]
    /// Whether sampling could begin once: from then on windows are ready one by one.
    var wasOpened = false

    init(_ outline: ShotOutline, stretch: Int) {
        self.outline = outline
        self.stretch = stretch
        let work = outline.work
        rounds = Array(repeating: 0, count: work.windows.count)
        owners = Array(repeating: nil, count: work.windows.count)
        depthDone = Array(repeating: false, count: work.chunkCount)
        decodeDone = depthDone
        depthMissing = work.chunkCount
        samplesMissing = work.unitCount(.sample)
    }

    var work: WorkOutline { outline.work }

    /// Least and largest depth of the shot; nil until all of it is there.
    var depthRange: ClosedRange<Float>? {
        guard depthMissing == 0 else { return nil }
        var range: ClosedRange<Float>?
        for index in depthDone.indices {
            guard let result = results[UnitID(.depth, index: index)] else { return nil }
            range =
                range.map {
                    min($0.lowerBound, result.least)...max($0.upperBound, result.largest)
                } ?? result.least...max(result.least, result.largest)
        }
        return range
    }

    /// Whether the unit has no accepted result that anybody needs.
    func isOpen(_ unit: UnitID) -> Bool {
        switch unit.kind {
        case .content: false
        case .depth: !depthDone[unit.index]
        case .sample: rounds[unit.index] <= unit.round || redo.contains(unit)
        case .decode: !decodeDone[unit.index]
        }
    }

    /// Whether a result of the open unit can be: of a window only the next round.
    func isNext(_ unit: UnitID) -> Bool {
        guard unit.kind == .sample else { return isOpen(unit) }
        return rounds[unit.index] == unit.round || redo.contains(unit)
    }

    /// Whether what the unit reads is there, the job's content aside.
    func hasInputs(_ unit: UnitID) -> Bool {
        switch unit.kind {
        case .content, .depth:
            return true
        case .sample:
            guard depthMissing == 0 else { return false }
            guard unit.round > 0 else { return true }
            return hasRound(unit.round - 1, of: work.neighbours(of: unit.index))
        case .decode:
            let windows = work.windows(sharing: work.chunk(unit.index))
            return hasRound(work.rounds.count - 1, of: windows)
        }
    }

    private func hasRound(_ round: Int, of windows: Range<Int>) -> Bool {
        windows.allSatisfy {
            rounds[$0] > round
                && (redo.isEmpty || results[UnitID(.sample, index: $0, round: round)] != nil)
        }
    }

    /// Keeps a result of a unit for which `isNext` holds.
    mutating func finish(_ unit: UnitID, _ summary: ResultSummary) {
        results[unit] = summary
        switch unit.kind {
        case .content: preconditionFailure("the content is the job's")
        case .depth:
            depthDone[unit.index] = true
            depthMissing -= 1
        case .decode:
            decodeDone[unit.index] = true
        case .sample:
            samplesMissing -= 1
            if !redo.remove(unit) { rounds[unit.index] += 1 }
        }
    }

    /// Sample and decode units that read this result, done or not.
    func readers(of unit: UnitID) -> [UnitID] {
        guard unit.kind == .sample else { return [] }
        if unit.round + 1 < work.rounds.count {
            return work.neighbours(of: unit.index).map {
                UnitID(.sample, index: $0, round: unit.round + 1)
            }
        }
        return work.chunks(sharing: work.windows[unit.index]).map { UnitID(.decode, index: $0) }
    }

    /// The round to run of each window, and what has to be run again.
    var nextSamples: [UnitID] {
        let next = rounds.indices.lazy.filter { rounds[$0] < work.rounds.count }.map {
            UnitID(.sample, index: $0, round: rounds[$0])
        }
        return Array(next) + Array(redo)
    }

    /// Forgets the results that nobody needs any more now that `unit` is done.
    ///
    /// - Parameter unit: A unit that was just finished.
    /// - Returns: The units whose results are gone.
    mutating func discardInputs(of unit: UnitID) -> [UnitID] {
        var candidates: [UnitID] = []
        switch unit.kind {
        case .content, .depth: return []
        case .sample:
            if unit.round > 0 {
                candidates = work.neighbours(of: unit.index).map {
                    UnitID(.sample, index: $0, round: unit.round - 1)
                }
            }
            // What was made again may not be needed any more.
            if rounds[unit.index] > unit.round + 1 { candidates.append(unit) }
        case .decode:
            candidates = work.windows(sharing: work.chunk(unit.index)).map {
                UnitID(.sample, index: $0, round: work.rounds.count - 1)
            }
        }
        var gone = candidates.filter { candidate in
            results[candidate] != nil && !readers(of: candidate).contains(where: isOpen)
        }
        if samplesMissing == 0, unit.kind == .sample {
            let depth = depthDone.indices.map { UnitID(.depth, index: $0) }
            gone += depth.filter { results[$0] != nil }
        }
        for unit in gone { results[unit] = nil }
        return gone
    }

    /// Opens a unit whose result was lost, and what that takes.
    ///
    /// - Parameters:
    ///   - lost: A unit with a result.
    ///   - reopened: Units that were done and are open now, appended.
    mutating func lose(_ lost: UnitID, reopened: inout [UnitID]) {
        results[lost] = nil
        if lost.kind == .sample, !readers(of: lost).contains(where: isOpen) { return }
        if lost.kind == .depth, samplesMissing == 0 { return }
        var pending = [lost]
        while let unit = pending.popLast() {
            guard !isOpen(unit), results[unit] == nil else { continue }
            reopened.append(unit)
            switch unit.kind {
            case .content: preconditionFailure("the content is the job's")
            case .depth:
                depthDone[unit.index] = false
                depthMissing += 1
            case .decode: decodeDone[unit.index] = false
            case .sample:
                redo.insert(unit)
                samplesMissing += 1
            }
            let inputs = work.inputs(of: unit)
            pending += inputs.units.filter { $0.kind != .content }
        }
    }
}
