/// The functions of the driver that weft calls, as they are found in the library that was opened.
///
/// Declared from the vendor's manual: devices are small numbers, addresses 64 bits, contexts,
/// streams, modules and functions opaque, and every function returns 0 or an error's code.
@safe struct DriverFunctions: Sendable {
    typealias Handle = OpaquePointer?
    typealias Result<Value> = UnsafeMutablePointer<Value>

    let initialize: @convention(c) (UInt32) -> Int32
    let version: @convention(c) (Result<Int32>) -> Int32
    let deviceCount: @convention(c) (Result<Int32>) -> Int32
    let device: @convention(c) (Result<Int32>, Int32) -> Int32
    let deviceName: @convention(c) (Result<CChar>, Int32, Int32) -> Int32
    let deviceIdentifier: @convention(c) (Result<UInt8>, Int32) -> Int32
    let deviceMemory: @convention(c) (Result<Int>, Int32) -> Int32
    let deviceAttribute: @convention(c) (Result<Int32>, Int32, Int32) -> Int32
    let errorName: @convention(c) (Int32, Result<UnsafePointer<CChar>?>) -> Int32

    let retainContext: @convention(c) (Result<Handle>, Int32) -> Int32
    let releaseContext: @convention(c) (Int32) -> Int32
    let setContext: @convention(c) (Handle) -> Int32

    let createStream: @convention(c) (Result<Handle>, UInt32) -> Int32
    let destroyStream: @convention(c) (Handle) -> Int32
    let synchronizeStream: @convention(c) (Handle) -> Int32

    let loadModule: @convention(c) (Result<Handle>, UnsafeRawPointer) -> Int32
    let unloadModule: @convention(c) (Handle) -> Int32
    let moduleFunction: @convention(c) (Result<Handle>, Handle, UnsafePointer<CChar>) -> Int32
    let setFunctionAttribute: @convention(c) (Handle, Int32, Int32) -> Int32
    /// Function, grid, block, shared bytes, stream, parameters, more.
    let launch:
        @convention(c) (
            Handle, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutableRawPointer?
        ) -> Int32

    let granularity: @convention(c) (Result<Int>, UnsafeRawPointer, Int32) -> Int32
    let reserve: @convention(c) (Result<UInt64>, Int, Int, UInt64, UInt64) -> Int32
    let freeReserved: @convention(c) (UInt64, Int) -> Int32
    let create: @convention(c) (Result<UInt64>, Int, UnsafeRawPointer, UInt64) -> Int32
    let release: @convention(c) (UInt64) -> Int32
    let map: @convention(c) (UInt64, Int, Int, UInt64, UInt64) -> Int32
    let unmap: @convention(c) (UInt64, Int) -> Int32
    let setAccess: @convention(c) (UInt64, Int, UnsafeRawPointer, Int) -> Int32
    let copyIn: @convention(c) (UInt64, UnsafeRawPointer, Int, Handle) -> Int32
    let copyOut: @convention(c) (UnsafeMutableRawPointer, UInt64, Int, Handle) -> Int32
    let copy: @convention(c) (UInt64, UInt64, Int, Handle) -> Int32
    /// Bytes that are free, and all.
    let memoryInfo: @convention(c) (Result<Int>, Result<Int>) -> Int32

    let graphs: GraphFunctions
    let transfers: TransferFunctions

    /// Finds all of them.
    ///
    /// - Throws: `CudaError` naming the first that is missing.
    init(_ library: LoadedLibrary) throws(CudaError) {
        func find<Function>(_ name: String) throws(CudaError) -> Function {
            try library.function(name, as: Function.self)
        }
        initialize = try find("cuInit")
        unsafe version = try find("cuDriverGetVersion")
        unsafe deviceCount = try find("cuDeviceGetCount")
        unsafe device = try find("cuDeviceGet")
        unsafe deviceName = try find("cuDeviceGetName")
        unsafe deviceIdentifier = try find("cuDeviceGetUuid_v2")
        unsafe deviceMemory = try find("cuDeviceTotalMem_v2")
        unsafe deviceAttribute = try find("cuDeviceGetAttribute")
        unsafe errorName = try find("cuGetErrorName")
        unsafe retainContext = try find("cuDevicePrimaryCtxRetain")
        releaseContext = try find("cuDevicePrimaryCtxRelease_v2")
        unsafe setContext = try find("cuCtxSetCurrent")
        unsafe createStream = try find("cuStreamCreate")
        unsafe destroyStream = try find("cuStreamDestroy_v2")
        unsafe synchronizeStream = try find("cuStreamSynchronize")
        unsafe loadModule = try find("cuModuleLoadData")
        unsafe unloadModule = try find("cuModuleUnload")
        unsafe moduleFunction = try find("cuModuleGetFunction")
        unsafe setFunctionAttribute = try find("cuFuncSetAttribute")
        unsafe launch = try find("cuLaunchKernel")
        unsafe granularity = try find("cuMemGetAllocationGranularity")
        unsafe reserve = try find("cuMemAddressReserve")
        freeReserved = try find("cuMemAddressFree")
        unsafe create = try find("cuMemCreate")
        release = try find("cuMemRelease")
        map = try find("cuMemMap")
        unmap = try find("cuMemUnmap")
        unsafe setAccess = try find("cuMemSetAccess")
        unsafe copyIn = try find("cuMemcpyHtoDAsync_v2")
        unsafe copyOut = try find("cuMemcpyDtoHAsync_v2")
        unsafe copy = try find("cuMemcpyDtoDAsync_v2")
        unsafe memoryInfo = try find("cuMemGetInfo_v2")
        graphs = try GraphFunctions(library)
        transfers = try TransferFunctions(library)
    }

    /// Turns a code that is not 0 into an error.
    func check(_ code: Int32, _ what: String) throws(CudaError) {
        guard code != 0 else { return }
        var name: UnsafePointer<CChar>?
        let isKnown = unsafe errorName(code, &name) == 0
        let words =
            unsafe isKnown && name != nil
            ? name.map { unsafe String(cString: $0) } ?? "" : "error \(code)"
        // CUDA_ERROR_OUT_OF_MEMORY.
        throw CudaError(code == 2 ? .memory : .driver(code), "\(what): \(words)")
    }
}
