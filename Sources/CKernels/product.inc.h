// Matrix products over rows that are gathered on the way: linear layers, convolutions in space
// and time. The same packed blocks serve attention.
//
// A block of rows is copied into scratch one slice of K at a time (a memcpy per tap), each panel of
// the right operand is multiplied into tiles held in registers, and the last slice's pass applies
// the epilogue and stores. Each element is summed in slices of K in order, each slice in a chain of
// fused multiply-adds from zero: the order depends on K alone, and errors grow with the length of
// a slice and the number of slices rather than with K.

enum {
    K_SLICE = 320,           // a panel's slice, 40 KiB at 32 columns, stays in the first cache
    K_STRIDE = K_SLICE + 16, // rows of a block, off the 4 KiB alias
    PANEL = TILE_VECTORS * VL,
    BLOCK_TILES = 8,         // tiles of rows in a block
    BLOCK_ROWS = BLOCK_TILES * TILE_ROWS,
    TASK_PANELS = 20,
};

// tile[i][PANEL] (+)= Σ a[i · row_step + p · step] · b[p][PANEL] for i < rows, p < k.
INLINE void multiply(const int rows, int64_t k, const float *a, const int64_t row_step,
                     int64_t step, const float *b, float *tile, bool accumulate) {
    vf sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = splat(0.0f);
    for (int64_t p = 0; p < k; p++) {
        vf right[TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int j = 0; j < TILE_VECTORS; j++) right[j] = load(b + p * PANEL + j * VL);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            vf left = splat(a[i * row_step + p * step]);
#pragma clang loop unroll(full)
            for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = fma_(left, right[j], sum[i][j]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < TILE_VECTORS; j++) {
            float *at = tile + i * PANEL + j * VL;
            store(at, accumulate ? load(at) + sum[i][j] : sum[i][j]);
        }
}

// `rows_` takes the left operand as rows of K_STRIDE; `columns_` takes it transposed, as k rows of
// `step` floats.
typedef void (*rows_function)(int64_t k, const float *a, const float *b, float *tile,
                              bool accumulate);
typedef void (*columns_function)(int64_t k, const float *a, int64_t step, const float *b,
                                 float *tile, bool accumulate);
#define MULTIPLY(ROWS)                                                                            \
    static void rows_##ROWS(int64_t k, const float *a, const float *b, float *tile,               \
                            bool accumulate) {                                                    \
        multiply(ROWS, k, a, K_STRIDE, 1, b, tile, accumulate);                                   \
    }                                                                                             \
    static void columns_##ROWS(int64_t k, const float *a, int64_t step, const float *b,           \
                               float *tile, bool accumulate) {                                    \
        multiply(ROWS, k, a, 1, step, b, tile, accumulate);                                       \
    }
MULTIPLY(1) MULTIPLY(2) MULTIPLY(3) MULTIPLY(4)
#if TILE_ROWS > 4
MULTIPLY(5) MULTIPLY(6)
#endif
#if TILE_ROWS > 6
MULTIPLY(7) MULTIPLY(8) MULTIPLY(9) MULTIPLY(10)
MULTIPLY(11) MULTIPLY(12) MULTIPLY(13) MULTIPLY(14)
#endif
#if TILE_ROWS == 4
#define BY_ROWS(F) {F##1, F##2, F##3, F##4}
#elif TILE_ROWS == 6
#define BY_ROWS(F) {F##1, F##2, F##3, F##4, F##5, F##6}
#else
#define BY_ROWS(F)                                                                                \
    {F##1, F##2, F##3, F##4, F##5, F##6, F##7, F##8, F##9, F##10, F##11, F##12, F##13, F##14}
#endif
// By rows - 1.
static const rows_function rows_functions[TILE_ROWS] = BY_ROWS(rows_);
static const columns_function columns_functions[TILE_ROWS] = BY_ROWS(columns_);

// Bias, activation, residual for `count` columns from `column` on of result row `row`; `product`
// and `y` point at the first of them. In a gated product `product` holds VL values then VL gates.
static void finish_row(const float *product, float *y, int64_t row, int64_t count,
                       const weft_epilogue *e, int64_t n) {
    const float *image_bias = NULL;
    if (e->image_bias) {
        int64_t image = e->image_bias_count == 1 ? 0 : row / e->rows_per_image;
        image_bias = e->image_bias + image * n;
    }
    for (int64_t j = 0; j < count; j += VL) {
        int64_t left = count - j;
        bool whole = left >= VL;
        vf v = whole ? load(product + j) : load_part(product + j, left);
        if (e->bias) v += whole ? load(e->bias + j) : load_part(e->bias + j, left);
        if (image_bias) v += whole ? load(image_bias + j) : load_part(image_bias + j, left);
        v = activation_(v, e->activation);
        if (e->residual) v += whole ? load(e->residual + j) : load_part(e->residual + j, left);
        if (whole) store(y + j, v); else store_part(y + j, v, left);
    }
}

// `count` elements of a panel from element `at` on, as float32: where they lie, or widened into
// `scratch`.
static const float *widened(const weft_matrix *matrix, int64_t at, int64_t count, float *scratch) {
    if (matrix->element == WEFT_F32) return (const float *)matrix->data + at;
    const uint16_t *source = (const uint16_t *)matrix->data + at;
    // Panels are whole vectors.
    if (matrix->element == WEFT_F16)
        for (int64_t i = 0; i < count; i += VL) store(scratch + i, load_f16(source + i));
    else
        for (int64_t i = 0; i < count; i += VL) store(scratch + i, load_bf16(source + i));
    return scratch;
}

// The same for columns column ..< column + count of row `row` of the result `c`, n columns wide.
static void finish_columns(const float *product, float *c, int64_t row, int64_t column,
                           int64_t count, const weft_epilogue *epilogue, int64_t n) {
    weft_epilogue e = *epilogue;
    if (e.bias) e.bias += column;
    if (e.image_bias) e.image_bias += column;
    if (e.residual) e.residual += row * n + column;
    finish_row(product, c + row * n + column, row, count, &e, n);
}

typedef struct {
    const weft_rows *rows;
    const weft_matrix *matrix;
    const weft_epilogue *epilogue;
    float *c;
    int64_t m, row_blocks, panels, task_panels, panel_groups, slices, slice;
    weft_pool *pool;
} product_job;

// The whole vectors of a panel for a tile of rows from `row` on.
INLINE void finish_whole(const product_job *job, const float *tile, int64_t row, int64_t rows,
                         int64_t column, const int32_t activation) {
    int64_t n = job->matrix->n;
    const weft_epilogue *e = job->epilogue;
    float *y = job->c + row * n + column;
    const float *residual = e->residual ? e->residual + row * n + column : NULL;
    vf bias[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++)
        bias[j] = e->bias ? load(e->bias + column + j * VL) : splat(0);
    for (int64_t i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < TILE_VECTORS; j++) {
            vf v = activation_(load(tile + i * PANEL + j * VL) + bias[j], activation);
            if (residual) v += load(residual + i * n + j * VL);
            store(y + i * n + j * VL, v);
        }
}

// value · GELU(gate); panels hold VL values then VL gates.
static void finish_gated(const product_job *job, const float *tile, int64_t row, int64_t rows,
                         int64_t column) {
    int64_t n = job->matrix->n / 2, count = weft_min(VL, n - column);
    const float *biases = job->epilogue->bias;
    vf bias = splat(0), gate_bias = splat(0);
    if (biases) {
        bias = load_some(biases + column, count);
        gate_bias = load_some(biases + n + column, count);
    }
    float *y = job->c + row * n + column;
    for (int64_t i = 0; i < rows; i++, tile += PANEL, y += n) {
        vf v = (load(tile) + bias) * gelu_(load(tile + VL) + gate_bias);
        if (count == VL) store(y, v); else store_part(y, v, count);
    }
}

static void finish_tile(const product_job *job, const float *tile, int64_t row, int64_t rows,
                        int64_t panel) {
    const weft_epilogue *e = job->epilogue;
    int64_t n = job->matrix->n, column = panel * PANEL, count = weft_min(PANEL, n - column);
    if (job->matrix->gated)
        finish_gated(job, tile, row, rows, panel * VL);
    else if (count == PANEL && !e->image_bias && e->activation == 0)
        finish_whole(job, tile, row, rows, column, 0);
    else if (count == PANEL && !e->image_bias)
        finish_whole(job, tile, row, rows, column, e->activation);
    else
        for (int64_t i = 0; i < rows; i++)
            finish_columns(tile + i * PANEL, job->c, row + i, column, count, e, n);
}

// Asks for the cache lines of a tile's residual while the tile is multiplied. Those of the result
// are written whole, and better not fetched.
INLINE void fetch_residual(const product_job *job, int64_t row, int64_t rows, int64_t panel) {
    int64_t n = job->matrix->n;
    const float *at = job->epilogue->residual + row * n + panel * PANEL;
    for (int64_t i = 0; i < rows; i++, at += n) {
        __builtin_prefetch(at);
        __builtin_prefetch(at + VL);
    }
}

static void product_task(void *context, int64_t task, int worker) {
    const product_job *job = context;
    // Whichever operand is larger is read once; the other stays in the shared cache.
    bool weights_once = job->matrix->n > job->m;
    int64_t group = weights_once ? task / job->row_blocks : task % job->panel_groups;
    int64_t block_index = weights_once ? task % job->row_blocks : task / job->panel_groups;
    int64_t row = block_index * job->m / job->row_blocks;
    int64_t rows = (block_index + 1) * job->m / job->row_blocks - row;
    // Tiles of nearly equal length: none is too short to hide the latency of a multiply-add.
    int64_t runs = weft_ceil_div(rows, TILE_ROWS);
    int64_t panel_begin = group * job->task_panels;
    int64_t panel_end = weft_min(panel_begin + job->task_panels, job->panels);
    int64_t k = job->matrix->k;
    bool single = job->slices == 1;

    float *block = weft_scratch(
        job->pool, worker,
        4 * (BLOCK_ROWS * K_STRIDE + K_SLICE * PANEL + job->task_panels * BLOCK_ROWS * PANEL));
    float *panel_scratch = block + BLOCK_ROWS * K_STRIDE;
    float *tiles = panel_scratch + K_SLICE * PANEL;
    for (int64_t slice = 0; slice < job->slices; slice++) {
        int64_t begin = slice * job->slice;
        int64_t length = weft_min(job->slice, k - begin);
        bool last = slice == job->slices - 1;
        weft_gather(job->rows, row, rows, begin, length, block, K_STRIDE);
        for (int64_t panel = panel_begin; panel < panel_end; panel++) {
            const float *b = widened(job->matrix, (panel * k + begin) * PANEL, length * PANEL,
                                     panel_scratch);
            for (int64_t run = 0; run < runs; run++) {
                int64_t i = run * rows / runs, count = (run + 1) * rows / runs - i;
                int64_t index = single ? 0 : (panel - panel_begin) * BLOCK_ROWS + i;
                float *tile = tiles + index * PANEL;
                if (last && job->epilogue->residual) fetch_residual(job, row + i, count, panel);
                rows_functions[count - 1](length, block + i * K_STRIDE, b, tile, slice > 0);
                if (last) finish_tile(job, tile, row + i, count, panel);
            }
        }
    }
}

static void product(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                    const weft_epilogue *epilogue, float *c) {
    product_job job = {.rows = rows, .matrix = matrix, .epilogue = epilogue, .c = c, .m = m,
                       .pool = pool};
    int64_t columns = matrix->gated ? matrix->n / 2 : matrix->n;
    job.panels = weft_ceil_div(columns, matrix->gated ? PANEL / 2 : PANEL);
    // Equal shares for the threads where there are several blocks.
    job.row_blocks = weft_ceil_div(m, BLOCK_ROWS);
    int64_t threads = weft_pool_threads(pool);
    if (job.row_blocks > 1) job.row_blocks = weft_ceil_div(job.row_blocks, threads) * threads;
    // Enough tasks to balance the threads; a task's rows are gathered once for all its panels.
    int64_t wanted = 4 * threads;
    int64_t groups = weft_ceil_div(job.panels, TASK_PANELS);
    if (job.row_blocks * groups < wanted)
        groups = weft_min(job.panels, weft_ceil_div(wanted, job.row_blocks));
    job.task_panels = weft_ceil_div(job.panels, groups);
    job.panel_groups = weft_ceil_div(job.panels, job.task_panels);
    job.slices = weft_ceil_div(matrix->k, K_SLICE);
    job.slice = weft_ceil_div(matrix->k, job.slices);
    bool small = m * matrix->n * matrix->k < 1 << 18;
    weft_run(pool, job.row_blocks * job.panel_groups, small, product_task, &job);
}
