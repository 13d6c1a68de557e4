import Glibc
import Tensors
import TestSupport
import Testing

/// The gradients of norms on every kernel version against loops in float64.
struct CPUBackendNormGradientsTests {
    private struct Norm: CustomStringConvertible, Sendable {
        var images: Int
        var rows: Int
        var channels: Int
        var groups: Int
        var activation = Activation.identity
        let epsilon: Float = 1e-5

        var description: String {
            "\(images)x\(rows)x\(channels) in \(groups) \(activation)"
        }
        var shape: Shape { [images, rows, channels] }
        var x: HostTensor {
            HostTensor(randomTensor(shape, seed: 1, scale: 2).values.map { $0 + 3 }, shape)
        }
        var scale: HostTensor { randomTensor([channels], seed: 2) }
        var shift: HostTensor { randomTensor([channels], seed: 3) }
        var gradient: HostTensor { randomTensor(shape, seed: 4) }

        /// Indices of what is normalised together.
        private var sets: [[Int]] {
            let width = channels / groups
            return (0..<images * groups).map { set in
                (0..<rows * width).map { index in
                    (set / groups * rows + index / width) * channels + set % groups * width
                        + index % width
                }
            }
        }

        private func normalised(_ x: [Double]) -> (units: [Double], inverses: [Double]) {
            var (units, inverses) = (x, x)
            for set in sets {
                let count = Double(set.count)
                let mean = set.reduce(0) { $0 + x[$1] } / count
                let variance = set.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / count
                let inverse = 1 / (variance + Double(epsilon)).squareRoot()
                for index in set {
                    units[index] = (x[index] - mean) * inverse
                    inverses[index] = inverse
                }
            }
            return (units, inverses)
        }

        func value(_ x: [Double], _ scale: [Double], _ shift: [Double]) -> [Double] {
            normalised(x).units.enumerated().map { index, unit in
                let channel = index % channels
                return ActivationReference.value(activation, unit * scale[channel] + shift[channel])
            }
        }

        /// Gradients of Σ gradient · value by x, scale and shift.
        func gradients(
            _ x: [Double],
            _ scale: [Double],
            _ shift: [Double],
            _ gradient: [Double]
        ) -> [[Double]] {
            let (units, inverses) = normalised(x)
            var dscale = [Double](repeating: 0, count: channels)
            var (dshift, dx) = (dscale, x)
            let slopes = units.enumerated().map { index, unit in
                let channel = index % channels
                let z = unit * scale[channel] + shift[channel]
                let slope = gradient[index] * ActivationReference.slope(activation, z)
                dscale[channel] += slope * unit
                dshift[channel] += slope
                return slope * scale[channel]
            }
            for set in sets {
                let mean = set.reduce(0) { $0 + slopes[$1] } / Double(set.count)
                let slant = set.reduce(0) { $0 + slopes[$1] * units[$1] } / Double(set.count)
                for index in set {
                    dx[index] = (slopes[index] - mean - units[index] * slant) * inverses[index]
                }
            }
            return [dx, dscale, dshift]
        }
    }

    private static let groupNorms: [Norm] = [
        (1, 1, 32, 8), (2, 35, 96, 32), (3, 130, 33, 3), (1, 65, 8, 1), (2, 9, 320, 32),
        (2, 610, 480, 32), (1, 6, 10, 5),
    ]
    .flatMap { images, rows, channels, groups in
        Activation.allCases.map {
            Norm(
                images: images,
                rows: rows,
                channels: channels,
                groups: groups,
                activation: $0
            )
        }
    }

    /// A row is an image of one row, and one group.
    private static let layerNorms: [Norm] = [
        (1, 8), (35, 96), (130, 33), (65, 5), (9, 320), (610, 480), (4, 7),
    ]
    .map { Norm(images: $0.0, rows: 1, channels: $0.1, groups: 1) }

    private func found(
        _ norm: Norm,
        isLayer: Bool,
        on backend: CPUBackend
    ) throws -> [HostTensor] {
        let parameters = NormParameters(
            scale: backend.upload(norm.scale),
            shift: backend.upload(norm.shift),
            epsilon: norm.epsilon
        )
        let (x, gradient) = (backend.upload(norm.x), backend.upload(norm.gradient))
        let gradients =
            isLayer
            ? backend.layerNormGradient(x, parameters, gradient: gradient)
            : backend.groupNormGradient(
                x,
                parameters,
                groups: norm.groups,
                activation: norm.activation,
                gradient: gradient
            )
        return try [gradients.input, gradients.scale, gradients.shift].map { try $0.download() }
    }

    private func judge(_ norms: [Norm], isLayer: Bool, _ kernels: KernelVersion) throws {
        let backend = CPUBackend(CPUConfiguration(threads: 2, kernels: kernels))
        for norm in norms {
            let found = try found(norm, isLayer: isLayer, on: backend)
            let expected = norm.gradients(
                norm.x.doubles,
                norm.scale.doubles,
                norm.shift.doubles,
                norm.gradient.doubles
            )
            for (found, expected) in zip(found, expected) {
                let error = squaredError(found, expected)
                // Where channels stand alone the normalised value is a constant.
                let power = max(dot(expected, expected), 1e-3 * Double(expected.count))
                #expect(error <= 3e-11 * power, "\(norm): \(error / power)")
            }
        }
    }

    @Test(arguments: KernelVersion.available)
    func `gradients of group norms are those of the definition`(_ kernels: KernelVersion) throws {
        try judge(Self.groupNorms, isLayer: false, kernels)
    }

    @Test(arguments: KernelVersion.available)
    func `gradients of layer norms are those of the definition`(_ kernels: KernelVersion) throws {
        try judge(Self.layerNorms, isLayer: true, kernels)
    }

    @Test func `the definition's gradients are its differences`() {
        for activation in Activation.allCases where activation != .relu {
            let norm = Norm(images: 2, rows: 3, channels: 4, groups: 2, activation: activation)
            let (x, scale, shift) = (norm.x.doubles, norm.scale.doubles, norm.shift.doubles)
            let upper = norm.gradient.doubles
            let found = norm.gradients(x, scale, shift, upper)
            let errors = [
                differenceError(of: found[0], at: x) { dot(norm.value($0, scale, shift), upper) },
                differenceError(of: found[1], at: scale) { dot(norm.value(x, $0, shift), upper) },
                differenceError(of: found[2], at: shift) { dot(norm.value(x, scale, $0), upper) },
            ]
            #expect(errors.allSatisfy { $0 < 1e-7 }, "\(norm): \(errors)")
        }
    }

    @Test(arguments: KernelVersion.available)
    func `threads do not change a bit of a gradient`(_ kernels: KernelVersion) throws {
        let one = CPUBackend(CPUConfiguration(threads: 1, kernels: kernels))
        let three = CPUBackend(CPUConfiguration(threads: 3, kernels: kernels))
        for (norms, isLayer) in [(Self.groupNorms, false), (Self.layerNorms, true)] {
            for norm in norms {
                let first = try found(norm, isLayer: isLayer, on: one)
                #expect(try first == found(norm, isLayer: isLayer, on: three), "\(norm)")
            }
        }
    }
}
