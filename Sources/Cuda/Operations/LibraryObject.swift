/// Something that cuBLASLt made and destroys, while the device is in use.
@safe final class LibraryObject {
    enum Kind {
        /// The library on a device.
        case handle
        /// `cublasLtMatmulDesc_t` with the type of its sums.
        case operation(sums: Int32)
        /// `cublasLtMatrixLayout_t`, column by column.
        case layout(type: Int32, rows: Int, columns: Int, stride: Int)
        /// `cublasLtMatmulPreference_t`.
        case preference
    }

    let pointer: OpaquePointer?
    private let kind: Kind
    private let library: ProductLibrary
    /// Outlives the object.
    private let session: CudaSession

    /// Makes one.
    ///
    /// - Throws: `CudaError` if the library refuses.
    init(
        _ library: ProductLibrary,
        _ session: CudaSession,
        _ kind: Kind
    ) throws(CudaError) {
        let functions = library.functions
        var pointer: OpaquePointer?
        switch kind {
        case .handle: try library.check(unsafe functions.create(&pointer), "cublasLtCreate")
        case .operation(let sums):
            // Factors are float32: CUDA_R_32F.
            let status = unsafe functions.createOperation(&pointer, sums, 0)
            try library.check(status, "cublasLtMatmulDescCreate")
        case .layout(let type, let rows, let columns, let stride):
            let status = unsafe functions.createLayout(
                &pointer,
                type,
                UInt64(rows),
                UInt64(columns),
                Int64(stride)
            )
            try library.check(status, "cublasLtMatrixLayoutCreate")
        case .preference:
            let status = unsafe functions.createPreference(&pointer)
            try library.check(status, "cublasLtMatmulPreferenceCreate")
        }
        unsafe self.pointer = unsafe pointer
        self.kind = kind
        self.library = library
        self.session = session
    }

    deinit {
        try? session.enter()
        let functions = library.functions
        switch kind {
        case .handle: _ = unsafe functions.destroy(pointer)
        case .operation: _ = unsafe functions.destroyOperation(pointer)
        case .layout: _ = unsafe functions.destroyLayout(pointer)
        case .preference: _ = unsafe functions.destroyPreference(pointer)
        }
    }

    /// Numbers of `cublasLtMatmulDescAttributes_t` and `cublasLtMatmulPreferenceAttributes_t`.
    struct Attribute {
        let number: Int32
        let name: String

        static let transposesWeights = Attribute(number: 3, name: "CUBLASLT_MATMUL_DESC_TRANSA")
        static let epilogue = Attribute(number: 7, name: "CUBLASLT_MATMUL_DESC_EPILOGUE")
        static let bias = Attribute(number: 8, name: "CUBLASLT_MATMUL_DESC_BIAS_POINTER")

        static let workspaceBytes = preference(1, "MAX_WORKSPACE_BYTES")
        static let reductionSchemes = preference(3, "REDUCTION_SCHEME_MASK")
        static let alignmentOfX = preference(6, "MIN_ALIGNMENT_B_BYTES")
        static let alignmentOfResidual = preference(7, "MIN_ALIGNMENT_C_BYTES")
        static let alignmentOfY = preference(8, "MIN_ALIGNMENT_D_BYTES")

        private static func preference(_ number: Int32, _ name: String) -> Attribute {
            Attribute(number: number, name: "CUBLASLT_MATMUL_PREF_\(name)")
        }
    }

    /// Sets an attribute of an operation or of a preference.
    ///
    /// - Throws: `CudaError` if the library refuses.
    func set<Value: BitwiseCopyable>(
        _ attribute: Attribute,
        _ value: Value
    ) throws(CudaError) {
        let functions = library.functions
        let status = unsafe withUnsafeBytes(of: value) { bytes in
            guard let start = bytes.baseAddress else { return Int32(1) }
            let (number, count) = (attribute.number, bytes.count)
            switch kind {
            case .operation: return unsafe functions.setOperation(pointer, number, start, count)
            case .preference: return unsafe functions.setPreference(pointer, number, start, count)
            case .handle, .layout: preconditionFailure("\(attribute.name) of a \(kind)")
            }
        }
        try library.check(status, attribute.name)
    }
}

// Handles may be used from any thread; what describes a product is changed behind the lock of its
// `LibraryProducts` alone.
extension LibraryObject: @unchecked Sendable {}
