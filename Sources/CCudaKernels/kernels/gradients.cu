// Derivatives of pointwise operations and of movement, sums in place, and the optimiser's step.

// ---- Sums in place ---------------------------------------------------------------------------

WEFT_KERNEL weft_add_columns(const weft_cuda_columns job) {
    WEFT_FOR_EACH(i, job.rows * job.columns) {
        const long long row = i / job.columns;
        const long long at = row * job.y_columns + (i - row * job.columns);
        store(job.y, at, load(job.y, at) + load(job.x, i));
    }
}

WEFT_KERNEL weft_scatter_rows(const weft_cuda_scatter job) {
    const int *targets = (const int *)job.targets, *starts = (const int *)job.starts;
    const int *order = (const int *)job.order;
    WEFT_FOR_EACH(i, (long long)job.count * job.channels) {
        const int target = (int)(i / job.channels);
        const int column = (int)(i - (long long)target * job.channels);
        const long long at = (long long)targets[target] * job.channels + column;
        float sum = load(job.y, at);
        for (int source = starts[target]; source < starts[target + 1]; ++source) {
            sum += load(job.x, (long long)order[source] * job.channels + column);
        }
        store(job.y, at, sum);
    }
}

// 256 threads: 32 columns, and of the slice's rows each eighth one; then the eight add up.
WEFT_KERNEL weft_row_sums(const weft_cuda_row_sums job) {
    __shared__ float sums[8][32];
    const int tiles = (job.columns + 31) / 32;
    const long long block = blockIdx.x / tiles;
    const int slice = (int)(block % job.slices);
    const long long target = block / job.slices;
    const int lane = (int)threadIdx.x % 32, line = (int)threadIdx.x / 32;
    const int column = (int)(blockIdx.x % tiles) * 32 + lane;
    const long long end = (slice + 1) * job.members_per_slice;
    float sum = 0;
    if (column < job.columns) {
        for (long long member = slice * job.members_per_slice + line; member < end; member += 8) {
            const long long round = member / job.repeats;
            const long long row = (round * job.table_rows + target) * job.repeats +
                                  (member - round * job.repeats);
            if (row >= job.rows) break;
            sum += load(job.x, row * job.row_stride + column);
        }
    }
    sums[line][lane] = sum;
    __syncthreads();
    if (line > 0 || column >= job.columns) return;
    for (int other = 1; other < 8; ++other) sum += sums[other][lane];
    ((float *)job.partial)[(slice * job.table_rows + target) * job.columns + column] = sum;
}

WEFT_KERNEL weft_add_slices(const weft_cuda_slices job) {
    WEFT_FOR_EACH(i, job.outer * job.count) {
        const long long outer = i / job.count;
        const float *partial = (const float *)job.partial +
                               outer * job.slices * job.stride + (i - outer * job.count);
        float sum = 0;
        for (int slice = 0; slice < job.slices; ++slice) sum += partial[slice * job.stride];
        store(job.y, i, job.adds ? load(job.y, i) + sum : sum);
    }
}

WEFT_KERNEL weft_flip_kernels(const weft_cuda_flip job) {
    WEFT_FOR_EACH(i, job.count) {
        const long long pair = i / job.taps;
        const long long tap = i - pair * job.taps;
        const long long output = pair / job.inputs;
        const long long input = pair - output * job.inputs;
        const long long at = (input * job.outputs + job.first + output) * job.taps;
        store(job.y, at + job.taps - 1 - tap, load(job.x, i));
    }
}

// ---- Pointwise -------------------------------------------------------------------------------

// The derivative of `activate`.
__device__ inline float slope(float x, int activation) {
    switch (activation) {
    case 1: {
        const float s = sigmoid(x);
        return s * (1 + x * (1 - s));
    }
    case 2: {
        const float density = 0.3989422804014327f * expf(-0.5f * x * x);
        return 0.5f * (1 + erff(x * 0.70710678118654752f)) + x * density;
    }
    case 3: {
        const float s = sigmoid(1.702f * x);
        return s * (1 + 1.702f * x * (1 - s));
    }
    case 4: return x > 0 ? 1 : 0;
    default: return 1;
    }
}

WEFT_KERNEL weft_activation_gradient(const weft_cuda_slope job) {
    WEFT_FOR_EACH(i, job.count) {
        store(job.y, i, load(job.gradient, i) * slope(load(job.x, i), job.activation));
    }
}

WEFT_KERNEL weft_gate(const weft_cuda_slope job) {
    WEFT_FOR_EACH(i, job.count) {
        const long long at = i + i / job.columns * job.columns;
        store(job.y, i, load(job.x, at) * activate(load(job.x, at + job.columns), 2));
    }
}

WEFT_KERNEL weft_gate_gradient(const weft_cuda_slope job) {
    WEFT_FOR_EACH(i, job.count) {
        const long long at = i + i / job.columns * job.columns;
        const float gradient = load(job.gradient, i);
        const float kept = load(job.x, at), gate = load(job.x, at + job.columns);
        store(job.y, at, gradient * activate(gate, 2));
        store(job.y, at + job.columns, gradient * kept * slope(gate, 2));
    }
}

// ---- Optimisation ------------------------------------------------------------------------------

WEFT_KERNEL weft_adamw(const weft_cuda_adamw job) {
    WEFT_FOR_EACH(i, job.count) {
        const float g = load(job.gradient, i) * job.gradient_scale;
        const float m = load(job.mean, i) + job.mean_rate * (g - load(job.mean, i));
        const float v =
            load(job.variance, i) + job.variance_rate * (g * g - load(job.variance, i));
        const float root = sqrtf(v) * job.root_scale + job.epsilon;
        store(job.mean, i, m);
        store(job.variance, i, v);
        store(job.value, i, load(job.value, i) * job.decay - job.rate * (m / root));
    }
}

WEFT_KERNEL weft_squares(const weft_cuda_squares job) {
    __shared__ double sums[256];
    const long long end = (blockIdx.x + 1LL) * job.slice;
    double sum = 0;
    for (long long i = blockIdx.x * job.slice + threadIdx.x; i < end && i < job.count; i += 256) {
        const double x = load(job.x, i);
        sum += x * x;
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x > 0) return;
    for (int thread = 1; thread < 256; ++thread) sum += sums[thread];
    ((double *)job.partial)[blockIdx.x] = sum;
}
