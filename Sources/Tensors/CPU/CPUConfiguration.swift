import CKernels
import Glibc

/// Which instruction set the kernels use.
package enum KernelVersion: String, CaseIterable, Sendable {
    case scalar
    case avx2
    case avx512

    /// Versions this processor runs, slowest first.
    package static var available: [KernelVersion] {
        allCases.filter { weft_version_available($0.code) }
    }

    /// The fastest version this processor runs.
    package static var best: KernelVersion {
        available.last ?? .scalar
    }

    var code: weft_version {
        switch self {
        case .scalar: WEFT_SCALAR
        case .avx2: WEFT_AVX2
        case .avx512: WEFT_AVX512
        }
    }
}

/// Who multiplies matrices.
package enum ProductProvider: String, CaseIterable, Sendable {
    /// The register-tile kernels over packed weights.
    case tiles
    /// OpenBLAS over plain weights: the path of processors without vector kernels.
    case openBLAS = "openblas"
}

/// Which algorithms may compute convolutions.
package enum ConvolutionMode: String, CaseIterable, Sendable {
    /// The fastest of direct and Winograd's by the size of each (`ConvolutionSize.fastest`).
    case winograd
    /// Multiplications as the definition has them: a fifth of the squared error, and slower.
    case direct
}

/// An operator's choices for the CPU backend; part of a job's recorded device class.
package struct CPUConfiguration: Hashable, Sendable {
    package var threads: Int
    package var kernels: KernelVersion
    package var products: ProductProvider
    package var convolutions: ConvolutionMode

    /// The best this processor offers unless given: all its threads, its widest kernels, and tiles
    /// for products if these kernels are vector ones.
    ///
    /// - Parameters:
    ///   - threads: At least 1.
    ///   - kernels: Must be available on this processor.
    ///   - products: Who multiplies matrices.
    ///   - isExact: Whether convolutions are direct; with OpenBLAS they always are.
    package init(
        threads: Int? = nil,
        kernels: KernelVersion? = nil,
        products: ProductProvider? = nil,
        isExact: Bool = false
    ) {
        let kernels = kernels ?? .best
        self.threads = threads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        self.kernels = kernels
        self.products = products ?? (kernels == .scalar ? .openBLAS : .tiles)
        convolutions = isExact || self.products == .openBLAS ? .direct : .winograd
    }
}

/// The OpenBLAS that is linked: its build line and the core it runs as.
package func openBLASSummary() -> String {
    let config = unsafe String(cString: weft_openblas_config())
    let core = unsafe String(cString: weft_openblas_core())
    return "\(config) (\(core))"
}

extension CPUConfiguration {
    /// Names devices that give the same bits; the number of threads changes none.
    package var deviceClass: String {
        "cpu-\(kernels.rawValue)-\(products.rawValue)-\(convolutions.rawValue)"
    }
}
