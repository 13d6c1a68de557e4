/// One operation on one shape, differentiated on a device and, by central differences in float64,
/// by the reference.
package struct GradientCase: Sendable, CustomStringConvertible {
    package struct Outcome: Sendable {
        /// Largest relative error of the operands' gradients; infinite where one is missing or not
        /// finite.
        package let error: Double
        package let isWithinBound: Bool
    }

    /// What a case asks of the operation: values of the operands, drawn for it.
    typealias Run = @Sendable (GradientProbe) -> Tensor
    typealias Expected = @Sendable ([Reference]) -> Reference

    /// Name of the operation, as `Backend` has it.
    package let operation: String
    /// Shapes and options.
    package let detail: String
    /// Largest permitted relative error.
    package let bound: Double
    private let operands: [HostTensor]
    private let body: Run
    private let reference: Expected

    init(
        _ operation: String,
        _ detail: String,
        bound: Double = 1e-4,
        _ operands: [HostTensor],
        _ body: @escaping Run,
        reference: @escaping Expected
    ) {
        self.operation = operation
        self.detail = detail
        self.bound = bound
        self.operands = operands
        self.body = body
        self.reference = reference
    }

    package var description: String { "\(operation) \(detail)" }

    /// Runs the case.
    ///
    /// - Parameters:
    ///   - device: The device to judge.
    ///   - bound: Instead of the case's own.
    ///   - alter: Applied to each gradient found, to prove that the comparison can fail.
    /// - Returns: The error and the verdict.
    /// - Throws: `BackendError` if the device fails.
    package func run(
        on device: any DifferentiableBackend,
        bound: Double? = nil,
        altering alter: (HostTensor) -> HostTensor = { $0 }
    ) throws -> Outcome {
        let probe = GradientProbe(device, operands)
        let result = probe.recording.loading(component: "case") { body(probe) }
        var draw = CaseInputs(seed: 99)
        let seed = draw.tensor(result.shape)
        try probe.recording.backward([(result, seed)])
        var worst = 0.0
        for index in operands.indices {
            guard let found = try probe.gradient(index).map(alter),
                found.shape == operands[index].shape, found.values.allSatisfy(\.isFinite)
            else { return Outcome(error: .infinity, isWithinBound: false) }
            worst = max(worst, error(of: found, operand: index, seed: seed))
        }
        return Outcome(error: worst, isWithinBound: worst <= bound ?? self.bound)
    }

    /// Compares derivatives of the loss, Σ seed · result: some by single elements (all where there
    /// are few), and some along random directions, in which every element has a say.
    private func error(of found: HostTensor, operand index: Int, seed: HostTensor) -> Double {
        let count = found.values.count
        var generator = SplitMix(state: UInt64(count) &+ UInt64(index) << 32)
        let stride = max(1, count / 12)
        let elements =
            count <= 24
            ? Array(0..<count)
            : (0..<12).map { turn in
                turn * stride + Int(generator.next() % UInt64(stride))
            }
        var difference = 0.0
        var power = 0.0
        for element in elements {
            let expected = slope(index, seed) { $0[element] += $1 }
            difference += (Double(found.values[element]) - expected).squared
            power += expected.squared
        }
        let norm = found.values.reduce(0) { $0 + Double($1).squared }.squareRoot()
        // Elements that are all next to zero are judged by the size of the gradient.
        let floor = norm * (Double(elements.count) / Double(count)).squareRoot() * 1e-2
        var worst = difference.squareRoot() / max(power.squareRoot(), floor, 1e-30)
        for _ in 0..<2 {
            let signs = (0..<count).map { _ in generator.next() & 1 == 0 ? 1.0 : -1.0 }
            let expected = slope(index, seed) { values, step in
                for at in values.indices { values[at] += signs[at] * step }
            }
            let along = zip(found.values, signs).reduce(0) { $0 + Double($1.0) * $1.1 }
            worst = max(worst, abs(along - expected) / max(norm, abs(expected), 1e-30))
        }
        return worst
    }

    /// The derivative of the loss as `move` moves an operand.
    private func slope(
        _ index: Int,
        _ seed: HostTensor,
        _ move: (inout [Double], Double) -> Void
    ) -> Double {
        func loss(_ step: Double) -> Double {
            var moved = operands.map { Reference($0) }
            move(&moved[index].values, step)
            return zip(reference(moved).values, seed.values).reduce(0) { $0 + $1.0 * Double($1.1) }
        }
        let step = 1e-5
        return (loss(step) - loss(-step)) / (2 * step)
    }
}

/// Hands a case its operands and finds their gradients.
final class GradientProbe {
    let recording: RecordingBackend
    private let operands: [HostTensor]
    private var watched: [Int: Tensor] = [:]

    init(_ device: any DifferentiableBackend, _ operands: [HostTensor]) {
        recording = RecordingBackend(device)
        self.operands = operands
    }

    /// An operand as a tensor.
    func tensor(_ index: Int) -> Tensor {
        if let known = watched[index] { return known }
        let tensor = recording.watch(recording.upload(operands[index]))
        watched[index] = tensor
        return tensor
    }

    /// An operand as a parameter.
    func stored(_ index: Int) -> StoredTensor {
        operands[index].stored("\(index)")
    }

    func gradient(_ index: Int) throws -> HostTensor? {
        if let tensor = watched[index] {
            return try recording.gradient(of: tensor)?.download()
        }
        let parameter = recording.parameters.first { $0.key == "\(index)" }
        return try parameter?.gradient?.download()
    }
}

/// Numbers for choosing elements and directions.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension Double {
    fileprivate var squared: Double { self * self }
}
