// Attention with an online softmax: over tokens, and over frames for every pixel.

struct Sequence {
    long long outer, inner;
    int head, first_query;

    // Blocks run over tiles of queries, then heads, then sequences.
    __device__ Sequence(const weft_cuda_attention &job) {
        long long block = blockIdx.x;
        first_query = (int)(block % job.query_tiles) * job.tile_rows;
        block /= job.query_tiles;
        head = (int)(block % job.heads);
        block /= job.heads;
        outer = block / job.inner;
        inner = block % job.inner;
    }

    // Index of the first value of this sequence and head.
    __device__ long long start(const weft_cuda_attention &job,
                               const weft_cuda_tokens &tokens) const {
        return outer * tokens.outer_stride + inner * tokens.inner_stride +
               (long long)head * job.width;
    }
};

#define WEFT_LOG2E 1.4426950408889634f
#define WEFT_NOTHING (-__int_as_float(0x7f800000))

// The score in powers of two, or nothing where the query may not look.
__device__ inline float masked_score(const weft_cuda_attention &job, long long outer, int query,
                                     int key, float product) {
    if (key >= job.keys || (job.is_causal && key > query)) return WEFT_NOTHING;
    float score = product * job.scale;
    if (job.bias && query < job.queries) {
        const long long row = outer * job.bias_outer_stride + (long long)query * job.keys;
        score += load(job.bias, row + key);
    }
    return score * WEFT_LOG2E;
}

// Behind the last key that any query of the tile may look at.
__device__ inline int key_end(const weft_cuda_attention &job, const Sequence &sequence) {
    return job.is_causal ? min(job.keys, sequence.first_query + job.tile_rows) : job.keys;
}

// ---- Any width, any type -------------------------------------------------------------------------

// A block of 128 threads makes `tile_rows` (up to 16) rows of one head; sums lie in shared memory,
// keys come 32 at a time. The path of float32 values and of heads too wide for the others.
WEFT_KERNEL weft_attend_plain(const weft_cuda_attention job) {
    WEFT_DYNAMIC_SHARED(shared);
    __shared__ float probabilities[16][32];
    __shared__ float largest[16], total[16], factor[16];
    const int thread = (int)threadIdx.x, threads = (int)blockDim.x;
    float *sums = (float *)shared;                       // [tile_rows][width]
    float *queries = sums + job.tile_rows * job.width;  // [tile_rows][width]
    const Sequence sequence(job);
    const long long q = sequence.start(job, job.q), k = sequence.start(job, job.k);
    const long long v = sequence.start(job, job.v);
    const int count = min(job.tile_rows, job.queries - sequence.first_query);
    for (int i = thread; i < count * job.width; i += threads) {
        const int row = sequence.first_query + i / job.width;
        queries[i] = load(job.q.x, q + row * job.q.token_stride + i % job.width);
        sums[i] = 0;
    }
    if (thread < 16) {
        largest[thread] = WEFT_NOTHING;
        total[thread] = 0;
    }
    __syncthreads();
    for (int first = 0; first < key_end(job, sequence); first += 32) {
        for (int i = thread; i < count * 32; i += threads) {
            const int row = i / 32, key = first + i % 32;
            float product = 0;
            if (key < job.keys) {
                const long long at = k + key * job.k.token_stride;
                for (int d = 0; d < job.width; ++d) {
                    product += queries[row * job.width + d] * load(job.k.x, at + d);
                }
            }
            probabilities[row][i % 32] =
                masked_score(job, sequence.outer, sequence.first_query + row, key, product);
        }
        __syncthreads();
        if (thread < count) {
            float most = largest[thread];
            for (int j = 0; j < 32; ++j) most = fmaxf(most, probabilities[thread][j]);
            // Where nothing was allowed yet, there is nothing to scale either.
            const float top = most == WEFT_NOTHING ? 0 : most;
            factor[thread] = exp2f(largest[thread] - top);
            largest[thread] = most;
            float sum = total[thread] * factor[thread];
            for (int j = 0; j < 32; ++j) {
                const float p = exp2f(probabilities[thread][j] - top);
                probabilities[thread][j] = p;
                sum += p;
            }
            total[thread] = sum;
        }
        __syncthreads();
        const int present = min(32, job.keys - first);
        for (int i = thread; i < count * job.width; i += threads) {
            const int row = i / job.width, d = i % job.width;
            float sum = sums[i] * factor[row];
            for (int j = 0; j < present; ++j) {
                const long long at = v + (first + j) * job.v.token_stride;
                sum += probabilities[row][j] * load(job.v.x, at + d);
            }
            sums[i] = sum;
        }
        __syncthreads();
    }
    const long long out = sequence.start(job, job.out);
    for (int i = thread; i < count * job.width; i += threads) {
        const int row = i / job.width;
        store(job.out.x,
              out + (sequence.first_query + row) * job.out.token_stride + i % job.width,
              sums[i] / total[row]);
    }
}

// ---- Tensor cores --------------------------------------------------------------------------------

#if WEFT_STORAGE != 0

// Brings `wanted` tokens from `first` on into rows of ALL values and 8 more, zeros where there are
// none; `start` is the sequence's and head's first value.
template <int ALL>
__device__ inline void bring_tokens(value *target, const weft_cuda_tokens &tokens,
                                    long long start, int first, int wanted, int count, int width,
                                    int is_vector) {
    for (int i = (int)threadIdx.x; i < wanted * (ALL / 8); i += (int)blockDim.x) {
        const int row = i / (ALL / 8), column = i % (ALL / 8) * 8;
        value *to = target + row * (ALL + 8) + column;
        const bool exists = first + row < count;
        const value *from = values(tokens.x) + start +
                            (exists ? (first + row) * tokens.token_stride : 0) + column;
        if (is_vector) {
            const bool present = exists && column < width;
            copy_16_async(to, present ? from : values(tokens.x), present);
        } else {
            for (int j = 0; j < 8; ++j) {
                if (exists && column + j < width) {
                    to[j] = from[j];
                } else {
                    narrow(0, to[j]);
                }
            }
        }
    }
    copy_commit();
}

// SHARES warps make 16 rows of one head, WIDTH columns each; all warps of a block read the same KEYS
// keys at a time. Heads are filled up with zeros to WIDTH * SHARES columns. Probabilities go from
// the fragments of one product into those of the next; where warps share a head, each has a part of
// the sum that a score is, and they add up through shared memory.
template <int WIDTH, int KEYS, int SHARES = 1>
struct AttentionTile {
    static const int ALL = WIDTH * SHARES, STRIDE = ALL + 8;
    static const int KEY_TILES = KEYS / 8, WIDTH_TILES = WIDTH / 8, STEPS = WIDTH / 16;

    const weft_cuda_attention &job;
    const Sequence sequence;
    value *shared;  // queries at first, then keys [KEYS][STRIDE] and values [KEYS][STRIDE]
    float *parts;   // of scores, [warp][KEY_TILES * 4][32]
    int lane, warp, rows, left, matrix, within;
    u32 queries[STEPS][4];
    float sums[WIDTH_TILES][4];
    float largest[2], total[2];

    __device__ AttentionTile(const weft_cuda_attention &job, unsigned char *memory)
        : job(job), sequence(job), shared((value *)memory) {
        lane = (int)threadIdx.x % 32;
        warp = (int)threadIdx.x / 32;
        rows = warp / SHARES * 16;
        left = warp % SHARES * WIDTH;
        parts = (float *)(shared + 2 * KEYS * STRIDE);
        matrix = lane / 8;
        within = lane % 8;
    }

    __device__ void bring(value *target, const weft_cuda_tokens &tokens, int first, int wanted,
                          int count) {
        bring_tokens<ALL>(target, tokens, sequence.start(job, tokens), first, wanted, count,
                          job.width, job.is_vector);
    }

    __device__ void start() {
        bring(shared, job.q, sequence.first_query, job.tile_rows, job.queries);
        copy_wait<0>();
        __syncthreads();
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            const int row = rows + matrix % 2 * 8 + within;
            load_matrices(queries[step],
                          shared + row * STRIDE + left + step * 16 + matrix / 2 * 8);
        }
#pragma unroll
        for (int j = 0; j < WIDTH_TILES; ++j) {
#pragma unroll
            for (int i = 0; i < 4; ++i) sums[j][i] = 0;
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            largest[i] = WEFT_NOTHING;
            total[i] = 0;
        }
        __syncthreads();
    }

    __device__ void score(const value *keys, int first, float (&scores)[KEY_TILES][4]) {
#pragma unroll
        for (int j = 0; j < KEY_TILES; j += 2) {
#pragma unroll
            for (int i = 0; i < 4; ++i) scores[j][i] = scores[j + 1][i] = 0;
#pragma unroll
            for (int step = 0; step < STEPS; ++step) {
                u32 columns[4];
                const int key = j * 8 + matrix / 2 * 8 + within;
                load_matrices(columns, keys + key * STRIDE + left + step * 16 + matrix % 2 * 8);
                multiply(scores[j], queries[step], columns[0], columns[1], value());
                multiply(scores[j + 1], queries[step], columns[2], columns[3], value());
            }
        }
        if (SHARES > 1) add_up(scores);
        const int row = sequence.first_query + rows + lane / 4;
#pragma unroll
        for (int j = 0; j < KEY_TILES; ++j) {
            const int key = first + j * 8 + lane % 4 * 2;
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                scores[j][i] =
                    masked_score(job, sequence.outer, row + i / 2 * 8, key + i % 2, scores[j][i]);
            }
        }
    }

    // Sums the parts of all warps that share these rows, in the same order in each.
    __device__ void add_up(float (&scores)[KEY_TILES][4]) {
#pragma unroll
        for (int j = 0; j < KEY_TILES; ++j) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                parts[((warp * KEY_TILES + j) * 4 + i) * 32 + lane] = scores[j][i];
            }
        }
        __syncthreads();
        const int first = warp / SHARES * SHARES;
#pragma unroll
        for (int j = 0; j < KEY_TILES; ++j) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                float sum = 0;
                for (int other = first; other < first + SHARES; ++other) {
                    sum += parts[((other * KEY_TILES + j) * 4 + i) * 32 + lane];
                }
                scores[j][i] = sum;
            }
        }
    }

    // Scores become probabilities up to a factor; what was summed before is scaled to them. Of the
    // two rows of a thread, the others' columns are in the three lanes beside it.
    __device__ void soften(float (&scores)[KEY_TILES][4]) {
#pragma unroll
        for (int row = 0; row < 2; ++row) {
            float most = largest[row];
#pragma unroll
            for (int j = 0; j < KEY_TILES; ++j) {
                most = fmaxf(most, fmaxf(scores[j][2 * row], scores[j][2 * row + 1]));
            }
            most = fmaxf(most, shuffle_xor(most, 1));
            most = fmaxf(most, shuffle_xor(most, 2));
            const float top = most == WEFT_NOTHING ? 0 : most;
            const float factor = exp2f(largest[row] - top);
            largest[row] = most;
            float sum = total[row] * factor;
#pragma unroll
            for (int j = 0; j < KEY_TILES; ++j) {
#pragma unroll
                for (int i = 2 * row; i < 2 * row + 2; ++i) {
                    scores[j][i] = exp2f(scores[j][i] - top);
                    sum += scores[j][i];
                }
            }
            total[row] = sum;
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; ++j) {
                sums[j][2 * row] *= factor;
                sums[j][2 * row + 1] *= factor;
            }
        }
    }

    __device__ void accumulate(const value *tokens, const float (&scores)[KEY_TILES][4]) {
#pragma unroll
        for (int step = 0; step < KEYS / 16; ++step) {
            const float(&low)[4] = scores[2 * step];
            const float(&high)[4] = scores[2 * step + 1];
            const u32 rows[4] = {
                narrow_pair<value>(low[0], low[1]), narrow_pair<value>(low[2], low[3]),
                narrow_pair<value>(high[0], high[1]), narrow_pair<value>(high[2], high[3])};
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; j += 2) {
                u32 columns[4];
                const int key = step * 16 + matrix % 2 * 8 + within;
                load_matrices_transposed(
                    columns, tokens + key * STRIDE + left + j * 8 + matrix / 2 * 8);
                multiply(sums[j], rows, columns[0], columns[1], value());
                multiply(sums[j + 1], rows, columns[2], columns[3], value());
            }
        }
    }

    __device__ void finish() {
        const long long start = sequence.start(job, job.out);
#pragma unroll
        for (int row = 0; row < 2; ++row) {
            float whole = total[row];
            whole += shuffle_xor(whole, 1);
            whole += shuffle_xor(whole, 2);
            const int query = sequence.first_query + rows + lane / 4 + row * 8;
            if (query >= job.queries) continue;
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; ++j) {
                const int column = left + j * 8 + lane % 4 * 2;
                const long long at = start + query * job.out.token_stride + column;
                const float first = sums[j][2 * row] / whole;
                const float second = sums[j][2 * row + 1] / whole;
                if (job.is_vector && column < job.width) {
                    *(u32 *)(values(job.out.x) + at) = narrow_pair<value>(first, second);
                } else {
                    if (column < job.width) store(job.out.x, at, first);
                    if (column + 1 < job.width) store(job.out.x, at + 1, second);
                }
            }
        }
    }

    __device__ void run() {
        start();
        value *keys = shared, *tokens = shared + KEYS * STRIDE;
        for (int first = 0; first < key_end(job, sequence); first += KEYS) {
            bring(keys, job.k, first, KEYS, job.keys);
            bring(tokens, job.v, first, KEYS, job.keys);
            copy_wait<1>();
            __syncthreads();
            float scores[KEY_TILES][4];
            score(keys, first, scores);
            soften(scores);
            copy_wait<0>();
            __syncthreads();
            accumulate(tokens, scores);
            __syncthreads();
        }
        finish();
    }
};

#define WEFT_ATTEND(width, keys)                                                               \
    WEFT_KERNEL __launch_bounds__(128) weft_attend_##width##_##keys(                           \
        const weft_cuda_attention job) {                                                       \
        WEFT_DYNAMIC_SHARED(shared);                                                           \
        AttentionTile<width, keys>(job, shared).run();                                         \
    }

WEFT_ATTEND(32, 32)
WEFT_ATTEND(48, 32)
WEFT_ATTEND(64, 32)
WEFT_ATTEND(80, 32)
WEFT_ATTEND(128, 32)
WEFT_ATTEND(160, 32)
WEFT_ATTEND(48, 64)
WEFT_ATTEND(64, 64)
WEFT_ATTEND(80, 64)
WEFT_ATTEND(160, 64)

// The autoencoder's: four warps share a head.
WEFT_KERNEL __launch_bounds__(256) weft_attend_512_32(const weft_cuda_attention job) {
    WEFT_DYNAMIC_SHARED(shared);
    AttentionTile<128, 32, 4>(job, shared).run();
}

#endif
