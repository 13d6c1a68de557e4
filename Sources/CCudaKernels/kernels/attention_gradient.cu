// The gradient of attention, with probabilities made anew (after Dao et al. 2022). With
// p = 2^(score - statistic 0) and statistic 1 = Σ out · gradient of each query:
//
//     dV = pᵀ gradient,  dS = p ∘ (gradient Vᵀ - statistic 1),  dQ = scale · dS K,
//     dK = scale · dSᵀ Q.
//
// First the statistics are found; then blocks of queries run over the keys, and blocks of keys over
// the queries, so that nobody adds into another's sums.

// The pass of a kernel.
#define WEFT_PASS_STATISTICS 0
#define WEFT_PASS_QUERIES 1
#define WEFT_PASS_KEYS 2

// The rows of a block, and what they meet.
template <int PASS>
struct GradientRows {
    const weft_cuda_attention_gradient &job;
    const weft_cuda_attention &forward;
    long long first_outer, end_outer, inner;
    int head, first_row, row_count, other_count;

    // Blocks run over tiles of rows, then heads, then sequences of rows.
    __device__ GradientRows(const weft_cuda_attention_gradient &job)
        : job(job), forward(job.forward) {
        long long block = blockIdx.x;
        first_row = (int)(block % forward.query_tiles) * forward.tile_rows;
        block /= forward.query_tiles;
        head = (int)(block % forward.heads);
        block /= forward.heads;
        first_outer = block / forward.inner;
        inner = block % forward.inner;
        end_outer = first_outer + 1;
        if (PASS == WEFT_PASS_KEYS && job.shares_keys) end_outer = forward.outer;
        row_count = PASS == WEFT_PASS_KEYS ? forward.keys : forward.queries;
        other_count = PASS == WEFT_PASS_KEYS ? forward.queries : forward.keys;
    }

    // Index of the first value of a sequence and this head.
    __device__ long long start(const weft_cuda_tokens &tokens, long long outer) const {
        return outer * tokens.outer_stride + inner * tokens.inner_stride +
               (long long)head * forward.width;
    }

    // What is multiplied for scores, and for their gradients.
    __device__ const weft_cuda_tokens &rows(int which) const {
        if (PASS == WEFT_PASS_KEYS) return which == 0 ? forward.k : forward.v;
        return which == 0 ? forward.q : job.gradient;
    }
    __device__ const weft_cuda_tokens &others(int which) const {
        if (PASS == WEFT_PASS_KEYS) return which == 0 ? forward.q : job.gradient;
        return which == 0 ? forward.k : forward.v;
    }

    __device__ float *statistics(long long outer, int query) const {
        const long long sequence = (outer * forward.inner + inner) * forward.heads + head;
        return (float *)job.statistics + 2 * (sequence * forward.queries + query);
    }

    // The score in powers of two, or nothing.
    __device__ float score(long long outer, int row, int other, float product) const {
        const int query = PASS == WEFT_PASS_KEYS ? other : row;
        const int key = PASS == WEFT_PASS_KEYS ? row : other;
        if (query >= forward.queries) return WEFT_NOTHING;
        return masked_score(forward, outer, query, key, product);
    }

    // The others that any row of the block may meet.
    __device__ int first_other() const {
        return PASS == WEFT_PASS_KEYS && forward.is_causal ? first_row : 0;
    }
    __device__ int end_other() const {
        if (PASS == WEFT_PASS_KEYS || !forward.is_causal) return other_count;
        return min(other_count, first_row + forward.tile_rows);
    }
};

// A probability, and the gradient of its score.
__device__ inline void soften_gradient(float score, float slope, const float *statistics,
                                       float &probability, float &gradient) {
    probability = score == WEFT_NOTHING ? 0 : exp2f(score - statistics[0]);
    gradient = score == WEFT_NOTHING ? 0 : probability * (slope - statistics[1]);
}

// ---- Any width, any type -------------------------------------------------------------------------

// A warp a query: each lane meets every 32nd key, then the lanes come together.
WEFT_KERNEL weft_attend_statistics_plain(const weft_cuda_attention_gradient job) {
    const GradientRows<WEFT_PASS_STATISTICS> place(job);
    const weft_cuda_attention &forward = job.forward;
    const long long outer = place.first_outer;
    const long long q = place.start(forward.q, outer), k = place.start(forward.k, outer);
    const long long out = place.start(forward.out, outer);
    const long long back = place.start(job.gradient, outer);
    const int lane = (int)threadIdx.x % 32, warps = (int)blockDim.x / 32;
    for (int row = (int)threadIdx.x / 32; row < forward.tile_rows; row += warps) {
        const int query = place.first_row + row;
        if (query >= forward.queries) break;
        float most = WEFT_NOTHING, total = 0;
        for (int key = lane; key < place.end_other(); key += 32) {
            float product = 0;
            for (int d = 0; d < forward.width; ++d) {
                product += load(forward.q.x, q + query * forward.q.token_stride + d) *
                           load(forward.k.x, k + key * forward.k.token_stride + d);
            }
            const float score = place.score(outer, query, key, product);
            if (score == WEFT_NOTHING) continue;
            const float top = fmaxf(most, score);
            total = total * exp2f(most - top) + exp2f(score - top);
            most = top;
        }
        float top = most, drift = 0;
        for (int mask = 16; mask > 0; mask /= 2) top = fmaxf(top, shuffle_xor(top, mask));
        total = warp_sum(most == WEFT_NOTHING ? 0 : total * exp2f(most - top));
        // In the order in which slopes are summed, so that a query of one key has no gradient at all.
        for (int d = 0; d < forward.width; ++d) {
            drift += load(job.gradient.x, back + query * job.gradient.token_stride + d) *
                     load(forward.out.x, out + query * forward.out.token_stride + d);
        }
        if (lane == 0) {
            float *result = place.statistics(outer, query);
            result[0] = top + log2f(total);
            result[1] = drift;
        }
    }
}

// A block of 128 threads makes `tile_rows` (up to 16) rows of one head; sums lie in shared memory,
// others come 32 at a time.
template <int PASS>
__device__ inline void attend_gradient_plain(const weft_cuda_attention_gradient &job,
                                             unsigned char *shared) {
    __shared__ float probabilities[16][32], gradients[16][32];
    const GradientRows<PASS> place(job);
    const weft_cuda_attention &forward = job.forward;
    const int thread = (int)threadIdx.x, threads = (int)blockDim.x, width = forward.width;
    const int count = min(forward.tile_rows, place.row_count - place.first_row);
    float *own[2], *sums[2];  // [tile_rows][width] each
    for (int i = 0; i < 2; ++i) {
        own[i] = (float *)shared + i * forward.tile_rows * width;
        sums[i] = (float *)shared + (2 + i) * forward.tile_rows * width;
    }
    for (int i = thread; i < count * width; i += threads) {
        const long long row = place.first_row + i / width;
        for (int which = 0; which < 2; ++which) {
            const weft_cuda_tokens &tokens = place.rows(which);
            const long long at = place.start(tokens, place.first_outer);
            own[which][i] = load(tokens.x, at + row * tokens.token_stride + i % width);
            sums[which][i] = 0;
        }
    }
    __syncthreads();
    for (long long outer = place.first_outer; outer < place.end_outer; ++outer) {
        const weft_cuda_tokens &first_tokens = place.others(0), &second_tokens = place.others(1);
        const long long first_start = place.start(first_tokens, outer);
        const long long second_start = place.start(second_tokens, outer);
        for (int first = place.first_other(); first < place.end_other(); first += 32) {
            const int present = min(32, place.other_count - first);
            for (int i = thread; i < count * 32; i += threads) {
                const int row = i / 32, other = first + i % 32;
                probabilities[row][i % 32] = gradients[row][i % 32] = 0;
                if (i % 32 >= present) continue;
                float product = 0, slope = 0;
                for (int d = 0; d < width; ++d) {
                    const long long at = first_start + other * first_tokens.token_stride;
                    product += own[0][row * width + d] * load(first_tokens.x, at + d);
                    const long long to = second_start + other * second_tokens.token_stride;
                    slope += own[1][row * width + d] * load(second_tokens.x, to + d);
                }
                const int query = PASS == WEFT_PASS_KEYS ? other : place.first_row + row;
                soften_gradient(place.score(outer, place.first_row + row, other, product), slope,
                                place.statistics(outer, query), probabilities[row][i % 32],
                                gradients[row][i % 32]);
            }
            __syncthreads();
            for (int i = thread; i < count * width; i += threads) {
                const int row = i / width, d = i % width;
                for (int j = 0; j < present; ++j) {
                    const long long at = first_start + (first + j) * first_tokens.token_stride;
                    sums[0][i] += gradients[row][j] * load(first_tokens.x, at + d);
                    if (PASS == WEFT_PASS_QUERIES) continue;
                    const long long to = second_start + (first + j) * second_tokens.token_stride;
                    sums[1][i] += probabilities[row][j] * load(second_tokens.x, to + d);
                }
            }
            __syncthreads();
        }
    }
    for (int i = thread; i < count * width; i += threads) {
        const long long row = place.first_row + i / width;
        const weft_cuda_tokens &tokens = PASS == WEFT_PASS_KEYS ? job.dk : job.dq;
        const long long at = place.start(tokens, place.first_outer);
        store(tokens.x, at + row * tokens.token_stride + i % width, sums[0][i] * forward.scale);
        if (PASS == WEFT_PASS_QUERIES) continue;
        const long long to = place.start(job.dv, place.first_outer);
        store(job.dv.x, to + row * job.dv.token_stride + i % width, sums[1][i]);
    }
}

WEFT_KERNEL weft_attend_queries_plain(const weft_cuda_attention_gradient job) {
    WEFT_DYNAMIC_SHARED(shared);
    attend_gradient_plain<WEFT_PASS_QUERIES>(job, shared);
}

WEFT_KERNEL weft_attend_keys_plain(const weft_cuda_attention_gradient job) {
    WEFT_DYNAMIC_SHARED(shared);
    attend_gradient_plain<WEFT_PASS_KEYS>(job, shared);
}

// ---- Tensor cores --------------------------------------------------------------------------------

#if WEFT_STORAGE != 0

// A warp makes 16 rows of one head; all warps of a block meet the same OTHERS at a time.
// Probabilities and their gradients go from the fragments of one product into those of the next,
// as in AttentionTile; heads are filled up with zeros to WIDTH columns.
template <int WIDTH, int PASS>
struct AttentionGradientTile {
    // Keys have two sums, which at the widest heads leave little room.
    static const int OTHERS = PASS == WEFT_PASS_KEYS && WIDTH > 80 ? 16 : 32;
    static const int STRIDE = WIDTH + 8, TILES = OTHERS / 8;
    static const int WIDTH_TILES = WIDTH / 8, STEPS = WIDTH / 16;
    static const int SUMS = PASS == WEFT_PASS_KEYS ? 2 : 1;

    const weft_cuda_attention_gradient &job;
    const weft_cuda_attention &forward;
    const GradientRows<PASS> place;
    value *own[2];     // [tile_rows][STRIDE]
    value *others[2];  // [OTHERS][STRIDE]
    float *moments;    // [OTHERS][2], of queries that are met
    int lane, rows, matrix, within;
    float sums[SUMS][WIDTH_TILES][4];

    __device__ AttentionGradientTile(const weft_cuda_attention_gradient &job,
                                     unsigned char *shared)
        : job(job), forward(job.forward), place(job) {
        for (int i = 0; i < 2; ++i) {
            own[i] = (value *)shared + i * forward.tile_rows * STRIDE;
            others[i] = (value *)shared + (2 * forward.tile_rows + i * OTHERS) * STRIDE;
        }
        moments = (float *)((value *)shared + 2 * (forward.tile_rows + OTHERS) * STRIDE);
        lane = (int)threadIdx.x % 32;
        rows = (int)threadIdx.x / 32 * 16;
        matrix = lane / 8;
        within = lane % 8;
    }

    __device__ void bring(value *target, const weft_cuda_tokens &tokens, long long outer, int first,
                          int wanted, int count) {
        bring_tokens<WIDTH>(target, tokens, place.start(tokens, outer), first, wanted, count,
                            forward.width, forward.is_vector);
    }

    // Own rows times others, over the width.
    __device__ void multiply_rows(int which, float (&products)[TILES][4]) const {
#pragma unroll
        for (int j = 0; j < TILES; ++j) {
#pragma unroll
            for (int i = 0; i < 4; ++i) products[j][i] = 0;
        }
        const value *top = own[which] + (rows + matrix % 2 * 8 + within) * STRIDE + matrix / 2 * 8;
        const value *left =
            others[which] + (matrix / 2 * 8 + within) * STRIDE + matrix % 2 * 8;
#pragma unroll
        for (int step = 0; step < STEPS; ++step) {
            u32 row[4];
            load_matrices(row, top + step * 16);
#pragma unroll
            for (int j = 0; j < TILES; j += 2) {
                u32 columns[4];
                load_matrices(columns, left + j * 8 * STRIDE + step * 16);
                multiply(products[j], row, columns[0], columns[1], value());
                multiply(products[j + 1], row, columns[2], columns[3], value());
            }
        }
    }

    // Scores of what multiply_rows made of q and k.
    __device__ void score(long long outer, int first, float (&scores)[TILES][4]) const {
        const int row = place.first_row + rows + lane / 4;
#pragma unroll
        for (int j = 0; j < TILES; ++j) {
            const int other = first + j * 8 + lane % 4 * 2;
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                scores[j][i] = place.score(outer, row + i / 2 * 8, other + i % 2, scores[j][i]);
            }
        }
    }

    // Adds weights times others to sums, over the others.
    __device__ void accumulate(int which, const float (&weights)[TILES][4],
                               float (&result)[WIDTH_TILES][4]) const {
#pragma unroll
        for (int step = 0; step < OTHERS / 16; ++step) {
            const float(&low)[4] = weights[2 * step];
            const float(&high)[4] = weights[2 * step + 1];
            const u32 row[4] = {
                narrow_pair<value>(low[0], low[1]), narrow_pair<value>(low[2], low[3]),
                narrow_pair<value>(high[0], high[1]), narrow_pair<value>(high[2], high[3])};
            const value *left = others[which] +
                                (step * 16 + matrix % 2 * 8 + within) * STRIDE + matrix / 2 * 8;
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; j += 2) {
                u32 columns[4];
                load_matrices_transposed(columns, left + j * 8);
                multiply(result[j], row, columns[0], columns[1], value());
                multiply(result[j + 1], row, columns[2], columns[3], value());
            }
        }
    }

    __device__ void find_statistics() {
        const long long outer = place.first_outer;
        bring(own[0], place.rows(0), outer, place.first_row, forward.tile_rows, place.row_count);
        float most[2] = {WEFT_NOTHING, WEFT_NOTHING}, total[2] = {0, 0};
        for (int first = 0; first < place.end_other(); first += OTHERS) {
            bring(others[0], place.others(0), outer, first, OTHERS, place.other_count);
            copy_wait<0>();
            __syncthreads();
            float scores[TILES][4];
            multiply_rows(0, scores);
            score(outer, first, scores);
#pragma unroll
            for (int row = 0; row < 2; ++row) {
                float top = most[row];
#pragma unroll
                for (int j = 0; j < TILES; ++j) {
                    top = fmaxf(top, fmaxf(scores[j][2 * row], scores[j][2 * row + 1]));
                }
                top = fmaxf(top, shuffle_xor(top, 1));
                top = fmaxf(top, shuffle_xor(top, 2));
                const float base = top == WEFT_NOTHING ? 0 : top;
                float sum = total[row] * exp2f(most[row] - base);
#pragma unroll
                for (int j = 0; j < TILES; ++j) {
                    sum += exp2f(scores[j][2 * row] - base);
                    sum += exp2f(scores[j][2 * row + 1] - base);
                }
                total[row] = sum;
                most[row] = top;
            }
            __syncthreads();
        }
#pragma unroll
        for (int row = 0; row < 2; ++row) {
            float whole = total[row] + shuffle_xor(total[row], 1);
            whole += shuffle_xor(whole, 2);
            const float drift = drift_of(outer, place.first_row + rows + lane / 4 + row * 8);
            const int query = place.first_row + rows + lane / 4 + row * 8;
            if (lane % 4 == 0 && query < forward.queries) {
                float *result = place.statistics(outer, query);
                result[0] = most[row] + log2f(whole);
                result[1] = drift;
            }
        }
    }

    // Σ out · gradient of a query, by the four lanes that share it.
    __device__ float drift_of(long long outer, int query) const {
        float drift = 0;
        if (query < forward.queries) {
            const long long out = place.start(forward.out, outer) +
                                  query * forward.out.token_stride;
            const long long back = place.start(job.gradient, outer) +
                                   query * job.gradient.token_stride;
            for (int d = lane % 4; d < forward.width; d += 4) {
                drift += load(forward.out.x, out + d) * load(job.gradient.x, back + d);
            }
        }
        drift += shuffle_xor(drift, 1);
        return drift + shuffle_xor(drift, 2);
    }

    // Scores become probabilities, and what reached those the gradients of scores.
    __device__ void soften(float (&scores)[TILES][4], float (&slopes)[TILES][4],
                           const float (&mine)[2][2]) const {
#pragma unroll
        for (int j = 0; j < TILES; ++j) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const float *statistics = PASS == WEFT_PASS_KEYS
                    ? moments + 2 * (j * 8 + lane % 4 * 2 + i % 2) : mine[i / 2];
                const float score = scores[j][i], slope = slopes[j][i];
                soften_gradient(score, slope, statistics, scores[j][i], slopes[j][i]);
            }
        }
    }

    // Statistics of this lane's two queries.
    __device__ void load_statistics(float (&mine)[2][2]) const {
#pragma unroll
        for (int row = 0; row < 2; ++row) {
            const int query = place.first_row + rows + lane / 4 + row * 8;
            const bool exists = query < forward.queries;
            const float *statistics = place.statistics(place.first_outer, exists ? query : 0);
            mine[row][0] = exists ? statistics[0] : 0;
            mine[row][1] = exists ? statistics[1] : 0;
        }
    }

    __device__ void run() {
        for (int i = 0; i < 2; ++i) {
            bring(own[i], place.rows(i), place.first_outer, place.first_row, forward.tile_rows,
                  place.row_count);
        }
#pragma unroll
        for (int which = 0; which < SUMS; ++which) {
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; ++j) {
#pragma unroll
                for (int i = 0; i < 4; ++i) sums[which][j][i] = 0;
            }
        }
        float mine[2][2] = {};
        if (PASS == WEFT_PASS_QUERIES) load_statistics(mine);
        for (long long outer = place.first_outer; outer < place.end_outer; ++outer) {
            for (int first = place.first_other(); first < place.end_other(); first += OTHERS) {
                meet(outer, first, mine);
            }
        }
        if (PASS == WEFT_PASS_KEYS) {
            finish(job.dk, sums[0], forward.scale);
            finish(job.dv, sums[SUMS - 1], 1);
        } else {
            finish(job.dq, sums[0], forward.scale);
        }
    }

    __device__ void meet(long long outer, int first, const float (&mine)[2][2]) {
        for (int i = 0; i < 2; ++i) {
            bring(others[i], place.others(i), outer, first, OTHERS, place.other_count);
        }
        if (PASS == WEFT_PASS_KEYS && (int)threadIdx.x < OTHERS) {
            const int query = first + (int)threadIdx.x;
            const bool exists = query < forward.queries;
            const float *statistics = place.statistics(outer, exists ? query : 0);
            moments[2 * threadIdx.x] = exists ? statistics[0] : 0;
            moments[2 * threadIdx.x + 1] = exists ? statistics[1] : 0;
        }
        copy_wait<0>();
        __syncthreads();
        float scores[TILES][4], slopes[TILES][4];
        multiply_rows(0, scores);
        score(outer, first, scores);
        multiply_rows(1, slopes);
        soften(scores, slopes, mine);
        accumulate(0, slopes, sums[0]);
        if (PASS == WEFT_PASS_KEYS) accumulate(1, scores, sums[SUMS - 1]);
        __syncthreads();
    }

    __device__ void finish(const weft_cuda_tokens &tokens, const float (&result)[WIDTH_TILES][4],
                           float factor) const {
        const long long start = place.start(tokens, place.first_outer);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int row = place.first_row + rows + lane / 4 + i / 2 * 8;
            if (row >= place.row_count) continue;
#pragma unroll
            for (int j = 0; j < WIDTH_TILES; ++j) {
                const int column = j * 8 + lane % 4 * 2 + i % 2;
                if (column >= forward.width) continue;
                store(tokens.x, start + row * tokens.token_stride + column,
                      result[j][i] * factor);
            }
        }
    }
};

#define WEFT_ATTEND_GRADIENT(width)                                                            \
    WEFT_KERNEL __launch_bounds__(128) weft_attend_statistics_##width(                         \
        const weft_cuda_attention_gradient job) {                                              \
        WEFT_DYNAMIC_SHARED(shared);                                                           \
        AttentionGradientTile<width, WEFT_PASS_STATISTICS>(job, shared).find_statistics();     \
    }                                                                                          \
    WEFT_KERNEL __launch_bounds__(128) weft_attend_queries_##width(                            \
        const weft_cuda_attention_gradient job) {                                              \
        WEFT_DYNAMIC_SHARED(shared);                                                           \
        AttentionGradientTile<width, WEFT_PASS_QUERIES>(job, shared).run();                    \
    }                                                                                          \
    WEFT_KERNEL __launch_bounds__(128) weft_attend_keys_##width(                               \
        const weft_cuda_attention_gradient job) {                                              \
        WEFT_DYNAMIC_SHARED(shared);                                                           \
        AttentionGradientTile<width, WEFT_PASS_KEYS>(job, shared).run();                       \
    }

WEFT_ATTEND_GRADIENT(32)
WEFT_ATTEND_GRADIENT(64)
WEFT_ATTEND_GRADIENT(80)
WEFT_ATTEND_GRADIENT(160)

#endif
