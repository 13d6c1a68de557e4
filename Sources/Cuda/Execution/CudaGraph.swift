/// What was captured of a stream's work, ready to be done again.
@safe final class CudaGraph {
    fileprivate let handle: OpaquePointer?
    private let session: CudaSession

    fileprivate init(_ handle: OpaquePointer?, _ session: CudaSession) {
        unsafe self.handle = unsafe handle
        self.session = session
    }

    deinit {
        // It may be running.
        try? session.synchronize()
        _ = unsafe session.driver.functions.graphs.destroyInstance(handle)
    }
}

// Set once; the driver's handle may be used from any thread that has entered the context.
extension CudaGraph: @unchecked Sendable {}

extension CudaSession {
    /// From here on, what is queued is remembered and not done.
    func beginCapture() throws(CudaError) {
        try enter()
        let functions = driver.functions
        // CU_STREAM_CAPTURE_MODE_RELAXED: what other backends of the process do is no concern.
        let code = unsafe functions.graphs.beginCapture(stream.handle, 2)
        try functions.check(code, "cuStreamBeginCapture")
    }

    /// Ends a capture; queued work is done again from here on.
    ///
    /// - Returns: What was queued since it began.
    /// - Throws: `CudaError` if something was asked for that cannot be captured, or nothing can be
    ///   made of it; the capture is over all the same.
    func endCapture() throws(CudaError) -> CudaGraph {
        try enter()
        let functions = driver.functions
        var captured: OpaquePointer?
        let code = unsafe functions.graphs.endCapture(stream.handle, &captured)
        try functions.check(code, "cuStreamEndCapture")
        defer { _ = unsafe functions.graphs.destroyGraph(captured) }
        var instance: OpaquePointer?
        try functions.check(
            unsafe functions.graphs.instantiate(&instance, captured, 0),
            "cuGraphInstantiate"
        )
        return unsafe CudaGraph(instance, self)
    }

    /// Queues what was captured.
    func launch(_ graph: CudaGraph) throws(CudaError) {
        try enter()
        let functions = driver.functions
        let code = unsafe functions.graphs.launch(graph.handle, stream.handle)
        try functions.check(code, "cuGraphLaunch")
    }
}
