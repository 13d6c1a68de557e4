// The gradient of attention of many short sequences that lie side by side: VL pixels are the lanes,
// as in temporal.inc.h. All scores of a pixel's head are there at once, so with the weights P
//
//     dV = Pᵀ dO,  dP = dO Vᵀ,  dS = P ∘ (dP - Σ P ∘ dP),  dQ = scale · dS K,  dK = scale · dSᵀ Q.

typedef struct {
    const weft_attention_gradient *g;
    frames_job frames;
} short_job;

// P and dP become dS, and both are laid down transposed.
static void slope_frames(float *weights, float *slopes, int64_t frames, int64_t step,
                         float *weights_across, float *slopes_across) {
    for (int64_t i = 0; i < frames; i++) {
        const float *p = weights + i * step;
        float *ds = slopes + i * step;
        vf drift = splat(0);
        for (int64_t j = 0; j < frames; j++)
            drift = fma_(load(p + j * VL), load(ds + j * VL), drift);
        for (int64_t j = 0; j < frames; j++) {
            vf weight = load(p + j * VL), slope = weight * (load(ds + j * VL) - drift);
            store(ds + j * VL, slope);
            store(weights_across + j * step + i * VL, weight);
            store(slopes_across + j * step + i * VL, slope);
        }
    }
}

// out[i] = Σ weights[i][j] · x[j] over rows of all columns of a head.
static void mix_head(const frames_job *job, const float *weights, const float *x, float *out) {
    int64_t width = job->a->width, frames = job->a->keys, step = job->frame_step;
    int64_t score_step = job->frames * VL;
    for (int64_t i = 0; i < frames; i += FRAME_ROWS)
        for (int64_t d = 0; d < width; d += FRAME_COLUMNS)
            mix_frames(weights + i * score_step, score_step, frames, x + d * VL, step,
                       out + i * step + d * VL, width - d);
}

// One head of VL pixels: dV takes the place of v, dK that of k, and dQ that of dO.
static void gradient_frames(const frames_job *job, float *q, float *k, float *v, float *dout,
                            float *scores) {
    int64_t width = job->a->width, frames = job->a->keys, step = job->frame_step;
    int64_t score_step = job->frames * VL, matrix = job->frames * score_step;
    float *slopes = scores + matrix, *across = slopes + matrix, *slopes_across = across + matrix;
    for (int64_t i = 0; i < frames; i += FRAME_ROWS)
        for (int64_t j = 0; j < frames; j += FRAME_COLUMNS) {
            int64_t at = i * score_step + j * VL;
            score_frames(q + i * step, k + j * step, step, width, scores + at, score_step);
            score_frames(dout + i * step, v + j * step, step, width, slopes + at, score_step);
        }
    for (int64_t i = 0; i < frames; i++) soften_frames(scores + i * score_step, frames);
    slope_frames(scores, slopes, frames, score_step, across, slopes_across);
    mix_head(job, across, dout, v);
    mix_head(job, slopes, k, dout);
    mix_head(job, slopes_across, q, k);
}

static void short_gradient_task(void *context, int64_t task, int worker) {
    const short_job *whole = context;
    const weft_attention_gradient *g = whole->g;
    const frames_job *job = &whole->frames;
    const weft_attention *a = job->a;
    int64_t outer = task / job->groups, pixel = task % job->groups * VL;
    int64_t pixels = weft_min(VL, a->inner - pixel);
    int64_t step = job->frame_step, lanes = job->frames * step;
    // A tile of the last frame reaches beyond its lanes by less than the tile's columns.
    float *parts = weft_scratch(job->pool, worker,
                                4 * (4 * lanes + FRAME_COLUMNS * VL +
                                     4 * job->frames * job->frames * VL));
    float *scores = parts + 4 * lanes + FRAME_COLUMNS * VL;
    for (int part = 0; part < 4; part++)
        for (int64_t i = a->keys * step; i < lanes; i++) parts[part * lanes + i] = 0;
    const weft_tokens *from[4] = {&a->q, &a->k, &a->v, &g->gradient};
    const weft_written_tokens *to[4] = {NULL, &g->dk, &g->dv, &g->dq};
    const float before[4] = {a->scale * LOG2_E, 1, 1, 1}, after[4] = {0, 1 / LOG2_E, 1, a->scale};
    for (int64_t head = 0; head < a->heads; head += job->heads) {
        int64_t heads = weft_min(job->heads, a->heads - head), columns = heads * a->width;
#define PLACE(t)                                                                                  \
    ((t)->x + outer * (t)->outer_stride + pixel * (t)->inner_stride + f * (t)->token_stride +     \
     head * a->width)
        for (int part = 0; part < 4; part++)
            for (int64_t f = 0; f < a->keys; f++)
                pack_lanes(PLACE(from[part]), from[part]->inner_stride, pixels, columns,
                           before[part], parts + part * lanes + f * step, VL);
        for (int64_t h = 0; h < heads; h++) {
            float *at = parts + h * a->width * VL;
            gradient_frames(job, at, at + lanes, at + 2 * lanes, at + 3 * lanes, scores);
        }
        for (int part = 1; part < 4; part++)
            for (int64_t f = 0; f < a->keys; f++)
                unpack_lanes(parts + part * lanes + f * step, VL, splat(after[part]), pixels,
                             columns, PLACE(to[part]), to[part]->inner_stride);
#undef PLACE
    }
}

static void short_gradient(weft_pool *pool, const weft_attention_gradient *g) {
    const weft_attention *a = &g->forward;
    short_job job = {.g = g, .frames = {.a = a, .pool = pool}};
    job.frames.groups = weft_ceil_div(a->inner, VL);
    job.frames.frames = weft_ceil_div(a->keys, FRAME_ROWS) * FRAME_ROWS;
    int64_t head = 4 * job.frames.frames * a->width * VL;
    job.frames.heads = weft_max(1, weft_min(a->heads, LANE_FLOATS / head));
    job.frames.frame_step = (job.frames.heads * a->width + 1) * VL;
    int64_t tasks = a->outer * job.frames.groups;
    weft_run(pool, tasks, tasks * head * a->heads < 1 << 14, short_gradient_task, &job);
}
