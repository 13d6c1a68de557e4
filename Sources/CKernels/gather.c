// Copies rows of a product's left operand into a block.
#include "gather.h"

#include <string.h>

// Floats at one tap of one output position, or NULL where the tap lies outside.
static const float *tap_source(const weft_rows *r, int64_t row, int64_t tap) {
    if (r->kind == WEFT_ROWS_FRAMES) {
        int64_t pixel = row % r->pixels;
        int64_t frame = row / r->pixels % r->frames + tap - r->taps / 2;
        int64_t video = row / (r->pixels * r->frames);
        if (frame < 0 || frame >= r->frames) return NULL;
        return r->x + ((video * r->frames + frame) * r->pixels + pixel) * r->channels;
    }
    int64_t x = row % r->out_width;
    int64_t y = row / r->out_width % r->out_height;
    int64_t n = row / (r->out_width * r->out_height);
    int64_t in_y = y * r->stride + tap / r->kernel_width - r->pad_top;
    int64_t in_x = x * r->stride + tap % r->kernel_width - r->pad_left;
    if (in_y < 0 || in_y >= r->enlarged_height || in_x < 0 || in_x >= r->enlarged_width)
        return NULL;
    if (r->row_map) in_y = r->row_map[in_y];
    if (r->column_map) in_x = r->column_map[in_x];
    return r->x + ((n * r->in_height + in_y) * r->in_width + in_x) * r->channels;
}

void weft_gather(const weft_rows *r, int64_t row, int64_t rows, int64_t begin, int64_t length,
                 float *block, int64_t block_stride) {
    if (r->kind == WEFT_ROWS_PLAIN) {
        for (int64_t i = 0; i < rows; i++)
            memcpy(block + i * block_stride, r->x + (row + i) * r->channels + begin,
                   (size_t)length * 4);
        return;
    }
    for (int64_t done = 0; done < length;) {
        int64_t tap = (begin + done) / r->channels;
        int64_t channel = (begin + done) % r->channels;
        int64_t count = weft_min(r->channels - channel, length - done);
        for (int64_t i = 0; i < rows; i++) {
            const float *source = tap_source(r, row + i, tap);
            float *target = block + i * block_stride + done;
            if (source)
                memcpy(target, source + channel, (size_t)count * 4);
            else
                memset(target, 0, (size_t)count * 4);
        }
        done += count;
    }
}
