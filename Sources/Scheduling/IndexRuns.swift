/// Indices 0 to n − 1 of which some were taken: kept as runs, so that a shot of any length costs
/// nothing until its units are handed out.
package struct IndexRuns: Sendable {
    private var byStart = OrderedSet<Run>()
    private var byLength = OrderedSet<Length>()
    package private(set) var count: Int

    /// All indices below `count`, which is at least 1.
    package init(count: Int) {
        precondition(count > 0, "\(count) indices")
        self.count = 0
        add(0..<count)
    }

    package var isEmpty: Bool { count == 0 }
    package var first: Int? { byStart.first?.lower }

    package func contains(_ index: Int) -> Bool {
        run(holding: index) != nil
    }

    /// Where somebody starts who has taken nothing yet: far from where others go on.
    ///
    /// The beginning if nothing was taken there, else the middle of the longest run.
    package var spread: Int? {
        if let first = byStart.first, first.lower == 0 { return 0 }
        guard let longest = byLength.last else { return nil }
        return longest.lower + longest.length / 2
    }

    /// Takes an index that is there.
    package mutating func remove(_ index: Int) {
        guard let run = run(holding: index) else {
            preconditionFailure("index \(index) was taken already")
        }
        byStart.remove(run)
        byLength.remove(Length(length: run.upper - run.lower, lower: run.lower))
        count -= run.upper - run.lower
        add(run.lower..<index)
        add(index + 1..<run.upper)
    }

    private mutating func add(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        byStart.insert(Run(lower: range.lowerBound, upper: range.upperBound))
        byLength.insert(Length(length: range.count, lower: range.lowerBound))
        count += range.count
    }

    private func run(holding index: Int) -> Run? {
        guard let run = byStart.before(Run(lower: index + 1, upper: 0)), index < run.upper else {
            return nil
        }
        return run
    }

    private struct Run: Comparable {
        let lower: Int
        let upper: Int

        static func < (left: Run, right: Run) -> Bool { left.lower < right.lower }
        static func == (left: Run, right: Run) -> Bool { left.lower == right.lower }
    }

    /// Of equally long runs the first counts as the longest.
    private struct Length: Comparable {
        let length: Int
        let lower: Int

        static func < (left: Length, right: Length) -> Bool {
            (left.length, right.lower) < (right.length, left.lower)
        }
    }
}
