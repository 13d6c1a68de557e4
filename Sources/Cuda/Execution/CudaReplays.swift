import Glibc
import Synchronization
import Tensors

/// Work of a network as a graph, with the places its inputs are put and its outputs are found.
final class CudaRecording: Sendable {
    struct Place {
        let address: UInt64
        let shape: Shape
    }

    let graph: CudaGraph
    let inputs: [Place]
    let outputs: [Place]
    /// Of memory, while it runs.
    let byteCount: Int

    init(_ graph: CudaGraph, inputs: [Place], outputs: [Place], byteCount: Int) {
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.byteCount = byteCount
    }
}

/// The graphs of a backend and the memory that they work in.
///
/// All work in one arena that nothing else uses. Inputs are copied in before each run and outputs
/// out after it, so that a graph owns its memory only while it runs, and one stream runs one graph
/// at a time: the arena is as large as the largest, not as all. It keeps its memory as long as
/// there is a graph.
final class CudaReplays: Sendable {
    /// Graphs of a network for a few shapes, or of a few networks.
    private static let most = 8

    /// The thread that runs a part now, and how.
    private struct Scope {
        let thread: pthread_t
        let isCaptured: Bool
    }

    private struct State {
        var shelf = ReplayShelf<CudaRecording>(most: CudaReplays.most)
        var scope: Scope?
        var isOn = true
        var count = 0
    }

    let arena: CudaArena
    private let state = Mutex(State())

    init(_ session: CudaSession) throws(CudaError) {
        arena = try CudaArena(session)
    }

    var isOn: Bool {
        get { state.withLock { $0.isOn } }
        set { state.withLock { $0.isOn = newValue } }
    }

    /// How often a graph ran.
    var count: Int { state.withLock { $0.count } }

    /// Nil for a part that is to be run as if there were no graphs.
    func use(_ key: ReplayKey, _ shapes: [Shape]) -> ReplayShelf<CudaRecording>.Known? {
        state.withLock { state in
            guard state.isOn, state.scope == nil else { return nil }
            return state.shelf.use(key, shapes)
        }
    }

    func keep(_ recording: CudaRecording, for key: ReplayKey, _ shapes: [Shape]) {
        state.withLock { $0.shelf.keep(recording, for: key, shapes) }
    }

    func holds(_ recording: CudaRecording) -> Bool {
        state.withLock { state in state.shelf.recordings.contains { $0 === recording } }
    }

    func didRun(_ recording: CudaRecording) {
        state.withLock { $0.count += 1 }
        arena.reachPeak(recording.byteCount)
    }

    /// Forgets everything and gives the memory back, after waiting for the device.
    func release() throws(CudaError) {
        state.withLock { $0.shelf.removeAll() }
        try arena.releaseUnused()
    }

    // MARK: The part that is being run

    /// Runs a part, whose tensors come from the arena.
    func inside<Result, Failure: Error>(
        isCaptured: Bool,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        state.withLock { $0.scope = Scope(thread: pthread_self(), isCaptured: isCaptured) }
        defer { state.withLock { $0.scope = nil } }
        return try body()
    }

    /// Whether a part is being run; nobody else may use the backend meanwhile.
    var isInside: Bool { scope != nil }
    var isCapturing: Bool { scope?.isCaptured == true }

    private var scope: Scope? {
        guard let scope = state.withLock({ $0.scope }) else { return nil }
        precondition(
            pthread_equal(scope.thread, pthread_self()) != 0,
            "a thread uses a device on which another runs a replayed part"
        )
        return scope
    }
}
