// Gradients of weights: products of what reached a result, transposed, with the rows that made it,
// gathered again as in product.cu. Positions are the inner dimension here, so they are shared out
// in slices whose sums are added in order afterwards.

// ---- The place of a block --------------------------------------------------------------------

struct GradientPlace {
    int first_output, first_column;
    long long first_row, end_row, slice;

    // Blocks run over columns, then outputs, then slices.
    __device__ GradientPlace(const weft_cuda_product_gradient &job, int outputs, int columns) {
        const int across = (job.columns + columns - 1) / columns;
        const int down = (job.outputs + outputs - 1) / outputs;
        const long long block = blockIdx.x / across;
        first_column = (int)(blockIdx.x % across) * columns;
        first_output = (int)(block % down) * outputs;
        slice = block / down;
        first_row = slice * job.rows_per_slice;
        end_row = first_row + job.rows_per_slice < job.m ? first_row + job.rows_per_slice : job.m;
    }

    __device__ void finish(const weft_cuda_product_gradient &job, int output, int column,
                           float sum) const {
        if (output >= job.outputs || column >= job.columns) return;
        ((float *)job.partial)[(slice * job.outputs + output) * job.columns + column] = sum;
    }
};

// ---- Float32 ---------------------------------------------------------------------------------

WEFT_KERNEL weft_product_gradient_plain(const weft_cuda_product_gradient job) {
    const int tile = PlainSlice::EDGE, depth = PlainSlice::DEPTH;
    __shared__ PlainSlice a, b;
    const GradientPlace place(job, tile, tile);
    const int thread = (int)threadIdx.x;
    // What this thread brings: four columns of one row of each operand.
    const int line = thread / 16, part = thread % 16 * 4;
    Cursor cursor[4];
    for (int i = 0; i < 4; ++i) cursor[i].start(job.rows, place.first_column + part + i);
    // What it sums: four outputs, and four columns.
    const int top = thread / 16 * 4, left = thread % 16 * 4;
    float sums[4][4] = {};
    for (long long first = place.first_row; first < place.end_row; first += depth) {
        RowStart row;
        row.start(job.rows, first + line, place.end_row);
        for (int i = 0; i < 4; ++i) {
            const int output = place.first_output + part + i;
            a.values[line][part + i] = row.exists && output < job.outputs
                ? load(job.gradient, (first + line) * job.outputs + output) : 0;
            const bool is_inside = place.first_column + part + i < job.columns;
            const long long source = is_inside ? row.at(job.rows, cursor[i]) : -1;
            b.values[line][part + i] = widen(gathered(job.rows, source, cursor[i].channel));
        }
        __syncthreads();
        add_products(a, b, top, left, sums);
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            place.finish(job, place.first_output + top + i, place.first_column + left + j,
                         sums[i][j]);
        }
    }
}

WEFT_KERNEL weft_add_kernels(const weft_cuda_kernel_sums job) {
    const long long slice_values = (long long)job.outputs * job.columns;
    WEFT_FOR_EACH(i, job.count) {
        const long long pair = i / job.taps;
        const long long tap = i - pair * job.taps;
        const long long output = pair / job.channels;
        const long long channel = pair - output * job.channels;
        const float *partial = (const float *)job.partial +
                               (job.first + output) * job.columns + tap * job.padded + channel;
        float sum = 0;
        for (int slice = 0; slice < job.slices; ++slice) sum += partial[slice * slice_values];
        store(job.y, i, load(job.y, i) + sum);
    }
}

// ---- Tensor cores --------------------------------------------------------------------------------

#if WEFT_STORAGE != 0

// Tiles of 128 outputs by 128 columns, eight warps of 64 by 32, slices of 32 positions in three
// stages. Operands lie as they are in memory, positions apart, and are transposed on the way to the
// tensor cores; rows of a slice are 272 bytes apart, so that eight of them lie in different banks.
struct ProductGradientTile {
    static const int EDGE = 128, DEPTH = 32, STRIDE = EDGE + 8, STAGES = 3;
    static const int COLUMN_TILES = 4;

    const weft_cuda_product_gradient &job;
    const GradientPlace place;
    value *a, *b;  // [stage][position][STRIDE]
    int line, part;
    Cursor cursor[2];

    __device__ ProductGradientTile(const weft_cuda_product_gradient &job, unsigned char *shared)
        : job(job), place(job, EDGE, EDGE) {
        a = (value *)shared;
        b = a + STAGES * DEPTH * STRIDE;
        line = (int)threadIdx.x / 8;
        part = (int)threadIdx.x % 8 * 8;
#pragma unroll
        for (int i = 0; i < 2; ++i) cursor[i].start(job.rows, place.first_column + part + 64 * i);
    }

    // Begins to bring the positions from `first` on.
    __device__ void bring(long long first, int stage) {
        RowStart row;
        row.start(job.rows, first + line, place.end_row);
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int output = place.first_output + part + 64 * i;
            value *target = a + (stage * DEPTH + line) * STRIDE + part + 64 * i;
            const value *from = values(job.gradient) + (first + line) * job.outputs + output;
            bring_eight(target, from, job.is_vector, row.exists ? job.outputs - output : 0);
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            value *target = b + (stage * DEPTH + line) * STRIDE + part + 64 * i;
            const bool is_inside = place.first_column + part + 64 * i < job.columns;
            const long long source = is_inside ? row.at(job.rows, cursor[i]) : -1;
            if (job.rows.is_vector) {
                const value *from = gathered_vector(job.rows, source, cursor[i].channel);
                copy_16_async(target, from ? from : values(job.rows.x), from != 0);
            } else {
                for (int j = 0; j < 8; ++j) {
                    target[j] = gathered(job.rows, source, cursor[i].channel + j);
                }
            }
        }
    }

    // Eight values of which `count` exist, zeros behind them.
    __device__ void bring_eight(value *target, const value *from, int is_vector, int count) {
        if (is_vector) {
            copy_16_async(target, count > 0 ? from : values(job.gradient), count > 0);
            return;
        }
        for (int j = 0; j < 8; ++j) {
            if (j < count) {
                target[j] = from[j];
            } else {
                narrow(0, target[j]);
            }
        }
    }

    __device__ void multiply_slice(int stage, float (&sums)[4][COLUMN_TILES][4]) const {
        const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
        const int matrix = lane / 8, within = lane % 8;
        const value *top = a + stage * DEPTH * STRIDE + warp / 4 * 64;
        const value *left = b + stage * DEPTH * STRIDE + warp % 4 * 32;
#pragma unroll
        for (int k = 0; k < DEPTH; k += 16) {
            u32 columns[COLUMN_TILES / 2][4];
#pragma unroll
            for (int j = 0; j < COLUMN_TILES / 2; ++j) {
                const int position = k + matrix % 2 * 8 + within;
                load_matrices_transposed(columns[j],
                                         left + position * STRIDE + j * 16 + matrix / 2 * 8);
            }
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                u32 row[4];
                const int position = k + matrix / 2 * 8 + within;
                load_matrices_transposed(row, top + position * STRIDE + i * 16 + matrix % 2 * 8);
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
            const long long first = place.first_row + stage * DEPTH;
            if (first < place.end_row) bring(first, stage);
            copy_commit();
        }
        int stage = 0;
        for (long long first = place.first_row; first < place.end_row; first += DEPTH) {
            // The slice of this stage is there, and nobody reads the one before it any more.
            copy_wait<STAGES - 2>();
            __syncthreads();
            const long long next = first + (STAGES - 1) * DEPTH;
            if (next < place.end_row) bring(next, (stage + STAGES - 1) % STAGES);
            copy_commit();
            multiply_slice(stage, sums);
            stage = (stage + 1) % STAGES;
        }
        const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < COLUMN_TILES; ++j) {
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    place.finish(job,
                                 place.first_output + warp / 4 * 64 + i * 16 + lane / 4 + e / 2 * 8,
                                 place.first_column + warp % 4 * 32 + j * 8 + lane % 4 * 2 + e % 2,
                                 sums[i][j][e]);
                }
            }
        }
    }
};

WEFT_KERNEL __launch_bounds__(256) weft_product_gradient_128(
    const weft_cuda_product_gradient job) {
    WEFT_DYNAMIC_SHARED(shared);
    ProductGradientTile(job, shared).run();
}

#endif
