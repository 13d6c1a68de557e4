#pragma once

#include "pool.h"

// Taps of a row: it has as many times `channels` columns.
int64_t weft_row_taps(const weft_rows *rows);
// block[i][0 ..< length] = columns begin ..< begin + length of rows row ..< row + rows.
void weft_gather(const weft_rows *rows, int64_t row, int64_t count, int64_t begin, int64_t length,
                 float *block, int64_t block_stride);
