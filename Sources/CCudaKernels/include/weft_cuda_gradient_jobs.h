// What the kernels of the way back are told; see weft_cuda_jobs.h, which the device's compiler has
// read already.
#pragma once

#ifndef __CUDACC_RTC__
#include "weft_cuda_jobs.h"
#endif

// y[r][c] += x[r][c] for `columns` columns; rows of y are `y_columns` apart.
typedef struct {
    weft_cuda_either x, y;
    long long rows;
    int columns, y_columns;
} weft_cuda_columns;

// y[targets[t]] += x[order[i]] for i from starts[t] to starts[t + 1], in that order; int32.
typedef struct {
    weft_cuda_either x, y;
    weft_device targets, starts, order;
    int count;  // of targets
    int channels;
} weft_cuda_scatter;

// partial[slice][t][c] = Σ x[r][c] over the slice's rows r with (r / repeats) % table_rows == t.
typedef struct {
    weft_cuda_either x;
    weft_device partial;  // float32
    long long rows, row_stride, repeats, table_rows;
    long long members_per_slice;  // of the rows of one t
    int slices, columns;
} weft_cuda_row_sums;

// y[o][i] = Σ partial[o][slice][i] over slices, in order; or added to what is there.
typedef struct {
    weft_device partial;  // float32, slices `stride` apart
    weft_cuda_either y;
    long long outer, count, stride;
    int slices;
    int adds;
} weft_cuda_slices;

// Kernels of the way back: y[i][first + o][taps - 1 - t] = x[o][i][t].
typedef struct {
    weft_cuda_either x, y;
    long long count;  // of x
    int inputs, taps, first, outputs;  // outputs: of all parts
} weft_cuda_flip;

// partial[slice][o][tap * padded + c] = Σ gradient[r][o] · rows[r][tap][c] over the slice's rows.
typedef struct {
    weft_cuda_rows rows;
    weft_device gradient;  // values [m][outputs]
    weft_device partial;   // float32
    long long m, rows_per_slice;
    int outputs, columns;  // columns = taps · rows.padded
    int slices;
    int is_vector;  // 8 values at a multiple of 8 columns of `gradient` are aligned
} weft_cuda_product_gradient;

// y[o][c][t] += Σ partial[slice][first + o][t * padded + c] over slices, in order.
typedef struct {
    weft_device partial;
    weft_cuda_either y;
    long long count;  // of y
    int first, outputs, columns;  // outputs and columns of `partial`
    int channels, taps, padded, slices;
} weft_cuda_kernel_sums;

// y = gradient · f'(x) element by element; or of rows [value | gate] of 2 · `columns` values.
typedef struct {
    weft_device x, gradient, y;
    long long count;  // of `gradient`
    int activation;
    int columns;
} weft_cuda_slope;

typedef struct {
    weft_cuda_norm norm;   // y: of the input's gradient
    weft_device gradient;  // values, of the result
    weft_device sums;      // float32: see the kernels
    int column_slices;     // layer norm: slices of rows whose columns are summed
    long long rows_per_column_slice;
} weft_cuda_norm_gradient;

// `forward` is the attention; `forward.out` what it made, and its tiles are those of the kernel's
// own rows: of queries, or of keys.
typedef struct {
    weft_cuda_attention forward;
    weft_cuda_tokens gradient, dq, dk, dv;
    // float32 [outer][inner][head][query][2]: log2 Σ 2^score, Σ out·gradient
    weft_device statistics;
    int shares_keys;         // sequences of keys are the same for all `outer`
} weft_cuda_attention_gradient;

typedef struct {
    weft_cuda_either value, gradient, mean, variance;
    long long count;
    float gradient_scale, mean_rate, variance_rate, root_scale, epsilon, rate, decay;
} weft_cuda_adamw;

// partial[block] = Σ x² of the block's `slice` elements, in float64.
typedef struct {
    weft_cuda_either x;
    weft_device partial;
    long long count, slice;
} weft_cuda_squares;
