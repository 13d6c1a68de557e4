import Glibc
import Tensors
import TestSupport
import Testing

/// Activations and their derivatives in float64.
enum ActivationReference {
    static func value(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
        case .quickGELU: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        }
    }

    static func slope(_ activation: Activation, _ x: Double) -> Double {
        func swish(_ rate: Double) -> Double {
            let share = 1 / (1 + exp(-rate * x))
            return share * (1 + rate * x * (1 - share))
        }
        return switch activation {
        case .identity: 1
        case .silu: swish(1)
        case .gelu:
            0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-x * x / 2) / (2 * .pi).squareRoot()
        case .quickGELU: swish(1.702)
        case .relu: x > 0 ? 1 : 0
        }
    }
}

/// The gradients of pointwise operations, and the optimiser's step, against float64.
struct CPUBackendPointwiseGradientsTests {
    private func backend(_ kernels: KernelVersion, threads: Int = 2) -> CPUBackend {
        CPUBackend(CPUConfiguration(threads: threads, kernels: kernels))
    }

    @Test func `the definition's slopes are its differences`() {
        for activation in Activation.allCases {
            for x in stride(from: -7.95, through: 8, by: 0.1) {
                let step = 1e-5
                let above = ActivationReference.value(activation, x + step)
                let below = ActivationReference.value(activation, x - step)
                let difference = (above - below) / (2 * step)
                let slope = ActivationReference.slope(activation, x)
                #expect(abs(slope - difference) < 1e-9, "\(activation) at \(x)")
            }
        }
    }

    @Test(arguments: KernelVersion.available)
    func `activations have their slopes`(_ kernels: KernelVersion) throws {
        let backend = backend(kernels)
        for count in [1, 15, 33, 20_011] {
            var x = randomTensor([count], seed: 1, scale: 4)
            // Far out, where exponentials overflow.
            for (index, far) in [Float(-1e4), -200, -88, 88, 200, 1e4].enumerated()
            where index < count { x.values[index] = far }
            let gradient = randomTensor([count], seed: 2)
            for activation in Activation.allCases {
                let found = try backend.activationGradient(
                    backend.upload(x),
                    activation,
                    gradient: backend.upload(gradient)
                ).download()
                let expected = zip(x.values, gradient.values).map {
                    ActivationReference.slope(activation, Double($0)) * Double($1)
                }
                // Kernels may take the error function to 1.5e-7.
                let error = squaredError(found, expected)
                let power = max(dot(expected, expected), 1e-3 * Double(count))
                #expect(error <= 1e-12 * power, "\(activation) of \(count): \(error / power)")
            }
        }
    }

    @Test(arguments: KernelVersion.available)
    func `a gate and its gradient`(_ kernels: KernelVersion) throws {
        let backend = backend(kernels)
        for (rows, n) in [(1, 1), (3, 17), (70, 33), (2, 64), (40, 130)] {
            let x = randomTensor([rows, 2 * n], seed: 3, scale: 2)
            let gradient = randomTensor([rows, n], seed: 4)
            var value = [Double](repeating: 0, count: rows * n)
            var slopes = [Double](repeating: 0, count: rows * 2 * n)
            for index in value.indices {
                let at = index / n * 2 * n + index % n
                let (factor, gate) = (Double(x.values[at]), Double(x.values[at + n]))
                let upper = Double(gradient.values[index])
                value[index] = factor * ActivationReference.value(.gelu, gate)
                slopes[at] = upper * ActivationReference.value(.gelu, gate)
                slopes[at + n] = upper * factor * ActivationReference.slope(.gelu, gate)
            }
            let uploaded = backend.upload(x)
            let found = try backend.gate(uploaded).download()
            #expect(found.shape == gradient.shape)
            #expect(squaredError(found, value) <= 1e-11 * dot(value, value))
            let foundSlopes = try backend.gateGradient(
                uploaded,
                gradient: backend.upload(gradient)
            ).download()
            #expect(foundSlopes.shape == x.shape)
            #expect(squaredError(foundSlopes, slopes) <= 1e-11 * dot(slopes, slopes))
        }
    }

    /// Loshchilov and Hutter's algorithm 2, as PyTorch writes it.
    private func adamW(
        _ state: inout [(value: Double, mean: Double, variance: Double)],
        _ gradient: [Float],
        _ step: AdamWStep
    ) {
        let (beta1, beta2) = (Double(step.beta1), Double(step.beta2))
        for index in state.indices {
            let g = Double(gradient[index]) * Double(step.gradientScale)
            state[index].value *= 1 - Double(step.rate) * Double(step.weightDecay)
            state[index].mean = beta1 * state[index].mean + (1 - beta1) * g
            state[index].variance = beta2 * state[index].variance + (1 - beta2) * g * g
            let mean = state[index].mean / (1 - pow(beta1, Double(step.number)))
            let variance = state[index].variance / (1 - pow(beta2, Double(step.number)))
            state[index].value -=
                Double(step.rate) * mean / (variance.squareRoot() + Double(step.epsilon))
        }
    }

    @Test(arguments: KernelVersion.available)
    func `five steps of AdamW follow the algorithm`(_ kernels: KernelVersion) throws {
        let backend = backend(kernels)
        for count in [1, 35, 40_003] {
            let start = randomTensor([count], seed: 5)
            let zeros = HostTensor(repeating: 0, [count])
            let (value, mean, variance) = (
                backend.upload(start), backend.upload(zeros), backend.upload(zeros)
            )
            var state = start.values.map { (value: Double($0), mean: 0.0, variance: 0.0) }
            for number in 1...5 {
                let gradient = randomTensor([count], seed: 10 + UInt64(number), scale: 0.1)
                let step = AdamWStep(
                    rate: 0.02,
                    beta1: 0.9,
                    beta2: 0.999,
                    epsilon: 1e-8,
                    weightDecay: 0.1,
                    gradientScale: 0.5,
                    number: number
                )
                backend.adamW(
                    value: value,
                    gradient: backend.upload(gradient),
                    mean: mean,
                    variance: variance,
                    step
                )
                adamW(&state, gradient.values, step)
            }
            let moved = zip(state, start.values).map { $0.value - Double($1) }
            let error = squaredError(try value.download(), state.map(\.value))
            // Values are rounded to float32 after each step.
            let rounding = 1e-13 * dot(start.doubles, start.doubles)
            #expect(
                error <= 1e-11 * dot(moved, moved) + rounding,
                "\(error / dot(moved, moved))"
            )
            for (found, expected) in [
                (mean, state.map(\.mean)), (variance, state.map(\.variance)),
            ] {
                let error = squaredError(try found.download(), expected)
                #expect(error <= 1e-11 * dot(expected, expected))
            }
        }
    }

    @Test(arguments: KernelVersion.available)
    func `a parameter without a gradient only decays`(_ kernels: KernelVersion) throws {
        let backend = backend(kernels)
        let value = backend.upload(HostTensor([2, -4], [2]))
        let zeros = (0..<3).map { _ in backend.upload(HostTensor(repeating: 0, [2])) }
        backend.adamW(
            value: value,
            gradient: zeros[0],
            mean: zeros[1],
            variance: zeros[2],
            AdamWStep(
                rate: 0.5,
                beta1: 0.9,
                beta2: 0.99,
                epsilon: 1e-8,
                weightDecay: 0.5,
                gradientScale: 1,
                number: 1
            )
        )
        #expect(try value.download().values == [1.5, -3])
    }

    @Test(arguments: KernelVersion.available)
    func `the squared norm is exact to float64`(_ kernels: KernelVersion) throws {
        let backend = backend(kernels)
        for count in [0, 1, 37, 50_001] {
            let x = randomTensor([count], seed: 6)
            let found = backend.squaredNorm(backend.upload(x))
            let expected = dot(x.doubles, x.doubles)
            #expect(abs(found - expected) <= 1e-13 * expected)
        }
    }

    @Test(arguments: KernelVersion.available)
    func `threads do not change a bit`(_ kernels: KernelVersion) throws {
        let x = randomTensor([70, 1000], seed: 7)
        let gradient = randomTensor([70, 500], seed: 8)
        let results = try [1, 3].map { threads in
            let backend = backend(kernels, threads: threads)
            let (x, gradient) = (backend.upload(x), backend.upload(gradient))
            let tensors = [
                backend.activationGradient(x, .silu, gradient: x), backend.gate(x),
                backend.gateGradient(x, gradient: gradient),
            ]
            let values = try tensors.flatMap { try $0.download().values }
            return values.map { UInt64($0.bitPattern) } + [backend.squaredNorm(x).bitPattern]
        }
        #expect(results[0] == results[1])
    }
}
