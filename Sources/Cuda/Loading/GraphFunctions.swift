/// The functions of the driver that capture what is queued on a stream, and do it again.
@safe struct GraphFunctions: Sendable {
    typealias Handle = DriverFunctions.Handle
    typealias Result = DriverFunctions.Result

    /// Stream and mode.
    let beginCapture: @convention(c) (Handle, Int32) -> Int32
    let endCapture: @convention(c) (Handle, Result<Handle>) -> Int32
    let instantiate: @convention(c) (Result<Handle>, Handle, UInt64) -> Int32
    let destroyGraph: @convention(c) (Handle) -> Int32
    let destroyInstance: @convention(c) (Handle) -> Int32
    let launch: @convention(c) (Handle, Handle) -> Int32

    /// Finds all of them.
    ///
    /// - Throws: `CudaError` naming the first that is missing.
    init(_ library: LoadedLibrary) throws(CudaError) {
        func find<Function>(_ name: String) throws(CudaError) -> Function {
            try library.function(name, as: Function.self)
        }
        unsafe beginCapture = try find("cuStreamBeginCapture_v2")
        unsafe endCapture = try find("cuStreamEndCapture")
        unsafe instantiate = try find("cuGraphInstantiateWithFlags")
        unsafe destroyGraph = try find("cuGraphDestroy")
        unsafe destroyInstance = try find("cuGraphExecDestroy")
        unsafe launch = try find("cuGraphLaunch")
    }
}
