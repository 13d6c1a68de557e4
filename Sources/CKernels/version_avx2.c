// 256-bit vectors: 6 x 2 accumulators, 2 columns and 1 broadcast of the 16 registers.
#if defined(__x86_64__)
#include "version.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VL 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define TABLE weft_table_avx2
#include "table.inc.h"
#pragma clang attribute pop
#endif
