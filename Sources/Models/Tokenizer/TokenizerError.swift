/// Tokenizer files, or token ids, that cannot be used.
package struct TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
