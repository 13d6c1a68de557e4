/// A point that a stream comes to.
@safe final class CudaEvent {
    private let handle: OpaquePointer?
    private let session: CudaSession

    init(_ session: CudaSession) throws(CudaError) {
        try session.enter()
        let functions = session.driver.functions
        var handle: OpaquePointer?
        // CU_EVENT_DISABLE_TIMING: only order matters.
        try functions.check(
            unsafe functions.transfers.createEvent(&handle, 2),
            "cuEventCreate"
        )
        unsafe self.handle = unsafe handle
        self.session = session
    }

    deinit {
        try? session.enter()
        _ = unsafe session.driver.functions.transfers.destroyEvent(handle)
    }

    /// Makes everything queued on a stream so far what is waited for.
    func record(on stream: Stream) throws(CudaError) {
        let functions = session.driver.functions
        try functions.check(
            unsafe functions.transfers.record(handle, stream.handle),
            "cuEventRecord"
        )
    }

    /// Lets what is queued on a stream from now on wait for the point.
    func hold(_ stream: Stream) throws(CudaError) {
        let functions = session.driver.functions
        try functions.check(
            unsafe functions.transfers.wait(stream.handle, handle, 0),
            "cuStreamWaitEvent"
        )
    }

    /// Waits for the point.
    func wait() throws(CudaError) {
        let functions = session.driver.functions
        try functions.check(unsafe functions.transfers.synchronizeEvent(handle), "the device")
    }
}

/// Memory of the host that the device reads and writes by itself.
@safe final class PinnedMemory {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    private let session: CudaSession

    init(_ session: CudaSession, _ byteCount: Int) throws(CudaError) {
        try session.enter()
        let functions = session.driver.functions
        var start: UnsafeMutableRawPointer?
        try functions.check(
            unsafe functions.transfers.allocate(&start, byteCount, 0),
            "\(byteCount >> 20) MiB of the host's memory"
        )
        guard let start = unsafe start else { throw CudaError(.memory, "no memory of the host") }
        unsafe self.start = unsafe start
        self.byteCount = byteCount
        self.session = session
    }

    deinit {
        try? session.enter()
        _ = unsafe session.driver.functions.transfers.free(start)
    }
}
