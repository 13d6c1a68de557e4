// Streams of the emulated device: what is queued happens as late as it may, or as early.
#include "emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool emulator_is_hasty;

struct emulator_graph {
    emulator_step *first, *last;
    int pending;  // launches that are queued
    bool is_destroyed;
};

struct emulator_step {
    void (*run)(void *data);
    void *data;
    size_t bytes;
    // Instead of `run`: another stream has to come this far.
    emulator_stream *awaited;
    long long mark;
    // Or a graph.
    emulator_graph *graph;
    emulator_step *next;
};

struct emulator_stream {
    emulator_step *first, *last;
    long long queued, done;
    bool is_side;  // not the first of the device
    bool is_spoilt;
    emulator_graph *captured;
};

struct emulator_event {
    emulator_stream *stream;  // null before the first record
    long long mark;
};

namespace {

int streams_alive;

struct Pinned {
    char *start;
    size_t bytes;
    Pinned *next;
} *pinned;

void append(emulator_step *step, emulator_step *&first, emulator_step *&last) {
    step->next = 0;
    if (last) {
        last->next = step;
    } else {
        first = step;
    }
    last = step;
}

emulator_step *made_step(const void *data, size_t bytes) {
    emulator_step *step = (emulator_step *)calloc(1, sizeof(emulator_step));
    step->bytes = bytes;
    if (bytes > 0) {
        step->data = malloc(bytes);
        memcpy(step->data, data, bytes);
    }
    return step;
}

void free_steps(emulator_step *step) {
    while (step) {
        emulator_step *next = step->next;
        free(step->data);
        free(step);
        step = next;
    }
}

void let_go(emulator_graph *graph) {
    if (!graph->is_destroyed || graph->pending > 0) return;
    free_steps(graph->first);
    free(graph);
}

void run_graph(emulator_graph *graph) {
    if (graph->is_destroyed) {
        fprintf(stderr, "a graph was destroyed before it ran\n");
        abort();
    }
    for (emulator_step *step = graph->first; step; step = step->next) step->run(step->data);
}

// Runs the first of what is queued; false if it waits for another stream that may not be run.
bool advance(emulator_stream *stream, bool runs_others) {
    emulator_step *step = stream->first;
    if (step->awaited && step->awaited->done < step->mark) {
        if (!runs_others) return false;
        emulator_finish(step->awaited, step->mark);
    }
    stream->first = step->next;
    if (!stream->first) stream->last = 0;
    if (step->run) step->run(step->data);
    if (step->graph) {
        run_graph(step->graph);
        --step->graph->pending;
    }
    ++stream->done;
    step->next = 0;
    free_steps(step);
    return true;
}

int enqueue(emulator_stream *stream, emulator_step *step) {
    append(step, stream->first, stream->last);
    ++stream->queued;
    // The other extreme: side streams are as far as they can be.
    while (emulator_is_hasty && stream->is_side && stream->first && advance(stream, false)) {
    }
    return 0;
}

int spoil(emulator_stream *stream) {
    stream->is_spoilt = true;
    return 900;  // CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED
}

}  // namespace

// ---- Streams -------------------------------------------------------------------------------------

emulator_stream *emulator_made_stream() {
    emulator_stream *stream = (emulator_stream *)calloc(1, sizeof(emulator_stream));
    stream->is_side = streams_alive++ > 0;
    return stream;
}

void emulator_destroy(emulator_stream *stream) {
    --streams_alive;
    for (emulator_step *step = stream->first; step; step = step->next) {
        if (step->graph) --step->graph->pending;
    }
    free_steps(stream->first);
    if (stream->captured) emulator_destroy(stream->captured);
    free(stream);
}

int emulator_queue(void *stream, void (*run)(void *data), const void *data, size_t bytes) {
    emulator_stream *target = (emulator_stream *)stream;
    emulator_step *step = made_step(data, bytes);
    step->run = run;
    if (!target->captured) return enqueue(target, step);
    append(step, target->captured->first, target->captured->last);
    return 0;
}

void emulator_finish(emulator_stream *stream, long long mark) {
    while (stream->first && stream->done < mark) advance(stream, true);
}

int emulator_synchronize(emulator_stream *stream) {
    if (stream->captured) return spoil(stream);
    emulator_finish(stream, stream->queued);
    return 0;
}

// ---- Events --------------------------------------------------------------------------------------

int emulator_record(emulator_event *event, emulator_stream *stream) {
    if (stream->captured) return spoil(stream);
    event->stream = stream;
    event->mark = stream->queued;
    return 0;
}

int emulator_await(emulator_stream *stream, const emulator_event *event) {
    if (stream->captured) return spoil(stream);
    if (!event->stream) return 0;
    emulator_step *step = made_step(0, 0);
    step->awaited = event->stream;
    step->mark = event->mark;
    return enqueue(stream, step);
}

emulator_event *emulator_made_event() {
    return (emulator_event *)calloc(1, sizeof(emulator_event));
}

void emulator_synchronize(const emulator_event *event) {
    if (event->stream) emulator_finish(event->stream, event->mark);
}

// ---- Copies --------------------------------------------------------------------------------------

void *emulator_made_pinned(size_t bytes) {
    Pinned *made = (Pinned *)calloc(1, sizeof(Pinned));
    made->bytes = bytes;
    const int access = PROT_READ | PROT_WRITE;
    made->start = (char *)mmap(0, bytes, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(made->start, 0xFF, bytes);
    made->next = pinned;
    pinned = made;
    return made->start;
}

bool emulator_free_pinned(void *start) {
    for (Pinned **place = &pinned; *place; place = &(*place)->next) {
        Pinned *found = *place;
        if (found->start != start) continue;
        *place = found->next;
        munmap(found->start, found->bytes);  // what is still to be copied ends the process
        free(found);
        return true;
    }
    return false;
}

static bool is_pinned(const void *memory, size_t bytes) {
    const char *start = (const char *)memory;
    for (Pinned *at = pinned; at; at = at->next) {
        if (start >= at->start && start + bytes <= at->start + at->bytes) return true;
    }
    return false;
}

struct Copy {
    void *target;
    const void *source;
    size_t bytes;
};

static void run_copy(void *data) {
    const Copy *copy = (const Copy *)data;
    memmove(copy->target, copy->source, copy->bytes);
}

// What is copied from memory that is not pinned has been read when the call returns.
static void run_copy_of_own(void *data) {
    const Copy *copy = (const Copy *)data;
    memcpy(copy->target, copy + 1, copy->bytes);
}

int emulator_copy_in(void *stream, void *target, const void *source, size_t bytes) {
    emulator_stream *on = (emulator_stream *)stream;
    const Copy copy = {target, source, bytes};
    if (is_pinned(source, bytes)) return emulator_queue(on, run_copy, &copy, sizeof copy);
    if (on->captured) return spoil(on);
    char *all = (char *)malloc(sizeof copy + bytes);
    memcpy(all, &copy, sizeof copy);
    memcpy(all + sizeof copy, source, bytes);
    const int result = emulator_queue(on, run_copy_of_own, all, sizeof copy + bytes);
    free(all);
    return result;
}

int emulator_copy_out(void *stream, void *target, const void *source, size_t bytes) {
    emulator_stream *on = (emulator_stream *)stream;
    const Copy copy = {target, source, bytes};
    if (is_pinned(target, bytes)) return emulator_queue(on, run_copy, &copy, sizeof copy);
    if (on->captured) return spoil(on);
    emulator_synchronize(on);
    memcpy(target, source, bytes);
    return 0;
}

int emulator_copy_within(void *stream, void *target, const void *source, size_t bytes) {
    const Copy copy = {target, source, bytes};
    return emulator_queue(stream, run_copy, &copy, sizeof copy);
}

// ---- Graphs --------------------------------------------------------------------------------------

int emulator_begin_capture(emulator_stream *stream) {
    if (stream->captured) return spoil(stream);
    stream->captured = (emulator_graph *)calloc(1, sizeof(emulator_graph));
    stream->is_spoilt = false;
    return 0;
}

int emulator_end_capture(emulator_stream *stream, emulator_graph **graph) {
    *graph = 0;
    if (!stream->captured) return 901;  // CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
    if (stream->is_spoilt) {
        emulator_destroy(stream->captured);
    } else {
        *graph = stream->captured;
    }
    stream->captured = 0;
    return *graph ? 0 : 901;
}

emulator_graph *emulator_copied(const emulator_graph *graph) {
    emulator_graph *made = (emulator_graph *)calloc(1, sizeof(emulator_graph));
    for (const emulator_step *step = graph->first; step; step = step->next) {
        emulator_step *copy = made_step(step->data, step->bytes);
        copy->run = step->run;
        append(copy, made->first, made->last);
    }
    return made;
}

void emulator_destroy(emulator_graph *graph) {
    graph->is_destroyed = true;
    let_go(graph);
}

int emulator_launch(emulator_graph *graph, emulator_stream *stream) {
    if (stream->captured) return spoil(stream);
    emulator_step *step = made_step(0, 0);
    step->graph = graph;
    ++graph->pending;
    return enqueue(stream, step);
}
