/// Extensions of the processor that the kernels, or an operator, may care about.
package enum InstructionSet: String, CaseIterable, Hashable, Sendable {
    // Raw values are the kernel's names in the `flags` line of /proc/cpuinfo.
    case avx
    case fma
    case f16c
    case avx2
    case avx512f
    case avx512bw
    case avx512dq
    case avx512vl
    case avx512vnni = "avx512_vnni"
    case avx512bf16 = "avx512_bf16"
    case amxTile = "amx_tile"
    case amxBF16 = "amx_bf16"
}
