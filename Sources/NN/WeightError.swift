package import Tensors

/// A checkpoint that does not hold what a network asks for.
package struct WeightError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case missing
        case wrongShape(expected: Shape, found: Shape)
        case wrongScalarType(found: ScalarType)
        case unread(count: Int)
    }

    package let code: Code
    /// Full key of the tensor, or the first of the unread ones.
    package let key: String
    /// The file or folder the weights come from.
    package let source: String

    package init(_ code: Code, key: String, source: String) {
        self.code = code
        self.key = key
        self.source = source
    }

    package var description: String {
        switch code {
        case .missing:
            "\(key): missing from \(source)"
        case .wrongShape(let expected, let found):
            "\(key): expected \(expected), found \(found) in \(source)"
        case .wrongScalarType(let found):
            "\(key): expected floating-point values, found \(found.rawValue) in \(source)"
        case .unread(let count) where count == 1:
            "\(key): no part of the network reads this tensor of \(source)"
        case .unread(let count):
            "\(key): no part of the network reads this tensor and \(count - 1) others of \(source)"
        }
    }
}
