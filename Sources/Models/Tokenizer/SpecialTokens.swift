/// The tokens of a vocabulary that stand for themselves wherever they are spelt out in a text.
package struct SpecialTokens: Hashable, Sendable {
    /// A token that is searched for.
    package struct Match: Hashable, Sendable {
        package let content: String
        /// Whether it is searched for in the normalised text rather than in the text as given.
        package let isNormalized: Bool

        package init(content: String, isNormalized: Bool) {
            self.content = content
            self.isNormalized = isNormalized
        }
    }

    package let start: String
    package let end: String
    package let unknown: String
    package let padding: String
    package let matches: [Match]
    private var patterns: [Pattern] = []

    package init(start: String, end: String, unknown: String, padding: String, matches: [Match]) {
        self.start = start
        self.end = end
        self.unknown = unknown
        self.padding = padding
        self.matches = matches
    }

    /// The same with the id of each token looked up.
    func resolved(
        _ id: (String) throws(TokenizerError) -> Int
    ) throws(TokenizerError) -> SpecialTokens {
        var result = self
        for match in matches where !match.content.isEmpty {
            let scalars = Array(match.content.unicodeScalars)
            result.patterns.append(
                Pattern(
                    scalars: match.isNormalized ? normalizedForTokens(scalars) : scalars,
                    isNormalized: match.isNormalized,
                    id: try id(match.content)
                )
            )
        }
        // Of several that begin at one place the longest is meant.
        result.patterns.sort { $0.scalars.count > $1.scalars.count }
        return result
    }

    enum Section {
        case text([Unicode.Scalar])
        case special(Int)
    }

    /// Cuts a text at the tokens that are searched for at this stage.
    func split(_ text: [Unicode.Scalar], isNormalized: Bool) -> [Section] {
        let candidates = patterns.filter { $0.isNormalized == isNormalized }
        let heads = Set(candidates.compactMap(\.scalars.first))
        var sections: [Section] = []
        var start = 0
        var position = 0
        while position < text.count {
            guard heads.contains(text[position]),
                let found = candidates.first(where: { text[position...].starts(with: $0.scalars) })
            else {
                position += 1
                continue
            }
            if start < position { sections.append(.text(Array(text[start..<position]))) }
            sections.append(.special(found.id))
            position += found.scalars.count
            start = position
        }
        if start < text.count { sections.append(.text(Array(text[start...]))) }
        return sections
    }

    private struct Pattern: Hashable, Sendable {
        let scalars: [Unicode.Scalar]
        let isNormalized: Bool
        let id: Int
    }
}
