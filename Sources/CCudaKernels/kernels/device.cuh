// What the kernels need of the device beyond C++: the type of stored values, tensor cores, copies
// that run beside arithmetic. Everything is either here, in PTX, or in a header of the same names
// that runs the kernels on a processor (Tests/CudaTests/Emulator).
//
// WEFT_STORAGE is 0 where values are float32, 1 float16, 2 bfloat16.
#if !WEFT_EMULATED

#define WEFT_KERNEL extern "C" __global__ void
#define WEFT_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]

typedef unsigned int u32;
typedef unsigned short u16;

struct float16 {
    u16 bits;
};
struct bfloat16 {
    u16 bits;
};

__device__ inline float widen(float x) { return x; }

__device__ inline float widen(float16 x) {
    float result;
    asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(x.bits));
    return result;
}

__device__ inline float widen(bfloat16 x) { return __uint_as_float((u32)x.bits << 16); }

__device__ inline void narrow(float x, float &result) { result = x; }

__device__ inline void narrow(float x, float16 &result) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
}

// Two values in a register, the first in the low half.
template <typename T>
__device__ u32 narrow_pair(float low, float high);

template <>
__device__ inline u32 narrow_pair<float16>(float low, float high) {
    u32 result;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
    return result;
}

template <>
__device__ inline u32 narrow_pair<bfloat16>(float low, float high) {
    u32 result;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
    return result;
}

__device__ inline void narrow(float x, bfloat16 &result) {
    result.bits = (u16)narrow_pair<bfloat16>(x, 0);
}

// ---- Asynchronous copies to shared memory ----------------------------------------------------

__device__ inline u32 shared_address(const void *p) { return (u32)__cvta_generic_to_shared(p); }

// 16 aligned bytes, or zeros; `source` is not read where it is not `present`.
__device__ inline void copy_16_async(void *target, const void *source, bool present) {
    const int bytes = present ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(target)),
                 "l"(__cvta_generic_to_global(source)), "r"(bytes)
                 : "memory");
}

__device__ inline void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most N of the groups that were committed last are under way.
template <int N>
__device__ inline void copy_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

// ---- Warps -------------------------------------------------------------------------------------

__device__ inline float shuffle_xor(float x, int mask) {
    return __shfl_xor_sync(0xFFFFFFFFu, x, mask);
}

// ---- Tensor cores --------------------------------------------------------------------------------

// Four 8 by 8 matrices of 16-bit values; lane i gives the address of row i % 8 of matrix i / 8 and
// gets columns 2 (lane % 4) and the next of row lane / 4 of each.
__device__ inline void load_matrices(u32 (&r)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(row))
                 : "memory");
}

// The same, each matrix transposed.
__device__ inline void load_matrices_transposed(u32 (&r)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(row))
                 : "memory");
}

// c += a b with a 16 by 16, b 16 by 8, in the fragments of PTX's mma.m16n8k16.
__device__ inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, float16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, bfloat16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The same with a 16 by 8, b 8 by 8, of float32 values rounded to TF32: mma.m16n8k8.
__device__ inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, float) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// A float32's nearest TF32, which keeps ten bits of the mantissa; ties go away from zero.
__device__ inline u32 to_tf32(u32 bits) {
    u32 result;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(result) : "f"(__uint_as_float(bits)));
    return result;
}

#endif

#if WEFT_STORAGE == 0
typedef float value;
#elif WEFT_STORAGE == 1
typedef float16 value;
#else
typedef bfloat16 value;
#endif

// Makes what `load_matrices` brought ready for `multiply`: halves are.
__device__ inline void round_operands(u32 (&)[4], float16) {}
__device__ inline void round_operands(u32 (&)[4], bfloat16) {}
__device__ inline void round_operands(u32 (&r)[4], float) {
#pragma unroll
    for (int i = 0; i < 4; ++i) r[i] = to_tf32(r[i]);
}

// ---- Values ----------------------------------------------------------------------------------

__device__ inline const value *values(weft_device address) { return (const value *)address; }

__device__ inline float load(weft_device address, long long index) {
    return widen(((const value *)address)[index]);
}

__device__ inline void store(weft_device address, long long index, float x) {
    narrow(x, ((value *)address)[index]);
}

__device__ inline float load(weft_cuda_either x, long long index) {
    return x.is_wide ? ((const float *)x.at)[index] : load(x.at, index);
}

__device__ inline void store(weft_cuda_either y, long long index, float x) {
    if (y.is_wide) {
        ((float *)y.at)[index] = x;
    } else {
        store(y.at, index, x);
    }
}

__device__ inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// The numbers are those of `Activation`.
__device__ inline float activate(float x, int activation) {
    switch (activation) {
    case 1: return x * sigmoid(x);
    case 2: return 0.5f * x * (1 + erff(x * 0.70710678118654752f));
    case 3: return x * sigmoid(1.702f * x);
    case 4: return x > 0 ? x : 0;
    default: return x;
    }
}

// Elements from this thread's on, a grid apart.
#define WEFT_FOR_EACH(index, count)                                                   \
    for (long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;          \
         index < (count); index += (long long)gridDim.x * blockDim.x)
