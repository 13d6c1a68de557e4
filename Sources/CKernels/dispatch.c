// Chooses the version of each operation, packs matrices, and calls OpenBLAS.
#include "gather.h"
#include "version.h"

#include <cblas.h>
#include <string.h>

static const weft_table *table(weft_version version) {
#if defined(__x86_64__)
    if (version == WEFT_AVX512) return &weft_table_avx512;
    if (version == WEFT_AVX2) return &weft_table_avx2;
#endif
    return &weft_table_scalar;
}

const weft_table *weft_table_of(weft_version version) { return table(version); }

bool weft_version_available(weft_version version) {
    if (version == WEFT_SCALAR) return true;
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                __builtin_cpu_supports("f16c");
    if (version == WEFT_AVX2) return avx2;
    if (version == WEFT_AVX512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return false;
}

const char *weft_openblas_config(void) { return openblas_get_config(); }
const char *weft_openblas_core(void) { return openblas_get_corename(); }

// ---- Matrices -------------------------------------------------------------------------------

int64_t weft_matrix_elements(weft_version version, int64_t n, int64_t k, bool gated, bool plain) {
    if (plain) return n * k;
    int64_t width = table(version)->panel_width;
    int64_t columns = gated ? n / 2 : n;
    return weft_ceil_div(columns, gated ? width / 2 : width) * k * width;
}

typedef struct {
    weft_matrix *matrix;
    const void *source;
    int64_t first, rows, channels, taps;
} set_job;

// Rows that lie side by side in a panel are set together: they share cache lines, and two threads
// must not write to one. Some channels at a time stay in the first cache over all taps.
enum { SET_ROWS = 32, SET_CHANNELS = 32 };

// Place of row n's first element; its others follow panel_width apart.
static int64_t row_place(const weft_matrix *matrix, int64_t n) {
    if (matrix->plain) return n * matrix->k;
    int64_t width = table(matrix->version)->panel_width;
    int64_t panel = n / width, lane = n % width;
    if (matrix->gated) {
        int64_t half = matrix->n / 2, unit = width / 2;
        panel = n % half / unit;
        lane = n % half % unit + (n < half ? 0 : unit);
    }
    return panel * matrix->k * width + lane;
}

static void set_task(void *context, int64_t task, int worker) {
    (void)worker;
    const set_job *job = context;
    weft_matrix *matrix = job->matrix;
    int64_t begin = task * SET_ROWS, rows = weft_min(SET_ROWS, job->rows - begin);
    int64_t k = matrix->k, step = matrix->plain ? 1 : table(matrix->version)->panel_width;
    int64_t places[SET_ROWS];
    for (int64_t i = 0; i < rows; i++) places[i] = row_place(matrix, job->first + begin + i);
    const float *singles = (const float *)job->source + begin * k;
    const uint16_t *halves = (const uint16_t *)job->source + begin * k;
    for (int64_t some = 0; some < job->channels; some += SET_CHANNELS) {
        int64_t end = weft_min(some + SET_CHANNELS, job->channels);
        for (int64_t tap = 0; tap < job->taps; tap++)
            for (int64_t c = some; c < end; c++) {
                int64_t target = (tap * job->channels + c) * step;
                int64_t source = c * job->taps + tap;
                if (matrix->element == WEFT_F32)
                    for (int64_t i = 0; i < rows; i++)
                        ((float *)matrix->data)[places[i] + target] = singles[i * k + source];
                else
                    for (int64_t i = 0; i < rows; i++)
                        ((uint16_t *)matrix->data)[places[i] + target] = halves[i * k + source];
            }
    }
}

void weft_matrix_clear_padding(weft_matrix *matrix) {
    if (matrix->plain) return;
    int64_t size = matrix->element == WEFT_F32 ? 4 : 2;
    int64_t panel = matrix->k * table(matrix->version)->panel_width;
    int64_t all = weft_matrix_elements(matrix->version, matrix->n, matrix->k, matrix->gated, false);
    memset((char *)matrix->data + (all - panel) * size, 0, (size_t)(panel * size));
}

void weft_matrix_set(weft_pool *pool, weft_matrix *matrix, int64_t first, int64_t rows,
                     int64_t channels, int64_t taps, const void *source) {
    set_job job = {matrix, source, first, rows, channels, taps};
    weft_run(pool, weft_ceil_div(rows, SET_ROWS), rows * matrix->k < 1 << 14, set_task, &job);
}

// ---- Products by OpenBLAS -------------------------------------------------------------------

enum { BLAS_ROWS = 128, BLAS_FLOATS = 1 << 18 };

typedef struct {
    weft_pool *pool;
    const weft_rows *rows;
    const weft_matrix *matrix;
    const weft_epilogue *epilogue;
    float *c;
    int64_t m, task_rows;
    const weft_table *table;
} blas_job;

// A block of rows of the result. Rows that are not stored anywhere are gathered whole; OpenBLAS
// runs on one thread here, the pool splits the rows.
static void blas_task(void *context, int64_t task, int worker) {
    const blas_job *job = context;
    const weft_matrix *matrix = job->matrix;
    int64_t row = task * job->task_rows;
    int64_t rows = weft_min(job->task_rows, job->m - row);
    int64_t n = matrix->n, k = matrix->k;
    bool plain = job->rows->kind == WEFT_ROWS_PLAIN;
    int64_t block = plain ? 0 : rows * k;
    float *scratch = weft_scratch(job->pool, worker, 4 * (block + (matrix->gated ? rows * n : 0)));
    const float *a = plain ? job->rows->x + row * k : scratch;
    if (!plain) weft_gather(job->rows, row, rows, 0, k, scratch, k);
    int64_t columns = matrix->gated ? n / 2 : n;
    float *product = matrix->gated ? scratch + block : job->c + row * n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)n, (int)k, 1, a, (int)k,
                (const float *)matrix->data, (int)k, 0, product, (int)n);
    for (int64_t i = 0; i < rows; i++) {
        float *y = job->c + (row + i) * columns;
        weft_epilogue e = *job->epilogue;
        if (!matrix->gated) {
            if (e.residual) e.residual += (row + i) * n;
            job->table->finish_row(product + i * n, y, row + i, n, &e, n);
            continue;
        }
        // The gate becomes GELU(gate + bias) first, then meets its value.
        float *value = product + i * n, *gate = value + columns;
        weft_epilogue gating = {.bias = e.bias ? e.bias + columns : NULL, .activation = 2};
        weft_epilogue adding = {.bias = e.bias};
        job->table->finish_row(gate, gate, row + i, columns, &gating, columns);
        job->table->finish_row(value, y, row + i, columns, &adding, columns);
        for (int64_t j = 0; j < columns; j++) y[j] *= gate[j];
    }
}

static void blas_product(weft_pool *pool, const weft_rows *rows, int64_t m,
                         const weft_matrix *matrix, const weft_epilogue *epilogue, float *c) {
    openblas_set_num_threads(1);
    blas_job job = {pool, rows, matrix, epilogue, c, m, BLAS_ROWS, table(matrix->version)};
    if (rows->kind != WEFT_ROWS_PLAIN)
        job.task_rows = weft_max(8, weft_min(BLAS_ROWS, BLAS_FLOATS / matrix->k));
    int64_t tasks = weft_ceil_div(m, job.task_rows);
    weft_run(pool, tasks, false, blas_task, &job);
}

// ---- Operations -----------------------------------------------------------------------------

void weft_product(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                  const weft_epilogue *epilogue, float *c) {
    if (m == 0) return;
    if (matrix->plain)
        blas_product(pool, rows, m, matrix, epilogue, c);
    else
        table(matrix->version)->product(pool, rows, m, matrix, epilogue, c);
}

void weft_winograd(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                   const weft_epilogue *epilogue, int64_t edge, float *c) {
    if (m == 0) return;
    table(matrix->version)->winograd(pool, rows, m, matrix, epilogue, edge, c);
}

void weft_attend(weft_pool *pool, weft_version version, const weft_attention *attention) {
    table(version)->attend(pool, attention);
}

void weft_group_norm(weft_pool *pool, weft_version version, const float *x, int64_t images,
                     int64_t rows, int64_t channels, int64_t groups, float epsilon,
                     const float *scale, const float *shift, int32_t activation, float *y) {
    table(version)->group_norm(pool, x, NULL, channels, images, rows, channels, groups, epsilon,
                               scale, shift, activation, y);
}

void weft_group_norm_joined(weft_pool *pool, weft_version version, const float *x,
                            const float *more, int64_t first_channels, int64_t images,
                            int64_t rows, int64_t channels, int64_t groups, float epsilon,
                            const float *scale, const float *shift, int32_t activation,
                            float *y) {
    table(version)->group_norm(pool, x, more, first_channels, images, rows, channels, groups,
                               epsilon, scale, shift, activation, y);
}

void weft_layer_norm(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                     int64_t channels, float epsilon, const float *scale, const float *shift,
                     float *y) {
    table(version)->layer_norm(pool, x, rows, channels, epsilon, scale, shift, y);
}

void weft_activate(weft_pool *pool, weft_version version, const float *x, int64_t count,
                   int32_t activation, float *y) {
    table(version)->activate(pool, x, count, activation, y);
}

void weft_combine(weft_pool *pool, weft_version version, const float *const *x,
                  const float *coefficients, int64_t terms, int64_t count, float *y) {
    table(version)->combine(pool, x, coefficients, terms, count, y);
}

void weft_add_rows(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                   int64_t channels, const float *rows_table, int64_t table_rows, int64_t repeats,
                   float *y) {
    table(version)->add_rows(pool, x, rows, channels, rows_table, table_rows, repeats, y);
}

void weft_attend_gradient(weft_pool *pool, weft_version version,
                          const weft_attention_gradient *gradient) {
    table(version)->attention_gradient(pool, gradient);
}

void weft_group_norm_gradient(weft_pool *pool, weft_version version, const weft_norm_gradient *g,
                              int64_t groups, int32_t activation) {
    table(version)->group_norm_gradient(pool, g, groups, activation);
}

void weft_layer_norm_gradient(weft_pool *pool, weft_version version,
                              const weft_norm_gradient *g) {
    table(version)->layer_norm_gradient(pool, g);
}

void weft_activate_gradient(weft_pool *pool, weft_version version, const float *x, const float *dy,
                            int64_t count, int32_t activation, float *dx) {
    table(version)->activate_gradient(pool, x, dy, count, activation, dx);
}

void weft_gate(weft_pool *pool, weft_version version, const float *x, int64_t rows,
               int64_t channels, float *y) {
    table(version)->gate(pool, x, NULL, rows, channels, y);
}

void weft_gate_gradient(weft_pool *pool, weft_version version, const float *x, const float *dy,
                        int64_t rows, int64_t channels, float *dx) {
    table(version)->gate(pool, x, dy, rows, channels, dx);
}

void weft_adamw_step(weft_pool *pool, weft_version version, float *value, const float *gradient,
                     float *mean, float *variance, int64_t count, const weft_adamw *step) {
    table(version)->adamw(pool, value, gradient, mean, variance, count, step);
}

double weft_squares(weft_pool *pool, weft_version version, const float *x, int64_t count) {
    return table(version)->squares(pool, x, count);
}

double weft_probe_arithmetic(weft_pool *pool, weft_version version, int64_t iterations) {
    return table(version)->probe(pool, iterations);
}
