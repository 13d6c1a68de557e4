import Synchronization

/// Products of one device through cuBLASLt.
///
/// Matrices of weft are row by row, those of the library column by column: it is given the
/// transposed product, yᵀ = W · xᵀ, for which nothing is moved. Which algorithm makes a product is
/// asked once for every size, and kept, so that a size always has the same sums; those whose order
/// depends on chance are not taken.
@safe final class LibraryProducts: Sendable {
    /// What decides the algorithm.
    struct Size: Hashable {
        var rows: Int
        var outputs: Int
        var channels: Int
        /// Values between two rows of weights.
        var weightStride: Int
        var epilogue: ProductRoute.Epilogue
    }

    /// Addresses on the device; `bias` and `residual` count where the epilogue has them.
    struct Operands {
        var x: UInt64
        var weights: UInt64
        var bias: UInt64
        var residual: UInt64
        var y: UInt64
    }

    /// What an algorithm may ask for: enough for the widest devices of today.
    static let workspaceLimit = 32 << 20
    /// Sizes that are remembered; what was forgotten is asked for again and comes out the same.
    private static let planLimit = 1024

    let description: CudaInventory.Library
    private let library: ProductLibrary
    private let session: CudaSession
    private let handle: LibraryObject
    private let plans = Mutex<[Size: LibraryPlan?]>([:])

    /// Starts the library on a device.
    ///
    /// - Throws: `CudaError` if it refuses.
    init(_ library: ProductLibrary, _ session: CudaSession) throws(CudaError) {
        try session.enter()
        handle = try LibraryObject(library, session, .handle)
        description = library.description
        self.library = library
        self.session = session
    }

    deinit {
        try? session.synchronize()
    }

    /// Queues a product.
    ///
    /// - Parameters:
    ///   - size: Of the product.
    ///   - operands: Where they are.
    ///   - take: Gives room for the algorithm's own use until the product is queued.
    /// - Returns: Whether it was queued: not if the library has no algorithm for the size.
    /// - Throws: `CudaError` if the library refuses.
    func multiply(
        _ size: Size,
        _ operands: Operands,
        taking take: (Int) throws(CudaError) -> CudaArena.Block
    ) throws(CudaError) -> Bool {
        try session.enter()
        return try plans.withLock { plans throws(CudaError) in
            guard let plan = try plan(for: size, operands, &plans) else { return false }
            let workspace = plan.workspaceBytes > 0 ? try take(plan.workspaceBytes) : nil
            if size.epilogue.hasBias {
                try plan.operation.set(.bias, operands.bias)
            }
            let (alpha, beta): (Float, Float) = (1, size.epilogue.addsResidual ? 1 : 0)
            let status = unsafe withUnsafeBytes(of: (alpha, beta)) { factors in
                unsafe plan.algorithm.withUnsafeBytes { algorithm in
                    guard let factors = factors.baseAddress,
                        let algorithm = algorithm.baseAddress
                    else { return Int32(1) }
                    return unsafe library.functions.multiply(
                        handle.pointer,
                        plan.operation.pointer,
                        factors,
                        operands.weights,
                        plan.weights.pointer,
                        operands.x,
                        plan.x.pointer,
                        factors + MemoryLayout<Float>.stride,
                        size.epilogue.addsResidual ? operands.residual : operands.y,
                        plan.y.pointer,
                        operands.y,
                        plan.y.pointer,
                        algorithm,
                        workspace?.address ?? 0,
                        plan.workspaceBytes,
                        session.stream.handle
                    )
                }
            }
            withExtendedLifetime(workspace) {}
            let shape = "\(size.rows) x \(size.channels) -> \(size.outputs)"
            try library.check(status, "a product of \(shape)")
            return true
        }
    }

    private func plan(
        for size: Size,
        _ operands: Operands,
        _ plans: inout [Size: LibraryPlan?]
    ) throws(CudaError) -> LibraryPlan? {
        if let plan = plans[size] { return plan }
        let made = try LibraryPlan(library, session, handle, size, bias: operands.bias)
        if plans.count == Self.planLimit { plans = [:] }
        plans[size] = .some(made)
        return made
    }
}

/// A product of one size as the library describes it, and the algorithm that makes it.
@safe private final class LibraryPlan: Sendable {
    let operation: LibraryObject
    let weights: LibraryObject
    let x: LibraryObject
    let y: LibraryObject
    /// `cublasLtMatmulAlgo_t`, which the library lets be kept and copied.
    let algorithm: [UInt64]
    let workspaceBytes: Int

    /// Asks for an algorithm.
    ///
    /// - Returns: Nil if the library has none for the size.
    init?(
        _ library: ProductLibrary,
        _ session: CudaSession,
        _ handle: LibraryObject,
        _ size: LibraryProducts.Size,
        bias: UInt64
    ) throws(CudaError) {
        let precision = session.precision
        operation = try Self.operation(library, session, size.epilogue, bias: bias)
        func layout(_ rows: Int, _ columns: Int, _ stride: Int) throws(CudaError) -> LibraryObject {
            let kind = LibraryObject.Kind.layout(
                type: precision.libraryType,
                rows: rows,
                columns: columns,
                stride: stride
            )
            return try LibraryObject(library, session, kind)
        }
        weights = try layout(size.channels, size.outputs, size.weightStride)
        x = try layout(size.channels, size.rows, size.channels)
        y = try layout(size.outputs, size.rows, size.outputs)
        let preference = try Self.preference(library, session)
        // `cublasLtMatmulHeuristicResult_t`: the algorithm, its workspace, its state and more.
        var words = [UInt64](repeating: 0, count: 12)
        var count: Int32 = 0
        let (operation, weights, x, y) = (operation, weights, x, y)
        let status = unsafe words.withUnsafeMutableBytes { words in
            guard let words = words.baseAddress else { return Int32(1) }
            return unsafe library.functions.suggest(
                handle.pointer,
                operation.pointer,
                weights.pointer,
                x.pointer,
                y.pointer,
                y.pointer,
                preference.pointer,
                1,
                words,
                &count
            )
        }
        // CUBLAS_STATUS_NOT_SUPPORTED: there is no algorithm.
        if status == 15 || status == 0 && count == 0 { return nil }
        try library.check(status, "choosing an algorithm")
        try library.check(Int32(truncatingIfNeeded: words[9]), "an algorithm")
        algorithm = Array(words[..<8])
        workspaceBytes = Int(clamping: words[8])
    }

    private static func operation(
        _ library: ProductLibrary,
        _ session: CudaSession,
        _ epilogue: ProductRoute.Epilogue,
        bias: UInt64
    ) throws(CudaError) -> LibraryObject {
        let kind = LibraryObject.Kind.operation(sums: session.precision.librarySums)
        let made = try LibraryObject(library, session, kind)
        // CUBLAS_OP_T for the weights.
        try made.set(.transposesWeights, Int32(1))
        // CUBLASLT_EPILOGUE_DEFAULT, or the bits of RELU and BIAS.
        let bits: UInt32 = (epilogue.isRectified ? 2 : 0) | (epilogue.hasBias ? 4 : 0)
        try made.set(.epilogue, bits == 0 ? 1 : bits)
        // Of its address the library needs to know how it is aligned.
        if epilogue.hasBias { try made.set(.bias, bias) }
        return made
    }

    private static func preference(
        _ library: ProductLibrary,
        _ session: CudaSession
    ) throws(CudaError) -> LibraryObject {
        let made = try LibraryObject(library, session, .preference)
        try made.set(.workspaceBytes, LibraryProducts.workspaceLimit)
        // CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE: what a sum was split into is added in order, in
        // float32.
        try made.set(.reductionSchemes, UInt32(2))
        for attribute in [.alignmentOfX, .alignmentOfResidual, .alignmentOfY]
            as [LibraryObject.Attribute]
        {
            try made.set(attribute, UInt32(16))
        }
        return made
    }
}

extension CudaPrecision {
    /// `cudaDataType` of stored values: CUDA_R_32F, CUDA_R_16F, CUDA_R_16BF.
    fileprivate var libraryType: Int32 {
        switch self {
        case .float32, .tf32: 0
        case .float16: 2
        case .bfloat16: 14
        }
    }

    /// `cublasComputeType_t`: CUBLAS_COMPUTE_32F_FAST_TF32 or CUBLAS_COMPUTE_32F.
    fileprivate var librarySums: Int32 { self == .tf32 ? 77 : 68 }
}
