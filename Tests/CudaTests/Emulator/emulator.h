// Inside the emulated device: running kernels, and what the tests ask and set.
#pragma once

#include <stddef.h>

// Runs a kernel over a grid; `threads` up to 1024.
void emulator_run(void (*kernel)(const void *), const void *job, unsigned blocks, unsigned threads,
                  unsigned shared_bytes);

// A kernel and the bytes of its parameter.
typedef void (*emulator_kernel)(const void *);
struct emulator_function {
    emulator_kernel run;
    size_t job_bytes;
};

// The kernel of a name for a storage (0, 1, 2), or null.
const emulator_function *emulator_find(const char *name, int storage);

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

// ---- Streams, events, memory of the host, graphs ------------------------------------------------

// Whether what is on streams other than the first happens as early as events let it. Otherwise, and
// on the first always, it happens when somebody waits for it, and not before.
extern bool emulator_is_hasty;

struct emulator_step;
struct emulator_stream;
struct emulator_event;
struct emulator_graph;

emulator_stream *emulator_made_stream();
void emulator_destroy(emulator_stream *stream);
// Queues work, or captures it: `run` gets a copy of the data when the stream gets there. All that
// happens on a stream goes through here. All results are the driver's codes.
int emulator_queue(void *stream, void (*run)(void *data), const void *data, size_t bytes);
int emulator_synchronize(emulator_stream *stream);
// Runs a stream up to a mark, and what that waits for on others.
void emulator_finish(emulator_stream *stream, long long mark);

emulator_event *emulator_made_event();
int emulator_record(emulator_event *event, emulator_stream *stream);
int emulator_await(emulator_stream *stream, const emulator_event *event);
void emulator_synchronize(const emulator_event *event);

void *emulator_made_pinned(size_t bytes);
bool emulator_free_pinned(void *start);
int emulator_copy_in(void *stream, void *target, const void *source, size_t bytes);
int emulator_copy_out(void *stream, void *target, const void *source, size_t bytes);
int emulator_copy_within(void *stream, void *target, const void *source, size_t bytes);

int emulator_begin_capture(emulator_stream *stream);
int emulator_end_capture(emulator_stream *stream, emulator_graph **graph);
emulator_graph *emulator_copied(const emulator_graph *graph);
void emulator_destroy(emulator_graph *graph);
int emulator_launch(emulator_graph *graph, emulator_stream *stream);
