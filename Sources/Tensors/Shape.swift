/// The extents of a tensor, outermost first; `[]` is a scalar.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    package let dimensions: [Int]

    package init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
        self.dimensions = dimensions
    }

    package init(arrayLiteral elements: Int...) {
        self.init(elements)
    }

    package var rank: Int { dimensions.count }

    /// Product of the extents; 1 for a scalar.
    package var count: Int { dimensions.reduce(1, *) }

    /// The extent at `axis`; a negative axis counts from the innermost.
    package subscript(axis: Int) -> Int {
        dimensions[axis < 0 ? rank + axis : axis]
    }

    /// The shape with another innermost extent.
    func replacing(last extent: Int) -> Shape {
        Shape(dimensions.dropLast() + [extent])
    }

    package var description: String { "\(dimensions)" }
}
