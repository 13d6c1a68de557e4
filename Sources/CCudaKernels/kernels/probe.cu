// How fast the device multiplies at most with the instructions that the products use.

// 64 multiply-adds of a thread a round, eight independent sums; what the operands are does not
// matter, and the result keeps the work alive.
WEFT_KERNEL weft_probe_arithmetic(const weft_cuda_probe job) {
    const int thread = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    float sums[8], factor = 1 + 1e-7f * thread, total = 0;
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
    ((float *)job.y)[thread] = total;
}

// Eight independent `multiply` of a warp a round, on the tensor cores.
WEFT_KERNEL weft_probe_tensor(const weft_cuda_probe job) {
    const int thread = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    float sums[8][4], total = 0;
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
    ((float *)job.y)[thread] = total;
}
