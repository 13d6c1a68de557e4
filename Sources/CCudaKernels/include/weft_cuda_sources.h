// The sources of the CUDA kernels, part of the program: they are compiled on the machine that has
// the device.
#pragma once

#include <stddef.h>

// Number of texts, in the order in which they are compiled as one.
size_t weft_cuda_source_count(void);
const char *weft_cuda_source_name(size_t index);
// Not ended by a zero; `length` gets its bytes.
const unsigned char *weft_cuda_source_text(size_t index, size_t *length);
