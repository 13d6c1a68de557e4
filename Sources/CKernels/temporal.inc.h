// Attention of many short sequences that lie side by side: the frames of neighbouring pixels.
//
// VL pixels are the lanes of every vector, so that a pixel's few frames need no padding to vectors
// and no sum across lanes; each pixel's result is computed by itself, whatever its neighbours. A
// task takes VL pixels through all heads, some heads at a time so that their lanes stay in the
// second cache while rows are still read in long runs.

enum {
    SHORT_FRAMES = 64,
    FRAME_ROWS = 4,                          // of the register tiles
    FRAME_COLUMNS = TILE_ROWS > 6 ? 4 : 2,
    LANE_FLOATS = 1 << 17,                   // of queries, keys and values together
};

typedef struct {
    const weft_attention *a;
    weft_pool *pool;
    int64_t groups;      // of VL pixels
    int64_t heads;       // at a time
    int64_t frames;      // rounded up to whole tiles; zeros behind
    int64_t frame_step;  // floats of a frame's lanes, off the 4 KiB alias
} frames_job;

// scores[i][j] = q[i] · k[j] for one tile, over rows of `step` and `score_step` floats.
INLINE void score_frames(const float *q, const float *k, int64_t step, int64_t width,
                         float *scores, int64_t score_step) {
    vf sum[FRAME_ROWS][FRAME_COLUMNS];
#pragma clang loop unroll(full)
    for (int i = 0; i < FRAME_ROWS; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < FRAME_COLUMNS; j++) sum[i][j] = splat(0);
    for (int64_t d = 0; d < width * VL; d += VL) {
        vf right[FRAME_COLUMNS];
#pragma clang loop unroll(full)
        for (int j = 0; j < FRAME_COLUMNS; j++) right[j] = load(k + j * step + d);
#pragma clang loop unroll(full)
        for (int i = 0; i < FRAME_ROWS; i++) {
            vf left = load(q + i * step + d);
#pragma clang loop unroll(full)
            for (int j = 0; j < FRAME_COLUMNS; j++) sum[i][j] = fma_(left, right[j], sum[i][j]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < FRAME_ROWS; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < FRAME_COLUMNS; j++) store(scores + i * score_step + j * VL, sum[i][j]);
}

// A row of scores becomes weights that add up to 1.
INLINE void soften_frames(float *scores, int64_t frames) {
    vf top = load(scores);
    for (int64_t j = 1; j < frames; j++) top = max_(top, load(scores + j * VL));
    vf total = splat(0);
    for (int64_t j = 0; j < frames; j++) {
        vf e = exp2_(load(scores + j * VL) - top);
        store(scores + j * VL, e);
        total += e;
    }
    vf inverse = splat(1) / total;
    for (int64_t j = 0; j < frames; j++) store(scores + j * VL, load(scores + j * VL) * inverse);
}

// out[i][d] = Σ weights[i][j] · v[j][d] for one tile, of which `columns` are stored.
INLINE void mix_frames(const float *weights, int64_t weight_step, int64_t frames, const float *v,
                       int64_t step, float *out, int64_t columns) {
    vf sum[FRAME_ROWS][FRAME_COLUMNS];
#pragma clang loop unroll(full)
    for (int i = 0; i < FRAME_ROWS; i++)
#pragma clang loop unroll(full)
        for (int d = 0; d < FRAME_COLUMNS; d++) sum[i][d] = splat(0);
    for (int64_t j = 0; j < frames; j++) {
        vf right[FRAME_COLUMNS];
#pragma clang loop unroll(full)
        for (int d = 0; d < FRAME_COLUMNS; d++) right[d] = load(v + j * step + d * VL);
#pragma clang loop unroll(full)
        for (int i = 0; i < FRAME_ROWS; i++) {
            vf left = load(weights + i * weight_step + j * VL);
#pragma clang loop unroll(full)
            for (int d = 0; d < FRAME_COLUMNS; d++) sum[i][d] = fma_(left, right[d], sum[i][d]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < FRAME_ROWS; i++)
#pragma clang loop unroll(full)
        for (int d = 0; d < FRAME_COLUMNS; d++)
            if (d < columns) store(out + i * step + d * VL, sum[i][d]);
}

// One head of VL pixels; the result takes the place of the queries.
static void attend_frames(const frames_job *job, float *q, const float *k, const float *v,
                          float *scores) {
    int64_t width = job->a->width, frames = job->a->keys, step = job->frame_step;
    int64_t score_step = job->frames * VL;
    for (int64_t i = 0; i < frames; i += FRAME_ROWS)
        for (int64_t j = 0; j < frames; j += FRAME_COLUMNS)
            score_frames(q + i * step, k + j * step, step, width, scores + i * score_step + j * VL,
                         score_step);
    for (int64_t i = 0; i < frames; i++) soften_frames(scores + i * score_step, frames);
    for (int64_t i = 0; i < frames; i += FRAME_ROWS)
        for (int64_t d = 0; d < width; d += FRAME_COLUMNS)
            mix_frames(scores + i * score_step, score_step, frames, v + d * VL, step,
                       q + i * step + d * VL, width - d);
}

static void frames_task(void *context, int64_t task, int worker) {
    const frames_job *job = context;
    const weft_attention *a = job->a;
    int64_t outer = task / job->groups, pixel = task % job->groups * VL;
    int64_t pixels = weft_min(VL, a->inner - pixel);
    int64_t step = job->frame_step, lanes = job->frames * step;
    // A tile of the last frame's values reaches beyond them by less than its columns.
    float *q = weft_scratch(job->pool, worker,
                            4 * (3 * lanes + FRAME_COLUMNS * VL + job->frames * job->frames * VL));
    float *k = q + lanes, *v = k + lanes, *scores = v + lanes + FRAME_COLUMNS * VL;
    for (int64_t i = a->keys * step; i < lanes; i++) q[i] = k[i] = 0;
    for (int64_t head = 0; head < a->heads; head += job->heads) {
        int64_t heads = weft_min(job->heads, a->heads - head);
        int64_t columns = heads * a->width;
#define PLACE(t) ((t).x + outer * (t).outer_stride + pixel * (t).inner_stride + head * a->width)
        const weft_tokens *from[3] = {&a->q, &a->k, &a->v};
        for (int part = 0; part < 3; part++)
            for (int64_t f = 0; f < a->keys; f++)
                pack_lanes(PLACE(*from[part]) + f * from[part]->token_stride,
                           from[part]->inner_stride, pixels, columns,
                           part == 0 ? a->scale * LOG2_E : 1, q + part * lanes + f * step, VL);
#undef PLACE
        for (int64_t h = 0; h < heads; h++) {
            int64_t at = h * a->width * VL;
            attend_frames(job, q + at, k + at, v + at, scores);
        }
        float *out = a->out + outer * a->out_outer_stride + pixel * a->out_inner_stride +
                     head * a->width;
        for (int64_t f = 0; f < a->keys; f++)
            unpack_lanes(q + f * step, VL, splat(1), pixels, columns, out + f * a->out_token_stride,
                         a->out_inner_stride);
    }
}

static bool attends_frames(const weft_attention *a) {
    return a->inner > 1 && a->queries == a->keys && a->keys <= SHORT_FRAMES && !a->causal &&
           !a->bias;
}

static void attend_short(weft_pool *pool, const weft_attention *a) {
    frames_job job = {.a = a, .pool = pool};
    job.groups = weft_ceil_div(a->inner, VL);
    job.frames = weft_ceil_div(a->keys, FRAME_ROWS) * FRAME_ROWS;
    int64_t head = 3 * job.frames * a->width * VL;
    job.heads = weft_max(1, weft_min(a->heads, LANE_FLOATS / head));
    job.frame_step = (job.heads * a->width + 1) * VL;
    int64_t tasks = a->outer * job.groups;
    weft_run(pool, tasks, tasks * head * a->heads < 1 << 14, frames_task, &job);
}
