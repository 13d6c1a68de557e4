// Group and layer normalisation.

enum {
    NORM_ROWS = 64,     // rows whose sums are float32; then float64, in order
    SUM_ROWS = 8,       // rows added in registers
    BLOCKS_MOST = 256,  // of an image, each a task of whole NORM_ROWS
    NORM_FLOATS = 1 << 19,  // of the images that both passes take before the next
};

typedef struct {
    const float *x, *scale, *shift;
    const float *more;  // columns `first_channels` ... of each row lie here
    int64_t first_channels;
    float *y;
    int64_t images, rows, channels, groups, block, blocks;
    int64_t first;  // image of the pass in progress
    float epsilon;
    int32_t activation;
    double *sums;  // [images][blocks][2][channels]
    float *factors;  // [images][2][channels]: mean, then factor
    weft_pool *pool;
} norm_job;

// Blocks of an image: few enough that adding them up is no work.
static void cut_blocks(norm_job *job) {
    job->block = weft_ceil_div(weft_ceil_div(job->rows, BLOCKS_MOST), NORM_ROWS) * NORM_ROWS;
    job->blocks = weft_ceil_div(job->rows, job->block);
}

// The first `channels` of sums become the sums of `rows` rows, the next those of their squares.
static void add_rows_up(const float *x, int64_t rows, int64_t channels, float *sums) {
    float *squares = sums + channels;
    int64_t whole = channels / VL * VL;
    for (int64_t c = 0; c < 2 * channels; c++) sums[c] = 0;
    for (int64_t row = 0; row < rows; row += SUM_ROWS) {
        int64_t count = weft_min(SUM_ROWS, rows - row);
        for (int64_t c = 0; c < whole; c += VL) {
            const float *at = x + row * channels + c;
            vf s = splat(0), q = splat(0);
            for (int64_t i = 0; i < count; i++, at += channels) {
                vf v = load(at);
                s += v;
                q = fma_(v, v, q);
            }
            store(sums + c, load(sums + c) + s);
            store(squares + c, load(squares + c) + q);
        }
        for (int64_t c = whole; c < channels; c++)
            for (int64_t i = 0; i < count; i++) {
                float v = x[(row + i) * channels + c];
                sums[c] += v;
                squares[c] = __builtin_fmaf(v, v, squares[c]);
            }
    }
}

// Adds the sums and the sums of squares of `rows` rows of `x`: eight rows at a time in float32,
// those of NORM_ROWS rows too, which then join the float64 totals.
static void add_source(const float *x, int64_t rows, int64_t channels, float *sums, double *sum,
                       double *square) {
    for (int64_t row = 0; row < rows; row += NORM_ROWS) {
        add_rows_up(x + row * channels, weft_min(NORM_ROWS, rows - row), channels, sums);
        for (int64_t c = 0; c < channels; c++) sum[c] += sums[c];
        for (int64_t c = 0; c < channels; c++) square[c] += sums[channels + c];
    }
}

// The rows of a block of an image, from its first to one past its last, among all images' rows.
typedef struct {
    int64_t image, begin, end;
} norm_block;

static norm_block block_of(const norm_job *job, int64_t task) {
    int64_t image = job->first + task / job->blocks, begin = task % job->blocks * job->block;
    int64_t end = weft_min(begin + job->block, job->rows);
    return (norm_block){image, image * job->rows + begin, image * job->rows + end};
}

// Sums and sums of squares per channel over a block of rows.
static void group_norm_sum(void *context, int64_t task, int worker) {
    const norm_job *job = context;
    norm_block at = block_of(job, task);
    int64_t channels = job->channels, first = job->first_channels, rest = channels - first;
    double *sum = job->sums + (at.image * job->blocks + task % job->blocks) * 2 * channels;
    double *square = sum + channels;
    float *sums = weft_scratch(job->pool, worker, 8 * channels);
    for (int64_t c = 0; c < 2 * channels; c++) sum[c] = 0;
    add_source(job->x + at.begin * first, at.end - at.begin, first, sums, sum, square);
    if (rest)
        add_source(job->more + at.begin * rest, at.end - at.begin, rest, sums, sum + first,
                   square + first);
}

// Turns an image's sums into a mean and a factor per channel. The mean is subtracted before the
// factor applies: folded into one addend it would cancel where it exceeds the deviation.
static void group_norm_factors(const norm_job *job, int64_t image) {
    int64_t channels = job->channels, width = channels / job->groups;
    float *means = job->factors + image * 2 * channels, *factors = means + channels;
    for (int64_t group = 0; group < job->groups; group++) {
        double sum = 0, square = 0;
        for (int64_t block = 0; block < job->blocks; block++) {
            const double *part = job->sums + (image * job->blocks + block) * 2 * channels;
            for (int64_t c = group * width; c < (group + 1) * width; c++) {
                sum += part[c];
                square += part[channels + c];
            }
        }
        double count = (double)width * (double)job->rows;
        double mean = sum / count;
        double variance = square / count - mean * mean;
        double inverse = 1 / __builtin_sqrt((variance > 0 ? variance : 0) + job->epsilon);
        for (int64_t c = group * width; c < (group + 1) * width; c++) {
            means[c] = (float)mean;
            factors[c] = (float)(inverse * job->scale[c]);
        }
    }
}

// Normalises and activates `count` channels of one row.
INLINE void apply_row(const float *x, const float *means, const float *factors, const float *shift,
                      int64_t count, const int32_t activation, float *y) {
    int64_t c = 0;
    for (; c + VL <= count; c += VL) {
        vf v = fma_(load(x + c) - load(means + c), load(factors + c), load(shift + c));
        store(y + c, activation_(v, activation));
    }
    int64_t left = count - c;
    if (left == 0) return;
    vf v = fma_(load_part(x + c, left) - load_part(means + c, left), load_part(factors + c, left),
                load_part(shift + c, left));
    store_part(y + c, activation_(v, activation), left);
}

// Columns from ..< from + count of rows row ..< row + rows, read from `x`.
static void apply_rows(const norm_job *job, const float *x, int64_t image, int64_t row,
                       int64_t rows, int64_t from, int64_t count) {
    int64_t channels = job->channels;
    int32_t activation = job->activation;
    const float *means = job->factors + image * 2 * channels + from, *factors = means + channels;
    const float *shift = job->shift + from;
    x += row * count;
    float *y = job->y + row * channels + from;
    for (int64_t i = 0; i < rows; i++, x += count, y += channels) {
        // The two that networks use each get a loop of their own.
        if (activation == 0)
            apply_row(x, means, factors, shift, count, 0, y);
        else if (activation == 1)
            apply_row(x, means, factors, shift, count, 1, y);
        else
            apply_row(x, means, factors, shift, count, activation, y);
    }
}

static void group_norm_apply(void *context, int64_t task, int worker) {
    (void)worker;
    const norm_job *job = context;
    norm_block at = block_of(job, task);
    int64_t rest = job->channels - job->first_channels, rows = at.end - at.begin;
    apply_rows(job, job->x, at.image, at.begin, rows, 0, job->first_channels);
    if (rest) apply_rows(job, job->more, at.image, at.begin, rows, job->first_channels, rest);
}

static void group_norm(weft_pool *pool, const float *x, const float *more, int64_t first_channels,
                       int64_t images, int64_t rows, int64_t channels, int64_t groups,
                       float epsilon, const float *scale, const float *shift, int32_t activation,
                       float *y) {
    norm_job job = {.x = x, .more = more, .first_channels = first_channels, .scale = scale,
                    .shift = shift, .y = y, .images = images, .rows = rows, .channels = channels,
                    .groups = groups, .epsilon = epsilon, .activation = activation, .pool = pool};
    cut_blocks(&job);
    int64_t sums = images * job.blocks * 2 * channels;
    job.sums = weft_allocate(8 * sums + 4 * images * 2 * channels);
    if (!job.sums) __builtin_trap();
    job.factors = (float *)(job.sums + sums);
    bool small = images * rows * channels < 1 << 14;
    // Both passes go over a few images before the next ones, which a cache still holds.
    int64_t together = weft_max(1, NORM_FLOATS / (rows * channels));
    for (job.first = 0; job.first < images; job.first += together) {
        int64_t count = weft_min(together, images - job.first);
        weft_run(pool, count * job.blocks, small, group_norm_sum, &job);
        for (int64_t i = 0; i < count; i++) group_norm_factors(&job, job.first + i);
        weft_run(pool, count * job.blocks, small, group_norm_apply, &job);
    }
    weft_free(job.sums);
}

static void layer_norm_task(void *context, int64_t task, int worker) {
    (void)worker;
    const norm_job *job = context;
    int64_t channels = job->channels, whole = channels / VL * VL, left = channels - whole;
    int64_t end = weft_min((task + 1) * NORM_ROWS, job->rows);
    for (int64_t row = task * NORM_ROWS; row < end; row++) {
        const float *x = job->x + row * channels;
        float *y = job->y + row * channels;
        vf sum = splat(0), square = splat(0);
        for (int64_t c = 0; c < whole; c += VL) sum += load(x + c);
        if (left) sum += load_part(x + whole, left);
        float mean = sum_lanes(sum) / (float)channels;
        for (int64_t c = 0; c < whole; c += VL) {
            vf d = load(x + c) - splat(mean);
            square = fma_(d, d, square);
        }
        float rest = 0;
        for (int64_t c = whole; c < channels; c++) rest += (x[c] - mean) * (x[c] - mean);
        float variance = (sum_lanes(square) + rest) / (float)channels;
        float inverse = 1 / __builtin_sqrtf(variance + job->epsilon);
        for (int64_t c = 0; c < whole; c += VL)
            store(y + c, fma_((load(x + c) - splat(mean)) * splat(inverse), load(job->scale + c),
                              load(job->shift + c)));
        for (int64_t c = whole; c < channels; c++)
            y[c] = __builtin_fmaf((x[c] - mean) * inverse, job->scale[c], job->shift[c]);
    }
}

static void layer_norm(weft_pool *pool, const float *x, int64_t rows, int64_t channels,
                       float epsilon, const float *scale, const float *shift, float *y) {
    norm_job job = {.x = x, .scale = scale, .shift = shift, .y = y, .rows = rows,
                    .channels = channels, .epsilon = epsilon, .pool = pool};
    weft_run(pool, weft_ceil_div(rows, NORM_ROWS), rows * channels < 1 << 14, layer_norm_task,
             &job);
}
