// What the kernels of the CUDA backend are told: one struct of plain numbers a kernel, the same for
// the host's compiler and for the device's, which has no headers of its own.
//
// A value lies in the type that the backend stores activations in (`weft_device` of "values");
// biases are float32. Pointers are addresses on the device.
#pragma once

typedef unsigned long long weft_device;

// Values, or float32 whatever values are: parameters that train, sums of gradients, moments.
typedef struct {
    weft_device at;
    int is_wide;
} weft_cuda_either;

typedef enum {
    WEFT_CUDA_ROWS_PLAIN = 0,
    WEFT_CUDA_ROWS_IMAGE = 1,
    WEFT_CUDA_ROWS_FRAMES = 2,
    WEFT_CUDA_ROWS_JOINED = 3,
} weft_cuda_row_kind;

// The left operand of a product: a matrix that is never stored. Row r holds, side by side, the
// `channels` values at each tap of output position r, each tap filled up with zeros to `padded`.
typedef struct {
    weft_device x;
    weft_device more;  // joined: behind the channels of `x`, those of a second matrix
    int kind;          // weft_cuda_row_kind
    int channels;
    int more_channels;
    int padded;     // a multiple of 8
    int is_vector;  // 8 values at a multiple of 8 channels are aligned, of `more` too
    // Image: output position (n, y, x) of [n, out_height, out_width]; the input is enlarged by
    // nearest neighbour, where enlarged row y is row min(int(y * row_scale), in_height - 1).
    int in_height, in_width;
    int enlarged_height, enlarged_width;
    float row_scale, column_scale;
    int out_height, out_width;
    int kernel_width, stride, pad_top, pad_left;
    // Image, instead of enlarging, if above 1: so many enlarged rows and columns are one of the
    // input and zeros behind it.
    int spread;
    // Frames: output position (b, f, p) of [b, frames, pixels]; taps along f, centred.
    int frames, pixels, taps;
} weft_cuda_rows;

// y[m][n] = activation(rows · weightsᵀ + bias + image_bias) + residual, or the gate:
// y[m][n / 2] = value · GELU(gate) where columns are value 0, gate 0, value 1, gate 1, ...
typedef struct {
    weft_cuda_rows rows;
    long long m;
    int n, k;               // k = taps · rows.padded
    weft_device weights;    // values [n][k]
    weft_device bias;       // float32 [n] or 0
    weft_device image_bias;  // values [1 or images][n] or 0
    weft_device residual;   // values [m][n] or 0
    weft_device y;
    long long rows_per_image;
    int is_image_bias_shared;
    int activation;
    int is_gated;
} weft_cuda_product;

// Sequences are numbered (outer, inner), tokens are strided; strides are in values.
typedef struct {
    weft_device x;
    long long outer_stride, inner_stride, token_stride;
} weft_cuda_tokens;

typedef struct {
    weft_cuda_tokens q, k, v, out;
    weft_device bias;  // values [outer or 1][queries][keys] or 0
    long long bias_outer_stride;
    long long outer, inner;
    int queries, keys;
    int heads, width;
    int query_tiles;  // of one sequence and head
    int tile_rows;    // queries of a tile
    int is_causal;
    int is_vector;  // 8 values at a multiple of 8 columns are aligned in q, k, v and out
    float scale;
} weft_cuda_attention;

// x [images, rows, channels], of which the columns from `first_channels` on are those of `more`.
typedef struct {
    weft_device x, more;
    weft_device scale, shift;  // values [channels]
    weft_device partial;       // float32 [images][slices][groups][2]: Σ and Σ² less the pivot
    weft_device y;
    long long rows, rows_per_slice;
    int images, slices, channels, first_channels, groups;
    float epsilon;
    int activation;
} weft_cuda_norm;

#define WEFT_CUDA_TERMS 8

// y = Σ coefficients[i] · x[i].
typedef struct {
    weft_cuda_either x[WEFT_CUDA_TERMS];
    float coefficients[WEFT_CUDA_TERMS];
    weft_cuda_either y;
    long long count;
    int terms;
} weft_cuda_combine;

// Of `count` values; what else is used depends on the kernel.
typedef struct {
    weft_device x, y;
    long long count;
    int activation;
} weft_cuda_pointwise;

// y[r] = x[r] + table[(r / repeats) % table_rows]; or rows `indices` (int32) of the table alone,
// which may be wide as y is then.
typedef struct {
    weft_device x, table, indices, y;
    long long rows, repeats, table_rows;
    int channels;
    int is_wide;
} weft_cuda_row_table;

// Copies `columns` values of each row between strided matrices.
typedef struct {
    weft_device x, y;
    long long rows, x_stride, y_stride;
    int columns;
} weft_cuda_copy;

#define WEFT_CUDA_RANK 8

// y's axis i has `extents[i]` places, `strides[i]` values apart in x; both may be wide.
typedef struct {
    weft_device x, y;
    long long count;
    long long extents[WEFT_CUDA_RANK], strides[WEFT_CUDA_RANK];
    int rank;
    int is_wide;
} weft_cuda_permute;

// x [n, h, w, c] to y [n, out_h, out_w, c]; tables are [out][taps], int32 and float32.
typedef struct {
    weft_device x, y;
    weft_device row_index, row_weight, column_index, column_weight;
    long long count;  // of y
    int h, w, c, out_h, out_w, row_taps, column_taps;
} weft_cuda_resample;

// Rounds of multiply-adds in registers; nothing is read.
typedef struct {
    weft_device y;  // float32, one a thread
    int rounds;
} weft_cuda_probe;

// One part of a stacked matrix, [rows][channels][taps] as a file has it, to values
// [row][tap][padded] from row `first` on; a gated one's rows are interleaved.
typedef struct {
    weft_device source, target;
    long long count;  // of target values that the part fills: rows · taps · padded
    long long first, half;  // half: rows of the values of a gated matrix, 0 if it is not gated
    int element;            // 0 float32, 1 float16, 2 bfloat16
    int channels, taps, padded;
} weft_cuda_pack;
