// 3x3 convolutions of step 1 by minimal filtering (Winograd 1980; Lavin and Gray 2015): F(2x2)
// takes 16 multiplications for the 36 of four outputs, F(4x4) takes 36 for the 144 of sixteen.
//
// The points of F(4x4) are 0, ±5/8, ±3/2 and infinity, not the usual 0, ±1, ±2: all constants
// of the transforms of inputs and outputs stay exact, and the mean squared error is a fifth.
//
// The image is cut into tiles, a few hundred at a time. First all threads transform their inputs
// into one shared block; then each task transforms the weights of its panel, a slice of channels at
// a time, multiplies its tiles with them point by point, and turns the products into outputs. The
// weights stay as they were packed for the direct convolution, halves included: transformed weights
// would take two or four times the memory, and making them costs as much as a few tiles.
//
// Each element is summed in parts of slices of K_SLICE channels, in order, each part in a chain of
// fused multiply-adds from zero: the order depends on the number of channels alone.

enum {
    POINTS_MAX = 36,
    PART = 2304,                // channels of a part, times points: 64 or 144 of them
    PRODUCT_FLOATS = 96 << 10,  // of the products of a task
    INPUT_FLOATS = 4 << 20,     // of the transformed inputs of all threads
    INPUT_TILES = 4,            // of a task that transforms inputs
};

#define POINT_A 0.625f
#define POINT_B 1.5f
#define A2 (POINT_A * POINT_A)
#define B2 (POINT_B * POINT_B)

typedef struct {
    const weft_rows *rows;
    const weft_matrix *matrix;
    const weft_epilogue *epilogue;
    float *c;
    weft_pool *pool;
    int64_t edge;                     // outputs of a tile along one axis: 2 or 4
    int64_t points;                   // (edge + 2)²
    int64_t tiles_across, tiles_down, tiles;
    int64_t first, count;             // tiles of the pass in progress
    int64_t block, blocks;            // tiles of a task, tasks of a panel
    int64_t panels, slices, slice, part;
    int64_t plane;                    // floats of one point of a slice
    float *inputs;                    // [slice][point][tile][K_STRIDE]
    float *zeros;                     // channels
} winograd_job;

// t[i · t_step] = Bᵀ d[i · d_step], edge + 2 of them.
INLINE void input_line(const int edge, const vf *d, const int d_step, vf *t, const int t_step) {
    vf d0 = d[0], d1 = d[d_step], d2 = d[2 * d_step], d3 = d[3 * d_step];
    if (edge == 2) {
        t[0] = d0 - d2;
        t[t_step] = d1 + d2;
        t[2 * t_step] = d2 - d1;
        t[3 * t_step] = d1 - d3;
        return;
    }
    vf d4 = d[4 * d_step], d5 = d[5 * d_step];
    t[0] = fma_(d0, splat(A2 * B2), fma_(d2, splat(-(A2 + B2)), d4));
    vf even = fma_(d2, splat(-B2), d4), odd = fma_(d1, splat(-B2), d3);
    t[t_step] = fma_(odd, splat(POINT_A), even);
    t[2 * t_step] = fma_(odd, splat(-POINT_A), even);
    even = fma_(d2, splat(-A2), d4), odd = fma_(d1, splat(-A2), d3);
    t[3 * t_step] = fma_(odd, splat(POINT_B), even);
    t[4 * t_step] = fma_(odd, splat(-POINT_B), even);
    t[5 * t_step] = fma_(d1, splat(A2 * B2), fma_(d3, splat(-(A2 + B2)), d5));
}

// t = G g, three values to edge + 2.
INLINE void weight_line(const int edge, vf g0, vf g1, vf g2, vf *t, const int t_step) {
    t[0] = edge == 2 ? g0 : g0 * splat(1 / (A2 * B2));
    t[(edge + 1) * t_step] = g2;
    if (edge == 2) {
        vf even = (g0 + g2) * splat(0.5f), odd = g1 * splat(0.5f);
        t[t_step] = even + odd;
        t[2 * t_step] = even - odd;
        return;
    }
    vf even = fma_(g2, splat(A2), g0) * splat(1 / (2 * A2 * (A2 - B2)));
    vf odd = g1 * splat(POINT_A / (2 * A2 * (A2 - B2)));
    t[t_step] = even + odd;
    t[2 * t_step] = even - odd;
    even = fma_(g2, splat(B2), g0) * splat(1 / (2 * B2 * (B2 - A2)));
    odd = g1 * splat(POINT_B / (2 * B2 * (B2 - A2)));
    t[3 * t_step] = even + odd;
    t[4 * t_step] = even - odd;
}

// y = Aᵀ m, edge + 2 values to edge.
INLINE void output_line(const int edge, const vf *m, const int m_step, vf *y, const int y_step) {
    vf sum = m[m_step] + m[2 * m_step], difference = m[m_step] - m[2 * m_step];
    if (edge == 2) {
        y[0] = m[0] + sum;
        y[y_step] = difference - m[3 * m_step];
        return;
    }
    vf sum_b = m[3 * m_step] + m[4 * m_step], difference_b = m[3 * m_step] - m[4 * m_step];
    y[0] = m[0] + (sum + sum_b);
    y[y_step] = fma_(difference, splat(POINT_A), difference_b * splat(POINT_B));
    y[2 * y_step] = fma_(sum, splat(A2), sum_b * splat(B2));
    y[3 * y_step] = fma_(difference, splat(POINT_A * A2),
                         fma_(difference_b, splat(POINT_B * B2), m[5 * m_step]));
}

// Where tile `tile` of all begins in the result: its image, its first row and column.
typedef struct {
    int64_t image, y, x;
} tile_place;

static tile_place place_tile(const winograd_job *job, int64_t tile) {
    int64_t across = tile % job->tiles_across, above = tile / job->tiles_across;
    return (tile_place){
        .image = above / job->tiles_down,
        .y = above % job->tiles_down * job->edge,
        .x = across * job->edge,
    };
}

// The (edge + 2)² input pixels of a tile; zeros outside the image.
static void tile_sources(const winograd_job *job, int64_t tile, const float **source) {
    const weft_rows *r = job->rows;
    tile_place at = place_tile(job, tile);
    for (int64_t i = 0; i < job->edge + 2; i++)
        for (int64_t j = 0; j < job->edge + 2; j++) {
            int64_t y = at.y + i - r->pad_top, x = at.x + j - r->pad_left;
            const float *from = job->zeros;
            if (y >= 0 && y < r->enlarged_height && x >= 0 && x < r->enlarged_width) {
                if (r->row_map) y = r->row_map[y];
                if (r->column_map) x = r->column_map[x];
                from = r->x + ((at.image * r->in_height + y) * r->in_width + x) * r->channels;
            }
            *source++ = from;
        }
}

// Transforms `count` <= VL channels from `channel` on of one tile.
INLINE void transform_input(const int edge, const float *const *source, int64_t channel,
                            int64_t count, float *target, int64_t plane) {
    const int size = edge + 2;
    vf lines[POINTS_MAX];
#pragma clang loop unroll(full)
    for (int j = 0; j < size; j++) {
        vf column[6];
#pragma clang loop unroll(full)
        for (int i = 0; i < size; i++) {
            const float *at = source[i * size + j] + channel;
            column[i] = load_some(at, count);
        }
        input_line(edge, column, 1, lines + j, size);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < size; i++) {
        vf row[6];
        input_line(edge, lines + i * size, 1, row, 1);
#pragma clang loop unroll(full)
        for (int j = 0; j < size; j++) store(target + (i * size + j) * plane, row[j]);
    }
}

INLINE void transform_inputs(const int edge, const winograd_job *job, int64_t task) {
    int64_t channels = job->rows->channels;
    int64_t end = weft_min((task + 1) * INPUT_TILES, job->count);
    const float *source[POINTS_MAX];
    for (int64_t tile = task * INPUT_TILES; tile < end; tile++) {
        tile_sources(job, job->first + tile, source);
        for (int64_t slice = 0; slice < job->slices; slice++) {
            int64_t begin = slice * job->slice;
            int64_t length = weft_min(job->slice, channels - begin);
            float *target = job->inputs + slice * job->points * job->plane + tile * K_STRIDE;
            int64_t c = 0;
            for (; c + VL <= length; c += VL)
                transform_input(edge, source, begin + c, VL, target + c, job->plane);
            if (c < length)
                transform_input(edge, source, begin + c, length - c, target + c, job->plane);
        }
    }
}

static void winograd_inputs(void *context, int64_t task, int worker) {
    (void)worker;
    const winograd_job *job = context;
    if (job->edge == 2) transform_inputs(2, job, task); else transform_inputs(4, job, task);
}

INLINE vf load_element(const int element, const void *data, int64_t at) {
    if (element == WEFT_F16) return load_f16((const uint16_t *)data + at);
    if (element == WEFT_BF16) return load_bf16((const uint16_t *)data + at);
    return load((const float *)data + at);
}

// target[point][channel][PANEL], points `plane` apart, for `count` channels of a panel.
INLINE void transform_weights(const int edge, const int element, const winograd_job *job,
                              int64_t panel, int64_t channel, int64_t count, float *target,
                              int64_t plane) {
    const int size = edge + 2;
    int64_t channels = job->rows->channels;
    for (int64_t c = 0; c < count; c++)
        for (int v = 0; v < TILE_VECTORS; v++) {
            int64_t from = (panel * job->matrix->k + channel + c) * PANEL + v * VL;
            vf lines[6 * 3];
#pragma clang loop unroll(full)
            for (int j = 0; j < 3; j++) {
                vf g[3];
#pragma clang loop unroll(full)
                for (int i = 0; i < 3; i++)
                    g[i] = load_element(element, job->matrix->data,
                                        from + (3 * i + j) * channels * PANEL);
                weight_line(edge, g[0], g[1], g[2], lines + j, 3);
            }
#pragma clang loop unroll(full)
            for (int i = 0; i < size; i++) {
                vf row[6];
                weight_line(edge, lines[3 * i], lines[3 * i + 1], lines[3 * i + 2], row, 1);
#pragma clang loop unroll(full)
                for (int j = 0; j < size; j++)
                    store(target + (i * size + j) * plane + c * PANEL + v * VL, row[j]);
            }
        }
}

INLINE void transform_panel(const int edge, const winograd_job *job, int64_t panel,
                            int64_t channel, int64_t count, float *target, int64_t plane) {
    switch (job->matrix->element) {
        case WEFT_F32:
            transform_weights(edge, WEFT_F32, job, panel, channel, count, target, plane);
            break;
        case WEFT_F16:
            transform_weights(edge, WEFT_F16, job, panel, channel, count, target, plane);
            break;
        case WEFT_BF16:
            transform_weights(edge, WEFT_BF16, job, panel, channel, count, target, plane);
            break;
    }
}

// Where a tile's outputs go: its first pixel, and how much of it lies in the image.
typedef struct {
    int64_t image, first, rows, columns;
} tile_result;

static tile_result place_result(const winograd_job *job, int64_t tile) {
    const weft_rows *r = job->rows;
    tile_place at = place_tile(job, tile);
    return (tile_result){
        .image = at.image,
        .first = (at.image * r->out_height + at.y) * r->out_width + at.x,
        .rows = weft_min(job->edge, r->out_height - at.y),
        .columns = weft_min(job->edge, r->out_width - at.x),
    };
}

// Products of one tile to outputs, with bias, activation and residual: `count` <= VL channels from
// `column` on of every pixel that lies in the image.
INLINE void finish_outputs(const int edge, const int32_t activation, const int64_t count,
                           const winograd_job *job, const tile_result *at, const float *products,
                           int64_t plane, int64_t column) {
    const int size = edge + 2;
    const weft_epilogue *e = job->epilogue;
    int64_t n = job->matrix->n;
    vf lines[4 * 6];
#pragma clang loop unroll(full)
    for (int j = 0; j < size; j++) {
        vf down[6];
#pragma clang loop unroll(full)
        for (int i = 0; i < size; i++) down[i] = load(products + (i * size + j) * plane);
        output_line(edge, down, 1, lines + j, size);
    }
    vf bias = e->bias ? load_some(e->bias + column, count) : splat(0);
    vf image_bias = splat(0);
    if (e->image_bias) {
        int64_t image = e->image_bias_count == 1 ? 0 : at->image;
        image_bias = load_some(e->image_bias + image * n + column, count);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < edge; i++) {
        if (i >= at->rows) break;
        vf row[4];
        output_line(edge, lines + i * size, 1, row, 1);
        int64_t place = (at->first + i * job->rows->out_width) * n + column;
#pragma clang loop unroll(full)
        for (int j = 0; j < edge; j++) {
            if (j >= at->columns) break;
            vf v = activation_(row[j] + bias + image_bias, activation);
            if (e->residual) v += load_some(e->residual + place + j * n, count);
            if (count == VL) store(job->c + place + j * n, v);
            else store_part(job->c + place + j * n, v, count);
        }
    }
}

// The case that networks are made of gets a copy of its own.
INLINE void finish_panel(const int edge, const winograd_job *job, int64_t tile,
                         const float *products, int64_t plane, int64_t panel) {
    tile_result at = place_result(job, tile);
    int32_t activation = job->epilogue->activation;
    for (int v = 0; v < TILE_VECTORS; v++) {
        int64_t column = panel * PANEL + v * VL, count = weft_min(VL, job->matrix->n - column);
        if (count <= 0) break;
        if (count == VL && activation == 0)
            finish_outputs(edge, 0, VL, job, &at, products + v * VL, plane, column);
        else
            finish_outputs(edge, activation, count, job, &at, products + v * VL, plane, column);
    }
}

// products[point][tile][PANEL] (+)= inputs · weights for `count` channels.
static void multiply_points(const winograd_job *job, const float *inputs, const float *weights,
                            int64_t weight_plane, int64_t tiles, int64_t count, float *products,
                            int64_t product_plane, bool accumulate) {
    // Tiles in runs of nearly equal length, so that none is too short to hide the latency.
    int64_t runs = weft_ceil_div(tiles, TILE_ROWS);
    for (int64_t point = 0; point < job->points; point++)
        for (int64_t run = 0; run < runs; run++) {
            int64_t begin = run * tiles / runs, rows = (run + 1) * tiles / runs - begin;
            rows_functions[rows - 1](count, inputs + point * job->plane + begin * K_STRIDE,
                                     weights + point * weight_plane,
                                     products + point * product_plane + begin * PANEL, accumulate);
        }
}

INLINE void winograd_panel(const int edge, const winograd_job *job, int64_t task, int worker) {
    const int points = (edge + 2) * (edge + 2);
    int64_t panel = task % job->panels, begin = task / job->panels * job->block;
    int64_t tiles = weft_min(job->block, job->count - begin);
    // Planes are a vector longer than a power of two: points must not meet in one cache set.
    int64_t weight_plane = job->part * PANEL + 16, product_plane = job->block * PANEL + 16;
    float *weights = weft_scratch(job->pool, worker, 4 * points * (weight_plane + product_plane));
    float *products = weights + points * weight_plane;
    for (int64_t slice = 0; slice < job->slices; slice++) {
        int64_t channel = slice * job->slice;
        int64_t length = weft_min(job->slice, job->rows->channels - channel);
        const float *inputs = job->inputs + slice * points * job->plane + begin * K_STRIDE;
        for (int64_t done = 0; done < length; done += job->part) {
            int64_t count = weft_min(job->part, length - done);
            transform_panel(edge, job, panel, channel + done, count, weights, weight_plane);
            multiply_points(job, inputs + done, weights, weight_plane, tiles, count, products,
                            product_plane, slice + done > 0);
        }
    }
    for (int64_t i = 0; i < tiles; i++)
        finish_panel(edge, job, job->first + begin + i, products + i * PANEL, product_plane, panel);
}

static void winograd_products(void *context, int64_t task, int worker) {
    const winograd_job *job = context;
    if (job->edge == 2)
        winograd_panel(2, job, task, worker);
    else
        winograd_panel(4, job, task, worker);
}

static void winograd(weft_pool *pool, const weft_rows *rows, int64_t m, const weft_matrix *matrix,
                     const weft_epilogue *epilogue, int64_t edge, float *c) {
    winograd_job job = {.rows = rows, .matrix = matrix, .epilogue = epilogue, .c = c, .pool = pool,
                        .edge = edge, .points = (edge + 2) * (edge + 2)};
    job.tiles_across = weft_ceil_div(rows->out_width, edge);
    job.tiles_down = weft_ceil_div(rows->out_height, edge);
    job.tiles = m / (rows->out_height * rows->out_width) * job.tiles_down * job.tiles_across;
    job.panels = weft_ceil_div(matrix->n, PANEL);
    // Slices are whole vectors, parts of equal length.
    job.slices = weft_ceil_div(rows->channels, K_SLICE);
    job.slice = weft_ceil_div(weft_ceil_div(rows->channels, job.slices), VL) * VL;
    job.slices = weft_ceil_div(rows->channels, job.slice);
    int64_t parts = weft_ceil_div(job.slice, PART / job.points);
    job.part = weft_ceil_div(job.slice, parts);
    // The result's elements are the same however the tiles are cut.
    int64_t most = weft_max(1, INPUT_FLOATS / (job.slices * job.points * K_STRIDE));
    job.count = weft_ceil_div(job.tiles, weft_ceil_div(job.tiles, most));
    job.blocks = weft_ceil_div(job.count, PRODUCT_FLOATS / (job.points * PANEL));
    job.block = weft_ceil_div(job.count, job.blocks);
    job.blocks = weft_ceil_div(job.count, job.block);
    job.plane = job.count * K_STRIDE + 16;
    int64_t inputs = job.slices * job.points * job.plane;
    job.inputs = weft_shared_take(pool, 4 * (inputs + rows->channels));
    job.zeros = job.inputs + inputs;
    for (int64_t i = 0; i < rows->channels; i++) job.zeros[i] = 0;
    int64_t pass = job.count;
    for (job.first = 0; job.first < job.tiles; job.first += pass) {
        job.count = weft_min(pass, job.tiles - job.first);
        job.blocks = weft_ceil_div(job.count, job.block);
        bool small = job.count * job.points * rows->channels * matrix->n < 1 << 18;
        weft_run(pool, weft_ceil_div(job.count, INPUT_TILES), small, winograd_inputs, &job);
        weft_run(pool, job.panels * job.blocks, small, winograd_products, &job);
    }
    weft_shared_give(pool);
}
