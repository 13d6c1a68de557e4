// The gradient of attention by strips (after Dao et al. 2022): the scores of a run of queries
// against all keys exist at a time, never those of all queries, and are made anew from q and k.
//
// As in attention.inc.h the queries of a panel are the lanes and keys the rows of the register
// tiles. With e = 2^(score - maximum), a query's sum of them, and dO' = dO / sum:
//
//     dV = eᵀ dO',  dS = e ∘ (dO' Vᵀ - Σ dO' ∘ O),  dQ = scale · dS K,  dK = scale · dSᵀ Q.
//
// A task is one head of one sequence of keys and a chunk of the runs that attend to it; those of
// all sequences of queries where they share the keys. Chunks depend on shapes alone and each has
// sums of its own, which are added in order: the result does not depend on the threads.

enum {
    STRIP_PANELS = 4,        // panels of a run, fewer where
    STRIP_FLOATS = 1 << 16,  // the scores of a run or
    STRIP_LANES = 1 << 13,   // its queries would leave the second cache
    CHUNK_TASKS = 8,         // wanted even for a single head
    CHUNK_FLOATS = 1 << 24,  // of all chunks' sums together
};

typedef struct {
    const weft_attention_gradient *g;
    const weft_attention *a;
    weft_pool *pool;
    int64_t groups, members;    // sequences of keys, and of queries for each
    int64_t panels;             // of a run
    int64_t runs, member_runs;  // of a group, of a sequence of queries
    int64_t chunks, chunk_runs;
    int64_t width_slices;  // of at most K_SLICE
    int64_t columns;       // width in whole vectors
    float *sums;           // [group][head][chunk][2][keys][columns] with several chunks
} gradient_job;

typedef struct {
    float *keys, *values;    // [slice][KEY_BLOCK][K_STRIDE]
    float *q, *dout, *dq;    // [panel][width][PANEL]
    float *q_rows, *dout_rows;  // [panel][PANEL][columns]
    float *strip;            // [panel][keys][PANEL]
    float *slopes;           // [panel][KEY_BLOCK][PANEL]
    float *inverse, *drift;  // [panel][PANEL]: 1 / sum, Σ dO' ∘ O
    float *dk, *dv;          // [keys][columns]
} gradient_scratch;

// The run in progress: its queries and what lies beside them.
typedef struct {
    const float *q, *k, *v, *out, *dout, *bias;
    float *dq;
    int64_t query, rows, panels;  // first query, how many, in how many panels
    int64_t seen;                 // keys that any of them sees
} gradient_run;

static gradient_scratch carve_gradient(const gradient_job *job, int worker, float *sums) {
    int64_t width = job->a->width, keys = job->a->keys, panels = job->panels;
    int64_t block = job->width_slices * KEY_BLOCK * K_STRIDE;
    int64_t lanes = panels * PANEL * width, rows = panels * PANEL * job->columns;
    int64_t strip = panels * keys * PANEL, slopes = panels * KEY_BLOCK * PANEL;
    int64_t sum = keys * job->columns;
    float *at = weft_scratch(job->pool, worker,
                             4 * (2 * block + 3 * lanes + 2 * rows + strip + slopes +
                                  2 * panels * PANEL + (sums ? 0 : 2 * sum)));
    gradient_scratch s;
    s.keys = at, at += block;
    s.values = at, at += block;
    s.q = at, at += lanes;
    s.dout = at, at += lanes;
    s.dq = at, at += lanes;
    s.q_rows = at, at += rows;
    s.dout_rows = at, at += rows;
    s.strip = at, at += strip;
    s.slopes = at, at += slopes;
    s.inverse = at, at += panels * PANEL;
    s.drift = at, at += panels * PANEL;
    s.dk = sums ? sums : at;
    s.dv = s.dk + sum;
    for (int64_t i = 0; i < 2 * sum; i++) s.dk[i] = 0;
    return s;
}

// Rows `from` ..< `from + rows` of keys or values, in slices of their width.
static void copy_slices(const gradient_job *job, const float *x, int64_t stride, int64_t rows,
                        float *block) {
    for (int64_t j = 0; j < rows; j++)
        for (int64_t slice = 0; slice < job->width_slices; slice++) {
            int64_t from = slice * K_SLICE;
            copy_floats(block + (slice * KEY_BLOCK + j) * K_STRIDE, x + j * stride + from,
                        weft_min(K_SLICE, job->a->width - from));
        }
}

// tiles[key][PANEL] = Σ block[key][d] · lanes[d][PANEL].
static void multiply_block(const gradient_job *job, const float *block, const float *lanes,
                           int64_t keys, float *tiles) {
    for (int64_t slice = 0; slice < job->width_slices; slice++) {
        int64_t from = slice * K_SLICE;
        int64_t length = weft_min(K_SLICE, job->a->width - from);
        for (int64_t j = 0; j < keys; j += TILE_ROWS)
            rows_functions[weft_min(TILE_ROWS, keys - j) - 1](
                length, block + (slice * KEY_BLOCK + j) * K_STRIDE, lanes + from * PANEL,
                tiles + j * PANEL, slice > 0);
    }
}

// sum[i][VL · vectors] += Σ left[panel][i][p] · right[panel][p][...] over panels and their lanes.
INLINE void add_outer(const int rows, const int vectors, int64_t panels, const float *left,
                      int64_t left_step, const float *right, int64_t columns, float *sum) {
    vf total[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) total[i][j] = load(sum + i * columns + j * VL);
    for (int64_t panel = 0; panel < panels; panel++, left += left_step)
        for (int64_t p = 0; p < PANEL; p++, right += columns) {
            vf row[TILE_VECTORS];
#pragma clang loop unroll(full)
            for (int j = 0; j < vectors; j++) row[j] = load(right + j * VL);
#pragma clang loop unroll(full)
            for (int i = 0; i < rows; i++) {
                vf factor = splat(left[i * PANEL + p]);
#pragma clang loop unroll(full)
                for (int j = 0; j < vectors; j++) total[i][j] = fma_(factor, row[j], total[i][j]);
            }
        }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) store(sum + i * columns + j * VL, total[i][j]);
}

typedef void (*outer_function)(int64_t panels, const float *left, int64_t left_step,
                               const float *right, int64_t columns, float *sum);
#define OUTER(ROWS)                                                                               \
    static void outer_pair_##ROWS(int64_t panels, const float *left, int64_t left_step,           \
                                  const float *right, int64_t columns, float *sum) {              \
        add_outer(ROWS, TILE_VECTORS, panels, left, left_step, right, columns, sum);              \
    }                                                                                             \
    static void outer_single_##ROWS(int64_t panels, const float *left, int64_t left_step,         \
                                    const float *right, int64_t columns, float *sum) {            \
        add_outer(ROWS, 1, panels, left, left_step, right, columns, sum);                         \
    }
OUTER(1) OUTER(2) OUTER(3) OUTER(4)
#if TILE_ROWS > 4
OUTER(5) OUTER(6)
#endif
#if TILE_ROWS > 6
OUTER(7) OUTER(8) OUTER(9) OUTER(10)
OUTER(11) OUTER(12) OUTER(13) OUTER(14)
#endif
// By rows - 1.
static const outer_function outer_pairs[TILE_ROWS] = BY_ROWS(outer_pair_);
static const outer_function outer_singles[TILE_ROWS] = BY_ROWS(outer_single_);

// sum[key][columns] += Σ over the run's queries of left[panel][key][lane] · right[query][columns].
static void add_products(const gradient_job *job, const gradient_run *run, const float *left,
                         int64_t left_step, const float *right, int64_t keys, float *sum) {
    int64_t columns = job->columns;
    for (int64_t j = 0; j < keys; j += TILE_ROWS) {
        int64_t index = weft_min(TILE_ROWS, keys - j) - 1;
        for (int64_t c = 0; c < columns; c += PANEL) {
            bool pair = columns - c >= PANEL;
            (pair ? outer_pairs : outer_singles)[index](run->panels, left + j * PANEL, left_step,
                                                        right + c, columns,
                                                        sum + j * columns + c);
        }
    }
}

static gradient_run place_run(const gradient_job *job, int64_t head, int64_t group,
                              int64_t number) {
    const weft_attention *a = job->a;
    int64_t sequence = job->members > 1 ? number / job->member_runs : group;
    int64_t outer = sequence / a->inner, inner = sequence % a->inner;
    int64_t query = number % job->member_runs * job->panels * PANEL;
    int64_t column = head * a->width;
#define PLACE(t) ((t).x + outer * (t).outer_stride + inner * (t).inner_stride + column)
#define PLACE_ROW(t) (PLACE(t) + query * (t).token_stride)
    gradient_run run = {
        .q = PLACE_ROW(a->q),
        .k = PLACE(a->k),
        .v = PLACE(a->v),
        .out = PLACE_ROW(job->g->out),
        .dout = PLACE_ROW(job->g->gradient),
        .bias = a->bias ? a->bias + outer * a->bias_outer_stride : NULL,
        .dq = PLACE_ROW(job->g->dq),
        .query = query,
        .rows = weft_min(job->panels * PANEL, a->queries - query),
    };
#undef PLACE_ROW
#undef PLACE
    run.panels = weft_ceil_div(run.rows, PANEL);
    run.seen = a->causal ? weft_min(a->keys, query + run.rows) : a->keys;
    return run;
}

// Rows of a run as the lanes of its panels.
static void pack_run(const gradient_job *job, const gradient_run *run, const float *x,
                     int64_t stride, float scale, float *lanes) {
    int64_t width = job->a->width;
    for (int64_t i = 0; i < run->panels * PANEL; i += VL)
        pack_lanes(x + i * stride, stride, weft_max(0, weft_min(VL, run->rows - i)), width, scale,
                   lanes + i / PANEL * PANEL * width + i % PANEL, PANEL);
}

// y[0 ..< columns] = x[0 ..< width] · scale, zeros behind.
INLINE void scale_row(const float *x, int64_t width, float scale, float *y, int64_t columns) {
    int64_t d = 0;
    for (; d + VL <= width; d += VL) store(y + d, load(x + d) * splat(scale));
    if (d < columns) store(y + d, load_part(x + d, width - d) * splat(scale));
}

// e of the run's queries in the strip, and the inverse of their sums.
static void make_strip(const gradient_job *job, const gradient_scratch *s,
                       const gradient_run *run) {
    const weft_attention *a = job->a;
    int64_t width = a->width, step = a->keys * PANEL;
    pack_run(job, run, run->q, a->q.token_stride, a->scale * LOG2_E, s->q);
    for (int64_t key = 0; key < run->seen; key += KEY_BLOCK) {
        int64_t keys = weft_min(KEY_BLOCK, run->seen - key);
        copy_slices(job, run->k + key * a->k.token_stride, a->k.token_stride, keys, s->keys);
        for (int64_t panel = 0; panel < run->panels; panel++) {
            int64_t first = panel * PANEL;
            float *scores = s->strip + panel * step + key * PANEL;
            multiply_block(job, s->keys, s->q + first * width, keys, scores);
            if (a->bias || a->causal)
                mask_scores(a, run->bias, scores, run->query + first,
                            weft_min(PANEL, run->rows - first), key, keys);
        }
    }
    for (int64_t i = 0; i < run->panels * PANEL; i += VL) {
        float *scores = s->strip + i / PANEL * step + i % PANEL;
        vf maximum = splat(-__builtin_inff()), sum = splat(0);
        store(s->inverse + i, maximum);
        store(s->drift + i, sum);
        soften(scores, run->seen, s->inverse + i, s->drift + i);
        sum = load(s->drift + i);
        // A query that sees nothing has no gradient.
        vf inverse = splat(1) / sum;
        store(s->inverse + i, (vf)((vi)inverse & (sum > splat(0))));
    }
}

// dO' of the run as lanes and as rows, its queries as rows, and Σ dO' ∘ O.
static void make_rows(const gradient_job *job, const gradient_scratch *s,
                      const gradient_run *run) {
    const weft_attention *a = job->a;
    int64_t width = a->width, columns = job->columns;
    const weft_tokens *out = &job->g->out, *dout = &job->g->gradient;
    pack_run(job, run, run->dout, dout->token_stride, 1, s->dout);
    for (int64_t i = 0; i < run->panels * PANEL; i += VL) {
        float *lanes = s->dout + i / PANEL * PANEL * width + i % PANEL;
        vf inverse = load(s->inverse + i);
        for (int64_t d = 0; d < width; d++)
            store(lanes + d * PANEL, load(lanes + d * PANEL) * inverse);
    }
    for (int64_t i = 0; i < run->rows; i++) {
        const float *x = run->dout + i * dout->token_stride, *o = run->out + i * out->token_stride;
        float inverse = s->inverse[i];
        scale_row(x, width, inverse, s->dout_rows + i * columns, columns);
        scale_row(run->q + i * a->q.token_stride, width, a->scale, s->q_rows + i * columns,
                  columns);
        vf sum = splat(0);
        int64_t d = 0;
        for (; d + VL <= width; d += VL) sum = fma_(load(x + d), load(o + d), sum);
        if (d < width) sum = fma_(load_part(x + d, width - d), load_part(o + d, width - d), sum);
        s->drift[i] = sum_lanes(sum) * inverse;
    }
    for (int64_t i = run->rows; i < run->panels * PANEL; i++) {
        s->drift[i] = 0;
        for (int64_t c = 0; c < columns; c++)
            s->dout_rows[i * columns + c] = s->q_rows[i * columns + c] = 0;
    }
}

// slopes = e ∘ (slopes - drift) for one panel.
INLINE void make_slopes(const float *e, const float *drift, int64_t keys, float *slopes) {
    vf shift[TILE_VECTORS];
    for (int v = 0; v < TILE_VECTORS; v++) shift[v] = load(drift + v * VL);
    for (int64_t j = 0; j < keys; j++)
        for (int v = 0; v < TILE_VECTORS; v++) {
            int64_t at = j * PANEL + v * VL;
            store(slopes + at, load(e + at) * (load(slopes + at) - shift[v]));
        }
}

// dq of one panel, in lanes, gains Σ keys[key][d] · slopes[key][lane].
static void mix_keys(const gradient_job *job, const float *block, const float *slopes,
                     int64_t keys, bool first, float *dq) {
    for (int64_t slice = 0; slice < job->width_slices; slice++) {
        int64_t from = slice * K_SLICE, width = weft_min(K_SLICE, job->a->width - from);
        int64_t step = weft_ceil_div(width, weft_ceil_div(width, TILE_ROWS));
        for (int64_t d = 0; d < width; d += step)
            columns_functions[weft_min(step, width - d) - 1](
                keys, block + slice * KEY_BLOCK * K_STRIDE + d, K_STRIDE, slopes,
                dq + (from + d) * PANEL, !first);
    }
}

static void gradient_of_run(const gradient_job *job, const gradient_scratch *s,
                            const gradient_run *run) {
    const weft_attention *a = job->a;
    int64_t width = a->width, step = a->keys * PANEL, slope_step = KEY_BLOCK * PANEL;
    make_strip(job, s, run);
    make_rows(job, s, run);
    for (int64_t key = 0; key < run->seen; key += KEY_BLOCK) {
        int64_t keys = weft_min(KEY_BLOCK, run->seen - key);
        copy_slices(job, run->k + key * a->k.token_stride, a->k.token_stride, keys, s->keys);
        copy_slices(job, run->v + key * a->v.token_stride, a->v.token_stride, keys, s->values);
        const float *e = s->strip + key * PANEL;
        for (int64_t panel = 0; panel < run->panels; panel++) {
            int64_t lanes = panel * PANEL * width;
            float *slopes = s->slopes + panel * slope_step;
            multiply_block(job, s->values, s->dout + lanes, keys, slopes);
            make_slopes(e + panel * step, s->drift + panel * PANEL, keys, slopes);
            mix_keys(job, s->keys, slopes, keys, key == 0, s->dq + lanes);
        }
        add_products(job, run, e, step, s->dout_rows, keys, s->dv + key * job->columns);
        add_products(job, run, s->slopes, slope_step, s->q_rows, keys,
                     s->dk + key * job->columns);
    }
    int64_t stride = job->g->dq.token_stride;
    for (int64_t i = 0; i < run->rows; i += VL)
        unpack_lanes(s->dq + i / PANEL * PANEL * width + i % PANEL, PANEL, splat(a->scale),
                     weft_min(VL, run->rows - i), width, run->dq + i * stride, stride);
}

// Writes one head's dk and dv from the sums of `chunks` chunks.
static void write_sums(const gradient_job *job, int64_t group, int64_t head, const float *sums,
                       int64_t chunks, int64_t begin, int64_t end) {
    const weft_attention *a = job->a;
    int64_t columns = job->columns, part = a->keys * columns;
    int64_t outer = group / a->inner, inner = group % a->inner;
    const weft_written_tokens *targets[2] = {&job->g->dk, &job->g->dv};
    for (int kind = 0; kind < 2; kind++) {
        const weft_written_tokens *to = targets[kind];
        float *place = to->x + outer * to->outer_stride + inner * to->inner_stride +
                       head * a->width;
        for (int64_t j = begin; j < end; j++)
            for (int64_t d = 0; d < a->width; d += VL) {
                const float *at = sums + kind * part + j * columns + d;
                vf total = load(at);
                for (int64_t c = 1; c < chunks; c++) total += load(at + c * 2 * part);
                store_some(place + j * to->token_stride + d, total, a->width - d);
            }
    }
}

static void attention_gradient_task(void *context, int64_t task, int worker) {
    const gradient_job *job = context;
    int64_t chunk = task % job->chunks, head = task / job->chunks % job->a->heads;
    int64_t group = task / job->chunks / job->a->heads;
    int64_t part = 2 * job->a->keys * job->columns;
    gradient_scratch s = carve_gradient(job, worker, job->sums ? job->sums + task * part : NULL);
    int64_t end = weft_min((chunk + 1) * job->chunk_runs, job->runs);
    for (int64_t number = chunk * job->chunk_runs; number < end; number++) {
        gradient_run run = place_run(job, head, group, number);
        gradient_of_run(job, &s, &run);
    }
    if (!job->sums) write_sums(job, group, head, s.dk, 1, 0, job->a->keys);
}

static void add_chunks_task(void *context, int64_t task, int worker) {
    (void)worker;
    const gradient_job *job = context;
    int64_t blocks = weft_ceil_div(job->a->keys, KEY_BLOCK);
    int64_t begin = task % blocks * KEY_BLOCK, pair = task / blocks;
    const float *sums = job->sums + pair * job->chunks * 2 * job->a->keys * job->columns;
    write_sums(job, pair / job->a->heads, pair % job->a->heads, sums, job->chunks, begin,
               weft_min(begin + KEY_BLOCK, job->a->keys));
}

// A single key has the weight 1 whatever its score: dV = Σ dO, dQ = dK = 0. A task is one sequence
// of queries; sums [sequence][columns].
typedef struct {
    const weft_attention_gradient *g;
    double *sums;
} lone_job;

static void lone_key_task(void *context, int64_t task, int worker) {
    (void)worker;
    const lone_job *job = context;
    const weft_attention *a = &job->g->forward;
    int64_t outer = task / a->inner, inner = task % a->inner, columns = a->heads * a->width;
    const weft_tokens *from = &job->g->gradient;
    const weft_written_tokens *to = &job->g->dq;
    const float *x = from->x + outer * from->outer_stride + inner * from->inner_stride;
    float *dq = to->x + outer * to->outer_stride + inner * to->inner_stride;
    double *sum = job->sums + task * columns;
    for (int64_t c = 0; c < columns; c++) sum[c] = 0;
    for (int64_t i = 0; i < a->queries; i += SUM_ROWS) {
        int64_t rows = weft_min(SUM_ROWS, a->queries - i);
        for (int64_t c = 0; c < columns; c += VL) {
            int64_t left = columns - c;
            vf s = splat(0);
            for (int64_t r = i; r < i + rows; r++) {
                s += load_some(x + r * from->token_stride + c, left);
                store_some(dq + r * to->token_stride + c, splat(0), left);
            }
            add_wide_some(sum + c, s, left);
        }
    }
}

static void lone_key_gradient(weft_pool *pool, const weft_attention_gradient *g) {
    const weft_attention *a = &g->forward;
    int64_t columns = a->heads * a->width, sequences = a->outer * a->inner;
    lone_job job = {.g = g, .sums = weft_allocate(8 * sequences * columns)};
    if (!job.sums) __builtin_trap();
    weft_run(pool, sequences, sequences * a->queries * columns < 1 << 14, lone_key_task, &job);
    int64_t members = g->shares_keys ? sequences : 1;
    for (int64_t group = 0; group < sequences / members; group++)
        for (int64_t c = 0; c < columns; c++) {
            double total = 0;
            for (int64_t i = 0; i < members; i++)
                total += job.sums[(group * members + i) * columns + c];
            int64_t outer = group / a->inner, inner = group % a->inner;
            g->dv.x[outer * g->dv.outer_stride + inner * g->dv.inner_stride + c] = (float)total;
            g->dk.x[outer * g->dk.outer_stride + inner * g->dk.inner_stride + c] = 0;
        }
    weft_free(job.sums);
}

static void attention_gradient(weft_pool *pool, const weft_attention_gradient *g) {
    const weft_attention *a = &g->forward;
    if (a->keys == 1) {
        lone_key_gradient(pool, g);
        return;
    }
    if (attends_frames(a)) {
        short_gradient(pool, g);
        return;
    }
    gradient_job job = {.g = g, .a = a, .pool = pool, .groups = a->outer * a->inner, .members = 1};
    if (g->shares_keys) job.members = a->outer, job.groups = a->inner;
    int64_t lanes = PANEL * a->keys;
    job.panels = weft_min(STRIP_PANELS, weft_min(STRIP_FLOATS / lanes,
                                                 STRIP_LANES / (PANEL * a->width)));
    job.panels = weft_max(1, weft_min(job.panels, weft_ceil_div(a->queries, PANEL)));
    job.member_runs = weft_ceil_div(a->queries, job.panels * PANEL);
    job.runs = job.members * job.member_runs;
    job.width_slices = weft_ceil_div(a->width, K_SLICE);
    job.columns = weft_ceil_div(a->width, VL) * VL;
    int64_t pairs = job.groups * a->heads, part = 2 * a->keys * job.columns;
    int64_t chunks = weft_min(weft_ceil_div(CHUNK_TASKS, pairs), CHUNK_FLOATS / (pairs * part));
    chunks = weft_max(1, weft_min(chunks, job.runs));
    job.chunk_runs = weft_ceil_div(job.runs, chunks);
    job.chunks = weft_ceil_div(job.runs, job.chunk_runs);
    int64_t tasks = pairs * job.chunks;
    if (job.chunks > 1) {
        job.sums = weft_allocate(4 * tasks * part);
        if (!job.sums) __builtin_trap();
    }
    bool small = job.groups * job.members * a->heads * a->queries * a->keys * a->width < 1 << 16;
    weft_run(pool, tasks, small, attention_gradient_task, &job);
    if (!job.sums) return;
    weft_run(pool, pairs * weft_ceil_div(a->keys, KEY_BLOCK), small, add_chunks_task, &job);
    weft_free(job.sums);
}
