// The kernels themselves, once for each storage.
#include "emulator.h"

#include <math.h>
#include <string.h>

#include "emulated_device.h"
#include "weft_cuda_gradient_jobs.h"

#define WEFT_EMULATED 1

#define KERNELS_OF_ANY_STORAGE(K)                                                              \
    K(weft_activate, weft_cuda_pointwise)                                                      \
    K(weft_narrow, weft_cuda_pointwise)                                                        \
    K(weft_widen, weft_cuda_pointwise)                                                         \
    K(weft_combine, weft_cuda_combine)                                                         \
    K(weft_add_rows, weft_cuda_row_table)                                                      \
    K(weft_gather_rows, weft_cuda_row_table)                                                   \
    K(weft_copy_rows, weft_cuda_copy)                                                          \
    K(weft_permute, weft_cuda_permute)                                                         \
    K(weft_resample, weft_cuda_resample)                                                       \
    K(weft_pack, weft_cuda_pack)                                                               \
    K(weft_group_statistics, weft_cuda_norm)                                                   \
    K(weft_group_norm, weft_cuda_norm)                                                         \
    K(weft_layer_norm, weft_cuda_norm)                                                         \
    K(weft_product_plain, weft_cuda_product)                                                   \
    K(weft_add_columns, weft_cuda_columns)                                                     \
    K(weft_scatter_rows, weft_cuda_scatter)                                                    \
    K(weft_row_sums, weft_cuda_row_sums)                                                       \
    K(weft_add_slices, weft_cuda_slices)                                                       \
    K(weft_flip_kernels, weft_cuda_flip)                                                       \
    K(weft_activation_gradient, weft_cuda_slope)                                               \
    K(weft_gate, weft_cuda_slope)                                                              \
    K(weft_gate_gradient, weft_cuda_slope)                                                     \
    K(weft_adamw, weft_cuda_adamw)                                                             \
    K(weft_squares, weft_cuda_squares)                                                         \
    K(weft_group_norm_sums, weft_cuda_norm_gradient)                                           \
    K(weft_group_norm_gradient, weft_cuda_norm_gradient)                                       \
    K(weft_layer_norm_gradient, weft_cuda_norm_gradient)                                       \
    K(weft_layer_norm_sums, weft_cuda_norm_gradient)                                           \
    K(weft_product_gradient_plain, weft_cuda_product_gradient)                                 \
    K(weft_add_kernels, weft_cuda_kernel_sums)                                                 \
    K(weft_attend_statistics_plain, weft_cuda_attention_gradient)                              \
    K(weft_attend_queries_plain, weft_cuda_attention_gradient)                                 \
    K(weft_attend_keys_plain, weft_cuda_attention_gradient)                                    \
    K(weft_product_128, weft_cuda_product)                                                     \
    K(weft_product_64, weft_cuda_product)                                                      \
    K(weft_attend_plain, weft_cuda_attention)                                                  \
    K(weft_probe_arithmetic, weft_cuda_probe)                                                  \
    K(weft_probe_tensor, weft_cuda_probe)

#define KERNELS_OF_HALVES(K)                                                                   \
    K(weft_attend_32_32, weft_cuda_attention)                                                  \
    K(weft_attend_48_32, weft_cuda_attention)                                                  \
    K(weft_attend_64_32, weft_cuda_attention)                                                  \
    K(weft_attend_80_32, weft_cuda_attention)                                                  \
    K(weft_attend_128_32, weft_cuda_attention)                                                 \
    K(weft_attend_160_32, weft_cuda_attention)                                                 \
    K(weft_attend_48_64, weft_cuda_attention)                                                  \
    K(weft_attend_64_64, weft_cuda_attention)                                                  \
    K(weft_attend_80_64, weft_cuda_attention)                                                  \
    K(weft_attend_160_64, weft_cuda_attention)                                                 \
    K(weft_product_gradient_128, weft_cuda_product_gradient)                                   \
    K(weft_attend_statistics_32, weft_cuda_attention_gradient)                                 \
    K(weft_attend_queries_32, weft_cuda_attention_gradient)                                    \
    K(weft_attend_keys_32, weft_cuda_attention_gradient)                                       \
    K(weft_attend_statistics_64, weft_cuda_attention_gradient)                                 \
    K(weft_attend_queries_64, weft_cuda_attention_gradient)                                    \
    K(weft_attend_keys_64, weft_cuda_attention_gradient)                                       \
    K(weft_attend_statistics_80, weft_cuda_attention_gradient)                                 \
    K(weft_attend_queries_80, weft_cuda_attention_gradient)                                    \
    K(weft_attend_keys_80, weft_cuda_attention_gradient)                                       \
    K(weft_attend_statistics_160, weft_cuda_attention_gradient)                                \
    K(weft_attend_queries_160, weft_cuda_attention_gradient)                                   \
    K(weft_attend_keys_160, weft_cuda_attention_gradient)                                      \
    K(weft_attend_512_32, weft_cuda_attention)

#define FIND(name, job)                                                                        \
    if (strcmp(wanted, #name) == 0) {                                                          \
        static const emulator_function found = {                                               \
            [](const void *bytes) { name(*(const job *)bytes); }, sizeof(job)};                \
        return &found;                                                                         \
    }

namespace float32_kernels {
#define WEFT_STORAGE 0
#include "all_kernels.h"
static const emulator_function *find(const char *wanted) {
    KERNELS_OF_ANY_STORAGE(FIND)
    return 0;
}
}  // namespace float32_kernels

namespace float16_kernels {
#define WEFT_STORAGE 1
#include "all_kernels.h"
static const emulator_function *find(const char *wanted) {
    KERNELS_OF_ANY_STORAGE(FIND)
    KERNELS_OF_HALVES(FIND)
    return 0;
}
}  // namespace float16_kernels

namespace bfloat16_kernels {
#define WEFT_STORAGE 2
#include "all_kernels.h"
static const emulator_function *find(const char *wanted) {
    KERNELS_OF_ANY_STORAGE(FIND)
    KERNELS_OF_HALVES(FIND)
    return 0;
}
}  // namespace bfloat16_kernels

const emulator_function *emulator_find(const char *name, int storage) {
    switch (storage) {
    case 0: return float32_kernels::find(name);
    case 1: return float16_kernels::find(name);
    default: return bfloat16_kernels::find(name);
    }
}
