// Gradients of norms. With h the normalised input, g the gradient of scale · h + shift and means
// over what was normalised together:
//
//     dx = inverse deviation · (scale · g - mean(scale · g) - h · mean(scale · g · h)),
//     dshift = Σ g,  dscale = Σ g · h.

// What reaches scale · h + shift through the activation behind it.
__device__ inline float inner_gradient(const weft_cuda_norm_gradient &job, long long at, float h,
                                       float scale, float shift) {
    const float gradient = load(job.gradient, at);
    if (job.norm.activation == 0) return gradient;
    return gradient * slope(h * scale + shift, job.norm.activation);
}

// Σ g and Σ g · h of one slice of one image's rows for each channel, to
// sums[image][slice][2][channel].
WEFT_KERNEL weft_group_norm_sums(const weft_cuda_norm_gradient job) {
    WEFT_DYNAMIC_SHARED(shared);
    const weft_cuda_norm &norm = job.norm;
    float *mean = (float *)shared;
    float *inverse = mean + norm.groups;
    float *sums = inverse + norm.groups;  // [row of threads][channel][2]
    const NormSlice slice(norm);
    group_moments(norm, slice.image, mean, inverse);
    __syncthreads();
    const int width = norm.channels / norm.groups;
    if (slice.row < slice.down) {
        for (int c = slice.column; c < norm.channels; c += slice.across) {
            const float around = mean[c / width], narrowness = inverse[c / width];
            const float scale = load(norm.scale, c), shift = load(norm.shift, c);
            float sum = 0, product = 0;
            for (long long row = slice.first + slice.row; row < slice.end; row += slice.down) {
                const long long at = (slice.image * norm.rows + row) * norm.channels + c;
                const float h = (load(norm.x, at) - around) * narrowness;
                const float g = inner_gradient(job, at, h, scale, shift);
                sum += g;
                product += g * h;
            }
            sums[2 * (slice.row * norm.channels + c)] = sum;
            sums[2 * (slice.row * norm.channels + c) + 1] = product;
        }
    }
    __syncthreads();
    float *result = (float *)job.sums + blockIdx.x * 2LL * norm.channels;
    for (int c = (int)threadIdx.x; c < norm.channels; c += (int)blockDim.x) {
        float sum = 0, product = 0;
        for (int row = 0; row < slice.down; ++row) {
            sum += sums[2 * (row * norm.channels + c)];
            product += sums[2 * (row * norm.channels + c) + 1];
        }
        result[c] = sum;
        result[norm.channels + c] = product;
    }
}

// The gradient of one slice of one image's rows; sums are [image][2][channel].
WEFT_KERNEL weft_group_norm_gradient(const weft_cuda_norm_gradient job) {
    WEFT_DYNAMIC_SHARED(shared);
    const weft_cuda_norm &norm = job.norm;
    float *mean = (float *)shared;
    float *inverse = mean + norm.groups;
    float *level = inverse + norm.groups;  // mean of scale · g
    float *tilt = level + norm.groups;     // mean of scale · g · h
    const NormSlice slice(norm);
    const int width = norm.channels / norm.groups;
    group_moments(norm, slice.image, mean, inverse);
    const float *sums = (const float *)job.sums + slice.image * 2 * norm.channels;
    const float count = (float)(norm.rows * width);
    for (int group = (int)threadIdx.x; group < norm.groups; group += (int)blockDim.x) {
        float sum = 0, product = 0;
        for (int c = group * width; c < (group + 1) * width; ++c) {
            const float scale = load(norm.scale, c);
            sum += scale * sums[c];
            product += scale * sums[norm.channels + c];
        }
        level[group] = sum / count;
        tilt[group] = product / count;
    }
    __syncthreads();
    if (slice.row >= slice.down) return;
    for (int c = slice.column; c < norm.channels; c += slice.across) {
        const int group = c / width;
        const float scale = load(norm.scale, c), shift = load(norm.shift, c);
        for (long long row = slice.first + slice.row; row < slice.end; row += slice.down) {
            const long long at = (slice.image * norm.rows + row) * norm.channels + c;
            const float h = (load(norm.x, at) - mean[group]) * inverse[group];
            const float g = inner_gradient(job, at, h, scale, shift);
            store(norm.y, at, inverse[group] * (scale * g - level[group] - h * tilt[group]));
        }
    }
}

// A warp a row; mean and inverse deviation of each are kept for the sums over rows, in
// norm.partial[row][2].
WEFT_KERNEL weft_layer_norm_gradient(const weft_cuda_norm_gradient job) {
    const weft_cuda_norm &norm = job.norm;
    const long long row = (long long)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    if (row >= norm.rows) return;
    const int lane = (int)threadIdx.x % 32;
    const long long start = row * norm.channels;
    float inverse;
    const float mean = row_moments(norm, start, inverse);
    float level = 0, tilt = 0;
    for (int c = lane; c < norm.channels; c += 32) {
        const float g = load(job.gradient, start + c) * load(norm.scale, c);
        level += g;
        tilt += g * (load(norm.x, start + c) - mean) * inverse;
    }
    level = warp_sum(level) / norm.channels;
    tilt = warp_sum(tilt) / norm.channels;
    for (int c = lane; c < norm.channels; c += 32) {
        const float h = (load(norm.x, start + c) - mean) * inverse;
        const float g = load(job.gradient, start + c) * load(norm.scale, c);
        store(norm.y, start + c, inverse * (g - level - h * tilt));
    }
    if (lane == 0) {
        ((float *)norm.partial)[2 * row] = mean;
        ((float *)norm.partial)[2 * row + 1] = inverse;
    }
}

// Σ g and Σ g · h of a slice of all rows, to sums[slice][2][channel]; threads as in weft_row_sums.
WEFT_KERNEL weft_layer_norm_sums(const weft_cuda_norm_gradient job) {
    __shared__ float sums[8][32][2];
    const weft_cuda_norm &norm = job.norm;
    const int tiles = (norm.channels + 31) / 32;
    const long long slice = blockIdx.x / tiles;
    const int lane = (int)threadIdx.x % 32, line = (int)threadIdx.x / 32;
    const int column = (int)(blockIdx.x % tiles) * 32 + lane;
    const long long end = (slice + 1) * job.rows_per_column_slice;
    const float *moments = (const float *)norm.partial;
    float sum = 0, product = 0;
    if (column < norm.channels) {
        for (long long row = slice * job.rows_per_column_slice + line;
             row < end && row < norm.rows; row += 8) {
            const long long at = row * norm.channels + column;
            const float g = load(job.gradient, at);
            sum += g;
            product += g * (load(norm.x, at) - moments[2 * row]) * moments[2 * row + 1];
        }
    }
    sums[line][lane][0] = sum;
    sums[line][lane][1] = product;
    __syncthreads();
    if (line > 0 || column >= norm.channels) return;
    for (int other = 1; other < 8; ++other) {
        sum += sums[other][lane][0];
        product += sums[other][lane][1];
    }
    float *result = (float *)job.sums + slice * 2 * norm.channels;
    result[column] = sum;
    result[norm.channels + column] = product;
}
