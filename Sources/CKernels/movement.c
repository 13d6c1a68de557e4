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

// y's axes without those of extent 1 and with those joined that are adjacent in x too.
typedef struct {
    const float *x;
    float *y;
    int64_t rank;
    int64_t extents[RANK_MAX], steps[RANK_MAX], places[RANK_MAX];  // step in x, step in y
    // The plane: the innermost axis of y across, the innermost axis of x down (unless they are
    // one); all other axes are outer.
    int64_t down, strips, chunks;
} permute_job;

enum { BLOCK = 16, STRIP = 4 * BLOCK, CHUNK_COLUMNS = 1 << 12 };

typedef float quad __attribute__((vector_size(16), aligned(4)));

// y[j][i] = x[i][j] for BLOCK rows and columns. The way through a buffer touches each cache line
// of either side once, whatever their strides.
static void transpose_block(const float *x, int64_t x_step, float *y, int64_t y_step) {
    quad buffer[BLOCK][BLOCK / 4];
    for (int64_t i = 0; i < BLOCK; i += 4)
        for (int64_t j = 0; j < BLOCK; j += 4) {
            const float *at = x + i * x_step + j;
            quad a = *(const quad *)at, b = *(const quad *)(at + x_step);
            quad c = *(const quad *)(at + 2 * x_step), d = *(const quad *)(at + 3 * x_step);
            quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            quad ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            quad gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            buffer[j][i / 4] = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            buffer[j + 1][i / 4] = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            buffer[j + 2][i / 4] = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
            buffer[j + 3][i / 4] = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
        }
    for (int64_t j = 0; j < BLOCK; j++) memcpy(y + j * y_step, buffer[j], sizeof buffer[j]);
}

// A strip of the plane of one place on the outer axes.
static void permute_task(void *context, int64_t task, int worker) {
    (void)worker;
    const permute_job *job = context;
    int64_t across = job->rank - 1, down = job->down;
    int64_t column = task % job->chunks * CHUNK_COLUMNS;
    int64_t row = task / job->chunks % job->strips * STRIP;
    int64_t rest = task / job->chunks / job->strips;
    const float *x = job->x;
    float *y = job->y;
    for (int64_t axis = across - 1; axis >= 0; axis--) {
        if (axis == down) continue;
        x += rest % job->extents[axis] * job->steps[axis];
        y += rest % job->extents[axis] * job->places[axis];
        rest /= job->extents[axis];
    }
    int64_t columns = weft_min(job->extents[across], column + CHUNK_COLUMNS);
    int64_t rows = down < 0 ? 1 : weft_min(job->extents[down], row + STRIP);
    if (job->steps[across] == 1) {
        for (; row < rows; row++)
            memcpy(y + (down < 0 ? 0 : row * job->places[down]) + column,
                   x + (down < 0 ? 0 : row * job->steps[down]) + column,
                   (size_t)(columns - column) * 4);
        return;
    }
    int64_t x_step = job->steps[across], y_step = job->places[down];
    for (; column < columns; column += BLOCK)
        for (int64_t j = row; j < rows; j += BLOCK) {
            if (columns - column >= BLOCK && rows - j >= BLOCK) {
                transpose_block(x + column * x_step + j, x_step, y + j * y_step + column, y_step);
                continue;
            }
            for (int64_t r = j; r < weft_min(rows, j + BLOCK); r++)
                for (int64_t c = column; c < weft_min(columns, column + BLOCK); c++)
                    y[r * y_step + c] = x[c * x_step + r];
        }
}

static void append_axis(permute_job *job, int64_t extent, int64_t step) {
    int64_t last = job->rank - 1;
    if (extent == 1) return;
    if (last >= 0 && job->steps[last] == step * extent) {
        job->extents[last] *= extent;
        job->steps[last] = step;
        return;
    }
    job->extents[job->rank] = extent;
    job->steps[job->rank] = step;
    job->rank++;
}

void weft_permute(weft_pool *pool, const float *x, const int64_t *extents, const int64_t *axes,
                  int64_t rank, float *y) {
    permute_job job = {.x = x, .y = y, .down = -1, .strips = 1};
    int64_t steps[RANK_MAX];
    int64_t count = 1;
    for (int64_t axis = rank - 1; axis >= 0; axis--) {
        steps[axis] = count;
        count *= extents[axis];
    }
    if (count == 0) return;
    for (int64_t axis = 0; axis < rank; axis++)
        append_axis(&job, extents[axes[axis]], steps[axes[axis]]);
    if (job.rank == 0) {
        *y = *x;
        return;
    }
    int64_t across = job.rank - 1, place = 1;
    for (int64_t axis = across; axis >= 0; axis--) {
        job.places[axis] = place;
        place *= job.extents[axis];
        if (axis < across && job.steps[axis] == 1) job.down = axis;
    }
    // Plain rows: the next axis is as good a way down as any.
    if (job.steps[across] == 1) job.down = across - 1;
    if (job.down >= 0) job.strips = weft_ceil_div(job.extents[job.down], STRIP);
    job.chunks = weft_ceil_div(job.extents[across], CHUNK_COLUMNS);
    int64_t outer = count / job.extents[across] / (job.down < 0 ? 1 : job.extents[job.down]);
    weft_run(pool, outer * job.strips * job.chunks, count < 1 << 14, permute_task, &job);
}

typedef struct {
    const float *x;
    float *y;
    int64_t h, w, c, out_h, out_w, row_taps, column_taps;
    const int32_t *row_index, *column_index;
    const float *row_weight, *column_weight;
} resample_job;

enum { RESAMPLE_CHANNELS = 64 };

// One output row; some channels at a time, each summed over columns first.
static void resample_task(void *context, int64_t task, int worker) {
    (void)worker;
    const resample_job *job = context;
    int64_t image = task / job->out_h, oy = task % job->out_h, c = job->c;
    for (int64_t ox = 0; ox < job->out_w; ox++)
        for (int64_t first = 0; first < c; first += RESAMPLE_CHANNELS) {
            int64_t count = weft_min(RESAMPLE_CHANNELS, c - first);
            float sum[RESAMPLE_CHANNELS] = {0};
            for (int64_t i = 0; i < job->row_taps; i++) {
                int64_t y = job->row_index[oy * job->row_taps + i];
                float row_weight = job->row_weight[oy * job->row_taps + i];
                const float *row = job->x + (image * job->h + y) * job->w * c + first;
                float line[RESAMPLE_CHANNELS] = {0};
                for (int64_t j = 0; j < job->column_taps; j++) {
                    float weight = job->column_weight[ox * job->column_taps + j];
                    const float *x = row + job->column_index[ox * job->column_taps + j] * c;
                    for (int64_t ch = 0; ch < count; ch++) line[ch] += x[ch] * weight;
                }
                for (int64_t ch = 0; ch < count; ch++) sum[ch] += line[ch] * row_weight;
            }
            memcpy(job->y + (task * job->out_w + ox) * c + first, sum, (size_t)count * 4);
        }
}

void weft_resample(weft_pool *pool, const float *x, int64_t n, int64_t h, int64_t w, int64_t c,
                   int64_t out_h, int64_t out_w, int64_t row_taps, const int32_t *row_index,
                   const float *row_weight, int64_t column_taps, const int32_t *column_index,
                   const float *column_weight, float *y) {
    resample_job job = {x, y, h, w, c, out_h, out_w, row_taps, column_taps, row_index,
                        column_index, row_weight, column_weight};
    weft_run(pool, n * out_h, n * out_h * out_w * c < 1 << 12, resample_task, &job);
}

void weft_probe_copy(weft_pool *pool, const float *x, float *y, int64_t count) {
    int64_t line = 1 << 14;
    weft_copy_rows(pool, x, line, count / line, line, y, line);
}
