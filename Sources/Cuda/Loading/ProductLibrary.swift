/// cuBLASLt: products of matrices by the vendor of the device.
///
/// Declared from the vendor's manual. Opening it touches no device: its handle is made by
/// `LibraryProducts`.
@safe package final class ProductLibrary: Sendable {
    typealias Handle = OpaquePointer?
    typealias Result<Value> = UnsafeMutablePointer<Value>
    /// Sets an attribute of a description: which, its value, the value's bytes.
    typealias Setter = @convention(c) (Handle, Int32, UnsafeRawPointer, Int) -> Int32

    @safe struct Functions: Sendable {
        let create: @convention(c) (Result<Handle>) -> Int32
        let destroy: @convention(c) (Handle) -> Int32
        let statusName: @convention(c) (Int32) -> UnsafePointer<CChar>?
        /// What is made: the type of sums, the type of factors.
        let createOperation: @convention(c) (Result<Handle>, Int32, Int32) -> Int32
        let destroyOperation: @convention(c) (Handle) -> Int32
        let setOperation: Setter
        /// What is made: type, rows, columns, distance of columns.
        let createLayout: @convention(c) (Result<Handle>, Int32, UInt64, UInt64, Int64) -> Int32
        let destroyLayout: @convention(c) (Handle) -> Int32
        let createPreference: @convention(c) (Result<Handle>) -> Int32
        let destroyPreference: @convention(c) (Handle) -> Int32
        let setPreference: Setter
        /// Library, operation, layouts of A, B, C and D, preference, how many are asked for; they
        /// and their number.
        let suggest:
            @convention(c) (
                Handle, Handle, Handle, Handle, Handle, Handle, Handle, Int32,
                UnsafeMutableRawPointer, Result<Int32>
            ) -> Int32
        /// Library, operation, alpha, A and its layout, B and its layout, beta, C and its layout, D
        /// and its layout, algorithm, workspace and its bytes, stream.
        let multiply:
            @convention(c) (
                Handle, Handle, UnsafeRawPointer, UInt64, Handle, UInt64, Handle,
                UnsafeRawPointer, UInt64, Handle, UInt64, Handle, UnsafeRawPointer, UInt64, Int,
                Handle
            ) -> Int32

        init(_ library: LoadedLibrary) throws(CudaError) {
            func find<Function>(_ name: String) throws(CudaError) -> Function {
                try library.function("cublasLt\(name)", as: Function.self)
            }
            unsafe create = try find("Create")
            unsafe destroy = try find("Destroy")
            unsafe statusName = try find("GetStatusName")
            unsafe createOperation = try find("MatmulDescCreate")
            unsafe destroyOperation = try find("MatmulDescDestroy")
            unsafe setOperation = try find("MatmulDescSetAttribute")
            unsafe createLayout = try find("MatrixLayoutCreate")
            unsafe destroyLayout = try find("MatrixLayoutDestroy")
            unsafe createPreference = try find("MatmulPreferenceCreate")
            unsafe destroyPreference = try find("MatmulPreferenceDestroy")
            unsafe setPreference = try find("MatmulPreferenceSetAttribute")
            unsafe suggest = try find("MatmulAlgoGetHeuristic")
            unsafe multiply = try find("Matmul")
        }
    }

    package let description: CudaInventory.Library
    let functions: Functions

    /// Opens the library.
    ///
    /// - Throws: `CudaError` if it cannot be opened or lacks a function.
    package init(_ path: String) throws(CudaError) {
        typealias Version = @convention(c) () -> Int
        let library = try LoadedLibrary(path)
        functions = try Functions(library)
        let version: Version = try library.function("cublasLtGetVersion", as: Version.self)
        // CUBLAS_VERSION; up to 11 its digits lay otherwise, which makes a smaller number.
        let number = version()
        description = CudaInventory.Library(
            path: path,
            major: number / 10_000,
            minor: number / 100 % 100,
            patch: number % 100
        )
    }

    /// Turns a status that is not 0 into an error.
    func check(_ status: Int32, _ what: String) throws(CudaError) {
        guard status != 0 else { return }
        let name = unsafe functions.statusName(status).map { unsafe String(cString: $0) }
        throw CudaError(.products, "cuBLASLt, \(what): \(name ?? "status \(status)")")
    }
}
