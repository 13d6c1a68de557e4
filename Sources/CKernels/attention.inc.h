// Attention in tiles with an online softmax (Milakov and Gimelshein 2018; Dao et al. 2022): scores
// exist for one panel of queries and one block of keys at a time.
//
// Everything is transposed: a panel's queries are the lanes, keys and channels are the rows of the
// register tiles of product.inc.h. So the softmax runs down the lanes without a sum across them,
// and neither the number of keys nor the width of a head is padded to vectors.
//
// A task is one head of one sequence and a run of panels, which share the copy of each block of
// keys and values. Scores are in powers of two: log2(e) joins the scale of the queries.

enum {
    KEY_BLOCK = 126,     // whole tiles of each version; with a panel its scores stay in L1
    RUN_PANELS = 8,      // panels of a task, fewer for wide heads:
    RUN_FLOATS = 2048,   // panels times width
};

typedef struct {
    const weft_attention *a;
    weft_pool *pool;
    int64_t run;           // queries of a task
    int64_t query_runs;
    int64_t width_slices;  // of at most K_SLICE
} attend_job;

typedef struct {
    float *keys;     // [slice][KEY_BLOCK][K_STRIDE]
    float *values;   // [KEY_BLOCK][width]
    float *queries;  // [panel][width][PANEL]
    float *out;      // [panel][width][PANEL]
    float *scores;   // [KEY_BLOCK][PANEL]
    float *maximum, *sum;  // [panel][PANEL]
} attend_scratch;

static attend_scratch carve(const attend_job *job, int worker) {
    int64_t width = job->a->width;
    int64_t keys = job->width_slices * KEY_BLOCK * K_STRIDE;
    int64_t values = weft_ceil_div(KEY_BLOCK * width, 16) * 16;
    int64_t lanes = job->run * width;
    int64_t scores = KEY_BLOCK * PANEL;
    float *at = weft_scratch(job->pool, worker,
                             4 * (keys + values + 2 * lanes + scores + 2 * job->run));
    attend_scratch s;
    s.keys = at, at += keys;
    s.values = at, at += values;
    s.queries = at, at += lanes;
    s.out = at, at += lanes;
    s.scores = at, at += scores;
    s.maximum = at, at += job->run;
    s.sum = at;
    return s;
}

static void copy_block(const attend_job *job, const attend_scratch *s, const float *k,
                       const float *v, int64_t keys) {
    const weft_attention *a = job->a;
    for (int64_t j = 0; j < keys; j++) {
        for (int64_t slice = 0; slice < job->width_slices; slice++) {
            int64_t from = slice * K_SLICE;
            copy_floats(s->keys + (slice * KEY_BLOCK + j) * K_STRIDE,
                        k + j * a->k.token_stride + from, weft_min(K_SLICE, a->width - from));
        }
        copy_floats(s->values + j * a->width, v + j * a->v.token_stride, a->width);
    }
}

// Additive bias, and minus infinity where a key comes after its query.
static void mask_scores(const weft_attention *a, const float *bias, float *scores, int64_t query,
                        int64_t rows, int64_t key, int64_t keys) {
    if (bias)
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < keys; j++)
                scores[j * PANEL + i] += bias[(query + i) * a->keys + key + j] * LOG2_E;
    if (a->causal)
        for (int64_t j = weft_max(0, query + 1 - key); j < keys; j++)
            for (int64_t i = 0; i < weft_min(PANEL, key + j - query); i++)
                scores[j * PANEL + i] = -__builtin_inff();
}

// Scores of a panel of queries against a block of keys.
static void score_panel(const attend_job *job, const attend_scratch *s, const float *queries,
                        int64_t keys) {
    for (int64_t slice = 0; slice < job->width_slices; slice++) {
        int64_t from = slice * K_SLICE;
        int64_t length = weft_min(K_SLICE, job->a->width - from);
        for (int64_t j = 0; j < keys; j += TILE_ROWS)
            rows_functions[weft_min(TILE_ROWS, keys - j) - 1](
                length, s->keys + (slice * KEY_BLOCK + j) * K_STRIDE, queries + from * PANEL,
                s->scores + j * PANEL, slice > 0);
    }
}

// Replaces VL columns of scores by 2^(score - new maximum), updates their maximum and sum, and
// returns the factor for what was accumulated before.
INLINE vf soften(float *scores, int64_t keys, float *maximum, float *sum) {
    vf old = load(maximum);
    vf tops[4] = {old, old, old, old};
    int64_t j = 0;
    for (; j + 4 <= keys; j += 4)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) tops[i] = max_(tops[i], load(scores + (j + i) * PANEL));
    for (; j < keys; j++) tops[0] = max_(tops[0], load(scores + j * PANEL));
    vf top = max_(max_(tops[0], tops[1]), max_(tops[2], tops[3]));
    // Where nothing is visible yet, any finite pivot weighs nothing.
    vf pivot = (vf)((vi)top & (top > splat(-__builtin_inff())));
    vf total = splat(0);
    for (j = 0; j < keys; j++) {
        vf e = exp2_(load(scores + j * PANEL) - pivot);
        store(scores + j * PANEL, e);
        total += e;
    }
    vf factor = exp2_(old - pivot);
    store(sum, fma_(load(sum), factor, total));
    store(maximum, top);
    return factor;
}

// out = out · factor + values · scores for one panel; the first block finds nothing to scale.
static void mix_panel(const attend_job *job, const attend_scratch *s, const vf *factors,
                      int64_t keys, bool first, float *out) {
    int64_t width = job->a->width;
    int64_t step = weft_ceil_div(width, weft_ceil_div(width, TILE_ROWS));
    if (!first)
        for (int64_t d = 0; d < width; d++)
            for (int v = 0; v < TILE_VECTORS; v++) {
                float *at = out + d * PANEL + v * VL;
                store(at, load(at) * factors[v]);
            }
    for (int64_t d = 0; d < width; d += step)
        columns_functions[weft_min(step, width - d) - 1](
            keys, s->values + d, width, s->scores, out + d * PANEL, !first);
}

// One task's operands: queries from `run` on, keys and values of its sequence and head.
typedef struct {
    const float *q, *k, *v, *bias;
    float *out;
    int64_t run, rows;
} attend_place;

static attend_place place(const attend_job *job, int64_t task) {
    const weft_attention *a = job->a;
    int64_t run = task % job->query_runs * job->run;
    int64_t head = task / job->query_runs % a->heads;
    int64_t sequence = task / job->query_runs / a->heads;
    int64_t outer = sequence / a->inner, inner = sequence % a->inner;
#define PLACE(t) ((t).x + outer * (t).outer_stride + inner * (t).inner_stride + head * a->width)
    return (attend_place){
        .q = PLACE(a->q) + run * a->q.token_stride,
        .k = PLACE(a->k),
        .v = PLACE(a->v),
        .bias = a->bias ? a->bias + outer * a->bias_outer_stride : NULL,
        .out = a->out + outer * a->out_outer_stride + inner * a->out_inner_stride +
               head * a->width + run * a->out_token_stride,
        .run = run,
        .rows = weft_min(job->run, a->queries - run),
    };
#undef PLACE
}

static void attend_task(void *context, int64_t task, int worker) {
    const attend_job *job = context;
    const weft_attention *a = job->a;
    attend_place at = place(job, task);
    attend_scratch s = carve(job, worker);
    for (int64_t i = 0; i < at.rows; i += PANEL)
        for (int64_t v = i; v < i + PANEL; v += VL) {
            pack_lanes(at.q + v * a->q.token_stride, a->q.token_stride,
                       weft_max(0, weft_min(VL, at.rows - v)), a->width, a->scale * LOG2_E,
                       s.queries + i * a->width + (v - i), PANEL);
            store(s.maximum + v, splat(-__builtin_inff()));
            store(s.sum + v, splat(0));
        }
    int64_t seen = a->causal ? weft_min(a->keys, at.run + at.rows) : a->keys;
    for (int64_t key = 0; key < seen; key += KEY_BLOCK) {
        int64_t keys = weft_min(KEY_BLOCK, seen - key);
        copy_block(job, &s, at.k + key * a->k.token_stride, at.v + key * a->v.token_stride, keys);
        for (int64_t i = 0; i < at.rows; i += PANEL) {
            if (a->causal && key >= at.run + i + PANEL) continue;
            score_panel(job, &s, s.queries + i * a->width, keys);
            if (a->bias || a->causal)
                mask_scores(a, at.bias, s.scores, at.run + i, weft_min(PANEL, at.rows - i), key,
                            keys);
            vf factors[TILE_VECTORS];
            for (int v = 0; v < TILE_VECTORS; v++)
                factors[v] = soften(s.scores + v * VL, keys, s.maximum + i + v * VL,
                                    s.sum + i + v * VL);
            mix_panel(job, &s, factors, keys, key == 0, s.out + i * a->width);
        }
    }
    for (int64_t i = 0; i < at.rows; i += VL)
        unpack_lanes(s.out + i / PANEL * PANEL * a->width + i % PANEL, PANEL,
                     splat(1) / load(s.sum + i), weft_min(VL, at.rows - i), a->width,
                     at.out + i * a->out_token_stride, a->out_token_stride);
}

static void attend(weft_pool *pool, const weft_attention *a) {
    if (attends_frames(a)) {
        attend_short(pool, a);
        return;
    }
    attend_job job = {.a = a, .pool = pool};
    int64_t sequences = a->outer * a->inner * a->heads;
    int64_t panels = weft_ceil_div(a->queries, PANEL);
    // Long runs copy keys and values less often; enough tasks balance the threads.
    int64_t run = weft_max(1, weft_min(RUN_PANELS, RUN_FLOATS / a->width));
    int64_t wanted = 4 * weft_pool_threads(pool);
    while (run > 1 && sequences * weft_ceil_div(panels, run) < wanted) run--;
    job.run = run * PANEL;
    job.query_runs = weft_ceil_div(panels, run);
    job.width_slices = weft_ceil_div(a->width, K_SLICE);
    int64_t tasks = sequences * job.query_runs;
    weft_run(pool, tasks, tasks * a->keys * a->width < 1 << 14, attend_task, &job);
}
