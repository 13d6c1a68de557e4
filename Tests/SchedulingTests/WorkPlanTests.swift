import Scheduling
import TestSupport
import Testing

/// Windows of `length` frames every `length - overlap`, the last one pulled back to the end.
private func layout(_ frames: Int, length: Int, overlap: Int) -> [Range<Int>] {
    guard frames > length else { return [0..<frames] }
    let last = frames - length
    let starts = Array(stride(from: 0, to: last, by: length - overlap)) + [last]
    return starts.map { $0..<$0 + length }
}

/// Every small layout, with a few round and chunk sizes each.
private func forEachOutline(_ body: (WorkOutline) -> Void) {
    for frames in 1...24 {
        for length in 1...8 {
            for overlap in 0..<length {
                for (rounds, chunk) in [([0..<4], 5), ([0..<1, 1..<2, 2..<4], 3)] {
                    body(
                        WorkOutline(
                            frameCount: frames,
                            windows: layout(frames, length: length, overlap: overlap),
                            rounds: rounds,
                            chunkFrames: chunk
                        )
                    )
                }
            }
        }
    }
}

struct WorkPlanTests {
    @Test func `a small job by hand`() {
        let outline = WorkOutline(
            frameCount: 10,
            windows: [0..<4, 3..<7, 6..<10],
            rounds: [0..<2, 2..<5],
            chunkFrames: 6
        )
        let plan = WorkPlan(outline)
        let lines = plan.units.map { "\($0.id) \($0.frames) \($0.steps) \($0.dependencies)" }
        #expect(
            lines == [
                "content 0..<0 0..<0 []",
                "depth/0 0..<6 0..<0 []",
                "depth/1 6..<10 0..<0 []",
                "sample/0/0 0..<4 0..<2 [content, depth/0, depth/1]",
                "sample/1/0 3..<7 0..<2 [content, depth/0, depth/1]",
                "sample/2/0 6..<10 0..<2 [content, depth/0, depth/1]",
                "sample/0/1 0..<4 2..<5 [sample/0/0, sample/1/0]",
                "sample/1/1 3..<7 2..<5 [sample/0/0, sample/1/0, sample/2/0]",
                "sample/2/1 6..<10 2..<5 [sample/1/0, sample/2/0]",
                "decode/0 0..<6 0..<0 [sample/0/1, sample/1/1]",
                "decode/1 6..<10 0..<0 [sample/1/1, sample/2/1]",
            ]
        )
    }

    @Test func `every frame is estimated once, decoded once and sampled in every step`() {
        forEachOutline { outline in
            let plan = WorkPlan(outline)
            let frames = Array(0..<outline.frameCount)
            for kind in [UnitKind.depth, .decode] {
                let covered = plan.units.filter { $0.id.kind == kind }.flatMap(\.frames)
                #expect(covered == frames)
            }
            for (round, steps) in outline.rounds.enumerated() {
                let units = plan.units.filter { $0.id.kind == .sample && $0.id.round == round }
                #expect(units.allSatisfy { $0.steps == steps })
                #expect(Set(units.flatMap(\.frames)) == Set(frames))
            }
        }
    }

    @Test func `names are unique, sorted, and only point back`() {
        forEachOutline { outline in
            let ids = WorkPlan(outline).units.map(\.id)
            #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
            let known = Set(ids)
            #expect(known.count == ids.count)
            for unit in WorkPlan(outline).units {
                #expect(unit.dependencies.allSatisfy { known.contains($0) && $0 < unit.id })
            }
        }
    }

    /// Whatever order the ready units finish in, the job ends, and no window is ever more than one
    /// round ahead of a neighbour.
    @Test(arguments: UInt64(0)..<20)
    func `the barrier is local and never blocks`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let length = Int.random(in: 2...8, using: &generator)
        let outline = WorkOutline(
            frameCount: Int.random(in: 1...60, using: &generator),
            windows: [],
            length: length,
            overlap: Int.random(in: 0..<length, using: &generator)
        )
        let plan = WorkPlan(outline)
        var finished: Set<UnitID> = []
        var rounds = [Int](repeating: 0, count: outline.windows.count)
        while let unit = plan.ready(finished: finished).randomElement(using: &generator) {
            finished.insert(unit.id)
            guard unit.id.kind == .sample else { continue }
            rounds[unit.id.index] = unit.id.round + 1
            for neighbour in outline.neighbours(of: unit.id.index) {
                #expect(abs(rounds[neighbour] - rounds[unit.id.index]) <= 1)
            }
        }
        #expect(finished.count == plan.units.count)
    }

    @Test func `a straggler holds up its neighbours and nobody else`() {
        let outline = WorkOutline(
            frameCount: 34,
            windows: layout(34, length: 4, overlap: 1),
            rounds: [0..<1, 1..<2, 2..<3, 3..<4],
            chunkFrames: 34
        )
        let plan = WorkPlan(outline)
        let slow = UnitID(.sample, index: 0, round: 0)
        var finished: Set<UnitID> = []
        while let unit = plan.ready(finished: finished).first(where: { $0.id != slow }) {
            finished.insert(unit.id)
        }
        let rounds = outline.windows.indices.map { window in
            outline.rounds.indices.count {
                finished.contains(UnitID(.sample, index: window, round: $0))
            }
        }
        #expect(rounds == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4])
    }
}

extension WorkOutline {
    fileprivate init(frameCount: Int, windows: [Range<Int>], length: Int, overlap: Int) {
        self.init(
            frameCount: frameCount,
            windows: layout(frameCount, length: length, overlap: overlap),
            rounds: [0..<3, 3..<6, 6..<9, 9..<20],
            chunkFrames: 7
        )
    }
}
