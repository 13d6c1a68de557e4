// The gradient of a product by its right operand: Σ over rows r of gradient[r]ᵀ · rows(r).
//
// A task owns a block of the result and walks the rows in slices. Of each slice it packs the
// block's columns of the gradient in strips of TILE_ROWS and those of the gathered rows in panels,
// and multiplies one by the other into tiles. Each element is summed in slices in order, each in a
// chain of fused multiply-adds: the order depends on the number of rows alone.

enum {
    GRADIENT_SLICE = 192,  // a panel and a strip of a slice stay in the first cache
    GRADIENT_TILES = 8,    // strips of a block
    GRADIENT_PANELS = 10,  // panels of a block
    STRIP_MARGIN = 16,     // behind the last strip: whole vectors are stored
};

typedef struct {
    const weft_rows *rows;
    const float *dy;
    float *const *targets;
    int64_t m, n, channels, taps, slice;
    int64_t panels, task_panels, panel_groups, strips, task_strips;
    bool by_channels;  // a panel is PANEL channels at one tap, the taps of the same channels follow
    weft_pool *pool;
} weights_job;

// Columns of a panel that are neighbours in the rows: channels at one tap.
typedef struct {
    int64_t tap, channel, count;
} segment;

// The segment that holds column `at` of a panel, as far as it goes from there.
INLINE segment segment_at(const weights_job *job, int64_t panel, int64_t at) {
    if (job->by_channels) {
        int64_t channel = panel / job->taps * PANEL;
        int64_t count = weft_min(PANEL, job->channels - channel);
        return (segment){panel % job->taps, channel + at, weft_max(0, count - at)};
    }
    int64_t column = panel * PANEL + at;
    if (column >= job->channels * job->taps) return (segment){0, 0, 0};
    int64_t channel = column % job->channels;
    return (segment){column / job->channels, channel,
                     weft_min(PANEL - at, job->channels - channel)};
}

// strip[r][0 ..< TILE_ROWS] = `count` columns of gradient rows from `dy` on, zeros behind. Whole
// vectors are stored in order of r, so that what reaches beyond a row is overwritten by the next.
static void pack_strip(const float *dy, int64_t n, int64_t rows, int64_t count, int64_t readable,
                       float *strip) {
    enum { WIDE = (TILE_ROWS + VL - 1) / VL * VL };
    for (int64_t r = 0; r < rows; r++, dy += n, readable -= n, strip += TILE_ROWS) {
        if (count == TILE_ROWS && readable >= WIDE) {
#pragma clang loop unroll(full)
            for (int i = 0; i < WIDE; i += VL) store(strip + i, load(dy + i));
        } else {
            for (int64_t i = 0; i < TILE_ROWS; i++) strip[i] = i < count ? dy[i] : 0;
        }
    }
}

// panel[r][at ...] = a segment's channels of rows row ..< row + rows.
static void pack_segment(const weft_rows *source, int64_t row, int64_t rows, segment s,
                         float *panel) {
    if (s.count < PANEL || source->kind != WEFT_ROWS_PLAIN) {
        int64_t begin = s.tap * source->channels + s.channel;
        weft_gather(source, row, rows, begin, s.count, panel, PANEL);
        return;
    }
    const float *x = source->x + row * source->channels + s.channel;
    for (int64_t r = 0; r < rows; r++, x += source->channels, panel += PANEL)
#pragma clang loop unroll(full)
        for (int j = 0; j < PANEL; j += VL) store(panel + j, load(x + j));
}

static void pack_panel(const weights_job *job, int64_t row, int64_t rows, int64_t panel,
                       float *packed) {
    int64_t at = 0;
    for (segment s; at < PANEL && (s = segment_at(job, panel, at)).count > 0; at += s.count)
        pack_segment(job->rows, row, rows, s, packed + at);
    for (; at < PANEL; at++)
        for (int64_t r = 0; r < rows; r++) packed[r * PANEL + at] = 0;
}

// to[c · taps + t] += tile[t][c] for PANEL channels and taps <= VL, rows of the tile `step` apart.
// Lanes become runs of taps that are stored whole in order, each over the end of the one before.
static void add_taps(const float *tile, int64_t step, int64_t taps, float *to) {
    float run[VL * VL + VL];
    for (int64_t c = 0; c < PANEL; c += VL, to += VL * taps) {
        if (taps == 1) {
            store(to, load(to) + load(tile + c));
            continue;
        }
        vf block[VL];
        for (int t = 0; t < VL; t++) block[t] = t < taps ? load(tile + t * step + c) : splat(0);
        transpose(block);
        for (int i = 0; i < VL; i++) store(run + i * taps, block[i]);
        for (int64_t i = 0; i < taps * VL; i += VL) store(to + i, load(to + i) + load(run + i));
    }
}

// Adds result rows first ..< first + count from tiles, [panel][row][PANEL], to their targets.
static void add_tiles(const weights_job *job, int64_t first, int64_t count, int64_t panel_begin,
                      int64_t panel_end, const float *tiles, int64_t tile_step) {
    int64_t taps = job->taps;
    for (int64_t i = 0; i < count; i++) {
        float *target = job->targets[first + i];
        if (!target) continue;
        for (int64_t panel = panel_begin; panel < panel_end;) {
            const float *tile = tiles + (panel - panel_begin) * tile_step + i * PANEL;
            // With all taps of the same channels at hand the target is walked in its own order.
            int64_t run = job->by_channels ? weft_min(taps - panel % taps, panel_end - panel) : 1;
            int64_t at = 0;
            for (segment s; at < PANEL && (s = segment_at(job, panel, at)).count > 0;
                 at += s.count) {
                float *to = target + s.channel * taps + s.tap;
                if (s.count == PANEL && run == taps && taps <= VL) {
                    add_taps(tile, tile_step, taps, to);
                    continue;
                }
                for (int64_t c = 0; c < s.count; c++)
                    for (int64_t t = 0; t < run; t++)
                        to[c * taps + t] += tile[t * tile_step + at + c];
            }
            panel += run;
        }
    }
}

static void weights_task(void *context, int64_t task, int worker) {
    const weights_job *job = context;
    int64_t panel_begin = task % job->panel_groups * job->task_panels;
    int64_t panel_end = weft_min(panel_begin + job->task_panels, job->panels);
    int64_t strip_begin = task / job->panel_groups * job->task_strips;
    int64_t strip_end = weft_min(strip_begin + job->task_strips, job->strips);
    int64_t panels = panel_end - panel_begin, strips = strip_end - strip_begin;
    int64_t strip_step = GRADIENT_SLICE * TILE_ROWS, panel_step = GRADIENT_SLICE * PANEL;
    int64_t tile_step = strips * TILE_ROWS * PANEL;  // from panel to panel
    float *packed = weft_scratch(
        job->pool, worker,
        4 * (panels * panel_step + strips * strip_step + STRIP_MARGIN + panels * tile_step));
    float *gradient = packed + panels * panel_step;
    float *tiles = gradient + strips * strip_step + STRIP_MARGIN;
    for (int64_t row = 0; row < job->m; row += job->slice) {
        int64_t rows = weft_min(job->slice, job->m - row);
        for (int64_t strip = 0; strip < strips; strip++) {
            int64_t column = (strip_begin + strip) * TILE_ROWS;
            int64_t at = row * job->n + column;
            pack_strip(job->dy + at, job->n, rows, weft_min(TILE_ROWS, job->n - column),
                       job->m * job->n - at, gradient + strip * strip_step);
        }
        for (int64_t panel = 0; panel < panels; panel++) {
            float *right = packed + panel * panel_step;
            pack_panel(job, row, rows, panel_begin + panel, right);
            for (int64_t strip = 0; strip < strips; strip++) {
                int64_t count =
                    weft_min(TILE_ROWS, job->n - (strip_begin + strip) * TILE_ROWS);
                columns_functions[count - 1](rows, gradient + strip * strip_step, TILE_ROWS, right,
                                             tiles + panel * tile_step + strip * TILE_ROWS * PANEL,
                                             row > 0);
            }
        }
    }
    int64_t first = strip_begin * TILE_ROWS;
    add_tiles(job, first, weft_min(strips * TILE_ROWS, job->n - first), panel_begin, panel_end,
              tiles, tile_step);
}

static void weight_gradient(weft_pool *pool, const weft_rows *rows, int64_t m, const float *dy,
                            int64_t n, float *const *targets) {
    weights_job job = {.rows = rows, .dy = dy, .targets = targets, .m = m, .n = n,
                        .channels = rows->channels, .taps = weft_row_taps(rows), .pool = pool};
    job.slice = weft_ceil_div(m, weft_ceil_div(m, GRADIENT_SLICE));
    job.by_channels = job.channels >= PANEL;
    job.panels = job.by_channels ? weft_ceil_div(job.channels, PANEL) * job.taps
                                 : weft_ceil_div(job.channels * job.taps, PANEL);
    job.strips = weft_ceil_div(n, TILE_ROWS);
    int64_t groups = weft_ceil_div(job.panels, GRADIENT_PANELS);
    int64_t blocks = weft_ceil_div(job.strips, GRADIENT_TILES);
    // Enough tasks to balance the threads. Fewer panels cost nothing but the packing of strips.
    int64_t wanted = 4 * weft_pool_threads(pool);
    if (groups * blocks < wanted) groups = weft_min(job.panels, weft_ceil_div(wanted, blocks));
    if (groups * blocks < wanted) blocks = weft_min(job.strips, weft_ceil_div(wanted, groups));
    job.task_panels = weft_ceil_div(job.panels, groups);
    // Whole rounds of taps where that is about as many.
    if (job.by_channels && job.taps > 1 && job.taps <= GRADIENT_PANELS && job.task_panels > 4)
        job.task_panels = weft_max(1, job.task_panels / job.taps) * job.taps;
    job.panel_groups = weft_ceil_div(job.panels, job.task_panels);
    job.task_strips = weft_ceil_div(job.strips, blocks);
    int64_t tasks = job.panel_groups * weft_ceil_div(job.strips, job.task_strips);
    bool small = m * n * job.channels * job.taps < 1 << 18;
    weft_run(pool, tasks, small, weights_task, &job);
}

// ---- Sums of rows ---------------------------------------------------------------------------

enum { SUM_COLUMNS = 4 * VL, SUM_CHUNK = 128 };

typedef struct {
    const float *x;
    int64_t rows, stride, columns, table_rows, repeats, slices, slice;
    float *partial, *table;
} sum_job;

// partial[slice][t][c] = Σ of the rows of table row t that belong to the slice, in runs of
// SUM_CHUNK.
static void sum_task(void *context, int64_t task, int worker) {
    (void)worker;
    const sum_job *job = context;
    int64_t t = task % job->table_rows, slice = task / job->table_rows;
    float *total = job->partial + task * job->columns;
    for (int64_t c = 0; c < job->columns; c++) total[c] = 0;
    int64_t end = (slice + 1) * job->slice;
    for (int64_t begin = slice * job->slice; begin < end; begin += SUM_CHUNK)
        for (int64_t c = 0; c < job->columns; c += SUM_COLUMNS) {
            int64_t count = weft_min(SUM_COLUMNS, job->columns - c);
            vf sum[4] = {splat(0), splat(0), splat(0), splat(0)};
            for (int64_t i = begin; i < weft_min(begin + SUM_CHUNK, end); i++) {
                int64_t cycle = i / job->repeats, place = i % job->repeats;
                int64_t row = (cycle * job->table_rows + t) * job->repeats + place;
                if (row >= job->rows) break;
                const float *x = job->x + row * job->stride + c;
                for (int j = 0; j < 4; j++) {
                    int64_t left = count - j * VL;
                    if (left >= VL) sum[j] += load(x + j * VL);
                    else if (left > 0) sum[j] += load_part(x + j * VL, left);
                }
            }
            for (int64_t j = 0; j < count; j++) total[c + j] += sum[j / VL][j % VL];
        }
}

static void row_sums(weft_pool *pool, const float *x, int64_t rows, int64_t stride,
                     int64_t columns, int64_t table_rows, int64_t repeats, int64_t slices,
                     float *partial, float *table) {
    sum_job job = {x, rows, stride, columns, table_rows, repeats, slices, 0, partial, table};
    // Rows of table row 0, of which there are most.
    int64_t cycle = table_rows * repeats;
    int64_t most = rows / cycle * repeats + weft_min(rows % cycle, repeats);
    job.slice = weft_ceil_div(most, slices);
    weft_run(pool, table_rows * slices, rows * columns < 1 << 14, sum_task, &job);
    for (int64_t s = 0; s < slices; s++)
        for (int64_t i = 0; i < table_rows * columns; i++)
            table[i] += partial[s * table_rows * columns + i];
}
