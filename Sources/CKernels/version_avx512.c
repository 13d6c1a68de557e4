// 512-bit vectors: 14 x 2 accumulators of the 32 registers.
#if defined(__x86_64__)
#include "version.h"

#pragma clang attribute push(                                                       \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))),    \
    apply_to = function)
#define VL 16
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TABLE weft_table_avx512
#include "table.inc.h"
#pragma clang attribute pop
#endif
