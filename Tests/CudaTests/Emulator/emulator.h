// Inside the emulated device: running kernels, and what the tests ask and set.
#pragma once

// Runs a kernel over a grid; `threads` up to 1024.
void emulator_run(void (*kernel)(const void *), const void *job, unsigned blocks, unsigned threads,
                  unsigned shared_bytes);

// The kernel of a name for a storage (0, 1, 2), or null.
typedef void (*emulator_kernel)(const void *);
emulator_kernel emulator_find(const char *name, int storage);

// Notes a call; what it should fail with, or 0.
int emulator_call(const char *name);
// A line of the log that is no call.
void emulator_note(const char *line);
// Counts what was made, and given back.
void emulator_alive(int change);
bool emulator_runs_kernels();

// What cuBLASLt says of itself, and whether it has an algorithm for anything.
extern long long emulator_products_version, emulator_has_algorithms;

// Whether lanes and warps run from the last to the first.
extern bool emulator_is_reversed;
