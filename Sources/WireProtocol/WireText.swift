extension String {
    /// The text cut at a character so that its UTF-8 fits into `bytes`, at least 3, with an
    /// ellipsis if it was cut; NULs, which a message cannot hold, become the replacement character.
    package func clipped(to bytes: Int = WireLimits.textBytes) -> String {
        precondition(bytes >= 3, "a text of \(bytes) bytes")
        let text = utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self
        guard text.utf8.count > bytes else { return text }
        var end = text.startIndex
        var used = 3
        for index in text.indices {
            used += text[index].utf8.count
            guard used <= bytes else { break }
            end = text.index(after: index)
        }
        return text[..<end] + "…"
    }
}
