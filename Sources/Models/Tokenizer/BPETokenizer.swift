/// CLIP's byte-level byte-pair tokenizer, by the rule of the "fast" public implementation.
///
/// Text is composed (NFC), lowered, split into contractions, runs of letters, single digits and
/// runs of other characters; the UTF-8 bytes of each piece become symbols, the last one marked as
/// the end of a word, and pairs of symbols are merged by rank.
package struct BPETokenizer: Sendable {
    /// The ids of one text, padded.
    package struct Tokens: Hashable, Sendable {
        /// As many ids as the tokenizer's `length`.
        package let ids: [Int]
        /// How many come before the padding, the start and the end token included.
        package let count: Int
    }

    /// Ids per text.
    package let length: Int
    /// The largest id plus one.
    package let vocabularySize: Int
    private let byteIDs: [Int]
    private let lastByteIDs: [Int]
    private let merger: BytePairMerger
    private let specials: SpecialTokens
    private let ids: (start: Int, end: Int, padding: Int)

    /// - Parameters:
    ///   - vocabulary: Id of each token.
    ///   - merges: Pairs of tokens, the earliest first.
    ///   - specials: Start, end, unknown and padding token.
    ///   - length: Ids per text, at least 2.
    /// - Throws: `TokenizerError` if a token that is needed is not in the vocabulary.
    package init(
        vocabulary: [String: Int],
        merges: [(left: String, right: String)],
        specials: SpecialTokens,
        length: Int = 77
    ) throws(TokenizerError) {
        precondition(length >= 2, "a text needs room for start and end, not \(length) tokens")
        func id(_ token: String, _ role: String) throws(TokenizerError) -> Int {
            guard let id = vocabulary[token] else {
                throw TokenizerError("the vocabulary has no \(role) token \(token)")
            }
            return id
        }
        self.length = length
        self.specials = try specials.resolved { content throws(TokenizerError) in
            try id(content, "special")
        }
        ids = (
            try id(specials.start, "start"), try id(specials.end, "end"),
            try id(specials.padding, "padding")
        )
        let unknown = try id(specials.unknown, "unknown")
        let symbols = Self.byteSymbols
        byteIDs = symbols.map { vocabulary[$0] ?? unknown }
        lastByteIDs = symbols.map { vocabulary[$0 + Self.wordEnd] ?? unknown }
        var table: [BytePairMerger.Pair: BytePairMerger.Merge] = [:]
        table.reserveCapacity(merges.count)
        for (rank, merge) in merges.enumerated() {
            let pair = BytePairMerger.Pair(
                left: try id(merge.left, "merge"),
                right: try id(merge.right, "merge")
            )
            table[pair] = BytePairMerger.Merge(
                rank: rank,
                result: try id(merge.left + merge.right, "merged")
            )
        }
        merger = BytePairMerger(table)
        vocabularySize = (vocabulary.values.max() ?? 0) + 1
    }

    /// Start, the text's tokens as far as they fit, end, padding.
    package func callAsFunction(_ text: String) -> Tokens {
        var found = [ids.start]
        for section in specials.split(Array(text.unicodeScalars), isNormalized: false) {
            switch section {
            case .special(let id): found.append(id)
            case .text(let raw):
                let text = normalizedForTokens(raw)
                for section in specials.split(text, isNormalized: true) {
                    switch section {
                    case .special(let id): found.append(id)
                    case .text(let text): appendPieces(of: text, to: &found)
                    }
                }
            }
        }
        found = Array(found.prefix(length - 1)) + [ids.end]
        let padding = [Int](repeating: ids.padding, count: length - found.count)
        return Tokens(ids: found + padding, count: found.count)
    }

    private func appendPieces(of text: [Unicode.Scalar], to found: inout [Int]) {
        for piece in TextPieces(text) {
            let bytes = piece.flatMap { Array($0.utf8) }
            let last = bytes.count - 1
            let symbols = bytes.enumerated().map { index, byte in
                index == last ? lastByteIDs[Int(byte)] : byteIDs[Int(byte)]
            }
            found += merger(symbols)
        }
    }

    static let wordEnd = "</w>"

    /// The symbol that stands for each byte: printable Latin-1 for itself, the others from U+0100.
    static let byteSymbols: [String] = {
        var next: UInt32 = 0x100
        return (UInt32(0)..<256).map { byte in
            let isPrintable =
                (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            defer { next += isPrintable ? 0 : 1 }
            return Unicode.Scalar(isPrintable ? byte : next).map { String($0) } ?? ""
        }
    }()
}
