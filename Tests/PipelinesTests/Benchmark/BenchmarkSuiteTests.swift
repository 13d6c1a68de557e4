import Pipelines
import Tensors
import Testing

struct BenchmarkSuiteTests {
    @Test func everyNameIsItsOwn() {
        let names = BenchmarkSuite.all.map(\.name)
        #expect(!names.isEmpty)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.contains("/") && !$0.contains(" ") })
    }

    @Test func aTinyRunIsMeasured() throws {
        let configuration = CPUConfiguration(threads: 1)
        let machine = try MachineBounds(of: CPUBackend(configuration))
        #expect(machine.arithmeticPerSecond > 0 && machine.copiedBytesPerSecond > 0)
        func run(_ name: String) throws -> BenchmarkResult {
            let benchmark = try #require(BenchmarkSuite.all.first { $0.name == name })
            return try benchmark.run(
                on: { CPUBackend(configuration) },
                repetitions: 3,
                machine: machine
            )
        }
        let product = try run("linear/77x768->320")
        #expect(product.seconds.count == 3 && product.seconds == product.seconds.sorted())
        #expect(product.seconds[0] > 0 && product.rate > 0 && product.share > 0)
        #expect(product.median == product.seconds[1])
        #expect(product.operations == 2 * 77 * 768 * 320)
        #expect(product.parameterBytes >= 4 * 768 * 320)
        #expect(product.activationPeakBytes >= 4 * 77 * 320)
        #expect(product.checksum.isFinite && product.checksum != 0)
        #expect(try run("linear/77x768->320").checksum == product.checksum)

        #expect(product.activationHeldBytes >= product.activationPeakBytes)
        // The processor replays nothing.
        #expect(product.queuedSeconds.isEmpty)

        let memory = try run("layerNorm/256x1280")
        #expect(memory.bound == .memory && memory.operations == 0)
        #expect(memory.bytes == 8 * 256 * 1280 && memory.rate > 0)
    }

    /// Half weights take half the memory and are other values.
    @Test func weightsAreStoredAsAsked() throws {
        let configuration = CPUConfiguration(threads: 1)
        let machine = try MachineBounds(of: CPUBackend(configuration))
        let benchmark = try #require(
            BenchmarkSuite.all.first { $0.name == "gen1/tiny-8x16x16" }
        )
        let results = try BenchmarkWeights.allCases.map { weights in
            try benchmark.run(
                on: { CPUBackend(configuration) },
                weights: weights,
                repetitions: 1,
                machine: machine
            )
        }
        let (full, half) = (results[0], results[1])
        let share = Double(half.parameterBytes) / Double(full.parameterBytes)
        #expect(share > 0.5 && share < 0.52)
        #expect(half.checksum.isFinite && half.checksum != full.checksum)
        #expect(half.operations == full.operations)
    }
}
