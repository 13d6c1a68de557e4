// Norms, with statistics in float32 whatever the values are.

__device__ inline float joined_value(const weft_cuda_norm &job, long long row, int column) {
    if (column < job.first_channels) return load(job.x, row * job.first_channels + column);
    const int width = job.channels - job.first_channels;
    return load(job.more, row * width + column - job.first_channels);
}

// A value near those of the group: sums of what is left lose nothing where the mean is large.
__device__ inline float pivot(const weft_cuda_norm &job, long long image, int group) {
    const int width = job.channels / job.groups;
    return joined_value(job, image * job.rows, group * width);
}

// What a block does of a group norm: a slice of one image's rows. Its threads share the columns
// across; those that are left over begin further down.
struct NormSlice {
    long long image, first, end;
    int across, down, column, row;

    __device__ explicit NormSlice(const weft_cuda_norm &job) {
        image = blockIdx.x / job.slices;
        first = blockIdx.x % job.slices * job.rows_per_slice;
        end = first + job.rows_per_slice < job.rows ? first + job.rows_per_slice : job.rows;
        across = job.channels < (int)blockDim.x ? job.channels : (int)blockDim.x;
        down = (int)blockDim.x / across;
        column = (int)threadIdx.x % across;
        row = (int)threadIdx.x / across;
    }
};

// Σ and Σ² of one slice of one image's rows, for each group. A thread sums some columns over some
// rows; then a thread a group adds up, always in the same order.
WEFT_KERNEL weft_group_statistics(const weft_cuda_norm job) {
    WEFT_DYNAMIC_SHARED(shared);
    float *sums = (float *)shared;  // [row of threads][channel][2]
    const NormSlice slice(job);
    const int width = job.channels / job.groups;
    if (slice.row < slice.down) {
        for (int c = slice.column; c < job.channels; c += slice.across) {
            const float around = pivot(job, slice.image, c / width);
            float sum = 0, squares = 0;
            for (long long row = slice.first + slice.row; row < slice.end; row += slice.down) {
                const float x = joined_value(job, slice.image * job.rows + row, c) - around;
                sum += x;
                squares += x * x;
            }
            sums[2 * (slice.row * job.channels + c)] = sum;
            sums[2 * (slice.row * job.channels + c) + 1] = squares;
        }
    }
    __syncthreads();
    for (int group = (int)threadIdx.x; group < job.groups; group += (int)blockDim.x) {
        float sum = 0, squares = 0;
        for (int row = 0; row < slice.down; ++row) {
            for (int c = group * width; c < (group + 1) * width; ++c) {
                sum += sums[2 * (row * job.channels + c)];
                squares += sums[2 * (row * job.channels + c) + 1];
            }
        }
        float *partial = (float *)job.partial + 2 * (blockIdx.x * (long long)job.groups + group);
        partial[0] = sum;
        partial[1] = squares;
    }
}

// Mean and inverse deviation of each group of an image, from all slices in order.
__device__ inline void group_moments(const weft_cuda_norm &job, long long image, float *mean,
                                     float *inverse) {
    const float count = (float)(job.rows * (job.channels / job.groups));
    for (int group = (int)threadIdx.x; group < job.groups; group += (int)blockDim.x) {
        float sum = 0, squares = 0;
        for (int other = 0; other < job.slices; ++other) {
            const float *partial = (const float *)job.partial +
                                   2 * ((image * job.slices + other) * job.groups + group);
            sum += partial[0];
            squares += partial[1];
        }
        const float offset = sum / count;
        const float variance = squares / count - offset * offset;
        mean[group] = pivot(job, image, group) + offset;
        inverse[group] = 1 / sqrtf((variance > 0 ? variance : 0) + job.epsilon);
    }
}

// Normalises one slice of one image's rows.
WEFT_KERNEL weft_group_norm(const weft_cuda_norm job) {
    WEFT_DYNAMIC_SHARED(shared);
    float *mean = (float *)shared;
    float *inverse = mean + job.groups;
    const NormSlice slice(job);
    const int width = job.channels / job.groups;
    group_moments(job, slice.image, mean, inverse);
    __syncthreads();
    if (slice.row >= slice.down) return;
    for (int c = slice.column; c < job.channels; c += slice.across) {
        const int group = c / width;
        const float scale = load(job.scale, c) * inverse[group];
        const float shift = load(job.shift, c);
        for (long long row = slice.first + slice.row; row < slice.end; row += slice.down) {
            const long long at = slice.image * job.rows + row;
            const float x = (joined_value(job, at, c) - mean[group]) * scale + shift;
            store(job.y, at * job.channels + c, activate(x, job.activation));
        }
    }
}

__device__ inline float warp_sum(float x) {
    for (int mask = 16; mask > 0; mask /= 2) x += shuffle_xor(x, mask);
    return x;
}

// Mean and inverse deviation of a row, by a warp: the variance is that around the mean.
__device__ inline float row_moments(const weft_cuda_norm &job, long long start, float &inverse) {
    const int lane = (int)threadIdx.x % 32;
    float sum = 0;
    for (int c = lane; c < job.channels; c += 32) sum += load(job.x, start + c);
    const float mean = warp_sum(sum) / job.channels;
    float squares = 0;
    for (int c = lane; c < job.channels; c += 32) {
        const float x = load(job.x, start + c) - mean;
        squares += x * x;
    }
    inverse = 1 / sqrtf(warp_sum(squares) / job.channels + job.epsilon);
    return mean;
}

// A warp a row: mean, then variance around it, then the result; `rows` counts all.
WEFT_KERNEL weft_layer_norm(const weft_cuda_norm job) {
    const long long row = (long long)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= job.rows) return;
    const int lane = (int)threadIdx.x % 32;
    const long long start = row * job.channels;
    float inverse;
    const float mean = row_moments(job, start, inverse);
    for (int c = lane; c < job.channels; c += 32) {
        const float x = (load(job.x, start + c) - mean) * inverse;
        store(job.y, start + c, x * load(job.scale, c) + load(job.shift, c));
    }
}
