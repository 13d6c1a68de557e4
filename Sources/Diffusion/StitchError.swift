/// A window layout or fusion rate that makes no sense, or windows that do not fit their layout.
package struct StitchError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A number somebody chose is out of range.
        case settings
        /// The windows given are not those of the layout.
        case windows
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
