import Dispatch
import Synchronization

/// Makes examples on all processors at once: a scene is rendered, or a file decoded, by one thread.
///
/// - Parameters:
///   - count: How many.
///   - make: Makes the example of an index; called in any order, at the same time.
/// - Returns: The examples, in order.
/// - Throws: What `make` threw for the smallest index that it threw for.
package func concurrentExamples<Example: Sendable>(
    _ count: Int,
    _ make: @Sendable (Int) throws -> Example
) throws -> [Example] {
    let results = Mutex<[Result<Example, any Error>?]>(Array(repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = Result { try make(index) }
        results.withLock { $0[index] = result }
    }
    return try results.withLock { $0 }.map { result in
        guard let result else { preconditionFailure("an example was not made") }
        return try result.get()
    }
}
