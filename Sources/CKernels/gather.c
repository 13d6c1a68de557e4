// Copies rows of a product's left operand into a block.
#include "gather.h"

#include <string.h>

// Copies `count` channels from `source`, or zeros where there is none.
static void copy_channels(const float *source, int64_t count, float *target) {
    if (source)
        memcpy(target, source, (size_t)count * 4);
    else
        memset(target, 0, (size_t)count * 4);
}

// Channels channel ..< channel + count at one tap, for `rows` output positions from `row` on. The
// positions are walked, not divided out of each row's number.
static void gather_image(const weft_rows *r, int64_t row, int64_t rows, int64_t tap,
                         int64_t channel, int64_t count, float *target, int64_t stride) {
    int64_t x = row % r->out_width;
    int64_t y = row / r->out_width % r->out_height;
    int64_t n = row / (r->out_width * r->out_height);
    int64_t down = tap / r->kernel_width - r->pad_top;
    int64_t across = tap % r->kernel_width - r->pad_left;
    for (int64_t i = 0; i < rows; i++, target += stride) {
        int64_t in_y = y * r->stride + down, in_x = x * r->stride + across;
        const float *source = NULL;
        if (in_y >= 0 && in_y < r->enlarged_height && in_x >= 0 && in_x < r->enlarged_width) {
            if (r->row_map) in_y = r->row_map[in_y];
            if (r->column_map) in_x = r->column_map[in_x];
            if (in_y >= 0 && in_x >= 0)
                source = r->x + ((n * r->in_height + in_y) * r->in_width + in_x) * r->channels +
                         channel;
        }
        copy_channels(source, count, target);
        if (++x < r->out_width) continue;
        x = 0;
        if (++y < r->out_height) continue;
        y = 0;
        n++;
    }
}

// The same along frames: a tap moves a row by a frame, unless that leaves its video.
static void gather_frames(const weft_rows *r, int64_t row, int64_t rows, int64_t tap,
                          int64_t channel, int64_t count, float *target, int64_t stride) {
    int64_t pixel = row % r->pixels, frame = row / r->pixels % r->frames;
    int64_t ahead = tap - r->taps / 2;
    const float *x = r->x + (row + ahead * r->pixels) * r->channels + channel;
    for (int64_t i = 0; i < rows; i++, target += stride) {
        bool inside = frame + ahead >= 0 && frame + ahead < r->frames;
        copy_channels(inside ? x + i * r->channels : NULL, count, target);
        if (++pixel < r->pixels) continue;
        pixel = 0;
        if (++frame == r->frames) frame = 0;
    }
}

int64_t weft_row_taps(const weft_rows *r) {
    switch (r->kind) {
        case WEFT_ROWS_PLAIN: return 1;
        case WEFT_ROWS_IMAGE: return r->kernel_height * r->kernel_width;
        case WEFT_ROWS_FRAMES: return r->taps;
        case WEFT_ROWS_JOINED: return 1;
    }
    return 1;
}

// Columns begin ..< begin + length of two matrices side by side.
static void gather_joined(const weft_rows *r, int64_t row, int64_t rows, int64_t begin,
                          int64_t length, float *block, int64_t stride) {
    int64_t first = weft_max(0, weft_min(length, r->channels - begin));
    int64_t from = weft_max(0, begin - r->channels);
    for (int64_t i = row; i < row + rows; i++, block += stride) {
        if (first > 0) memcpy(block, r->x + i * r->channels + begin, (size_t)first * 4);
        if (first < length)
            memcpy(block + first, r->more + i * r->more_channels + from,
                   (size_t)(length - first) * 4);
    }
}

void weft_gather(const weft_rows *r, int64_t row, int64_t rows, int64_t begin, int64_t length,
                 float *block, int64_t block_stride) {
    if (r->kind == WEFT_ROWS_PLAIN) {
        for (int64_t i = 0; i < rows; i++)
            memcpy(block + i * block_stride, r->x + (row + i) * r->channels + begin,
                   (size_t)length * 4);
        return;
    }
    if (r->kind == WEFT_ROWS_JOINED) {
        gather_joined(r, row, rows, begin, length, block, block_stride);
        return;
    }
    for (int64_t done = 0; done < length;) {
        int64_t tap = (begin + done) / r->channels;
        int64_t channel = (begin + done) % r->channels;
        int64_t count = weft_min(r->channels - channel, length - done);
        if (r->kind == WEFT_ROWS_IMAGE)
            gather_image(r, row, rows, tap, channel, count, block + done, block_stride);
        else
            gather_frames(r, row, rows, tap, channel, count, block + done, block_stride);
        done += count;
    }
}
