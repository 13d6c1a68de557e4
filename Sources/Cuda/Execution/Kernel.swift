internal import CCudaKernels

/// The entry points of the kernels' sources.
package enum Kernel: String, CaseIterable, Sendable {
    case activate = "weft_activate"
    case narrow = "weft_narrow"
    case widen = "weft_widen"
    case combine = "weft_combine"
    case addRows = "weft_add_rows"
    case gatherRows = "weft_gather_rows"
    case copyRows = "weft_copy_rows"
    case permute = "weft_permute"
    case resample = "weft_resample"
    case pack = "weft_pack"
    case groupStatistics = "weft_group_statistics"
    case groupNorm = "weft_group_norm"
    case layerNorm = "weft_layer_norm"
    case productPlain = "weft_product_plain"
    case attendPlain = "weft_attend_plain"
    case probeArithmetic = "weft_probe_arithmetic"

    case addColumns = "weft_add_columns"
    case scatterRows = "weft_scatter_rows"
    case rowSums = "weft_row_sums"
    case addSlices = "weft_add_slices"
    case flipKernels = "weft_flip_kernels"
    case activationGradient = "weft_activation_gradient"
    case gate = "weft_gate"
    case gateGradient = "weft_gate_gradient"
    case adamW = "weft_adamw"
    case squares = "weft_squares"
    case groupNormSums = "weft_group_norm_sums"
    case groupNormGradient = "weft_group_norm_gradient"
    case layerNormGradient = "weft_layer_norm_gradient"
    case layerNormSums = "weft_layer_norm_sums"
    case productGradientPlain = "weft_product_gradient_plain"
    case addKernels = "weft_add_kernels"
    case statisticsPlain = "weft_attend_statistics_plain"
    case queriesPlain = "weft_attend_queries_plain"
    case keysPlain = "weft_attend_keys_plain"

    case probeTensor = "weft_probe_tensor"
    case product128 = "weft_product_128"
    case product64 = "weft_product_64"
    case attend32 = "weft_attend_32_32"
    case attend48 = "weft_attend_48_32"
    case attend64 = "weft_attend_64_32"
    case attend80 = "weft_attend_80_32"
    case attend128 = "weft_attend_128_32"
    case attend160 = "weft_attend_160_32"
    case attend48Long = "weft_attend_48_64"
    case attend64Long = "weft_attend_64_64"
    case attend80Long = "weft_attend_80_64"
    case attend160Long = "weft_attend_160_64"
    case attend512 = "weft_attend_512_32"
    case productGradient128 = "weft_product_gradient_128"
    case statistics32 = "weft_attend_statistics_32"
    case queries32 = "weft_attend_queries_32"
    case keys32 = "weft_attend_keys_32"
    case statistics64 = "weft_attend_statistics_64"
    case queries64 = "weft_attend_queries_64"
    case keys64 = "weft_attend_keys_64"
    case statistics80 = "weft_attend_statistics_80"
    case queries80 = "weft_attend_queries_80"
    case keys80 = "weft_attend_keys_80"
    case statistics160 = "weft_attend_statistics_160"
    case queries160 = "weft_attend_queries_160"
    case keys160 = "weft_attend_keys_160"

    /// Those that a precision has.
    package static func all(in precision: CudaPrecision) -> [Kernel] {
        allCases.filter { kernel in
            switch precision {
            case .float16, .bfloat16: true
            case .tf32: !kernel.isOfHalves
            case .float32: !kernel.usesTensorCores
            }
        }
    }

    /// Attention on tensor cores; products have kernels for float32 values too.
    private var isOfHalves: Bool {
        usesTensorCores && ![.probeTensor, .product128, .product64].contains(self)
    }

    var usesTensorCores: Bool {
        switch self {
        case .activate, .narrow, .widen, .combine, .addRows, .gatherRows, .copyRows, .permute,
            .resample, .pack, .groupStatistics, .groupNorm, .layerNorm, .productPlain,
            .attendPlain, .probeArithmetic, .addColumns, .scatterRows, .rowSums, .addSlices,
            .flipKernels, .activationGradient, .gate, .gateGradient, .adamW, .squares,
            .groupNormSums, .groupNormGradient, .layerNormGradient, .layerNormSums,
            .productGradientPlain, .addKernels, .statisticsPlain, .queriesPlain, .keysPlain:
            false
        case .probeTensor, .product128, .product64, .attend32, .attend48, .attend64, .attend80,
            .attend128, .attend160, .attend48Long, .attend64Long, .attend80Long, .attend160Long,
            .attend512,
            .productGradient128, .statistics32, .queries32, .keys32, .statistics64, .queries64,
            .keys64, .statistics80, .queries80, .keys80, .statistics160, .queries160, .keys160:
            true
        }
    }

    /// The sources as one text, with their names for the compiler's messages.
    package static let source: String = {
        var text = ""
        for index in 0..<weft_cuda_source_count() {
            guard let name = unsafe weft_cuda_source_name(index) else { continue }
            var length = 0
            let bytes = unsafe UnsafeBufferPointer(
                start: weft_cuda_source_text(index, &length),
                count: length
            )
            text += unsafe "#line 1 \"\(String(cString: name))\"\n"
            text += unsafe String(decoding: bytes, as: UTF8.self)
        }
        return text
    }()

    /// The compiler's options for a precision.
    package static func options(_ precision: CudaPrecision) -> [String] {
        ["--std=c++17", "--define-macro=WEFT_STORAGE=\(precision.storage)"]
    }
}
