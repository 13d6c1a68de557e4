package import Tensors

/// How a device keeps activations and weights; sums are float32 in all of them.
package enum CudaPrecision: String, CaseIterable, Sendable {
    /// For comparisons: no tensor cores.
    case float32
    /// Float32 values whose products are of operands rounded to TF32, on the tensor cores.
    case tf32
    case float16
    case bfloat16

    /// `WEFT_STORAGE` of the kernels.
    var storage: Int {
        switch self {
        case .float32, .tf32: 0
        case .float16: 1
        case .bfloat16: 2
        }
    }

    /// Whether values are kept in 16 bits.
    package var isHalf: Bool { storage != 0 }

    package var byteCount: Int { isHalf ? 2 : 4 }

    /// Whether the smallest normal number is below 2⁻¹⁴.
    package var hasTinyValues: Bool { self != .float16 }

    /// Largest normalised mean squared error of an operation against float64 loops, and largest
    /// relative error of a gradient against their differences.
    package var conformanceTerms: ConformanceReport.Terms {
        let (bound, gradientBound) =
            switch self {
            case .float32: (1e-7, 1e-3)
            case .tf32, .float16: (1e-5, 1e-2)
            case .bfloat16: (1e-4, 5e-2)
            }
        return ConformanceReport.Terms(
            bound: bound,
            hasTinyValues: hasTinyValues,
            gradientBound: gradientBound
        )
    }
}
