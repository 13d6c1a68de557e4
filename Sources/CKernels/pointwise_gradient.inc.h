// Gradients of pointwise functions and the optimiser's step.

INLINE vf logistic_(vf t) { return splat(1.0f) / one_plus_exp(t); }

// d/dx x · Φ(x) = Φ(x) + x · φ(x).
INLINE vf gelu_slope(vf x) {
    vf cumulative = splat(0.5f) * (splat(1.0f) + erf_(x * splat(0.707106781f)));
    vf density = splat(0.398942280f) * exp_(splat(-0.5f) * x * x);
    return fma_(x, density, cumulative);
}

// The derivative of an activation at x.
INLINE vf activation_slope(vf x, int32_t kind) {
    vf s;
    switch (kind) {
        case 1:
            s = logistic_(x);
            return fma_(x * s, splat(1.0f) - s, s);
        case 2: return gelu_slope(x);
        case 3:
            s = logistic_(x * splat(1.702f));
            return fma_(x * splat(1.702f) * s, splat(1.0f) - s, s);
        case 4: return select_(x > splat(0.0f), splat(1.0f), splat(0.0f));
        default: return splat(1.0f);
    }
}

typedef struct {
    const float *x, *dy;
    float *y;
    int64_t count, channels;
    int32_t activation;
    float *value, *mean, *variance;
    weft_adamw step;
} slope_job;

static void activate_gradient_task(void *context, int64_t task, int worker) {
    (void)worker;
    const slope_job *job = context;
    int64_t end = weft_min((task + 1) * POINT_CHUNK, job->count);
    for (int64_t i = task * POINT_CHUNK; i < end; i += VL) {
        int64_t left = end - i;
        vf x = load_some(job->x + i, left), dy = load_some(job->dy + i, left);
        vf dx = dy * activation_slope(x, job->activation);
        store_some(job->y + i, dx, left);
    }
}

static void activate_gradient(weft_pool *pool, const float *x, const float *dy, int64_t count,
                              int32_t activation, float *dx) {
    slope_job job = {.x = x, .dy = dy, .y = dx, .count = count, .activation = activation};
    weft_run(pool, weft_ceil_div(count, POINT_CHUNK), count <= POINT_CHUNK,
             activate_gradient_task, &job);
}

// value · GELU(gate) of rows [value | gate], or with dy their gradient.
static void gate_task(void *context, int64_t task, int worker) {
    (void)worker;
    const slope_job *job = context;
    int64_t n = job->channels, end = weft_min((task + 1) * POINT_ROWS, job->count);
    for (int64_t row = task * POINT_ROWS; row < end; row++)
        for (int64_t c = 0; c < n; c += VL) {
            int64_t left = n - c;
            const float *x = job->x + row * 2 * n + c;
            vf value = load_some(x, left), gate = load_some(x + n, left);
            if (!job->dy) {
                store_some(job->y + row * n + c, value * gelu_(gate), left);
                continue;
            }
            vf dy = load_some(job->dy + row * n + c, left);
            float *at = job->y + row * 2 * n + c;
            store_some(at, dy * gelu_(gate), left);
            store_some(at + n, dy * value * gelu_slope(gate), left);
        }
}

static void gate(weft_pool *pool, const float *x, const float *dy, int64_t rows, int64_t channels,
                 float *y) {
    slope_job job = {.x = x, .dy = dy, .y = y, .count = rows, .channels = channels};
    weft_run(pool, weft_ceil_div(rows, POINT_ROWS), rows * channels < 1 << 14, gate_task, &job);
}

static void adamw_task(void *context, int64_t task, int worker) {
    (void)worker;
    const slope_job *job = context;
    const weft_adamw *s = &job->step;
    int64_t end = weft_min((task + 1) * POINT_CHUNK, job->count);
    for (int64_t i = task * POINT_CHUNK; i < end; i += VL) {
        int64_t left = end - i;
        vf g = load_some(job->dy + i, left) * splat(s->gradient_scale);
        vf m = load_some(job->mean + i, left), v = load_some(job->variance + i, left);
        m = fma_(splat(s->mean_rate), g - m, m);
        v = fma_(splat(s->variance_rate), fma_(g, g, -v), v);
        vf root = __builtin_elementwise_sqrt(v) * splat(s->root_scale) + splat(s->epsilon);
        vf value = load_some(job->value + i, left);
        value = fma_(splat(-s->rate), m / root, value * splat(s->decay));
        store_some(job->mean + i, m, left);
        store_some(job->variance + i, v, left);
        store_some(job->value + i, value, left);
    }
}

static void adamw(weft_pool *pool, float *value, const float *gradient, float *mean,
                  float *variance, int64_t count, const weft_adamw *step) {
    slope_job job = {.dy = gradient, .value = value, .mean = mean, .variance = variance,
                     .count = count, .step = *step};
    weft_run(pool, weft_ceil_div(count, POINT_CHUNK), count <= POINT_CHUNK, adamw_task, &job);
}

typedef struct {
    const float *x;
    int64_t count;
    double *sums;
} square_job;

static void squares_task(void *context, int64_t task, int worker) {
    (void)worker;
    const square_job *job = context;
    int64_t end = weft_min((task + 1) * POINT_CHUNK, job->count);
    double lanes[VL] = {0};
    for (int64_t i = task * POINT_CHUNK; i < end; i += VL) {
        vd_any x = __builtin_convertvector(load_some(job->x + i, end - i), vd_any);
        *(vd_any *)lanes += x * x;
    }
    double sum = 0;
    for (int i = 0; i < VL; i++) sum += lanes[i];
    job->sums[task] = sum;
}

// Σ x²; the sums of the chunks are added in order.
static double squares(weft_pool *pool, const float *x, int64_t count) {
    int64_t tasks = weft_ceil_div(count, POINT_CHUNK);
    square_job job = {.x = x, .count = count, .sums = weft_allocate(8 * tasks)};
    if (!job.sums) __builtin_trap();
    weft_run(pool, tasks, count <= POINT_CHUNK, squares_task, &job);
    double sum = 0;
    for (int64_t i = 0; i < tasks; i++) sum += job.sums[i];
    weft_free(job.sums);
    return sum;
}
