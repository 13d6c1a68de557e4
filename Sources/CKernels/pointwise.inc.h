// Pointwise operations and the arithmetic probe.

enum { POINT_CHUNK = 1 << 14, TERMS_MAX = 8 };

typedef struct {
    const float *x, *table;
    const float *terms[TERMS_MAX];
    float coefficients[TERMS_MAX];
    int64_t term_count, count, channels, table_rows, repeats;
    int32_t activation;
    float *y;
} point_job;

static void activate_task(void *context, int64_t task, int worker) {
    (void)worker;
    const point_job *job = context;
    int64_t end = weft_min((task + 1) * POINT_CHUNK, job->count);
    for (int64_t i = task * POINT_CHUNK; i < end; i += VL) {
        int64_t left = end - i;
        if (left >= VL)
            store(job->y + i, activation_(load(job->x + i), job->activation));
        else
            store_part(job->y + i, activation_(load_part(job->x + i, left), job->activation),
                       left);
    }
}

static void activate(weft_pool *pool, const float *x, int64_t count, int32_t activation,
                     float *y) {
    point_job job = {.x = x, .count = count, .activation = activation, .y = y};
    weft_run(pool, weft_ceil_div(count, POINT_CHUNK), count <= POINT_CHUNK, activate_task, &job);
}

static void combine_task(void *context, int64_t task, int worker) {
    (void)worker;
    const point_job *job = context;
    int64_t end = weft_min((task + 1) * POINT_CHUNK, job->count);
    for (int64_t i = task * POINT_CHUNK; i < end; i += VL) {
        int64_t left = end - i;
        bool whole = left >= VL;
        vf sum = splat(0);
        for (int64_t t = 0; t < job->term_count; t++) {
            const float *at = job->terms[t] + i;
            vf v = whole ? load(at) : load_part(at, left);
            vf scaled = v * splat(job->coefficients[t]);
            sum = t == 0 ? scaled : sum + scaled;
        }
        if (whole) store(job->y + i, sum); else store_part(job->y + i, sum, left);
    }
}

static void combine(weft_pool *pool, const float *const *x, const float *coefficients,
                    int64_t terms, int64_t count, float *y) {
    point_job job = {.term_count = terms, .count = count, .y = y};
    for (int64_t t = 0; t < terms; t++) {
        job.terms[t] = x[t];
        job.coefficients[t] = coefficients[t];
    }
    weft_run(pool, weft_ceil_div(count, POINT_CHUNK), count <= POINT_CHUNK, combine_task, &job);
}

enum { POINT_ROWS = 32 };

static void add_rows_task(void *context, int64_t task, int worker) {
    (void)worker;
    const point_job *job = context;
    int64_t channels = job->channels, end = weft_min((task + 1) * POINT_ROWS, job->count);
    for (int64_t row = task * POINT_ROWS; row < end; row++) {
        const float *x = job->x + row * channels;
        const float *table = job->table + row / job->repeats % job->table_rows * channels;
        float *y = job->y + row * channels;
        int64_t c = 0;
        for (; c + VL <= channels; c += VL) store(y + c, load(x + c) + load(table + c));
        for (; c < channels; c++) y[c] = x[c] + table[c];
    }
}

static void add_rows(weft_pool *pool, const float *x, int64_t rows, int64_t channels,
                     const float *table, int64_t table_rows, int64_t repeats, float *y) {
    point_job job = {.x = x, .table = table, .count = rows, .channels = channels,
                     .table_rows = table_rows, .repeats = repeats, .y = y};
    weft_run(pool, weft_ceil_div(rows, POINT_ROWS), rows * channels < 1 << 14, add_rows_task,
             &job);
}

typedef struct {
    int64_t iterations;
    float sink[64];
} probe_job;

static void probe_task(void *context, int64_t task, int worker) {
    (void)task;
    probe_job *job = context;
    vf sums[12];
    for (int i = 0; i < 12; i++) sums[i] = splat((float)i);
    vf a = splat(0.999f), b = splat(0.001f);
    for (int64_t n = 0; n < job->iterations; n++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 12; i++) sums[i] = fma_(sums[i], a, b);
    vf total = splat(0);
    for (int i = 0; i < 12; i++) total += sums[i];
    job->sink[worker % 64] = sum_lanes(total);
}

static double probe(weft_pool *pool, int64_t iterations) {
    probe_job job = {.iterations = iterations};
    int threads = weft_pool_threads(pool);
    weft_run(pool, threads, false, probe_task, &job);
    return 2.0 * 12 * VL * (double)iterations * threads;
}
