import Dispatch
import Synchronization

/// Makes values on all processors at once: a scene is rendered, a file decoded, the flow of two
/// frames estimated, each by one thread.
///
/// - Parameters:
///   - count: How many.
///   - make: Makes the value of an index; called in any order, at the same time.
/// - Returns: The values, in order.
/// - Throws: What `make` threw for the smallest index that it threw for.
package func concurrentValues<Value: Sendable, Failure: Error>(
    _ count: Int,
    _ make: @Sendable (Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
    let results = Mutex<[Result<Value, Failure>?]>(Array(repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = Result { () throws(Failure) in try make(index) }
        results.withLock { $0[index] = result }
    }
    var values: [Value] = []
    for result in results.withLock({ $0 }) {
        guard let result else { preconditionFailure("a value was not made") }
        values.append(try result.get())
    }
    return values
}
