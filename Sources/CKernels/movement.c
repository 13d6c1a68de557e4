// Copies, permutations and resampling: bound by memory, one version.
#include "pool.h"

#include <string.h>

enum { CHUNK_BYTES = 1 << 16, RANK_MAX = 8 };

typedef struct {
    const float *x;
    float *y;
    int64_t x_stride, y_stride, rows, columns, task_rows;
} copy_job;

static void copy_task(void *context, int64_t task, int worker) {
    (void)worker;
    const copy_job *job = context;
    int64_t end = weft_min((task + 1) * job->task_rows, job->rows);
    for (int64_t row = task * job->task_rows; row < end; row++)
        memcpy(job->y + row * job->y_stride, job->x + row * job->x_stride,
               (size_t)job->columns * 4);
}

void weft_copy_rows(weft_pool *pool, const float *x, int64_t x_stride, int64_t rows,
                    int64_t columns, float *y, int64_t y_stride) {
    copy_job job = {x, y, x_stride, y_stride, rows, columns, 0};
    job.task_rows = weft_max(1, CHUNK_BYTES / (4 * weft_max(columns, 1)));
    int64_t tasks = weft_ceil_div(rows, job.task_rows);
    weft_run(pool, tasks, tasks < 2, copy_task, &job);
}

typedef struct {
    const float *x;
    float *y;
    int64_t extents[RANK_MAX], steps[RANK_MAX];  // of y's axes: extent, step in x
    int64_t rank, inner;                         // elements of y below its outermost axis
} permute_job;

static void permute_task(void *context, int64_t task, int worker) {
    (void)worker;
    const permute_job *job = context;
    int64_t index[RANK_MAX] = {0};
    int64_t last = job->rank - 1;
    const float *x = job->x + task * job->steps[0];
    float *y = job->y + task * job->inner;
    int64_t length = last == 0 ? 1 : job->extents[last];
    for (int64_t done = 0; done < job->inner; done += length) {
        int64_t source = 0;
        for (int64_t axis = 1; axis < last; axis++) source += index[axis] * job->steps[axis];
        for (int64_t i = 0; i < length; i++)
            y[done + i] = x[source + (last == 0 ? 0 : i * job->steps[last])];
        for (int64_t axis = last - 1; axis > 0; axis--) {
            if (++index[axis] < job->extents[axis]) break;
            index[axis] = 0;
        }
    }
}

void weft_permute(weft_pool *pool, const float *x, const int64_t *extents, const int64_t *axes,
                  int64_t rank, float *y) {
    permute_job job = {.x = x, .y = y, .rank = rank, .inner = 1};
    int64_t steps[RANK_MAX];
    int64_t step = 1;
    for (int64_t axis = rank - 1; axis >= 0; axis--) {
        steps[axis] = step;
        step *= extents[axis];
    }
    for (int64_t axis = 0; axis < rank; axis++) {
        job.extents[axis] = extents[axes[axis]];
        job.steps[axis] = steps[axes[axis]];
        if (axis > 0) job.inner *= job.extents[axis];
    }
    if (step == 0) return;
    weft_run(pool, job.extents[0], step < 1 << 14, permute_task, &job);
}

typedef struct {
    const float *x;
    float *y;
    int64_t h, w, c, out_h, out_w, taps;
    const int32_t *row_index, *column_index;
    const float *row_weight, *column_weight;
} resample_job;

static void resample_task(void *context, int64_t task, int worker) {
    (void)worker;
    const resample_job *job = context;
    int64_t image = task / job->out_h, oy = task % job->out_h, c = job->c;
    for (int64_t ox = 0; ox < job->out_w; ox++) {
        float *y = job->y + (task * job->out_w + ox) * c;
        for (int64_t ch = 0; ch < c; ch++) {
            float sum = 0;
            for (int64_t i = 0; i < job->taps; i++) {
                const float *row =
                    job->x + (image * job->h + job->row_index[oy * job->taps + i]) * job->w * c;
                float line = 0;
                for (int64_t j = 0; j < job->taps; j++)
                    line += row[job->column_index[ox * job->taps + j] * c + ch] *
                            job->column_weight[ox * job->taps + j];
                sum += line * job->row_weight[oy * job->taps + i];
            }
            y[ch] = sum;
        }
    }
}

void weft_resample(weft_pool *pool, const float *x, int64_t n, int64_t h, int64_t w, int64_t c,
                   int64_t out_h, int64_t out_w, int64_t taps, const int32_t *row_index,
                   const float *row_weight, const int32_t *column_index,
                   const float *column_weight, float *y) {
    resample_job job = {x, y, h, w, c, out_h, out_w, taps, row_index, column_index, row_weight,
                        column_weight};
    weft_run(pool, n * out_h, n * out_h * out_w * c < 1 << 12, resample_task, &job);
}

void weft_probe_copy(weft_pool *pool, const float *x, float *y, int64_t count) {
    int64_t line = 1 << 14;
    weft_copy_rows(pool, x, line, count / line, line, y, line);
}
