import Glibc
package import Tensors

/// Normalised mean squared error: Σ(a − b)² / Σb², the measure of every parity claim.
package func nmse(_ found: [Float], _ expected: [Float]) -> Double {
    precondition(found.count == expected.count, "\(found.count) against \(expected.count) values")
    var error = 0.0
    var power = 0.0
    for (a, b) in zip(found, expected) {
        guard a.isFinite, b.isFinite else { return .infinity }
        let difference = Double(a) - Double(b)
        error += difference * difference
        power += Double(b) * Double(b)
    }
    return power > 0 ? error / power : error
}

/// Normalised mean squared error of two tensors of one shape.
package func nmse(_ found: HostTensor, _ expected: HostTensor) -> Double {
    precondition(found.shape == expected.shape, "\(found.shape) against \(expected.shape)")
    return nmse(found.values, expected.values)
}

/// Normal values from a seed (Box–Muller), for test inputs.
package func randomTensor(_ shape: Shape, seed: UInt64, scale: Float = 1) -> HostTensor {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<shape.count).map { _ in
        let u = Double.random(in: 1e-12..<1, using: &generator)
        let v = Double.random(in: 0..<1, using: &generator)
        return Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v)) * scale
    }
    return HostTensor(values, shape)
}
