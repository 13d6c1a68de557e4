package import Tensors

/// A loss, and where it points.
package struct Loss: Equatable, Sendable {
    package let value: Double
    /// Derivative of `value` by each element of what was judged.
    package let gradient: HostTensor

    package init(value: Double, gradient: HostTensor) {
        self.value = value
        self.gradient = gradient
    }
}

/// A loss in double precision: what the losses' formulas work with, so that they can be held
/// against finite differences.
package struct Slope: Equatable, Sendable {
    package var value: Double
    package var gradient: [Double]

    package init(value: Double, gradient: [Double]) {
        self.value = value
        self.gradient = gradient
    }

    static func zero(count: Int) -> Slope {
        Slope(value: 0, gradient: [Double](repeating: 0, count: count))
    }

    /// Adds a multiple of another loss of the same elements.
    mutating func add(_ other: Slope, times factor: Double = 1) {
        value += factor * other.value
        for index in gradient.indices { gradient[index] += factor * other.gradient[index] }
    }

    /// As the network's tensors hold it.
    func loss(_ shape: Shape) -> Loss {
        Loss(value: value, gradient: HostTensor(gradient.map { Float($0) }, shape))
    }
}

extension HostTensor {
    /// In double precision, as losses are computed.
    package var doubles: [Double] { values.map { Double($0) } }
}
