/// A window layout or fusion rate that makes no sense.
package struct StitchError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
