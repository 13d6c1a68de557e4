// How fast the device multiplies at most with the instructions that the products use.

// Eight independent sums a thread: 16 by 8 by 16 multiply-adds of a warp on the tensor cores, or 64
// of a thread; what the operands are does not matter, and the result keeps the work alive.
WEFT_KERNEL weft_probe_arithmetic(const weft_cuda_probe job) {
    const int thread = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    float total = 0;
#if WEFT_STORAGE == 0
    float sums[8], factor = 1 + 1e-7f * thread;
#pragma unroll
    for (int i = 0; i < 8; ++i) sums[i] = (float)i;
    for (int round = 0; round < job.rounds; ++round) {
#pragma unroll
        for (int step = 0; step < 8; ++step) {
#pragma unroll
            for (int i = 0; i < 8; ++i) sums[i] = sums[i] * factor + 1e-6f;
        }
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) total += sums[i];
#else
    float sums[8][4];
    const u32 a[4] = {(u32)thread, 1, 2, 3};
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] = 0;
    }
    for (int round = 0; round < job.rounds; ++round) {
#pragma unroll
        for (int i = 0; i < 8; ++i) multiply(sums[i], a, 1, (u32)round, value());
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) total += sums[i][j];
    }
#endif
    ((float *)job.y)[thread] = total;
}
