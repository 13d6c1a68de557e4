// Inside the emulated device: running kernels, and what the tests ask and set.
#pragma once

// Runs a kernel over a grid; `threads` up to 1024.
void emulator_run(void (*kernel)(const void *), const void *job, unsigned blocks, unsigned threads,
                  unsigned shared_bytes);

// The kernel of a name for a storage (0, 1, 2), or null.
typedef void (*emulator_kernel)(const void *);
emulator_kernel emulator_find(const char *name, int storage);

// Whether lanes and warps run from the last to the first.
extern bool emulator_is_reversed;
