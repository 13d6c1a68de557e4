// Attention in tiles with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022): scores
// exist for one tile of queries and one block of keys at a time.
//
// A task is one head of one sequence and a run of queries. Keys and values of a block are packed
// into panels once per task; both products are the register tiles of product.inc.h.

enum {
    KEY_BLOCK = 256,
    QUERY_RUN = 16 * TILE_ROWS,
    WIDTH_MAX = 1024,
};

typedef struct {
    const weft_attention *a;
    weft_pool *pool;
    int64_t query_runs;
    int64_t width_slices;   // of at most K_SLICE
    int64_t value_panels;   // of 3 vectors, the last perhaps narrower
    int64_t value_columns;  // width rounded up to whole vectors
} attend_job;

static int64_t value_panel_vectors(const attend_job *job, int64_t panel) {
    return weft_min(3, job->value_columns / VL - 3 * panel);
}

// Panels [key / PANEL][width][PANEL]: the transpose of a block of keys.
static void pack_keys(const attend_job *job, const float *k, int64_t stride, int64_t keys,
                      float *packed) {
    int64_t width = job->a->width;
    for (int64_t begin = 0; begin < keys; begin += PANEL) {
        float *panel = packed + begin * width;
        int64_t count = weft_min(PANEL, keys - begin);
        for (int64_t j = 0; j < count; j++) {
            const float *row = k + (begin + j) * stride;
            for (int64_t d = 0; d < width; d++) panel[d * PANEL + j] = row[d];
        }
        for (int64_t j = count; j < PANEL; j++)
            for (int64_t d = 0; d < width; d++) panel[d * PANEL + j] = 0;
    }
}

// Rows [keys][value_columns]: values with their columns padded to whole vectors.
static void pack_values(const attend_job *job, const float *v, int64_t stride, int64_t keys,
                        float *packed) {
    int64_t width = job->a->width;
    for (int64_t j = 0; j < keys; j++) {
        float *row = packed + j * job->value_columns;
        for (int64_t d = 0; d < width; d++) row[d] = v[j * stride + d];
        for (int64_t d = width; d < job->value_columns; d++) row[d] = 0;
    }
}

// Replaces a row of scores by exp(score - new maximum), updates maximum and sum, and returns the
// factor for what was accumulated before. Columns from `keys` to whole vectors become 0.
INLINE float soften(float *row, int64_t keys, float *maximum, float *sum) {
    int64_t whole = keys / VL * VL;
    vf m = splat(*maximum);
    for (int64_t j = 0; j < whole; j += VL) m = max_(m, load(row + j));
    float top = max_lanes(m);
    for (int64_t j = whole; j < keys; j++) top = row[j] > top ? row[j] : top;
    // Nothing is visible yet: keep the state, weigh nothing.
    if (top == -__builtin_inff()) {
        for (int64_t j = 0; j < weft_ceil_div(keys, VL) * VL; j++) row[j] = 0;
        return 1;
    }
    vf total = splat(0);
    for (int64_t j = 0; j < whole; j += VL) {
        vf e = exp_(load(row + j) - splat(top));
        store(row + j, e);
        total += e;
    }
    if (whole < keys) {
        vf e = exp_(load_part(row + whole, keys - whole) - splat(top));
        for (int64_t j = keys - whole; j < VL; j++) e[j] = 0;
        store(row + whole, e);
        total += e;
    }
    float factor = *maximum == -__builtin_inff() ? 0 : exp_(splat(*maximum - top))[0];
    *sum = *sum * factor + sum_lanes(total);
    *maximum = top;
    return factor;
}

typedef struct {
    float *keys, *values, *queries, *scores, *tile, *out, *maximum, *sum;
} attend_scratch;

// Scores of `rows` queries against one block of keys, masked, into scratch.
static void score_tile(const attend_job *job, const attend_scratch *s, int64_t outer,
                       int64_t query, int64_t rows, int64_t key, int64_t keys,
                       const float *queries) {
    const weft_attention *a = job->a;
    for (int64_t begin = 0; begin < keys; begin += PANEL) {
        for (int64_t slice = 0; slice < job->width_slices; slice++) {
            int64_t from = slice * K_SLICE;
            multiply_functions[rows - 1][TILE_VECTORS - 1](
                weft_min(K_SLICE, a->width - from),
                queries + slice * QUERY_RUN * K_STRIDE, s->keys + begin * a->width + from * PANEL,
                PANEL, s->tile, slice > 0);
        }
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < PANEL; j += VL)
                store(s->scores + i * K_STRIDE + begin + j, load(s->tile + i * PANEL + j));
    }
    for (int64_t i = 0; i < rows; i++) {
        float *row = s->scores + i * K_STRIDE;
        if (a->bias) {
            const float *bias =
                a->bias + outer * a->bias_outer_stride + (query + i) * a->keys + key;
            for (int64_t j = 0; j < keys; j++) row[j] += bias[j];
        }
        if (a->causal)
            for (int64_t j = weft_max(0, query + i + 1 - key); j < keys; j++)
                row[j] = -__builtin_inff();
    }
}

// out = out · factor + scores · values for one tile of queries.
static void mix_tile(const attend_job *job, const attend_scratch *s, int64_t rows, int64_t keys,
                     const float *factors, float *out) {
    int64_t columns = job->value_columns;
    for (int64_t i = 0; i < rows; i++) {
        if (factors[i] == 1) continue;
        for (int64_t d = 0; d < columns; d += VL)
            store(out + i * columns + d, load(out + i * columns + d) * splat(factors[i]));
    }
    for (int64_t panel = 0; panel < job->value_panels; panel++) {
        int64_t vectors = value_panel_vectors(job, panel);
        int64_t at = panel * 3 * VL;
        int64_t step = vectors == 3 ? weft_min(TILE_ROWS, WIDE_TILE_ROWS) : TILE_ROWS;
        for (int64_t i = 0; i < rows; i += step) {
            int64_t count = weft_min(step, rows - i);
            multiply_functions[count - 1][vectors - 1](keys, s->scores + i * K_STRIDE,
                                                       s->values + at, columns, s->tile, false);
            for (int64_t r = 0; r < count; r++)
                for (int64_t j = 0; j < vectors; j++) {
                    float *o = out + (i + r) * columns + at + j * VL;
                    store(o, load(o) + load(s->tile + (r * vectors + j) * VL));
                }
        }
    }
}

static attend_scratch carve(const attend_job *job, int worker) {
    int64_t width = job->a->width, columns = job->value_columns;
    int64_t keys = KEY_BLOCK * width;
    int64_t values = KEY_BLOCK * columns;
    int64_t queries = job->width_slices * QUERY_RUN * K_STRIDE;
    int64_t scores = TILE_ROWS * K_STRIDE;
    int64_t tile = TILE_ROWS * 3 * VL;
    int64_t out = QUERY_RUN * columns;
    float *at = weft_scratch(job->pool, worker,
                             4 * (keys + values + queries + scores + tile + out + 2 * QUERY_RUN));
    attend_scratch s;
    s.keys = at, at += keys;
    s.values = at, at += values;
    s.queries = at, at += queries;
    s.scores = at, at += scores;
    s.tile = at, at += tile;
    s.out = at, at += out;
    s.maximum = at, at += QUERY_RUN;
    s.sum = at;
    return s;
}

static void attend_task(void *context, int64_t task, int worker) {
    const attend_job *job = context;
    const weft_attention *a = job->a;
    int64_t run = task % job->query_runs * QUERY_RUN;
    int64_t head = task / job->query_runs % a->heads;
    int64_t sequence = task / job->query_runs / a->heads;
    int64_t outer = sequence / a->inner, inner = sequence % a->inner;
    int64_t rows = weft_min(QUERY_RUN, a->queries - run);
    int64_t width = a->width, columns = job->value_columns;
#define PLACE(t) ((t).x + outer * (t).outer_stride + inner * (t).inner_stride + head * width)
    const float *q = PLACE(a->q) + run * a->q.token_stride;
    const float *k = PLACE(a->k);
    const float *v = PLACE(a->v);
#undef PLACE
    attend_scratch s = carve(job, worker);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t d = 0; d < width; d++)
            s.queries[(d / K_SLICE * QUERY_RUN + i) * K_STRIDE + d % K_SLICE] =
                q[i * a->q.token_stride + d] * a->scale;
        s.maximum[i] = -__builtin_inff();
        s.sum[i] = 0;
    }
    for (int64_t i = 0; i < rows * columns; i++) s.out[i] = 0;

    int64_t seen = a->causal ? weft_min(a->keys, run + rows) : a->keys;
    for (int64_t key = 0; key < seen; key += KEY_BLOCK) {
        int64_t keys = weft_min(KEY_BLOCK, seen - key);
        pack_keys(job, k + key * a->k.token_stride, a->k.token_stride, keys, s.keys);
        pack_values(job, v + key * a->v.token_stride, a->v.token_stride, keys, s.values);
        for (int64_t i = 0; i < rows; i += TILE_ROWS) {
            int64_t count = weft_min(TILE_ROWS, rows - i);
            float factors[TILE_ROWS];
            score_tile(job, &s, outer, run + i, count, key, keys, s.queries + i * K_STRIDE);
            for (int64_t r = 0; r < count; r++)
                factors[r] =
                    soften(s.scores + r * K_STRIDE, keys, &s.maximum[i + r], &s.sum[i + r]);
            mix_tile(job, &s, count, keys, factors, s.out + i * columns);
        }
    }
    float *out = a->out + outer * a->out_outer_stride + inner * a->out_inner_stride + head * width;
    for (int64_t i = 0; i < rows; i++) {
        float inverse = 1 / s.sum[i];
        for (int64_t d = 0; d < width; d++)
            out[(run + i) * a->out_token_stride + d] = s.out[i * columns + d] * inverse;
    }
}

static void attend(weft_pool *pool, const weft_attention *a) {
    attend_job job = {.a = a, .pool = pool};
    job.query_runs = weft_ceil_div(a->queries, QUERY_RUN);
    job.width_slices = weft_ceil_div(a->width, K_SLICE);
    job.value_columns = weft_ceil_div(a->width, VL) * VL;
    job.value_panels = weft_ceil_div(job.value_columns, 3 * VL);
    int64_t tasks = a->outer * a->inner * a->heads * job.query_runs;
    bool small = tasks * a->keys * a->width < 1 << 14;
    weft_run(pool, tasks, small, attend_task, &job);
}
