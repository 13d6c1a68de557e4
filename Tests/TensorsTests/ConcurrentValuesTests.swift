import Tensors
import Testing

private struct Failure: Error, Equatable {
    let index: Int
}

struct ConcurrentValuesTests {
    @Test func `values come in order`() {
        let squares = concurrentValues(200) { $0 * $0 }
        #expect(squares == (0..<200).map { $0 * $0 })
        let none = concurrentValues(0) { $0 }
        #expect(none.isEmpty)
    }

    @Test func `of several failures the first in order is told`() {
        for _ in 0..<20 {
            #expect(throws: Failure(index: 3)) {
                try concurrentValues(40) { index -> Int in
                    if index % 7 == 3 { throw Failure(index: index) }
                    return index
                }
            }
        }
    }
}
