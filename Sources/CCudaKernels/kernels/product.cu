// Matrix products whose left operand is gathered: linear layers, convolutions in space and in time.
//
// A block makes a tile of the result. Its threads bring slices of both operands into shared memory,
// each thread the same few channels of its rows at every step, so that where a row's taps lie is
// worked out once and then only moved on. Loops over `rows` are unrolled by order: a compiler
// that counts them instead keeps the job and the cursors in memory.

// ---- The left operand ------------------------------------------------------------------------

// A place within the taps and channels of a row; `channel` runs up to `padded`.
struct Cursor {
    int channel, tap, tap_row, tap_column;

    __device__ void start(const weft_cuda_rows &rows, int k) {
        channel = 0;
        tap = tap_row = tap_column = 0;
        advance(rows, k);
    }

    __device__ void advance(const weft_cuda_rows &rows, int k) {
        channel += k;
        while (channel >= rows.padded) {
            channel -= rows.padded;
            ++tap;
            if (++tap_column == rows.kernel_width) {
                tap_column = 0;
                ++tap_row;
            }
        }
    }
};

// Where an output position's taps begin.
struct RowStart {
    long long base;  // plain: the row; image: the image's first pixel; frames: frame 0 of the pixel
    int y, x;        // image: of the first tap, in the enlarged and padded input; frames: y alone
    bool exists;

    __device__ void start(const weft_cuda_rows &rows, long long row, long long m) {
        exists = row < m;
        base = row;
        y = x = 0;
        if (rows.kind == WEFT_CUDA_ROWS_IMAGE) {
            const long long line = row / rows.out_width;
            const long long image = line / rows.out_height;
            x = (int)(row - line * rows.out_width) * rows.stride - rows.pad_left;
            y = (int)(line - image * rows.out_height) * rows.stride - rows.pad_top;
            base = image * rows.in_height * rows.in_width;
        } else if (rows.kind == WEFT_CUDA_ROWS_FRAMES) {
            const long long frame = row / rows.pixels;
            const long long video = frame / rows.frames;
            y = (int)(frame - video * rows.frames) - rows.taps / 2;
            base = video * rows.frames * rows.pixels + (row - frame * rows.pixels);
        }
    }

    // The input row at a tap, below zero where there is none.
    __device__ long long at(const weft_cuda_rows &rows, const Cursor &cursor) const {
        if (rows.kind == WEFT_CUDA_ROWS_IMAGE) {
            int from_y = y + cursor.tap_row;
            int from_x = x + cursor.tap_column;
            if (from_y < 0 || from_y >= rows.enlarged_height || from_x < 0 ||
                from_x >= rows.enlarged_width || !exists)
                return -1;
            if (rows.spread > 1) {
                if (from_y % rows.spread != 0 || from_x % rows.spread != 0) return -1;
                from_y /= rows.spread;
                from_x /= rows.spread;
                if (from_y >= rows.in_height || from_x >= rows.in_width) return -1;
                return base + (long long)from_y * rows.in_width + from_x;
            }
            if (rows.enlarged_height != rows.in_height) {
                from_y = min((int)(from_y * rows.row_scale), rows.in_height - 1);
            }
            if (rows.enlarged_width != rows.in_width) {
                from_x = min((int)(from_x * rows.column_scale), rows.in_width - 1);
            }
            return base + (long long)from_y * rows.in_width + from_x;
        }
        if (rows.kind == WEFT_CUDA_ROWS_FRAMES) {
            const int frame = y + cursor.tap;
            if (frame < 0 || frame >= rows.frames || !exists) return -1;
            return base + (long long)frame * rows.pixels;
        }
        return exists ? base : -1;
    }
};

// One value of an input row, zero beside it.
__device__ inline value gathered(const weft_cuda_rows &rows, long long row, int channel) {
    if (row >= 0 && channel < rows.channels) {
        return values(rows.x)[row * rows.channels + channel];
    }
    const int other = channel - rows.channels;
    if (row >= 0 && other < rows.more_channels) {
        return values(rows.more)[row * rows.more_channels + other];
    }
    value zero;
    narrow(0, zero);
    return zero;
}

// 16 bytes of values at a multiple of as many channels; null where there are none.
__device__ inline const value *gathered_vector(const weft_cuda_rows &rows, long long row,
                                               int channel) {
    if (row < 0) return 0;
    if (channel < rows.channels) return values(rows.x) + row * rows.channels + channel;
    return values(rows.more) + row * rows.more_channels + channel - rows.channels;
}

// ---- The result --------------------------------------------------------------------------------

// Sums of columns `column` and the next of a row, stored as the job says.
__device__ inline void finish_pair(const weft_cuda_product &job, long long row, int column,
                                   float first, float second) {
    if (row >= job.m) return;
    const float *bias = (const float *)job.bias;
    const long long image = job.image_bias && !job.is_image_bias_shared
                                ? row / job.rows_per_image : 0;
    float sums[2] = {first, second};
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        if (column + i >= job.n) continue;
        float x = sums[i] + (bias ? bias[column + i] : 0);
        if (job.image_bias) x += load(job.image_bias, image * job.n + column + i);
        sums[i] = x;
        if (job.is_gated) continue;
        const long long at = row * job.n + column + i;
        x = activate(x, job.activation);
        if (job.residual) x += load(job.residual, at);
        store(job.y, at, x);
    }
    if (job.is_gated && column < job.n) {
        store(job.y, row * (job.n / 2) + column / 2, sums[0] * activate(sums[1], 2));
    }
}

// ---- Float32 ---------------------------------------------------------------------------------

// What a step brings of one operand of a tile of 64 by 64.
struct PlainSlice {
    static const int EDGE = 64, DEPTH = 16;

    float values[DEPTH][EDGE + 4];
};

// Adds the products of two slices to a thread's sixteen sums, with ordinary multiply-adds.
__device__ inline void add_products(const PlainSlice &a, const PlainSlice &b, int top, int left,
                                    float (&sums)[4][4]) {
#pragma unroll
    for (int d = 0; d < PlainSlice::DEPTH; ++d) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                sums[i][j] += a.values[d][top + i] * b.values[d][left + j];
            }
        }
    }
}

// The path of float32 values, and the one that others are compared with.
__device__ inline void product_plain(const weft_cuda_product &job) {
    const int tile = PlainSlice::EDGE, depth = PlainSlice::DEPTH;
    __shared__ PlainSlice a, b;
    const int tiles = (job.n + tile - 1) / tile;
    const long long first_row = blockIdx.x / tiles * (long long)tile;
    const int first_column = (int)(blockIdx.x % tiles) * tile;
    const int thread = (int)threadIdx.x;
    // What this thread brings: four values of one row of each operand.
    const int line = thread / 4, part = thread % 4 * 4;
    RowStart row;
    row.start(job.rows, first_row + line, job.m);
    Cursor cursor;
    cursor.start(job.rows, part);
    // What it sums: four rows, and two pairs of columns.
    const int top = thread / 16 * 4, left = thread % 16 * 4;
    float sums[4][4] = {};
    for (int k = 0; k < job.k; k += depth) {
        const bool is_inside = k + part < job.k;
        const long long source = is_inside ? row.at(job.rows, cursor) : -1;
        const int column = first_column + line;
        for (int i = 0; i < 4; ++i) {
            a.values[part + i][line] = widen(gathered(job.rows, source, cursor.channel + i));
            b.values[part + i][line] = is_inside && column < job.n
                ? load(job.weights, (long long)column * job.k + k + part + i) : 0;
        }
        cursor.advance(job.rows, depth);
        __syncthreads();
        add_products(a, b, top, left, sums);
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; j += 2) {
            finish_pair(job, first_row + top + i, first_column + left + j, sums[i][j],
                        sums[i][j + 1]);
        }
    }
}

WEFT_KERNEL weft_product_plain(const weft_cuda_product job) { product_plain(job); }

// ---- Tensor cores --------------------------------------------------------------------------------

// Tiles of 128 by COLUMNS, eight warps of 64 by COLUMNS / 4, slices of 64 bytes in three stages.
// Rows of a slice are 80 bytes apart, so that eight of them lie in different banks. A VECTOR of 16
// bytes is a row of one of `ldmatrix`: float32 values are multiplied as TF32, 8 deep instead of 16,
// and lie in the registers as the fragments of mma.m16n8k8 want them.
template <int COLUMNS>
struct ProductTile {
    static const int VECTOR = 16 / sizeof(value);
    static const int ROWS = 128, DEPTH = 4 * VECTOR, STRIDE = 5 * VECTOR, STAGES = 3;
    static const int WARP_COLUMNS = COLUMNS / 4, COLUMN_TILES = WARP_COLUMNS / 8;

    const weft_cuda_product &job;
    value *a, *b;  // [stage][row][STRIDE]
    long long first_row;
    int first_column, line, part;
    RowStart rows[2];
    Cursor cursor;

    __device__ ProductTile(const weft_cuda_product &job, unsigned char *shared) : job(job) {
        a = (value *)shared;
        b = a + STAGES * ROWS * STRIDE;
        const int tiles = (job.n + COLUMNS - 1) / COLUMNS;
        first_row = blockIdx.x / tiles * (long long)ROWS;
        first_column = (int)(blockIdx.x % tiles) * COLUMNS;
        line = (int)threadIdx.x / 4;
        part = (int)threadIdx.x % 4 * VECTOR;
#pragma unroll
        for (int i = 0; i < 2; ++i) rows[i].start(job.rows, first_row + line + 64 * i, job.m);
        cursor.start(job.rows, part);
    }

    // Begins to bring the slice at k, the next one of each call.
    __device__ void bring(int k, int stage) {
        const bool is_inside = k + part < job.k;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const long long source = is_inside ? rows[i].at(job.rows, cursor) : -1;
            value *target = a + (stage * ROWS + line + 64 * i) * STRIDE + part;
            if (job.rows.is_vector) {
                const value *from = gathered_vector(job.rows, source, cursor.channel);
                copy_16_async(target, from ? from : values(job.weights), from != 0);
            } else {
                for (int j = 0; j < VECTOR; ++j) {
                    target[j] = gathered(job.rows, source, cursor.channel + j);
                }
            }
        }
#pragma unroll
        for (int i = 0; i < COLUMNS / 64; ++i) {
            const int column = first_column + line + 64 * i;
            const bool exists = is_inside && column < job.n;
            const long long at = exists ? (long long)column * job.k + k + part : 0;
            copy_16_async(b + (stage * COLUMNS + line + 64 * i) * STRIDE + part,
                          values(job.weights) + at, exists);
        }
        cursor.advance(job.rows, DEPTH);
    }

    __device__ void multiply_slice(int stage, float (&sums)[4][COLUMN_TILES][4]) const {
        const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
        const int matrix = lane / 8, within = lane % 8;
        const value *top = a + (stage * ROWS + warp / 4 * 64) * STRIDE;
        const value *left = b + (stage * COLUMNS + warp % 4 * WARP_COLUMNS) * STRIDE;
#pragma unroll
        for (int k = 0; k < DEPTH; k += 2 * VECTOR) {
            u32 columns[COLUMN_TILES / 2][4];
#pragma unroll
            for (int j = 0; j < COLUMN_TILES / 2; ++j) {
                const int column = j * 16 + matrix / 2 * 8 + within;
                load_matrices(columns[j], left + column * STRIDE + k + matrix % 2 * VECTOR);
                round_operands(columns[j], value());
            }
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                u32 row[4];
                const int line = i * 16 + matrix % 2 * 8 + within;
                load_matrices(row, top + line * STRIDE + k + matrix / 2 * VECTOR);
                round_operands(row, value());
#pragma unroll
                for (int j = 0; j < COLUMN_TILES; ++j) {
                    multiply(sums[i][j], row, columns[j / 2][j % 2 * 2],
                             columns[j / 2][j % 2 * 2 + 1], value());
                }
            }
        }
    }

    __device__ void run() {
        float sums[4][COLUMN_TILES][4] = {};
        for (int stage = 0; stage < STAGES - 1; ++stage) {
            if (stage * DEPTH < job.k) bring(stage * DEPTH, stage);
            copy_commit();
        }
        int stage = 0;
        for (int k = 0; k < job.k; k += DEPTH) {
            // The slice of this stage is there, and nobody reads the one before it any more.
            copy_wait<STAGES - 2>();
            __syncthreads();
            const int next = k + (STAGES - 1) * DEPTH;
            if (next < job.k) bring(next, (stage + STAGES - 1) % STAGES);
            copy_commit();
            multiply_slice(stage, sums);
            stage = (stage + 1) % STAGES;
        }
        const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const long long row = first_row + warp / 4 * 64 + i * 16 + lane / 4;
#pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) {
                const int column =
                    first_column + warp % 4 * WARP_COLUMNS + j * 8 + lane % 4 * 2;
                finish_pair(job, row, column, sums[i][j][0], sums[i][j][1]);
                finish_pair(job, row + 8, column, sums[i][j][2], sums[i][j][3]);
            }
        }
    }
};

WEFT_KERNEL __launch_bounds__(256) weft_product_128(const weft_cuda_product job) {
    WEFT_DYNAMIC_SHARED(shared);
    ProductTile<128>(job, shared).run();
}

WEFT_KERNEL __launch_bounds__(256) weft_product_64(const weft_cuda_product job) {
    WEFT_DYNAMIC_SHARED(shared);
    ProductTile<64>(job, shared).run();
}
