/// Byte-pair merging of token ids.
///
/// Sennrich et al. 2016, arXiv 1508.07909.
struct BytePairMerger: Sendable {
    /// What a pair of neighbours becomes, and how early.
    struct Merge: Hashable, Sendable {
        let rank: Int
        let result: Int
    }

    private let merges: [Pair: Merge]

    /// Keys are pairs of ids; a smaller rank goes first.
    init(_ merges: [Pair: Merge]) {
        self.merges = merges
    }

    /// Merges the pair of lowest rank, the leftmost of equals, until no pair is left to merge.
    func callAsFunction(_ ids: [Int]) -> [Int] {
        guard ids.count > 1 else { return ids }
        var symbols = ids.indices.map { index in
            Symbol(id: ids[index], previous: index - 1, next: index + 1)
        }
        var queue = CandidateQueue()
        for index in 0..<symbols.count - 1 {
            push(symbols, at: index, onto: &queue)
        }
        while let candidate = queue.pop() {
            let symbol = symbols[candidate.position]
            // Entries are not removed when their symbols merge with others; those are stale.
            guard symbol.isAlive, symbol.next < symbols.count else { continue }
            let pair = Pair(left: symbol.id, right: symbols[symbol.next].id)
            guard merges[pair]?.result == candidate.result else { continue }
            let after = symbols[symbol.next].next
            symbols[symbol.next].isAlive = false
            symbols[candidate.position].id = candidate.result
            symbols[candidate.position].next = after
            if after < symbols.count { symbols[after].previous = candidate.position }
            push(symbols, at: symbol.previous, onto: &queue)
            push(symbols, at: candidate.position, onto: &queue)
        }
        return symbols.lazy.filter(\.isAlive).map(\.id)
    }

    private func push(_ symbols: [Symbol], at index: Int, onto queue: inout CandidateQueue) {
        guard index >= 0, symbols[index].next < symbols.count else { return }
        let pair = Pair(left: symbols[index].id, right: symbols[symbols[index].next].id)
        guard let merge = merges[pair] else { return }
        queue.push(Candidate(rank: merge.rank, position: index, result: merge.result))
    }

    /// Two neighbouring ids.
    struct Pair: Hashable, Sendable {
        let left: Int
        let right: Int
    }

    private struct Symbol {
        var id: Int
        var previous: Int
        var next: Int
        var isAlive = true
    }
}

private struct Candidate: Comparable {
    let rank: Int
    let position: Int
    let result: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
        (left.rank, left.position) < (right.rank, right.position)
    }
}

/// A binary heap, so that a word of any length costs no more than n log n.
private struct CandidateQueue {
    private var heap: [Candidate] = []

    mutating func push(_ candidate: Candidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Candidate? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }
}
