/// A byte-pair vocabulary learned from words.
///
/// Sennrich et al. 2016 (arXiv 1508.07909), algorithm 1: the most frequent pair of neighbouring
/// symbols becomes a symbol, until there are enough or every word is one. Of pairs equally frequent
/// the first in the order of their symbols' code units is taken, so the result depends on nothing
/// but the counts.
package struct BPETraining: Sendable {
    /// Pairs of symbols in the order in which they merge.
    package let merges: [(left: String, right: String)]
    /// Id of each token: bytes, bytes that end a word, merged symbols, start and end of a text.
    package let vocabulary: [String: Int]

    package static let start = "<|startoftext|>"
    package static let end = "<|endoftext|>"

    /// Learns a vocabulary.
    ///
    /// - Parameters:
    ///   - counts: How often each word occurs; words as the tokenizer cuts them out of a text.
    ///   - mergesMax: The most merges that are learned.
    package init(counts: [String: Int], mergesMax: Int) {
        var words = counts.sorted { $0.key < $1.key }.map { word, count in
            (symbols: Self.symbols(of: word), count: count)
        }
        var merges: [(left: String, right: String)] = []
        while merges.count < mergesMax, let best = Self.mostFrequentPair(words) {
            merges.append(best)
            for index in words.indices { Self.merge(best, in: &words[index].symbols) }
        }
        self.merges = merges
        var tokens = BPETokenizer.byteSymbols
        tokens += BPETokenizer.byteSymbols.map { $0 + BPETokenizer.wordEnd }
        // Different pairs may make the same symbol.
        var known = Set(tokens)
        for merge in merges {
            let token = merge.left + merge.right
            if known.insert(token).inserted { tokens.append(token) }
        }
        tokens += [Self.start, Self.end]
        vocabulary = Dictionary(
            uniqueKeysWithValues: tokens.enumerated().map { ($0.element, $0.offset) }
        )
    }

    private static func symbols(of word: String) -> [String] {
        var symbols = word.utf8.map { BPETokenizer.byteSymbols[Int($0)] }
        if let last = symbols.popLast() { symbols.append(last + BPETokenizer.wordEnd) }
        return symbols
    }

    private static func mostFrequentPair(
        _ words: [(symbols: [String], count: Int)]
    ) -> (left: String, right: String)? {
        struct Pair: Hashable {
            let left: String
            let right: String
        }
        var counts: [Pair: Int] = [:]
        for (symbols, count) in words {
            for (left, right) in zip(symbols, symbols.dropFirst()) {
                counts[Pair(left: left, right: right), default: 0] += count
            }
        }
        let best = counts.max { a, b in
            guard a.value == b.value else { return a.value < b.value }
            // The smaller pair is the better one.
            return (b.key.left, b.key.right) < (a.key.left, a.key.right)
        }
        return best.map { ($0.key.left, $0.key.right) }
    }

    private static func merge(_ pair: (left: String, right: String), in symbols: inout [String]) {
        var result: [String] = []
        var index = 0
        while index < symbols.count {
            let isPair =
                index + 1 < symbols.count && symbols[index] == pair.left
                && symbols[index + 1] == pair.right
            result.append(isPair ? pair.left + pair.right : symbols[index])
            index += isPair ? 2 : 1
        }
        symbols = result
    }
}
