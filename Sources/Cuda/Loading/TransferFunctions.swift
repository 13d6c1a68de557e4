/// The functions of the driver for memory of the host that the device reads and writes by itself,
/// and for one stream's waiting for another.
@safe struct TransferFunctions: Sendable {
    typealias Handle = DriverFunctions.Handle
    typealias Result = DriverFunctions.Result

    let allocate: @convention(c) (Result<UnsafeMutableRawPointer?>, Int, UInt32) -> Int32
    let free: @convention(c) (UnsafeMutableRawPointer) -> Int32
    let createEvent: @convention(c) (Result<Handle>, UInt32) -> Int32
    let destroyEvent: @convention(c) (Handle) -> Int32
    /// Event, then stream.
    let record: @convention(c) (Handle, Handle) -> Int32
    let synchronizeEvent: @convention(c) (Handle) -> Int32
    /// Stream, then event.
    let wait: @convention(c) (Handle, Handle, UInt32) -> Int32

    /// Finds all of them.
    ///
    /// - Throws: `CudaError` naming the first that is missing.
    init(_ library: LoadedLibrary) throws(CudaError) {
        func find<Function>(_ name: String) throws(CudaError) -> Function {
            try library.function(name, as: Function.self)
        }
        unsafe allocate = try find("cuMemHostAlloc")
        unsafe free = try find("cuMemFreeHost")
        unsafe createEvent = try find("cuEventCreate")
        unsafe destroyEvent = try find("cuEventDestroy_v2")
        unsafe record = try find("cuEventRecord")
        unsafe synchronizeEvent = try find("cuEventSynchronize")
        unsafe wait = try find("cuStreamWaitEvent")
    }
}
