// The device as kernels/device.cuh describes it, on a processor: every thread of a block is a fiber
// with a stack of its own, warps exchange registers through memory, and copies that are
// asynchronous happen as late as they may.
#pragma once

typedef unsigned int u32;
typedef unsigned short u16;

struct Index {
    unsigned x, y, z;
};
extern Index threadIdx, blockIdx, blockDim, gridDim;
extern unsigned char *emulator_dynamic_shared;

#define __device__
#define __shared__ static
#define __launch_bounds__(threads)
#define WEFT_KERNEL static void
#define WEFT_DYNAMIC_SHARED(name) unsigned char *name = emulator_dynamic_shared

// Waits for all threads of the block.
void emulator_wait_block();
// Gives each lane of the warp's bytes to all: `size` up to 64, returned as [32][64].
const unsigned char (*emulator_exchange(const void *mine, int size))[64];
int emulator_lane();
void emulator_copy(void *target, const void *source, bool present);
void emulator_commit();
void emulator_wait_copies(int left);

#define __syncthreads() emulator_wait_block()

inline int min(int a, int b) { return a < b ? a : b; }

inline float __int_as_float(int bits) {
    float result;
    __builtin_memcpy(&result, &bits, 4);
    return result;
}

struct float16 {
    u16 bits;
};
struct bfloat16 {
    u16 bits;
};

inline float widen(float x) { return x; }

inline float widen(float16 x) {
    _Float16 half;
    __builtin_memcpy(&half, &x.bits, 2);
    return (float)half;
}

inline float widen(bfloat16 x) { return __int_as_float((int)((u32)x.bits << 16)); }

inline void narrow(float x, float &result) { result = x; }

inline void narrow(float x, float16 &result) {
    const _Float16 half = (_Float16)x;
    __builtin_memcpy(&result.bits, &half, 2);
}

inline void narrow(float x, bfloat16 &result) {
    u32 bits;
    __builtin_memcpy(&bits, &x, 4);
    // To nearest, ties to even; what is no number stays none.
    result.bits = x != x ? 0x7FFF : (u16)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

template <typename T>
u32 narrow_pair(float low, float high) {
    T first, second;
    narrow(low, first);
    narrow(high, second);
    return (u32)first.bits | (u32)second.bits << 16;
}

inline void copy_16_async(void *target, const void *source, bool present) {
    emulator_copy(target, source, present);
}

inline void copy_commit() { emulator_commit(); }

template <int N>
void copy_wait() {
    emulator_wait_copies(N);
}

inline float shuffle_xor(float x, int mask) {
    float result;
    __builtin_memcpy(&result, emulator_exchange(&x, 4)[emulator_lane() ^ mask], 4);
    return result;
}

// Row `row` of the four matrices' `matrix`, of what each lane gave an address of.
inline const u16 *emulator_row(const unsigned char (*rows)[64], int matrix, int row) {
    const u16 *result;
    __builtin_memcpy(&result, rows[matrix * 8 + row], sizeof result);
    return result;
}

inline void load_matrices(u32 (&r)[4], const void *row) {
    const unsigned char(*rows)[64] = emulator_exchange(&row, sizeof row);
    const int lane = emulator_lane();
    for (int i = 0; i < 4; ++i) {
        const u16 *from = emulator_row(rows, i, lane / 4) + lane % 4 * 2;
        r[i] = (u32)from[0] | (u32)from[1] << 16;
    }
}

inline void load_matrices_transposed(u32 (&r)[4], const void *row) {
    const unsigned char(*rows)[64] = emulator_exchange(&row, sizeof row);
    const int lane = emulator_lane();
    for (int i = 0; i < 4; ++i) {
        const u16 low = emulator_row(rows, i, lane % 4 * 2)[lane / 4];
        const u16 high = emulator_row(rows, i, lane % 4 * 2 + 1)[lane / 4];
        r[i] = (u32)low | (u32)high << 16;
    }
}

inline u32 to_tf32(u32 bits) {
    // Half of the last place that is kept, added to the magnitude; what is not finite stays so.
    if ((bits & 0x7F800000) == 0x7F800000) return bits;
    return (bits + 0x1000) & ~0x1FFFu;
}

template <typename T>
float emulator_half_of(u32 pair, int which) {
    T half = {(u16)(pair >> 16 * which)};
    return widen(half);
}

// The fragments of mma.m16n8k16 as the PTX manual draws them.
template <typename T>
void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, T) {
    float mine[12];
    for (int i = 0; i < 8; ++i) mine[i] = emulator_half_of<T>(a[i / 2], i % 2);
    for (int i = 0; i < 4; ++i) mine[8 + i] = emulator_half_of<T>(i < 2 ? b0 : b1, i % 2);
    const unsigned char(*all)[64] = emulator_exchange(mine, sizeof mine);
    const int lane = emulator_lane();
    for (int i = 0; i < 4; ++i) {
        const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        float sum = 0;
        for (int k = 0; k < 16; ++k) {
            const float *left = (const float *)all[row % 8 * 4 + k % 8 / 2];
            const float *right = (const float *)all[column * 4 + k % 8 / 2];
            sum += left[(row / 8 + k / 8 * 2) * 2 + k % 2] * right[8 + k / 8 * 2 + k % 2];
        }
        c[i] += sum;
    }
}

// Those of mma.m16n8k8 with TF32 operands, whose last 13 bits tensor cores do not see.
inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, float) {
    float mine[6];
    for (int i = 0; i < 6; ++i) {
        const u32 bits = i < 4 ? a[i] : i == 4 ? b0 : b1;
        mine[i] = __int_as_float((int)(bits & ~0x1FFFu));
    }
    const unsigned char(*all)[64] = emulator_exchange(mine, sizeof mine);
    const int lane = emulator_lane();
    for (int i = 0; i < 4; ++i) {
        const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        float sum = 0;
        for (int k = 0; k < 8; ++k) {
            const float *left = (const float *)all[row % 8 * 4 + k % 4];
            const float *right = (const float *)all[column * 4 + k % 4];
            sum += left[row / 8 + k / 4 * 2] * right[4 + k / 4];
        }
        c[i] += sum;
    }
}
