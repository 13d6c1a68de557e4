// cuBLASLt as weft calls it: it checks what it is told as the vendor's does and more, multiplies in
// the plainest way, and spoils the workspace that it was given.
#include "emulator.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulated_device.h"

#define API extern "C" __attribute__((visibility("default")))
#define CALL(name)                                                                             \
    if (const int error = emulator_call(name)) return error

long long emulator_products_version, emulator_has_algorithms;

namespace {

const int OK = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15;
const int FLOAT32 = 0, FLOAT16 = 2, BFLOAT16 = 14;
const int SUMS = 68, TF32_SUMS = 77;

struct Operation {
    int sums, factors;
    int transposes_a;
    unsigned epilogue;
    uint64_t bias;
};

struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t stride;
};

struct Preference {
    uint64_t workspace;
    unsigned reductions, alignments[4];
};

// What an algorithm remembers of the product that it was made for.
struct Algorithm {
    uint64_t magic, rows, columns, depth, sums, type, epilogue, workspace;
};

const uint64_t MAGIC = 0x5745465431ull;

template <typename T>
T *made() {
    emulator_alive(1);
    return (T *)calloc(1, sizeof(T));
}

int destroyed(void *object) {
    emulator_alive(-1);
    free(object);
    return OK;
}

// Refuses with a reason, which stands in the log.
int refused(const char *why) {
    char line[128];
    snprintf(line, sizeof line, "refused: %s", why);
    emulator_note(line);
    return INVALID_VALUE;
}

float read(int type, uint64_t address, uint64_t index) {
    switch (type) {
    case FLOAT32: return ((const float *)address)[index];
    case FLOAT16: return widen(((const float16 *)address)[index]);
    default: return widen(((const bfloat16 *)address)[index]);
    }
}

void write(int type, uint64_t address, uint64_t index, float x) {
    switch (type) {
    case FLOAT32: ((float *)address)[index] = x; break;
    case FLOAT16: narrow(x, ((float16 *)address)[index]); break;
    default: narrow(x, ((bfloat16 *)address)[index]);
    }
}

float operand(const Operation &operation, int type, uint64_t address, uint64_t index) {
    const float x = read(type, address, index);
    if (operation.sums != TF32_SUMS) return x;
    u32 bits;
    memcpy(&bits, &x, 4);
    bits = to_tf32(bits);
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

const char *why_not(const Operation *operation, const Layout *a, const Layout *b, const Layout *c,
                    const Layout *d) {
    if (!operation || !a || !b || !c || !d) return "a description is missing";
    if (operation->factors != FLOAT32) return "factors are not float32";
    if (operation->sums != SUMS && operation->sums != TF32_SUMS) return "unknown sums";
    if (operation->sums == TF32_SUMS && a->type != FLOAT32) return "tf32 of halves";
    const Layout *const all[] = {a, b, c, d};
    for (const Layout *each : all) {
        if (each->type != a->type) return "types differ";
        if (each->stride < (int64_t)each->rows) return "columns overlap";
        if (each->rows == 0 || each->columns == 0) return "an empty matrix";
    }
    const uint64_t rows = operation->transposes_a ? a->columns : a->rows;
    const uint64_t depth = operation->transposes_a ? a->rows : a->columns;
    if (depth != b->rows) return "A and B do not fit";
    for (int i = 2; i < 4; ++i) {
        const bool fits = all[i]->rows == rows && all[i]->columns == b->columns;
        if (!fits) return "the result does not fit";
    }
    const unsigned epilogue = operation->epilogue;
    if (epilogue != 1 && epilogue != 2 && epilogue != 4 && epilogue != 6) return "the epilogue";
    if ((epilogue & 4) && (operation->bias == 0 || operation->bias % 16 != 0)) return "the bias";
    return 0;
}

Algorithm algorithm_of(const Operation *operation, const Layout *a, const Layout *d,
                       uint64_t workspace) {
    const uint64_t depth = operation->transposes_a ? a->rows : a->columns;
    return {MAGIC,     d->rows,           d->columns, depth, (uint64_t)operation->sums,
            (uint64_t)a->type, operation->epilogue, workspace};
}

struct Product {
    Operation operation;
    Layout a_layout, b_layout, c_layout, d_layout;
    uint64_t a, b, c, d, workspace, workspace_bytes;
    float alpha, beta;
};

void run(void *data) {
    const Product &p = *(const Product *)data;
    if (!emulator_runs_kernels()) return;
    // Half of the depth is summed apart, as where a sum is split.
    const uint64_t depth = p.b_layout.rows, half = (depth + 1) / 2;
    for (uint64_t column = 0; column < p.d_layout.columns; ++column) {
        for (uint64_t row = 0; row < p.d_layout.rows; ++row) {
            float sums[2] = {0, 0};
            for (uint64_t k = 0; k < depth; ++k) {
                const uint64_t left = p.operation.transposes_a
                                          ? row * (uint64_t)p.a_layout.stride + k
                                          : k * (uint64_t)p.a_layout.stride + row;
                const uint64_t right = column * (uint64_t)p.b_layout.stride + k;
                sums[k >= half] += operand(p.operation, p.a_layout.type, p.a, left) *
                                   operand(p.operation, p.b_layout.type, p.b, right);
            }
            float x = p.alpha * (sums[0] + sums[1]);
            const uint64_t at = column * (uint64_t)p.c_layout.stride + row;
            // What beta is 0 for is not read: it may be no number.
            if (p.beta != 0) x += p.beta * read(p.c_layout.type, p.c, at);
            if (p.operation.epilogue & 4) x += read(p.d_layout.type, p.operation.bias, row);
            if (p.operation.epilogue & 2) x = x > 0 ? x : 0;
            write(p.d_layout.type, p.d, column * (uint64_t)p.d_layout.stride + row, x);
        }
    }
    memset((void *)p.workspace, 0xFF, p.workspace_bytes);
}

}  // namespace

// ---- The library -------------------------------------------------------------------------------

API size_t cublasLtGetVersion() { return (size_t)emulator_products_version; }

API const char *cublasLtGetStatusName(int status) {
    switch (status) {
    case INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "unknown";
    }
}

API int cublasLtCreate(void **handle) {
    CALL("cublasLtCreate");
    *handle = made<int>();
    return OK;
}

API int cublasLtDestroy(void *handle) {
    CALL("cublasLtDestroy");
    return destroyed(handle);
}

API int cublasLtMatmulDescCreate(void **operation, int sums, int factors) {
    CALL("cublasLtMatmulDescCreate");
    Operation *one = made<Operation>();
    one->sums = sums;
    one->factors = factors;
    one->epilogue = 1;
    *operation = one;
    return OK;
}

API int cublasLtMatmulDescDestroy(void *operation) {
    CALL("cublasLtMatmulDescDestroy");
    return destroyed(operation);
}

API int cublasLtMatmulDescSetAttribute(Operation *operation, int attribute, const void *value,
                                       size_t bytes) {
    CALL("cublasLtMatmulDescSetAttribute");
    switch (attribute) {
    case 3:
        if (bytes != 4) return refused("the size of a transposition");
        memcpy(&operation->transposes_a, value, 4);
        return operation->transposes_a <= 1 ? OK : refused("the transposition");
    case 7:
        if (bytes != 4) return refused("the size of an epilogue");
        memcpy(&operation->epilogue, value, 4);
        return OK;
    case 8:
        if (bytes != 8) return refused("the size of a pointer");
        memcpy(&operation->bias, value, 8);
        return OK;
    default: return refused("an attribute of the operation");
    }
}

API int cublasLtMatrixLayoutCreate(void **layout, int type, uint64_t rows, uint64_t columns,
                                   int64_t stride) {
    CALL("cublasLtMatrixLayoutCreate");
    if (type != FLOAT32 && type != FLOAT16 && type != BFLOAT16) return refused("the type");
    Layout *one = made<Layout>();
    *one = {type, rows, columns, stride};
    *layout = one;
    return OK;
}

API int cublasLtMatrixLayoutDestroy(void *layout) {
    CALL("cublasLtMatrixLayoutDestroy");
    return destroyed(layout);
}

API int cublasLtMatmulPreferenceCreate(void **preference) {
    CALL("cublasLtMatmulPreferenceCreate");
    Preference *one = made<Preference>();
    one->reductions = 7;
    for (unsigned &alignment : one->alignments) alignment = 256;
    *preference = one;
    return OK;
}

API int cublasLtMatmulPreferenceDestroy(void *preference) {
    CALL("cublasLtMatmulPreferenceDestroy");
    return destroyed(preference);
}

API int cublasLtMatmulPreferenceSetAttribute(Preference *preference, int attribute,
                                             const void *value, size_t bytes) {
    CALL("cublasLtMatmulPreferenceSetAttribute");
    if (attribute == 1 && bytes == 8) {
        memcpy(&preference->workspace, value, 8);
    } else if (attribute == 3 && bytes == 4) {
        memcpy(&preference->reductions, value, 4);
    } else if (attribute >= 5 && attribute <= 8 && bytes == 4) {
        memcpy(&preference->alignments[attribute - 5], value, 4);
    } else {
        return refused("an attribute of the preference");
    }
    return OK;
}

// Algorithms ask for more room the larger the product, up to what is allowed.
API int cublasLtMatmulAlgoGetHeuristic(void *handle, const Operation *operation, const Layout *a,
                                       const Layout *b, const Layout *c, const Layout *d,
                                       const Preference *preference, int wanted, void *results,
                                       int *count) {
    CALL("cublasLtMatmulAlgoGetHeuristic");
    if (!handle || !preference || wanted != 1) return refused("the request");
    if (const char *why = why_not(operation, a, b, c, d)) return refused(why);
    // Those that add in place, or in the type of the result, are not wanted.
    if (preference->reductions != 2) return refused("the schemes of reduction");
    for (unsigned alignment : preference->alignments) {
        if (alignment < 16) return refused("the alignment");
    }
    *count = 0;
    if (emulator_has_algorithms == 0) return NOT_SUPPORTED;
    uint64_t workspace = d->rows * d->columns * 4 / 256 * 256;
    if (workspace > preference->workspace) workspace = preference->workspace;
    struct {
        Algorithm algorithm;
        uint64_t workspace;
        int state;
        float waves;
        int reserved[4];
    } result = {algorithm_of(operation, a, d, workspace), workspace, OK, 1, {}};
    static_assert(sizeof result == 96, "as the vendor's");
    memcpy(results, &result, sizeof result);
    *count = 1;
    return OK;
}

API int cublasLtMatmul(void *handle, const Operation *operation, const float *alpha, uint64_t a,
                       const Layout *a_layout, uint64_t b, const Layout *b_layout,
                       const float *beta, uint64_t c, const Layout *c_layout, uint64_t d,
                       const Layout *d_layout, const Algorithm *algorithm, uint64_t workspace,
                       size_t workspace_bytes, void *stream) {
    CALL("cublasLtMatmul");
    if (!handle || !stream || !alpha || !beta) return refused("an argument is missing");
    if (const char *why = why_not(operation, a_layout, b_layout, c_layout, d_layout)) {
        return refused(why);
    }
    // Weights begin blocks of the arena.
    if (a % 256 != 0) return refused("A is not aligned");
    const uint64_t addresses[] = {b, c, d};
    for (uint64_t address : addresses) {
        if (address == 0 || address % 16 != 0) return refused("an operand is not aligned");
    }
    const Algorithm fitting = algorithm_of(operation, a_layout, d_layout, algorithm->workspace);
    if (memcmp(algorithm, &fitting, sizeof fitting) != 0) return refused("the algorithm");
    if (workspace_bytes < algorithm->workspace || workspace % 256 != 0 ||
        (workspace == 0) != (workspace_bytes == 0))
        return refused("the workspace");
    if (*beta == 0 && c != d) return refused("C without a use");
    Product product = {*operation, *a_layout, *b_layout, *c_layout, *d_layout, a, b, c, d,
                       workspace,  workspace_bytes, *alpha, *beta};
    return emulator_queue(stream, run, &product, sizeof product);
}
