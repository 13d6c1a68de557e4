// What each version file provides: one table of functions per instruction set. `table.inc.h`
// compiles the same source three times, once per vector length.
#pragma once

#include "pool.h"

typedef struct {
    int64_t panel_width;  // columns of a packed panel
    void (*product)(weft_pool *, const weft_rows *, int64_t, const weft_matrix *,
                    const weft_epilogue *, float *);
    void (*winograd)(weft_pool *, const weft_rows *, int64_t, const weft_matrix *,
                     const weft_epilogue *, int64_t, float *);
    void (*finish_row)(const float *, float *, int64_t, int64_t, const weft_epilogue *, int64_t);
    void (*weight_gradient)(weft_pool *, const weft_rows *, int64_t, const float *, int64_t,
                            float *const *);
    void (*row_sums)(weft_pool *, const float *, int64_t, int64_t, int64_t, int64_t, int64_t,
                     int64_t, float *, float *);
    void (*attend)(weft_pool *, const weft_attention *);
    void (*group_norm)(weft_pool *, const float *, const float *, int64_t, int64_t, int64_t,
                       int64_t, int64_t, float, const float *, const float *, int32_t, float *);
    void (*layer_norm)(weft_pool *, const float *, int64_t, int64_t, float, const float *,
                       const float *, float *);
    void (*activate)(weft_pool *, const float *, int64_t, int32_t, float *);
    void (*combine)(weft_pool *, const float *const *, const float *, int64_t, int64_t, float *);
    void (*add_rows)(weft_pool *, const float *, int64_t, int64_t, const float *, int64_t, int64_t,
                     float *);
    void (*attention_gradient)(weft_pool *, const weft_attention_gradient *);
    void (*group_norm_gradient)(weft_pool *, const weft_norm_gradient *, int64_t, int32_t);
    void (*layer_norm_gradient)(weft_pool *, const weft_norm_gradient *);
    void (*activate_gradient)(weft_pool *, const float *, const float *, int64_t, int32_t,
                              float *);
    void (*gate)(weft_pool *, const float *, const float *, int64_t, int64_t, float *);
    void (*adamw)(weft_pool *, float *, const float *, float *, float *, int64_t,
                  const weft_adamw *);
    double (*squares)(weft_pool *, const float *, int64_t);
    double (*probe)(weft_pool *, int64_t);
} weft_table;

const weft_table *weft_table_of(weft_version version);

extern const weft_table weft_table_scalar;
#if defined(__x86_64__)
extern const weft_table weft_table_avx2;
extern const weft_table weft_table_avx512;
#endif
