// The driver and NVRTC as weft calls them: counts what is alive, records calls, fails when told to.
// What happens on streams is in streams.cpp.
#include "emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define API extern "C" __attribute__((visibility("default")))

namespace {

const int OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500;
const size_t GRANULE = 2 << 20;

struct Settings {
    long long devices = 2, driver = 12080, memory = 4LL << 30, capability = 90;
    long long nvrtc = 12, nvrtc_minor = 8, largest_arch = 120, runs_kernels = 1;
    long long budget = 1LL << 40;
    long long fail_at = -1, fail_with = 719, fails_ever_after = 0, missing_mapping = 0;
} settings;

long long calls, live, mapped_bytes;
char log_text[1 << 20];
size_t log_length;

void note(const char *line) {
    const int written = snprintf(log_text + log_length, sizeof log_text - log_length, "%s\n", line);
    if (written > 0 && log_length + (size_t)written < sizeof log_text) {
        log_length += (size_t)written;
    }
}

int call(const char *name) {
    note(name);
    const long long index = calls++;
    const bool fails = settings.fail_at >= 0 && (settings.fails_ever_after
                                                     ? index >= settings.fail_at
                                                     : index == settings.fail_at);
    return fails ? (int)settings.fail_with : OK;
}

// Of programs that tests start: a file that is there once, and the first kernel breaks the device.
void break_once() {
    const char *path = getenv("WEFT_EMULATOR_BREAKS_WITH");
    if (!path || unlink(path) != 0) return;
    settings.fail_at = 0;
    settings.fails_ever_after = 1;
}

#define CALL(name)                                                                             \
    if (const int error = call(name)) return error

struct Allocation {
    size_t bytes;
};

struct Module {
    int storage;
};

Allocation *made_allocation(size_t bytes) {
    Allocation *made = (Allocation *)malloc(sizeof(Allocation));
    made->bytes = bytes;
    return made;
}

Module *made_module(int storage) {
    Module *made = (Module *)malloc(sizeof(Module));
    made->storage = storage;
    return made;
}

struct Program {
    char *source;
    int storage;
    char image[64];
};

}  // namespace

int emulator_call(const char *name) { return call(name); }
void emulator_note(const char *line) { note(line); }
void emulator_alive(int change) { live += change; }
bool emulator_runs_kernels() { return settings.runs_kernels != 0; }

// ---- What the tests use ------------------------------------------------------------------------

API void weft_emulator_reset() {
    settings = Settings();
    calls = 0;
    log_length = 0;
    log_text[0] = 0;
    emulator_is_reversed = false;
    emulator_products_version = 120903;
    emulator_has_algorithms = 1;
    emulator_is_hasty = false;
}

API int weft_emulator_set(const char *name, long long value) {
    struct {
        const char *name;
        long long *value;
    } known[] = {
        {"devices", &settings.devices},     {"driver", &settings.driver},
        {"memory", &settings.memory},       {"budget", &settings.budget},
        {"capability", &settings.capability},
        {"nvrtc", &settings.nvrtc},         {"largest_arch", &settings.largest_arch},
        {"runs_kernels", &settings.runs_kernels}, {"fail_at", &settings.fail_at},
        {"fail_with", &settings.fail_with}, {"fails_ever_after", &settings.fails_ever_after},
        {"missing_mapping", &settings.missing_mapping}, {"calls", &calls},
        {"cublaslt", &emulator_products_version}, {"algorithms", &emulator_has_algorithms},
    };
    for (auto &entry : known) {
        if (strcmp(entry.name, name) == 0) {
            *entry.value = value;
            return 1;
        }
    }
    bool *flag = strcmp(name, "reversed") == 0 ? &emulator_is_reversed
                 : strcmp(name, "hasty") == 0  ? &emulator_is_hasty
                                               : 0;
    if (!flag) return 0;
    *flag = value != 0;
    return 1;
}

API long long weft_emulator_calls() { return calls; }
API long long weft_emulator_live() { return live; }
API long long weft_emulator_mapped_bytes() { return mapped_bytes; }
API const char *weft_emulator_log() { return log_text; }
API void weft_emulator_clear_log() {
    log_length = 0;
    log_text[0] = 0;
}

// ---- Driver: devices -----------------------------------------------------------------------------

API int cuInit(unsigned) {
    CALL("cuInit");
    return settings.devices > 0 ? OK : 100;
}

API int cuDriverGetVersion(int *version) {
    CALL("cuDriverGetVersion");
    *version = (int)settings.driver;
    return OK;
}

API int cuDeviceGetCount(int *count) {
    CALL("cuDeviceGetCount");
    *count = (int)settings.devices;
    return OK;
}

API int cuDeviceGet(int *device, int ordinal) {
    CALL("cuDeviceGet");
    *device = ordinal;
    return ordinal < settings.devices ? OK : 101;
}

API int cuDeviceGetName(char *name, int length, int device) {
    CALL("cuDeviceGetName");
    snprintf(name, (size_t)length, "Emulated Device %d", device);
    return OK;
}

API int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
    CALL("cuDeviceGetUuid_v2");
    for (int i = 0; i < 16; ++i) uuid[i] = (unsigned char)(device * 16 + i);
    return OK;
}

API int cuDeviceTotalMem_v2(size_t *bytes, int) {
    CALL("cuDeviceTotalMem_v2");
    *bytes = (size_t)settings.memory;
    return OK;
}

API int cuDeviceGetAttribute(int *value, int attribute, int) {
    CALL("cuDeviceGetAttribute");
    switch (attribute) {
    case 75: *value = (int)settings.capability / 10; return OK;
    case 76: *value = (int)settings.capability % 10; return OK;
    case 16: *value = 16; return OK;
    case 97: *value = 160 << 10; return OK;
    case 102: *value = settings.missing_mapping == 0; return OK;
    default: return INVALID_VALUE;
    }
}

API int cuDevicePrimaryCtxRetain(void **context, int) {
    CALL("cuDevicePrimaryCtxRetain");
    ++live;
    *context = &settings;
    return OK;
}

API int cuDevicePrimaryCtxRelease_v2(int) {
    CALL("cuDevicePrimaryCtxRelease_v2");
    --live;
    return OK;
}

API int cuCtxSetCurrent(void *) {
    CALL("cuCtxSetCurrent");
    return OK;
}

API int cuGetErrorName(int code, const char **name) {
    switch (code) {
    case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return OK;
    case 719: *name = "CUDA_ERROR_LAUNCH_FAILED"; return OK;
    default: return INVALID_VALUE;
    }
}

// ---- Driver: streams, events and graphs ----------------------------------------------------------

API int cuStreamCreate(emulator_stream **stream, unsigned) {
    CALL("cuStreamCreate");
    ++live;
    *stream = emulator_made_stream();
    return OK;
}

API int cuStreamDestroy_v2(emulator_stream *stream) {
    CALL("cuStreamDestroy_v2");
    --live;
    emulator_destroy(stream);
    return OK;
}

API int cuStreamSynchronize(emulator_stream *stream) {
    CALL("cuStreamSynchronize");
    return emulator_synchronize(stream);
}

API int cuEventCreate(emulator_event **event, unsigned) {
    CALL("cuEventCreate");
    ++live;
    *event = emulator_made_event();
    return OK;
}

API int cuEventDestroy_v2(emulator_event *event) {
    CALL("cuEventDestroy_v2");
    --live;
    free(event);
    return OK;
}

API int cuEventRecord(emulator_event *event, emulator_stream *stream) {
    CALL("cuEventRecord");
    return emulator_record(event, stream);
}

API int cuEventSynchronize(emulator_event *event) {
    CALL("cuEventSynchronize");
    emulator_synchronize(event);
    return OK;
}

API int cuStreamWaitEvent(emulator_stream *stream, emulator_event *event, unsigned) {
    CALL("cuStreamWaitEvent");
    return emulator_await(stream, event);
}

API int cuStreamBeginCapture_v2(emulator_stream *stream, int) {
    CALL("cuStreamBeginCapture_v2");
    return emulator_begin_capture(stream);
}

API int cuStreamEndCapture(emulator_stream *stream, emulator_graph **graph) {
    // A capture that cannot be ended is over all the same.
    const int error = call("cuStreamEndCapture");
    const int code = emulator_end_capture(stream, graph);
    if (code != OK) return code;
    ++live;
    if (error == OK) return OK;
    --live;
    emulator_destroy(*graph);
    *graph = 0;
    return error;
}

API int cuGraphInstantiateWithFlags(emulator_graph **instance, emulator_graph *graph,
                                    unsigned long long) {
    CALL("cuGraphInstantiateWithFlags");
    ++live;
    *instance = emulator_copied(graph);
    return OK;
}

API int cuGraphDestroy(emulator_graph *graph) {
    CALL("cuGraphDestroy");
    --live;
    emulator_destroy(graph);
    return OK;
}

API int cuGraphExecDestroy(emulator_graph *instance) {
    CALL("cuGraphExecDestroy");
    --live;
    emulator_destroy(instance);
    return OK;
}

API int cuGraphLaunch(emulator_graph *instance, emulator_stream *stream) {
    CALL("cuGraphLaunch");
    return emulator_launch(instance, stream);
}

// ---- Driver: modules -----------------------------------------------------------------------------

API int cuModuleLoadData(void **module, const void *image) {
    CALL("cuModuleLoadData");
    int storage = 0;
    if (sscanf((const char *)image, "EMULATED storage=%d", &storage) != 1) return 200;
    ++live;
    *module = made_module(storage);
    return OK;
}

API int cuModuleUnload(void *module) {
    CALL("cuModuleUnload");
    --live;
    free(module);
    return OK;
}

API int cuModuleGetFunction(const emulator_function **function, void *module, const char *name) {
    CALL("cuModuleGetFunction");
    *function = emulator_find(name, ((Module *)module)->storage);
    return *function ? OK : NOT_FOUND;
}

API int cuFuncSetAttribute(void *, int attribute, int value) {
    CALL("cuFuncSetAttribute");
    return attribute == 8 && value <= (160 << 10) ? OK : INVALID_VALUE;
}

// A launch; the kernel's parameter follows.
struct alignas(16) Launch {
    emulator_kernel kernel;
    unsigned blocks, threads, shared;
};

static void run_launch(void *data) {
    const Launch *launch = (const Launch *)data;
    if (!settings.runs_kernels) return;
    emulator_run(launch->kernel, launch + 1, launch->blocks, launch->threads, launch->shared);
}

API int cuLaunchKernel(const emulator_function *function, unsigned x, unsigned y, unsigned z,
                       unsigned threads, unsigned threads_y, unsigned threads_z, unsigned shared,
                       void *stream, void **parameters, void **extra) {
    break_once();
    CALL("cuLaunchKernel");
    if (x == 0 || y != 1 || z != 1 || threads == 0 || threads > 1024 || threads_y != 1 ||
        threads_z != 1 || extra || function->job_bytes > 1024)
        return INVALID_VALUE;
    alignas(16) unsigned char data[sizeof(Launch) + 1024];
    const Launch launch = {function->run, x, threads, shared};
    memcpy(data, &launch, sizeof launch);
    memcpy(data + sizeof launch, parameters[0], function->job_bytes);
    return emulator_queue(stream, run_launch, data, sizeof launch + function->job_bytes);
}

// ---- Driver: memory ------------------------------------------------------------------------------

API int cuMemGetAllocationGranularity(size_t *bytes, const void *, int) {
    CALL("cuMemGetAllocationGranularity");
    *bytes = GRANULE;
    return OK;
}

API int cuMemAddressReserve(unsigned long long *address, size_t bytes, size_t, unsigned long long,
                            unsigned long long) {
    CALL("cuMemAddressReserve");
    if (bytes % GRANULE != 0) return INVALID_VALUE;
    void *memory = mmap(0, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return OUT_OF_MEMORY;
    ++live;
    *address = (unsigned long long)memory;
    return OK;
}

API int cuMemAddressFree(unsigned long long address, size_t bytes) {
    CALL("cuMemAddressFree");
    --live;
    return munmap((void *)address, bytes) == 0 ? OK : INVALID_VALUE;
}

API int cuMemCreate(unsigned long long *handle, size_t bytes, const void *, unsigned long long) {
    CALL("cuMemCreate");
    if (bytes % GRANULE != 0) return INVALID_VALUE;
    if (mapped_bytes + (long long)bytes > settings.budget) return OUT_OF_MEMORY;
    mapped_bytes += (long long)bytes;
    ++live;
    *handle = (unsigned long long)made_allocation(bytes);
    return OK;
}

API int cuMemRelease(unsigned long long handle) {
    CALL("cuMemRelease");
    --live;
    mapped_bytes -= (long long)((Allocation *)handle)->bytes;
    free((void *)handle);
    return OK;
}

API int cuMemMap(unsigned long long address, size_t bytes, size_t, unsigned long long handle,
                 unsigned long long) {
    CALL("cuMemMap");
    if (((Allocation *)handle)->bytes != bytes || address % GRANULE % 4096 != 0) {
        return INVALID_VALUE;
    }
    ++live;
    return OK;
}

API int cuMemUnmap(unsigned long long address, size_t bytes) {
    CALL("cuMemUnmap");
    --live;
    madvise((void *)address, bytes, MADV_DONTNEED);
    return mprotect((void *)address, bytes, PROT_NONE) == 0 ? OK : INVALID_VALUE;
}

API int cuMemSetAccess(unsigned long long address, size_t bytes, const void *, size_t count) {
    CALL("cuMemSetAccess");
    if (count != 1 || mprotect((void *)address, bytes, PROT_READ | PROT_WRITE) != 0) {
        return INVALID_VALUE;
    }
    // Nobody may rely on what is there.
    memset((void *)address, 0xFF, bytes);
    return OK;
}

API int cuMemGetInfo_v2(size_t *free_bytes, size_t *bytes) {
    CALL("cuMemGetInfo_v2");
    const long long most = settings.budget < settings.memory ? settings.budget : settings.memory;
    *free_bytes = (size_t)(most - mapped_bytes);
    *bytes = (size_t)settings.memory;
    return OK;
}

API int cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
    CALL("cuMemHostAlloc");
    ++live;
    *memory = emulator_made_pinned(bytes);
    return OK;
}

API int cuMemFreeHost(void *memory) {
    CALL("cuMemFreeHost");
    --live;
    return emulator_free_pinned(memory) ? OK : INVALID_VALUE;
}

API int cuMemcpyHtoDAsync_v2(unsigned long long target, const void *source, size_t bytes,
                             void *stream) {
    CALL("cuMemcpyHtoDAsync_v2");
    return emulator_copy_in(stream, (void *)target, source, bytes);
}

API int cuMemcpyDtoHAsync_v2(void *target, unsigned long long source, size_t bytes, void *stream) {
    CALL("cuMemcpyDtoHAsync_v2");
    return emulator_copy_out(stream, target, (const void *)source, bytes);
}

API int cuMemcpyDtoDAsync_v2(unsigned long long target, unsigned long long source, size_t bytes,
                             void *stream) {
    CALL("cuMemcpyDtoDAsync_v2");
    return emulator_copy_within(stream, (void *)target, (const void *)source, bytes);
}

// ---- NVRTC ---------------------------------------------------------------------------------------

API int nvrtcVersion(int *major, int *minor) {
    CALL("nvrtcVersion");
    *major = (int)settings.nvrtc;
    *minor = (int)settings.nvrtc_minor;
    return OK;
}

API int nvrtcGetNumSupportedArchs(int *count) {
    CALL("nvrtcGetNumSupportedArchs");
    *count = settings.largest_arch >= 120 ? 6 : settings.largest_arch >= 90 ? 4 : 3;
    return OK;
}

API int nvrtcGetSupportedArchs(int *architectures) {
    CALL("nvrtcGetSupportedArchs");
    const int all[] = {80, 86, 89, 90, 100, 120};
    const int count = settings.largest_arch >= 120 ? 6 : settings.largest_arch >= 90 ? 4 : 3;
    memcpy(architectures, all, (size_t)count * sizeof(int));
    return OK;
}

API int nvrtcCreateProgram(void **program, const char *source, const char *, int,
                           const char *const *, const char *const *) {
    CALL("nvrtcCreateProgram");
    Program *made = (Program *)calloc(1, sizeof(Program));
    made->source = strdup(source);
    made->storage = -1;
    ++live;
    *program = made;
    return OK;
}

API int nvrtcDestroyProgram(void **program) {
    CALL("nvrtcDestroyProgram");
    --live;
    free(((Program *)*program)->source);
    free(*program);
    *program = 0;
    return OK;
}

API int nvrtcCompileProgram(void *program, int count, const char *const *options) {
    CALL("nvrtcCompileProgram");
    Program *made = (Program *)program;
    for (int i = 0; i < count; ++i) {
        sscanf(options[i], "--define-macro=WEFT_STORAGE=%d", &made->storage);
    }
    if (made->storage < 0 || !strstr(made->source, "weft_product_plain")) return 6;
    snprintf(made->image, sizeof made->image, "EMULATED storage=%d", made->storage);
    return OK;
}

API int nvrtcGetProgramLogSize(void *, size_t *bytes) {
    CALL("nvrtcGetProgramLogSize");
    *bytes = 13;
    return OK;
}

API int nvrtcGetProgramLog(void *, char *text) {
    CALL("nvrtcGetProgramLog");
    memcpy(text, "emulated log", 13);
    return OK;
}

API int nvrtcGetCUBINSize(void *program, size_t *bytes) {
    CALL("nvrtcGetCUBINSize");
    *bytes = strlen(((Program *)program)->image) + 1;
    return OK;
}

API int nvrtcGetCUBIN(void *program, char *image) {
    CALL("nvrtcGetCUBIN");
    strcpy(image, ((Program *)program)->image);
    return OK;
}

API int nvrtcGetPTXSize(void *program, size_t *bytes) {
    CALL("nvrtcGetPTXSize");
    *bytes = strlen(((Program *)program)->image) + 1;
    return OK;
}

API int nvrtcGetPTX(void *program, char *image) {
    CALL("nvrtcGetPTX");
    strcpy(image, ((Program *)program)->image);
    return OK;
}

API const char *nvrtcGetErrorString(int) { return "NVRTC_ERROR"; }
