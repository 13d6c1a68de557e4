import Tensors
import Testing
import Training

struct TrainingBenchmarkTests {
    @Test func `steps are finite, repeat, and do not depend on what is remembered`() throws {
        var size = TrainingBenchmark.Size()
        (size.frames, size.side) = (2, 4)
        func losses(threads: Int, segments: Bool) throws -> [Double] {
            let backend = CPUBackend(CPUConfiguration(threads: threads))
            let benchmark = try TrainingBenchmark(size, on: backend, segments: segments)
            return [try benchmark.takeStep(), try benchmark.takeStep()]
        }
        let plain = try losses(threads: 1, segments: false)
        #expect(plain.allSatisfy(\.isFinite) && plain[0] != plain[1])
        #expect(try losses(threads: 2, segments: true) == plain)
    }
}
