// The pool as the kernels see it.
#pragma once

#include "weft_kernels.h"

// Runs body(context, task, worker) for task = 0 ... tasks - 1, each once, on the pool's threads in
// any order, and returns when all are done. worker < threads names the thread. With `small` set the
// caller runs all of them.
typedef void (*weft_body)(void *context, int64_t task, int worker);
void weft_run(weft_pool *pool, int64_t tasks, bool small, weft_body body, void *context);

// Scratch memory of one worker, at least `bytes`, valid until its next call; 64-byte aligned.
void *weft_scratch(weft_pool *pool, int worker, int64_t bytes);

// Memory that all workers see through several runs, at least `bytes`, 64-byte aligned. One
// operation holds it at a time, until it gives it back.
void *weft_shared_take(weft_pool *pool, int64_t bytes);
void weft_shared_give(weft_pool *pool);

static inline int64_t weft_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t weft_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t weft_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
