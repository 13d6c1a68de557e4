// The thread pool: one operation at a time, tasks taken from a shared counter.
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Turns of a spinning worker before it sleeps: some tens of microseconds, the gap between two
// operations of a network, so that back-to-back operations do not pay for a wake-up.
enum { SPIN_TURNS = 2000 };

typedef struct {
    void *block;
    int64_t bytes;
} scratch_block;

struct weft_pool {
    int threads;
    pthread_t *handles;
    scratch_block *scratch;  // by worker

    pthread_mutex_t shared_gate;
    scratch_block shared;

    pthread_mutex_t gate;  // one operation at a time
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic uint64_t generation;
    bool stopping;

    // The operation in progress.
    weft_body body;
    void *context;
    int64_t tasks;
    _Atomic int64_t next;
    _Atomic int finished;
};

typedef struct {
    weft_pool *pool;
    int worker;
} worker_start;

static inline void relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

// Denormals make multiply-adds a hundred times slower and carry no information here.
static unsigned flush_denormals(void) {
#if defined(__x86_64__)
    unsigned previous = _mm_getcsr();
    _mm_setcsr(previous | 0x8040);
    return previous;
#else
    return 0;
#endif
}

static void restore_denormals(unsigned state) {
#if defined(__x86_64__)
    _mm_setcsr(state);
#else
    (void)state;
#endif
}

static void work(weft_pool *pool, int worker) {
    for (;;) {
        int64_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (task >= pool->tasks) return;
        pool->body(pool->context, task, worker);
    }
}

static void *worker_main(void *argument) {
    worker_start start = *(worker_start *)argument;
    free(argument);
    weft_pool *pool = start.pool;
    flush_denormals();
    uint64_t seen = 0;
    for (;;) {
        for (int turn = 0; turn < SPIN_TURNS; turn++) {
            if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen) break;
            relax();
        }
        if (atomic_load_explicit(&pool->generation, memory_order_acquire) == seen) {
            pthread_mutex_lock(&pool->mutex);
            while (atomic_load_explicit(&pool->generation, memory_order_acquire) == seen)
                pthread_cond_wait(&pool->wake, &pool->mutex);
            pthread_mutex_unlock(&pool->mutex);
        }
        seen = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (pool->stopping) return NULL;
        work(pool, start.worker);
        atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
    }
}

static void announce(weft_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

weft_pool *weft_pool_create(int threads) {
    if (threads < 1) return NULL;
    weft_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pool->handles = calloc((size_t)threads, sizeof *pool->handles);
    pool->scratch = calloc((size_t)threads, sizeof *pool->scratch);
    pthread_mutex_init(&pool->shared_gate, NULL);
    pthread_mutex_init(&pool->gate, NULL);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->threads = 1;
    if (!pool->handles || !pool->scratch) {
        weft_pool_destroy(pool);
        return NULL;
    }
    for (int worker = 1; worker < threads; worker++) {
        worker_start *start = malloc(sizeof *start);
        if (start) *start = (worker_start){pool, worker};
        if (!start || pthread_create(&pool->handles[worker], NULL, worker_main, start) != 0) {
            free(start);
            weft_pool_destroy(pool);
            return NULL;
        }
        pool->threads++;
    }
    return pool;
}

void weft_pool_destroy(weft_pool *pool) {
    if (!pool) return;
    pool->stopping = true;
    announce(pool);
    for (int worker = 1; worker < pool->threads; worker++)
        pthread_join(pool->handles[worker], NULL);
    for (int worker = 0; pool->scratch && worker < pool->threads; worker++)
        weft_free(pool->scratch[worker].block);
    weft_free(pool->shared.block);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->gate);
    pthread_mutex_destroy(&pool->shared_gate);
    free(pool->handles);
    free(pool->scratch);
    free(pool);
}

int weft_pool_threads(const weft_pool *pool) { return pool->threads; }

void weft_run(weft_pool *pool, int64_t tasks, bool small, weft_body body, void *context) {
    pthread_mutex_lock(&pool->gate);
    unsigned state = flush_denormals();
    if (small || tasks <= 1 || pool->threads == 1) {
        for (int64_t task = 0; task < tasks; task++) body(context, task, 0);
    } else {
        pool->body = body;
        pool->context = context;
        pool->tasks = tasks;
        atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
        announce(pool);
        work(pool, 0);
        const int others = pool->threads - 1;
        for (int turn = 0;
             atomic_load_explicit(&pool->finished, memory_order_acquire) < others; turn++)
            if (turn < SPIN_TURNS) relax(); else sched_yield();
    }
    restore_denormals(state);
    pthread_mutex_unlock(&pool->gate);
}

static void *grown(scratch_block *scratch, int64_t bytes) {
    if (scratch->bytes < bytes) {
        weft_free(scratch->block);
        scratch->block = weft_allocate(bytes);
        scratch->bytes = bytes;
        if (!scratch->block) {
            fprintf(stderr, "weft: no memory for %lld bytes of scratch\n", (long long)bytes);
            abort();
        }
    }
    return scratch->block;
}

void *weft_scratch(weft_pool *pool, int worker, int64_t bytes) {
    return grown(&pool->scratch[worker], bytes);
}

void *weft_shared_take(weft_pool *pool, int64_t bytes) {
    pthread_mutex_lock(&pool->shared_gate);
    return grown(&pool->shared, bytes);
}

void weft_shared_give(weft_pool *pool) { pthread_mutex_unlock(&pool->shared_gate); }

void *weft_allocate(int64_t bytes) {
    enum { HUGE_PAGE = 2 << 20 };
    void *block = NULL;
    bool huge = bytes >= 2 * HUGE_PAGE;
    size_t size = (size_t)weft_max(bytes, 64);
    if (posix_memalign(&block, huge ? HUGE_PAGE : 64, size) != 0) return NULL;
    if (huge) madvise(block, size, MADV_HUGEPAGE);
    return block;
}

void weft_free(void *block) { free(block); }
