import Testing
import Training

private struct Failure: Error, Equatable {
    let index: Int
}

struct ConcurrentExamplesTests {
    @Test func `examples come in order`() throws {
        #expect(try concurrentExamples(200) { $0 * $0 } == (0..<200).map { $0 * $0 })
        #expect(try concurrentExamples(0) { $0 }.isEmpty)
    }

    @Test func `of several failures the first in order is told`() {
        for _ in 0..<20 {
            #expect(throws: Failure(index: 3)) {
                try concurrentExamples(40) { index -> Int in
                    if index % 7 == 3 { throw Failure(index: index) }
                    return index
                }
            }
        }
    }
}
