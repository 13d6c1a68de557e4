import NN
import Synchronization
import Tensors
import TestSupport
import Testing

private let weights = KeyedWeights(["a": [2], "b": [3], "c": [4]])

/// Integers where a network wants floating-point values.
private struct Integers: TensorSource {
    let label = "integers"
    let names = ["a"]

    private final class Zeros: ByteRegion {
        func withBytes<Result>(
            _ body: (UnsafeRawBufferPointer) throws -> Result
        ) rethrows -> Result {
            try [UInt8](repeating: 0, count: 16).withUnsafeBytes(body)
        }
        func discard(_ range: Range<Int>) {}
    }

    func tensor(named name: String) -> StoredTensor? {
        guard name == "a" else { return nil }
        return StoredTensor(
            name: name,
            scalarType: .int64,
            shape: [2],
            region: Zeros(),
            range: 0..<16
        )
    }
}

struct ParameterStoreTests {
    @Test func `a tensor nobody reads is an error that names and counts`() throws {
        let (store, path) = weights.open()
        _ = try path.stored("b", [3], initial: .zeros)
        let error = #expect(throws: WeightError.self) { try store.finish() }
        #expect(error?.code == .unread(count: 2) && error?.key == "a")
        #expect(
            error?.description
                == "a: no part of the network reads this tensor and 1 others of keyed weights"
        )
        let one = #expect(throws: WeightError.self) { try store.finish { $0 == "a" } }
        #expect(one?.code == .unread(count: 1) && one?.key == "c")
        try store.finish { $0 == "a" || $0 == "c" }
    }

    @Test func `a second read is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            let weights = KeyedWeights(["a": [2]])
            let path = weights.open().path
            _ = try path.stored("a", [2], initial: .zeros)
            _ = try path.stored("a", [2], initial: .zeros)
        }
    }

    @Test func `integers are no parameters`() {
        let store = ParameterStore(Integers(), backend: CPUBackend(CPUConfiguration(threads: 1)))
        let error = #expect(throws: WeightError.self) {
            try store.root.stored("a", [2], initial: .zeros)
        }
        #expect(error?.description == "a: expected floating-point values, found I64 in integers")
    }

    @Test func `fresh parameters are declared in the order in which they are asked for`() throws {
        let made = Mutex<[String]>([])
        let store = ParameterStore(backend: CPUBackend(CPUConfiguration(threads: 1))) { parameter in
            made.withLock { $0.append(parameter.key) }
            return StoredTensor(name: parameter.key, shape: parameter.shape) {
                [Float](repeating: 1, count: parameter.shape.count)
            }
        }
        #expect(store.root.isFresh && !store.root.exists && !store.root.contains("x"))
        _ = try Linear(2, 3, store.root["x"])
        #expect(made.withLock { $0 } == ["x.weight", "x.bias"])
        #expect(
            store.declarations == [
                ParameterDeclaration(
                    key: "x.weight",
                    shape: [3, 2],
                    initial: .uniform(fanIn: 2)
                ),
                ParameterDeclaration(key: "x.bias", shape: [3], initial: .uniform(fanIn: 2)),
            ]
        )
        try store.finish()
    }
}
