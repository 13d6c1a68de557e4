/// The pieces of normalised text that are tokenised by themselves.
///
/// At each place the first alternative that matches wins: a special token's spelling, a
/// contraction ('s 't 're 've 'm 'll 'd), a run of letters, one number character, a run of
/// anything else but white space. A special token that is spelt out here was not recognised as
/// one, and falls into its three runs.
struct TextPieces: Sequence, IteratorProtocol {
    private let text: [Unicode.Scalar]
    private var position = 0
    /// Where the spelling of a special token ends, while within one.
    private var spellingEnd = 0

    init(_ text: [Unicode.Scalar]) {
        self.text = text
    }

    mutating func next() -> ArraySlice<Unicode.Scalar>? {
        while position < text.count, text[position].scalarClass == .space { position += 1 }
        guard position < text.count else { return nil }
        let start = position
        switch text[start].scalarClass {
        case .number:
            position += 1
        case .letter:
            advance { $0 == .letter }
        case .space, .other:
            if let end = contractionEnd {
                position = end
            } else {
                if position >= spellingEnd {
                    spellingEnd = Self.spellings.map { matchEnd($0) ?? 0 }.max() ?? 0
                }
                advance { $0 == .other }
            }
        }
        return text[start..<position]
    }

    private mutating func advance(while isInside: (ScalarClass) -> Bool) {
        let end = position < spellingEnd ? spellingEnd : text.count
        while position < end, isInside(text[position].scalarClass) { position += 1 }
    }

    private var contractionEnd: Int? {
        guard position >= spellingEnd, text[position] == "'" else { return nil }
        for contraction in Self.contractions {
            if let end = matchEnd(contraction) { return end }
        }
        return nil
    }

    private func matchEnd(_ pattern: [Unicode.Scalar]) -> Int? {
        let end = position + pattern.count
        return end <= text.count && text[position..<end].elementsEqual(pattern) ? end : nil
    }

    private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
        .map { Array($0.unicodeScalars) }
    private static let spellings = ["<|startoftext|>", "<|endoftext|>"]
        .map { Array($0.unicodeScalars) }
}
