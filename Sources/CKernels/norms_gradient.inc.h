// Gradients of group and layer normalisation. With the normalised value u = (x - mean) / deviation,
// z = scale · u + shift and g = dy · activation'(z):
//
//     dscale = Σ g ∘ u,  dshift = Σ g,
//     dx = (scale · g - mean(scale · g) - u · mean(scale · g ∘ u)) / deviation,
//
// with means over what was normalised together. u, z and g are made anew from x.

typedef struct {
    norm_job norm;
    const float *dy;
    float *dx;
    double *sums;    // [images][blocks][2][channels]: of g, of g ∘ u; by blocks of rows in all
    float *factors;  // [images][3][channels]: 1 / deviation, and the two means times that
} norm_gradient_job;

// The derivative at z times dy.
INLINE vf slope_(vf z, vf dy, const int32_t activation) {
    return activation == 0 ? dy : dy * activation_slope(z, activation);
}

typedef struct {
    vf mean, inverse, scale, shift;  // of VL channels
} norm_lanes;

INLINE norm_lanes lanes_at(const float *means, const float *inverses, const float *scales,
                           const float *shifts, int64_t c, int64_t left) {
    return (norm_lanes){load_some(means + c, left), load_some(inverses + c, left),
                        load_some(scales + c, left), load_some(shifts + c, left)};
}

// total[0 ..< left] += v, in float64.
INLINE void add_wide_some(double *total, vf v, int64_t left) {
    if (left >= VL) {
        add_wide(total, v);
        return;
    }
    float lanes[VL];
    store(lanes, v);
    for (int64_t i = 0; i < left; i++) total[i] += lanes[i];
}

// Sums of g and of g ∘ u over `rows` rows of VL channels (fewer where `left` are left), of which
// at most SUM_ROWS are added in float32.
INLINE void sum_slopes(const float *x, const float *dy, int64_t rows, int64_t channels,
                       int64_t left, const norm_lanes n, const int32_t activation, double *sum,
                       double *product) {
    vf s = splat(0), p = splat(0);
    for (int64_t i = 0; i < rows; i++, x += channels, dy += channels) {
        vf u = (load_some(x, left) - n.mean) * n.inverse;
        vf g = slope_(fma_(u, n.scale, n.shift), load_some(dy, left), activation);
        s += g;
        p = fma_(g, u, p);
    }
    add_wide_some(sum, s, left);
    add_wide_some(product, p, left);
}

INLINE void sum_block(const norm_gradient_job *job, int64_t image, int64_t block,
                      const int32_t activation) {
    const norm_job *norm = &job->norm;
    int64_t channels = norm->channels;
    int64_t begin = block * norm->block, end = weft_min(begin + norm->block, norm->rows);
    const float *means = norm->factors + image * 2 * channels;
    const float *inverses = job->factors + image * 3 * channels;
    double *sum = job->sums + (image * norm->blocks + block) * 2 * channels;
    double *product = sum + channels;
    for (int64_t c = 0; c < 2 * channels; c++) sum[c] = 0;
    for (int64_t row = begin; row < end; row += SUM_ROWS) {
        int64_t rows = weft_min(SUM_ROWS, end - row), at = (image * norm->rows + row) * channels;
        int64_t c = 0;
        // The whole vectors, without a question of how much is left.
        for (; c + VL <= channels; c += VL)
            sum_slopes(norm->x + at + c, job->dy + at + c, rows, channels, VL,
                       lanes_at(means, inverses, norm->scale, norm->shift, c, VL), activation,
                       sum + c, product + c);
        if (c == channels) continue;
        int64_t left = channels - c;
        sum_slopes(norm->x + at + c, job->dy + at + c, rows, channels, left,
                   lanes_at(means, inverses, norm->scale, norm->shift, c, left), activation,
                   sum + c, product + c);
    }
}

static void group_slopes_task(void *context, int64_t task, int worker) {
    (void)worker;
    const norm_gradient_job *job = context;
    int64_t image = job->norm.first + task / job->norm.blocks, block = task % job->norm.blocks;
    int32_t activation = job->norm.activation;
    // The two that networks use each get a loop of their own.
    if (activation == 0) sum_block(job, image, block, 0);
    else if (activation == 1) sum_block(job, image, block, 1);
    else sum_block(job, image, block, activation);
}

// 1 / deviation of an image's channels, from the factors that the forward norm makes of its sums
// with scales of 1.
static void keep_inverses(const norm_gradient_job *job, int64_t image) {
    int64_t channels = job->norm.channels;
    const float *factors = job->norm.factors + (image * 2 + 1) * channels;
    float *inverses = job->factors + image * 3 * channels;
    for (int64_t c = 0; c < channels; c++) inverses[c] = factors[c];
}

// The two means of each group, times 1 / deviation.
static void group_slope_means(const norm_gradient_job *job, int64_t image) {
    const norm_job *norm = &job->norm;
    int64_t channels = norm->channels, width = channels / norm->groups;
    float *inverses = job->factors + image * 3 * channels;
    float *means = inverses + channels, *slants = means + channels;
    for (int64_t group = 0; group < norm->groups; group++) {
        double sum = 0, product = 0;
        for (int64_t block = 0; block < norm->blocks; block++) {
            const double *part = job->sums + (image * norm->blocks + block) * 2 * channels;
            for (int64_t c = group * width; c < (group + 1) * width; c++) {
                sum += part[c] * norm->scale[c];
                product += part[channels + c] * norm->scale[c];
            }
        }
        double count = (double)width * (double)norm->rows;
        for (int64_t c = group * width; c < (group + 1) * width; c++) {
            means[c] = (float)(sum / count * inverses[c]);
            slants[c] = (float)(product / count * inverses[c]);
        }
    }
}

// dx of `left` or VL channels from c on of the row at `at`; `means` and `inverses` are the image's.
INLINE void write_slopes(const norm_gradient_job *job, const float *means, const float *inverses,
                         int64_t at, int64_t c, int64_t left, const int32_t activation) {
    const norm_job *norm = &job->norm;
    int64_t channels = norm->channels;
    norm_lanes n = lanes_at(means, inverses, norm->scale, norm->shift, c, left);
    vf mean = load_some(inverses + channels + c, left);
    vf slant = load_some(inverses + 2 * channels + c, left);
    vf u = (load_some(norm->x + at + c, left) - n.mean) * n.inverse;
    vf g = slope_(fma_(u, n.scale, n.shift), load_some(job->dy + at + c, left), activation);
    store_some(job->dx + at + c, fma_(-u, slant, fma_(g, n.scale * n.inverse, -mean)), left);
}

INLINE void write_block(const norm_gradient_job *job, int64_t image, int64_t block,
                        const int32_t activation) {
    const norm_job *norm = &job->norm;
    int64_t channels = norm->channels;
    int64_t begin = block * norm->block, end = weft_min(begin + norm->block, norm->rows);
    const float *means = norm->factors + image * 2 * channels;
    const float *inverses = job->factors + image * 3 * channels;
    for (int64_t row = begin; row < end; row++) {
        int64_t at = (image * norm->rows + row) * channels, c = 0;
        for (; c + VL <= channels; c += VL)
            write_slopes(job, means, inverses, at, c, VL, activation);
        if (c < channels) write_slopes(job, means, inverses, at, c, channels - c, activation);
    }
}

static void group_gradient_task(void *context, int64_t task, int worker) {
    (void)worker;
    const norm_gradient_job *job = context;
    int64_t image = job->norm.first + task / job->norm.blocks, block = task % job->norm.blocks;
    int32_t activation = job->norm.activation;
    if (activation == 0) write_block(job, image, block, 0);
    else if (activation == 1) write_block(job, image, block, 1);
    else write_block(job, image, block, activation);
}

// dscale and dshift: the sums of all blocks, in order.
static void add_slopes(const double *sums, int64_t blocks, int64_t channels, float *dscale,
                       float *dshift) {
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0, product = 0;
        for (int64_t block = 0; block < blocks; block++) {
            sum += sums[block * 2 * channels + c];
            product += sums[(block * 2 + 1) * channels + c];
        }
        dshift[c] = (float)sum;
        dscale[c] = (float)product;
    }
}

static void group_norm_gradient(weft_pool *pool, const weft_norm_gradient *g, int64_t groups,
                                int32_t activation) {
    int64_t channels = g->channels, images = g->images;
    norm_gradient_job job = {.dy = g->dy, .dx = g->dx};
    norm_job *norm = &job.norm;
    *norm = (norm_job){.x = g->x, .first_channels = channels, .scale = g->scale,
                       .shift = g->shift, .images = images, .rows = g->rows,
                       .channels = channels, .groups = groups, .epsilon = g->epsilon,
                       .activation = activation, .pool = pool};
    cut_blocks(norm);
    int64_t sums = images * norm->blocks * 2 * channels;
    norm->sums = weft_allocate(8 * 2 * sums + 4 * (images * 5 + 1) * channels);
    if (!norm->sums) __builtin_trap();
    job.sums = norm->sums + sums;
    norm->factors = (float *)(job.sums + sums);
    job.factors = norm->factors + images * 2 * channels;
    float *ones = job.factors + images * 3 * channels;
    for (int64_t c = 0; c < channels; c++) ones[c] = 1;
    bool small = images * g->rows * channels < 1 << 14;
    int64_t together = weft_max(1, NORM_FLOATS / (2 * g->rows * channels));
    for (norm->first = 0; norm->first < images; norm->first += together) {
        int64_t count = weft_min(together, images - norm->first), tasks = count * norm->blocks;
        weft_run(pool, tasks, small, group_norm_sum, norm);
        norm_job plain = *norm;
        plain.scale = ones;
        for (int64_t i = 0; i < count; i++) {
            group_norm_factors(&plain, norm->first + i);
            keep_inverses(&job, norm->first + i);
        }
        weft_run(pool, tasks, small, group_slopes_task, &job);
        for (int64_t i = 0; i < count; i++) group_slope_means(&job, norm->first + i);
        weft_run(pool, tasks, small, group_gradient_task, &job);
    }
    add_slopes(job.sums, images * norm->blocks, channels, g->dscale, g->dshift);
    weft_free(norm->sums);
}

// Mean and 1 / deviation of a row, and the means of scale · dy and of scale · dy ∘ u times that.
typedef struct {
    float mean, inverse, slope, slant;
} row_statistics;

// Sums down one row: of squared deviations, of scale · dy, and of that times the deviation.
typedef struct {
    vf square, slope, slant;
} slope_sums;

INLINE void add_deviations(slope_sums *sums, const float *x, const float *dy, const float *scale,
                           float mean, int64_t left) {
    vf d = load_some(x, left) - splat(mean), g = load_some(dy, left) * load_some(scale, left);
    if (left < VL) {
        // The lanes behind the row are no deviations.
        float lanes[VL];
        store(lanes, d);
        d = load_part(lanes, left);
    }
    sums->square = fma_(d, d, sums->square);
    sums->slope += g;
    sums->slant = fma_(g, d, sums->slant);
}

static row_statistics measure_row(const norm_job *norm, const float *x, const float *dy) {
    int64_t channels = norm->channels, c = 0;
    vf sum = splat(0);
    for (; c + VL <= channels; c += VL) sum += load(x + c);
    if (c < channels) sum += load_part(x + c, channels - c);
    row_statistics row = {.mean = sum_lanes(sum) / (float)channels};
    slope_sums sums = {splat(0), splat(0), splat(0)};
    for (c = 0; c + VL <= channels; c += VL)
        add_deviations(&sums, x + c, dy + c, norm->scale + c, row.mean, VL);
    if (c < channels)
        add_deviations(&sums, x + c, dy + c, norm->scale + c, row.mean, channels - c);
    float variance = sum_lanes(sums.square) / (float)channels;
    row.inverse = 1 / __builtin_sqrtf(variance + norm->epsilon);
    row.slope = sum_lanes(sums.slope) / (float)channels * row.inverse;
    row.slant = sum_lanes(sums.slant) * row.inverse / (float)channels * row.inverse;
    return row;
}

// dx of `left` or VL channels from c on of `count` rows, and their sums of dy and of dy ∘ u.
INLINE void write_rows(const norm_gradient_job *job, const row_statistics *rows, int64_t first,
                       int64_t count, int64_t c, int64_t left, double *sum, double *product) {
    const norm_job *norm = &job->norm;
    vf scale = load_some(norm->scale + c, left), s = splat(0), p = splat(0);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = (first + i) * norm->channels + c;
        vf g = load_some(job->dy + at, left), inverse = splat(rows[i].inverse);
        vf u = (load_some(norm->x + at, left) - splat(rows[i].mean)) * inverse;
        vf dx = fma_(-u, splat(rows[i].slant), fma_(g, scale * inverse, splat(-rows[i].slope)));
        s += g;
        p = fma_(g, u, p);
        store_some(job->dx + at, dx, left);
    }
    add_wide_some(sum + c, s, left);
    add_wide_some(product + c, p, left);
}

static void layer_gradient_task(void *context, int64_t task, int worker) {
    (void)worker;
    const norm_gradient_job *job = context;
    const norm_job *norm = &job->norm;
    int64_t channels = norm->channels;
    int64_t begin = task * NORM_ROWS, end = weft_min(begin + NORM_ROWS, norm->rows);
    double *sum = job->sums + task * 2 * channels, *product = sum + channels;
    for (int64_t c = 0; c < 2 * channels; c++) sum[c] = 0;
    for (int64_t first = begin; first < end; first += SUM_ROWS) {
        int64_t count = weft_min(SUM_ROWS, end - first), c = 0;
        row_statistics rows[SUM_ROWS];
        for (int64_t i = 0; i < count; i++)
            rows[i] = measure_row(norm, norm->x + (first + i) * channels,
                                  job->dy + (first + i) * channels);
        for (; c + VL <= channels; c += VL)
            write_rows(job, rows, first, count, c, VL, sum, product);
        if (c < channels) write_rows(job, rows, first, count, c, channels - c, sum, product);
    }
}

static void layer_norm_gradient(weft_pool *pool, const weft_norm_gradient *g) {
    norm_gradient_job job = {.dy = g->dy, .dx = g->dx};
    job.norm = (norm_job){.x = g->x, .scale = g->scale, .shift = g->shift,
                          .rows = g->images * g->rows, .channels = g->channels,
                          .epsilon = g->epsilon, .pool = pool};
    int64_t blocks = weft_ceil_div(job.norm.rows, NORM_ROWS);
    job.sums = weft_allocate(8 * blocks * 2 * g->channels);
    if (!job.sums) __builtin_trap();
    weft_run(pool, blocks, job.norm.rows * g->channels < 1 << 14, layer_gradient_task, &job);
    add_slopes(job.sums, blocks, g->channels, g->dscale, g->dshift);
    weft_free(job.sums);
}
