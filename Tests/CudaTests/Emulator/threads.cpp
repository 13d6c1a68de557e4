// Blocks of fibers: one after the other until each waits for the others.
#include "emulator.h"

#include "emulated_device.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

Index threadIdx, blockIdx, blockDim, gridDim;
unsigned char *emulator_dynamic_shared;
bool emulator_is_reversed;

namespace {

enum State { READY, AT_WARP, AT_BLOCK, ENDED };

struct Copy {
    void *target;
    const void *source;
    bool present;
    int group;
};

const int MOST_THREADS = 1024, STACK_BYTES = 128 << 10, MOST_COPIES = 512;

struct Fiber {
    State state;
    bool has_begun;
    jmp_buf place;
    ucontext_t context;
    unsigned exchanges;
    int groups, done;  // of copies: committed, and finished
    int copy_count;
    Copy copies[MOST_COPIES];
};

Fiber *fibers;
unsigned char *stacks;
unsigned char slots[MOST_THREADS / 32][2][32][64];
unsigned char shared_memory[256 << 10] __attribute__((aligned(128)));
unsigned current;
jmp_buf scheduler;
void (*current_kernel)(const void *);
const void *current_job;

void yield(State state) {
    Fiber &fiber = fibers[current];
    fiber.state = state;
    if (_setjmp(fiber.place) == 0) _longjmp(scheduler, 1);
}

void fiber_main() {
    current_kernel(current_job);
    fibers[current].state = ENDED;
    _longjmp(scheduler, 1);
}

void resume(unsigned index) {
    current = index;
    threadIdx = {index, 0, 0};
    Fiber &fiber = fibers[index];
    if (_setjmp(scheduler) != 0) return;
    if (fiber.has_begun) _longjmp(fiber.place, 1);
    fiber.has_begun = true;
    setcontext(&fiber.context);
}

// Runs one warp until all its lanes wait for the block or have ended.
void run_warp(unsigned warp, unsigned threads) {
    const unsigned first = warp * 32, end = first + 32 < threads ? first + 32 : threads;
    for (;;) {
        for (unsigned i = first; i < end; ++i) {
            const unsigned lane = emulator_is_reversed ? end - 1 - (i - first) : i;
            while (fibers[lane].state == READY) resume(lane);
        }
        unsigned at_warp = 0, at_block = 0;
        for (unsigned i = first; i < end; ++i) {
            at_warp += fibers[i].state == AT_WARP;
            at_block += fibers[i].state == AT_BLOCK;
        }
        if (at_warp == 0) return;
        if (at_block > 0 || at_warp != 32) {
            fprintf(stderr, "a warp's lanes wait for different things\n");
            abort();
        }
        for (unsigned i = first; i < end; ++i) fibers[i].state = READY;
    }
}

void run_block(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        Fiber &fiber = fibers[i];
        fiber.state = READY;
        fiber.has_begun = false;
        fiber.exchanges = 0;
        fiber.groups = fiber.done = fiber.copy_count = 0;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks + (size_t)i * STACK_BYTES;
        fiber.context.uc_stack.ss_size = STACK_BYTES;
        fiber.context.uc_link = 0;
        makecontext(&fiber.context, fiber_main, 0);
    }
    const unsigned warps = (threads + 31) / 32;
    for (;;) {
        for (unsigned i = 0; i < warps; ++i) {
            run_warp(emulator_is_reversed ? warps - 1 - i : i, threads);
        }
        unsigned waiting = 0, ended = 0;
        for (unsigned i = 0; i < threads; ++i) {
            waiting += fibers[i].state == AT_BLOCK;
            ended += fibers[i].state == ENDED;
        }
        if (waiting == 0) return;
        // A device lets those that have ended count as waiting; weft does not rely on it.
        if (ended > 0) {
            fprintf(stderr, "%u of %u threads ended before a barrier\n", ended, threads);
            abort();
        }
        for (unsigned i = 0; i < threads; ++i) fibers[i].state = READY;
    }
}

void finish_copies(Fiber &fiber, int upto) {
    for (int i = 0; i < fiber.copy_count; ++i) {
        Copy &copy = fiber.copies[i];
        if (copy.group < fiber.done || copy.group >= upto) continue;
        if (copy.present) {
            memcpy(copy.target, copy.source, 16);
        } else {
            memset(copy.target, 0, 16);
        }
    }
    fiber.done = upto > fiber.done ? upto : fiber.done;
    int left = 0;
    for (int i = 0; i < fiber.copy_count; ++i) {
        if (fiber.copies[i].group >= fiber.done) fiber.copies[left++] = fiber.copies[i];
    }
    fiber.copy_count = left;
}

}  // namespace

void emulator_wait_block() { yield(AT_BLOCK); }

int emulator_lane() { return (int)(current % 32); }

const unsigned char (*emulator_exchange(const void *mine, int size))[64] {
    // Two sets of slots: nobody writes the third round before all have read the first.
    unsigned char(*round)[64] = slots[current / 32][fibers[current].exchanges++ % 2];
    memcpy(round[current % 32], mine, (size_t)size);
    yield(AT_WARP);
    return round;
}

void emulator_copy(void *target, const void *source, bool present) {
    Fiber &fiber = fibers[current];
    if (fiber.copy_count == MOST_COPIES || (size_t)target % 16 != 0 ||
        (present && (size_t)source % 16 != 0)) {
        fprintf(stderr, "a copy that is not aligned, or too many\n");
        abort();
    }
    fiber.copies[fiber.copy_count++] = {target, source, present, fiber.groups};
}

void emulator_commit() { ++fibers[current].groups; }

void emulator_wait_copies(int left) {
    finish_copies(fibers[current], fibers[current].groups - left);
}

void emulator_run(void (*kernel)(const void *), const void *job, unsigned blocks, unsigned threads,
                  unsigned shared_bytes) {
    if (!fibers) {
        fibers = (Fiber *)calloc(MOST_THREADS, sizeof(Fiber));
        stacks = (unsigned char *)malloc((size_t)MOST_THREADS * STACK_BYTES);
    }
    if (threads > MOST_THREADS || shared_bytes > sizeof shared_memory) abort();
    emulator_dynamic_shared = shared_memory;
    current_kernel = kernel;
    current_job = job;
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    for (unsigned i = 0; i < blocks; ++i) {
        blockIdx = {emulator_is_reversed ? blocks - 1 - i : i, 0, 0};
        memset(shared_memory, 0xFF, shared_bytes);
        run_block(threads);
    }
}
