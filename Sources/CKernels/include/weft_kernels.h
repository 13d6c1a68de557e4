// CPU kernels of weft as plain C functions over pointers and sizes.
//
// All arrays are dense float32, channels-last, 4-byte aligned at least. A kernel's result depends
// on its operands and its version alone: work is split along outputs only, so neither the number
// of threads nor their timing changes a bit.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Threads ------------------------------------------------------------------------------

// A pool of threads that run one operation at a time; the caller is one of them.
typedef struct weft_pool weft_pool;

// `threads` counts the caller. NULL if threads or memory are exhausted.
weft_pool *weft_pool_create(int threads);
void weft_pool_destroy(weft_pool *pool);
int weft_pool_threads(const weft_pool *pool);

// ---- Memory -------------------------------------------------------------------------------

// 64-byte aligned; large blocks lie on huge pages where the kernel grants them. NULL if exhausted.
void *weft_allocate(int64_t bytes);
void weft_free(void *block);

// ---- Versions -----------------------------------------------------------------------------

typedef enum { WEFT_SCALAR = 0, WEFT_AVX2 = 1, WEFT_AVX512 = 2 } weft_version;

// Whether this processor (and its operating system) can run a version.
bool weft_version_available(weft_version version);
// The OpenBLAS in use: its build line and the core it chose.
const char *weft_openblas_config(void);
const char *weft_openblas_core(void);

// ---- Rows of the left operand ---------------------------------------------------------------

typedef enum {
    WEFT_ROWS_PLAIN = 0,
    WEFT_ROWS_IMAGE = 1,
    WEFT_ROWS_FRAMES = 2,
    WEFT_ROWS_JOINED = 3,
} weft_row_kind;

// The left operand of a product: a matrix that is never stored. Row r holds, side by side, the
// `channels` values at each tap of output position r.
typedef struct {
    weft_row_kind kind;
    const float *x;
    int64_t channels;
    // Image: output position (n, y, x) of [n, out_height, out_width]; taps kernel_height by
    // kernel_width over an input enlarged to enlarged_height by enlarged_width through the maps.
    int64_t in_height, in_width;
    int64_t enlarged_height, enlarged_width;
    const int32_t *row_map, *column_map;  // NULL: not enlarged; below zero: nothing there
    int64_t out_height, out_width;
    int64_t kernel_height, kernel_width, stride, pad_top, pad_left;
    // Frames: output position (b, f, p) of [b, frames, pixels]; taps along f.
    int64_t frames, pixels, taps;
    // Joined: behind the channels of `x`, those of a second matrix.
    const float *more;
    int64_t more_channels;
} weft_rows;

// What happens to a product before it is stored:
// activation(product + bias + image_bias) + residual, or the gate.
typedef struct {
    const float *bias;        // [n] or NULL
    const float *image_bias;  // [images, n] or NULL; row r belongs to image r / rows_per_image
    int64_t rows_per_image;
    int64_t image_bias_count;  // 1: the same for all images
    int32_t activation;        // Activation.rawValue
    const float *residual;     // of the result's shape, or NULL
} weft_epilogue;

// ---- Packed matrices ------------------------------------------------------------------------

// How a matrix's elements are stored. Half types widen exactly: a checkpoint's own halves cost no
// accuracy and half the memory.
typedef enum { WEFT_F32 = 0, WEFT_F16 = 1, WEFT_BF16 = 2 } weft_element;

// A right operand in panels of the version's width: [panels][k][width], zero-padded.
typedef struct {
    weft_version version;
    weft_element element;
    bool gated;  // columns interleaved as value | gate per panel
    bool plain;  // not packed: [n][k] in float32, for OpenBLAS
    int64_t n, k;
    void *data;
} weft_matrix;

// Number of elements a packed (or plain) n by k matrix takes.
int64_t weft_matrix_elements(weft_version version, int64_t n, int64_t k, bool gated, bool plain);
// Zeroes the panel whose last columns may stay unset; the others are set whole, each by the thread
// that touches it first.
void weft_matrix_clear_padding(weft_matrix *matrix);
// Stores rows first ..< first + rows of the matrix from `source` [rows][channels][taps] of the
// matrix's element type, where channels * taps = k; the matrix's columns run over taps, then
// channels.
void weft_matrix_set(weft_pool *pool, weft_matrix *matrix, int64_t first, int64_t rows,
                     int64_t channels, int64_t taps, const void *source);

// ---- Operations -----------------------------------------------------------------------------

// One attention: sequences are numbered (outer, inner), tokens and heads are strided.
typedef struct {
    const float *x;
    int64_t outer_stride, inner_stride, token_stride;  // in floats
} weft_tokens;

typedef struct {
    int64_t outer, inner;  // sequences
    int64_t queries, keys;
    int64_t heads, width;  // head h holds columns h * width ...
    float scale;
    bool causal;
    const float *bias;  // [outer or 1][queries][keys] or NULL
    int64_t bias_outer_stride;
    weft_tokens q, k, v;
    float *out;
    int64_t out_outer_stride, out_inner_stride, out_token_stride;
} weft_attention;

// c[m, n] (gated: [m, n / 2]) = epilogue(rows · matrixᵀ).
void weft_product(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                  const weft_epilogue *epilogue, float *c);
// The same for a 3 by 3 convolution of step 1 by Winograd's F(edge x edge, 3x3); edge is 2 or 4.
// The matrix is packed as for weft_product, not plain.
void weft_winograd(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                   const weft_epilogue *epilogue, int64_t edge, float *c);
// targets[j][c · taps + tap] += Σ over rows r < m of dy[r][j] · rows(r)[tap · channels + c] for
// j < n: the gradient of a product by its matrix, in the order of the kernels in a checkpoint. A
// target may be NULL.
void weft_weight_gradient(weft_pool *pool, weft_version version, const weft_rows *rows, int64_t m,
                          const float *dy, int64_t n, float *const *targets);
void weft_attend(weft_pool *pool, weft_version version, const weft_attention *attention);
// x, y [images, rows, channels]; scale, shift [channels].
void weft_group_norm(weft_pool *pool, weft_version version, const float *x, int64_t images,
                     int64_t rows, int64_t channels, int64_t groups, float epsilon,
                     const float *scale, const float *shift, int32_t activation, float *y);
// The same where the columns from `first_channels` on are those of `more`, and x has the others.
void weft_group_norm_joined(weft_pool *pool, weft_version version, const float *x,
                            const float *more, int64_t first_channels, int64_t images,
                            int64_t rows, int64_t channels, int64_t groups, float epsilon,
                            const float *scale, const float *shift, int32_t activation,
                            float *y);
void weft_layer_norm(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                     int64_t channels, float epsilon, const float *scale, const float *shift,
                     float *y);
void weft_activate(weft_pool *pool, weft_version version, const float *x, int64_t count,
                   int32_t activation, float *y);
// y = Σ coefficients[i] · x[i]; at most 8 terms.
void weft_combine(weft_pool *pool, weft_version version, const float *const *x,
                  const float *coefficients, int64_t terms, int64_t count, float *y);
// y[r] = x[r] + table[(r / repeats) % table_rows].
void weft_add_rows(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                   int64_t channels, const float *table, int64_t table_rows, int64_t repeats,
                   float *y);
// table[t] += Σ of the rows r of x with (r / repeats) % table_rows = t; partial has room for
// `slices` tables, over which the sum is split.
void weft_row_sums(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                   int64_t stride, int64_t columns, int64_t table_rows, int64_t repeats,
                   int64_t slices, float *partial, float *table);
// Adds `columns` floats of each row of one strided matrix to another.
void weft_add_columns(weft_pool *pool, const float *x, int64_t x_stride, int64_t rows,
                      int64_t columns, float *y, int64_t y_stride);
// y[places[r]] += x[r] for each row in order.
void weft_add_to_rows(weft_pool *pool, const float *x, int64_t rows, int64_t columns,
                      const int64_t *places, float *y);
// target[i][first + o][taps - 1 - t] = source[o][i][t]; target is [inputs][all][taps].
void weft_flip_kernels(weft_pool *pool, const float *source, int64_t outputs, int64_t inputs,
                       int64_t taps, int64_t first, int64_t all, float *target);
// Copies `columns` floats of each row between strided matrices.
void weft_copy_rows(weft_pool *pool, const float *x, int64_t x_stride, int64_t rows,
                    int64_t columns, float *y, int64_t y_stride);
// y's axis i is x's axis axes[i]; extents are x's; rank at most 8.
void weft_permute(weft_pool *pool, const float *x, const int64_t *extents, const int64_t *axes,
                  int64_t rank, float *y);
// x [n, h, w, c] to y [n, out_h, out_w, c]: each output row (column) mixes `row_taps`
// (`column_taps`) input rows (columns) with the given indices and weights, columns first.
void weft_resample(weft_pool *pool, const float *x, int64_t n, int64_t h, int64_t w, int64_t c,
                   int64_t out_h, int64_t out_w, int64_t row_taps, const int32_t *row_index,
                   const float *row_weight, int64_t column_taps, const int32_t *column_index,
                   const float *column_weight, float *y);

// ---- Gradients ------------------------------------------------------------------------------

// As weft_tokens, for what is written.
typedef struct {
    float *x;
    int64_t outer_stride, inner_stride, token_stride;  // in floats
} weft_written_tokens;

// The gradient of one attention by its operands. The forward's `out` is not used.
typedef struct {
    weft_attention forward;
    weft_tokens out, gradient;  // what the forward gave, and the gradient of that
    weft_written_tokens dq, dk, dv;
    // All sequences attend to the keys and values of the first; their gradients are added up.
    bool shares_keys;
} weft_attention_gradient;

// The gradient of a normalisation of x [images, rows, channels] by its operands.
typedef struct {
    const float *x, *scale, *shift;
    int64_t images, rows, channels;
    float epsilon;
    const float *dy;
    float *dx, *dscale, *dshift;
} weft_norm_gradient;

// One update by AdamW: with g = gradient_scale · gradient,
// mean += mean_rate · (g - mean), variance += variance_rate · (g² - variance),
// value = decay · value - rate · mean / (root_scale · √variance + epsilon).
typedef struct {
    float gradient_scale, mean_rate, variance_rate, root_scale, epsilon, rate, decay;
} weft_adamw;

// At least one query.
void weft_attend_gradient(weft_pool *pool, weft_version version,
                          const weft_attention_gradient *gradient);
void weft_group_norm_gradient(weft_pool *pool, weft_version version, const weft_norm_gradient *g,
                              int64_t groups, int32_t activation);
void weft_layer_norm_gradient(weft_pool *pool, weft_version version, const weft_norm_gradient *g);
// dx = dy · activation'(x).
void weft_activate_gradient(weft_pool *pool, weft_version version, const float *x, const float *dy,
                            int64_t count, int32_t activation, float *dx);
// y [rows, channels] = value · GELU(gate) of x [rows, value | gate].
void weft_gate(weft_pool *pool, weft_version version, const float *x, int64_t rows,
               int64_t channels, float *y);
// dx [rows, value | gate] of dy [rows, channels].
void weft_gate_gradient(weft_pool *pool, weft_version version, const float *x, const float *dy,
                        int64_t rows, int64_t channels, float *dx);
void weft_adamw_step(weft_pool *pool, weft_version version, float *value, const float *gradient,
                     float *mean, float *variance, int64_t count, const weft_adamw *step);
// Σ x² in float64.
double weft_squares(weft_pool *pool, weft_version version, const float *x, int64_t count);

// ---- Machine bounds -------------------------------------------------------------------------

// Runs `iterations` rounds of independent fused multiply-adds on every thread; returns the number
// of floating-point operations done.
double weft_probe_arithmetic(weft_pool *pool, weft_version version, int64_t iterations);
// Copies `count` floats with every thread.
void weft_probe_copy(weft_pool *pool, const float *x, float *y, int64_t count);

#ifdef __cplusplus
}
#endif
