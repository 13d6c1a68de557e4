// Derivatives of products and of movement: what chooses the version, and what is bound by memory.
#include "version.h"

#include <string.h>

void weft_weight_gradient(weft_pool *pool, weft_version version, const weft_rows *rows, int64_t m,
                          const float *dy, int64_t n, float *const *targets) {
    if (m > 0) weft_table_of(version)->weight_gradient(pool, rows, m, dy, n, targets);
}

void weft_row_sums(weft_pool *pool, weft_version version, const float *x, int64_t rows,
                   int64_t stride, int64_t columns, int64_t table_rows, int64_t repeats,
                   int64_t slices, float *partial, float *table) {
    weft_table_of(version)->row_sums(pool, x, rows, stride, columns, table_rows, repeats, slices,
                                     partial, table);
}

typedef struct {
    const float *x;
    float *y;
    int64_t rows, x_stride, y_stride, columns, chunk;
    const int64_t *places;
} add_job;

static void add_columns_task(void *context, int64_t task, int worker) {
    (void)worker;
    const add_job *job = context;
    int64_t end = weft_min((task + 1) * job->chunk, job->rows);
    for (int64_t r = task * job->chunk; r < end; r++) {
        const float *x = job->x + r * job->x_stride;
        float *y = job->y + r * job->y_stride;
        for (int64_t c = 0; c < job->columns; c++) y[c] += x[c];
    }
}

void weft_add_columns(weft_pool *pool, const float *x, int64_t x_stride, int64_t rows,
                      int64_t columns, float *y, int64_t y_stride) {
    add_job job = {x, y, rows, x_stride, y_stride, columns, 0, NULL};
    job.chunk = weft_max(1, (1 << 13) / weft_max(1, columns));
    int64_t tasks = weft_ceil_div(rows, job.chunk);
    weft_run(pool, tasks, tasks < 3, add_columns_task, &job);
}

// A task takes some columns of all rows, in order.
static void add_rows_task(void *context, int64_t task, int worker) {
    (void)worker;
    const add_job *job = context;
    int64_t begin = task * job->chunk, end = weft_min(begin + job->chunk, job->columns);
    for (int64_t r = 0; r < job->rows; r++) {
        const float *x = job->x + r * job->columns;
        float *y = job->y + job->places[r] * job->columns;
        for (int64_t c = begin; c < end; c++) y[c] += x[c];
    }
}

void weft_add_to_rows(weft_pool *pool, const float *x, int64_t rows, int64_t columns,
                      const int64_t *places, float *y) {
    add_job job = {x, y, rows, 0, 0, columns, 64, places};
    weft_run(pool, weft_ceil_div(columns, job.chunk), rows * columns < 1 << 14, add_rows_task,
             &job);
}

typedef struct {
    const float *source;
    float *target;
    int64_t outputs, inputs, taps, first, all;
} flip_job;

enum { FLIP_INPUTS = 8 };

// target[i][first + o][taps - 1 - t] = source[o][i][t] for some i.
static void flip_task(void *context, int64_t task, int worker) {
    (void)worker;
    const flip_job *job = context;
    int64_t taps = job->taps;
    int64_t end = weft_min((task + 1) * FLIP_INPUTS, job->inputs);
    for (int64_t o = 0; o < job->outputs; o++)
        for (int64_t i = task * FLIP_INPUTS; i < end; i++) {
            const float *from = job->source + (o * job->inputs + i) * taps;
            float *to = job->target + (i * job->all + job->first + o) * taps + taps - 1;
            for (int64_t t = 0; t < taps; t++) to[-t] = from[t];
        }
}

void weft_flip_kernels(weft_pool *pool, const float *source, int64_t outputs, int64_t inputs,
                       int64_t taps, int64_t first, int64_t all, float *target) {
    flip_job job = {source, target, outputs, inputs, taps, first, all};
    weft_run(pool, weft_ceil_div(inputs, FLIP_INPUTS), outputs * inputs * taps < 1 << 14,
             flip_task, &job);
}
