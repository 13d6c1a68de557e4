/// Tensors that do not fit the network they are given to.
package struct NetworkInputError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
