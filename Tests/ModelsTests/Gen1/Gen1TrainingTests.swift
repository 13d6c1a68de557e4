import Models
import NN
import Tensors
import TestSupport
import Testing

/// The video network under `RecordingBackend`: which parameters a batch reaches, and that what
/// reaches them is the slope of the loss.
struct Gen1TrainingTests {
    private struct Setup {
        let backend: RecordingBackend
        let network: Gen1UNet
        private let fixture: NetworkFixture

        init(segments: Bool = false, threads: Int = 2) throws {
            let fixture = try NetworkFixture(golden: "gen1")
            let backend = RecordingBackend(
                CPUBackend(CPUConfiguration(threads: threads)),
                segments: segments
            )
            network = try backend.loading(component: "unet") {
                try fixture.network(on: backend) { config, weights in
                    try Gen1UNet(try Gen1Config(config), weights)
                }
            }
            (self.fixture, self.backend) = (fixture, backend)
        }

        func predict(_ mode: Gen1UNet.Mode) throws -> Tensor {
            try network(
                sample: backend.upload(channelsLast(try fixture("in.sample"))),
                structure: backend.upload(channelsLast(try fixture("in.structure"))),
                structureLevel: try fixture("in.structure_level").values,
                timesteps: try fixture("in.timestep").values,
                content: backend.upload(try fixture("in.content")),
                mode: mode
            )
        }

        /// Gradient of Σ seed · prediction.
        func seed(_ shape: Shape) -> HostTensor {
            var generator = SeededGenerator(seed: 5)
            return HostTensor(
                (0..<shape.count).map { _ in Float.random(in: -1...1, using: &generator) },
                shape
            )
        }

        func backward(_ mode: Gen1UNet.Mode) throws {
            let prediction = try predict(mode)
            try backend.backward([(prediction, seed(prediction.shape))])
        }
    }

    private func isTemporal(_ key: String) -> Bool { key.contains("temporal") }

    @Test(arguments: [false, true])
    func anImageBatchReachesNoTemporalParameter(_ segments: Bool) throws {
        let setup = try Setup(segments: segments)
        try setup.backward(.image)
        let temporal = setup.backend.parameters.filter { isTemporal($0.key) }
        #expect(!temporal.isEmpty)
        #expect(temporal.allSatisfy { $0.gradient == nil })
        let unreached = setup.backend.parameters.filter {
            $0.gradient == nil && !isTemporal($0.key)
        }
        // With a context of one token, queries have no influence.
        #expect(unreached.allSatisfy { $0.key.contains("attn2.to_q") || $0.key.contains("norm2") })
    }

    @Test(arguments: [false, true])
    func aVideoBatchReachesEveryTemporalParameter(_ segments: Bool) throws {
        let setup = try Setup(segments: segments)
        try setup.backward(.video)
        for parameter in setup.backend.parameters where isTemporal(parameter.key) {
            let values = try parameter.gradient?.download().values
            #expect(values?.contains { $0 != 0 } == true, "\(parameter.key)")
        }
    }

    @Test func neitherSegmentsNorThreadsChangeABit() throws {
        func bits(_ segments: Bool, _ threads: Int) throws -> [[UInt32]?] {
            let setup = try Setup(segments: segments, threads: threads)
            try setup.backward(.video)
            return try setup.backend.parameters.map {
                try $0.gradient?.download().values.map(\.bitPattern)
            }
        }
        let plain = try bits(false, 1)
        #expect(try bits(true, 1) == plain)
        #expect(try bits(false, 3) == plain)
    }

    /// The change of the loss along a random direction in the space of all parameters, by central
    /// differences in float32 whose step balances curvature and rounding.
    @Test func theGradientIsTheSlopeOfTheLoss() throws {
        let setup = try Setup()
        try setup.backward(.video)
        var generator = SeededGenerator(seed: 6)
        var expected = 0.0
        var moves: [(parameter: TrainableParameter, start: HostTensor, move: [Float])] = []
        for parameter in setup.backend.parameters {
            guard let gradient = try parameter.gradient?.download() else { continue }
            let start = try parameter.value.download()
            let size = start.values.map(abs).max() ?? 0
            let move = start.values.map { _ in Float.random(in: -1...1, using: &generator) * size }
            expected += zip(gradient.values, move).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            moves.append((parameter, start, move))
        }
        func loss(_ step: Float) throws -> Double {
            for (parameter, start, move) in moves {
                parameter.replace(
                    HostTensor(zip(start.values, move).map { $0 + step * $1 }, start.shape)
                )
            }
            let prediction = try setup.backend.withoutRecording { try setup.predict(.video) }
            let values = try prediction.download()
            return zip(values.values, setup.seed(values.shape).values).reduce(0) {
                $0 + Double($1.0) * Double($1.1)
            }
        }
        // Richardson's extrapolation takes out the second order of the step.
        func slope(_ step: Float) throws -> Double {
            (try loss(step) - loss(-step)) / (2 * Double(step))
        }
        let found = (4 * (try slope(0.001)) - (try slope(0.002))) / 3
        #expect(abs(found - expected) < 2e-3 * abs(expected), "\(found) and \(expected)")
    }
}
