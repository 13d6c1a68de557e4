import Models
import NN
import Tensors
import TestSupport
import Testing
import Training

struct OptimizerTests {
    /// Two parameters that a loss of the sum of squares of one of them pulls at.
    private final class Pair {
        let recording = RecordingBackend(CPUBackend(CPUConfiguration(threads: 2)))
        let matrix: Tensor
        let bias: Tensor

        init() throws {
            let weights = KeyedWeights(["matrix": [5, 7], "bias": [7]])
            let store = ParameterStore(weights, backend: recording)
            (matrix, bias) = try recording.loading(component: "unet") {
                (
                    try store.root.tensor("matrix", [5, 7], initial: .zeros),
                    try store.root.tensor("bias", [7], initial: .zeros)
                )
            }
        }

        /// Lets gradients reach the parameters: 1, 2, 3, ... times `scale`.
        func pull(matrix scale: Float, bias: Float?) throws {
            var seeds = [(recording.combine([(scale, matrix)]), Self.slope([5, 7]))]
            if let bias { seeds.append((recording.combine([(bias, self.bias)]), Self.slope([7]))) }
            try recording.backward(seeds)
        }

        static func slope(_ shape: Shape) -> HostTensor {
            HostTensor((1...shape.count).map { Float($0) / 8 }, shape)
        }

        func value(_ index: Int) throws -> [Double] {
            try recording.parameters[index].value.download().values.map(Double.init)
        }
    }

    /// AdamW as in the paper, in float64, one element at a time.
    private struct Reference {
        var values: [Double]
        var means: [Double]
        var variances: [Double]
        var number = 0

        init(_ values: [Double]) {
            self.values = values
            means = values.map { _ in 0 }
            variances = means
        }

        mutating func step(_ gradient: [Double], rate: Double, decay: Double) {
            number += 1
            for index in values.indices {
                let g = gradient[index]
                means[index] = 0.9 * means[index] + 0.1 * g
                variances[index] = 0.999 * variances[index] + 0.001 * g * g
                var (first, second) = (1.0, 1.0)
                for _ in 0..<number { (first, second) = (first * 0.9, second * 0.999) }
                let mean = means[index] / (1 - first)
                let variance = variances[index] / (1 - second)
                values[index] -= rate * decay * values[index]
                values[index] -= rate * mean / (variance.squareRoot() + 1e-8)
            }
        }
    }

    private func settings(_ change: (inout TrainingSettings) -> Void = { _ in }) -> TrainingSettings
    {
        var settings = TrainingSettings(steps: 50, learningRate: 0.01, warmUp: 3)
        settings.adam.weightDecay = 0.1
        settings.clipNorm = nil
        change(&settings)
        return settings
    }

    private func near(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count
            && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) }
    }

    @Test func `steps are AdamW's, with decay of the matrix alone`() throws {
        let pair = try Pair()
        let settings = settings()
        let optimizer = try Optimizer(pair.recording, settings)
        var references = [Reference(try pair.value(0)), Reference(try pair.value(1))]
        for step in 0..<10 {
            pair.recording.clearGradients()
            let scale = Float(step) - 3.5
            try pair.pull(matrix: scale, bias: scale)
            optimizer.step(step, norm: try #require(optimizer.gradientNorm()))
            for (index, count) in [(0, 35), (1, 7)] {
                let gradient = (1...count).map { Double($0) / 8 * Double(scale) }
                references[index].step(
                    gradient,
                    rate: settings.rate(at: step),
                    decay: index == 0 ? 0.1 : 0
                )
                #expect(near(try pair.value(index), references[index].values))
            }
        }
    }

    @Test func `the norm is of the mean over micro-batches and all parameters`() throws {
        let pair = try Pair()
        let optimizer = try Optimizer(pair.recording, settings { $0.accumulation = 2 })
        #expect(optimizer.gradientNorm() == nil)
        try pair.pull(matrix: 1, bias: 1)
        try pair.pull(matrix: 3, bias: 1)
        let matrix = (1...35).map { Double($0) / 8 * 2 }
        let bias = (1...7).map { Double($0) / 8 }
        let expected = (matrix + bias).map { $0 * $0 }.reduce(0, +).squareRoot()
        #expect(abs(try #require(optimizer.gradientNorm()) / expected - 1) < 1e-6)
    }

    @Test func `a gradient that is too long is made as long as the limit`() throws {
        let (long, short) = (try Pair(), try Pair())
        let clipped = try Optimizer(long.recording, settings { $0.clipNorm = 0.5 })
        try long.pull(matrix: 4, bias: 4)
        let norm = try #require(clipped.gradientNorm())
        clipped.step(0, norm: norm)
        // The same step as of a gradient that was of that length to begin with.
        let plain = try Optimizer(short.recording, settings())
        try short.pull(matrix: Float(4 * 0.5 / norm), bias: Float(4 * 0.5 / norm))
        let other = try #require(plain.gradientNorm())
        #expect(abs(other - 0.5) < 1e-6)
        plain.step(0, norm: other)
        for (name, tensor) in clipped.state {
            let expected = try #require(plain.state.first { $0.name == name }).tensor.download()
            #expect(nmse(try tensor.download(), expected) < 1e-12, "\(name)")
        }
        // A limit that is not reached changes no bit.
        let (a, b) = (try Pair(), try Pair())
        for (pair, limit) in [(a, 1e6), (b, nil)] as [(Pair, Double?)] {
            let optimizer = try Optimizer(pair.recording, settings { $0.clipNorm = limit })
            try pair.pull(matrix: 1, bias: 1)
            optimizer.step(0, norm: try #require(optimizer.gradientNorm()))
        }
        #expect(try a.value(0) == b.value(0))
    }

    /// In a batch of images the layers along time get no gradient: nothing of theirs may move.
    @Test func `a parameter without a gradient keeps value, moments and count`() throws {
        let pair = try Pair()
        let optimizer = try Optimizer(pair.recording, settings())
        func state(_ part: String) throws -> [HostTensor] {
            try optimizer.state.filter { $0.name.hasSuffix(part) && !$0.name.hasPrefix("average") }
                .map { try $0.tensor.download() }
        }
        try pair.pull(matrix: 1, bias: 1)
        optimizer.step(0, norm: 1)
        let before = (matrix: try state("matrix"), bias: try state("bias"))
        pair.recording.clearGradients()
        try pair.pull(matrix: 1, bias: nil)
        optimizer.step(1, norm: 1)
        #expect(try state("bias") == before.bias)
        #expect(try state("matrix") != before.matrix)
        #expect(optimizer.updates == ["unet/matrix": 2, "unet/bias": 1])
    }

    @Test func `the average follows the values, and is what is given out`() throws {
        let pair = try Pair()
        let settings = settings { $0.averageDecay = 0.5 }
        let optimizer = try Optimizer(pair.recording, settings)
        var average = try pair.value(0)
        for step in 0..<8 {
            pair.recording.clearGradients()
            try pair.pull(matrix: 1, bias: 1)
            optimizer.step(step, norm: 1)
            let decay = settings.averageDecay(at: step)
            average = zip(average, try pair.value(0)).map { decay * $0 + (1 - decay) * $1 }
        }
        let given = try #require(optimizer.weights["unet/matrix"]).download().values
        #expect(near(given.map(Double.init), average))
        let master = try pair.value(0)
        let inside = try optimizer.withAverages { try pair.value(0) }
        #expect(inside == given.map(Double.init))
        #expect(try pair.value(0) == master && !near(master, average))
    }

    @Test func `without an average the values themselves are given out`() throws {
        let pair = try Pair()
        let optimizer = try Optimizer(pair.recording, settings { $0.averageDecay = 0 })
        #expect(optimizer.state.count == 6)
        let given = try #require(optimizer.weights["unet/bias"]).download().values
        #expect(try given.map(Double.init) == pair.value(1))
    }

    @Test func `training nothing is refused`() {
        let recording = RecordingBackend(CPUBackend(CPUConfiguration(threads: 1)))
        let error = #expect(throws: TrainingError.self) { try Optimizer(recording, settings()) }
        #expect(error?.description == "nothing trains: no parameter is chosen")
    }
}
