// Rows to lanes and back: VL rows become the lanes of one vector per column, so that every row is
// worked on at once without a sum across lanes.

#define LANE_LOW(l, h) ((l) & (h) ? VL + (l) - (h) : (l))
#define LANE_HIGH(l, h) ((l) & (h) ? VL + (l) : (l) + (h))
#define LANES_8(F, h, o)                                                                          \
    F(o, h), F(o + 1, h), F(o + 2, h), F(o + 3, h), F(o + 4, h), F(o + 5, h), F(o + 6, h),        \
        F(o + 7, h)
#if VL == 16
#define INTERLEAVE(a, b, F, h) __builtin_shufflevector(a, b, LANES_8(F, h, 0), LANES_8(F, h, 8))
#elif VL == 8
#define INTERLEAVE(a, b, F, h) __builtin_shufflevector(a, b, LANES_8(F, h, 0))
#endif

// Exchanges one bit of the row number with the same bit of the lane number.
#define EXCHANGE(rows, h)                                                                         \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < VL; i++) {                             \
        if (i & (h)) continue;                                                                    \
        vf a = rows[i], b = rows[i + (h)];                                                        \
        rows[i] = INTERLEAVE(a, b, LANE_LOW, h);                                                  \
        rows[i + (h)] = INTERLEAVE(a, b, LANE_HIGH, h);                                           \
    }

INLINE void transpose(vf rows[VL]) {
#if VL > 8
    EXCHANGE(rows, 8)
#endif
#if VL > 1
    EXCHANGE(rows, 4)
    EXCHANGE(rows, 2)
    EXCHANGE(rows, 1)
#else
    (void)rows;
#endif
}

// lanes[c][0 ..< VL] = x[0 ..< VL][c] · scale for c < columns <= VL; zeros from row `rows` on.
INLINE void pack_block(const float *x, int64_t stride, int64_t rows, int64_t columns, float scale,
                       float *lanes, int64_t lane_stride) {
    vf block[VL];
    if (rows == VL && columns == VL) {
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++) block[i] = load(x + i * stride) * splat(scale);
        transpose(block);
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++) store(lanes + i * lane_stride, block[i]);
        return;
    }
    for (int i = 0; i < VL; i++)
        block[i] = i < rows ? load_part(x + i * stride, columns) * splat(scale) : splat(0);
    transpose(block);
    for (int64_t i = 0; i < columns; i++) store(lanes + i * lane_stride, block[i]);
}

// The columns' last block overlaps the one before it where they are no multiple of VL.
static void pack_lanes(const float *x, int64_t stride, int64_t rows, int64_t columns, float scale,
                       float *lanes, int64_t lane_stride) {
    for (int64_t c = 0; c < columns; c += VL) {
        int64_t at = weft_max(0, weft_min(c, columns - VL));
        pack_block(x + at, stride, rows, weft_min(VL, columns), scale, lanes + at * lane_stride,
                   lane_stride);
    }
}

// y[r][c] = lanes[c][r] · factor[r] for r < rows <= VL, c < columns <= VL.
INLINE void unpack_block(const float *lanes, int64_t lane_stride, vf factor, int64_t rows,
                         int64_t columns, float *y, int64_t stride) {
    vf block[VL];
    if (rows == VL && columns == VL) {
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++) block[i] = load(lanes + i * lane_stride) * factor;
        transpose(block);
#pragma clang loop unroll(full)
        for (int i = 0; i < VL; i++) store(y + i * stride, block[i]);
        return;
    }
    for (int i = 0; i < VL; i++)
        block[i] = i < columns ? load(lanes + i * lane_stride) * factor : splat(0);
    transpose(block);
    for (int64_t i = 0; i < rows; i++) store_part(y + i * stride, block[i], columns);
}

static void unpack_lanes(const float *lanes, int64_t lane_stride, vf factor, int64_t rows,
                         int64_t columns, float *y, int64_t stride) {
    for (int64_t c = 0; c < columns; c += VL) {
        int64_t at = weft_max(0, weft_min(c, columns - VL));
        unpack_block(lanes + at * lane_stride, lane_stride, factor, rows, weft_min(VL, columns),
                     y + at, stride);
    }
}
