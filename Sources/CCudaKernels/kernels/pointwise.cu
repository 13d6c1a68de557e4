// Pointwise operations and movement: a thread an element, in the order of the result.

WEFT_KERNEL weft_activate(const weft_cuda_pointwise job) {
    WEFT_FOR_EACH(i, job.count) { store(job.y, i, activate(load(job.x, i), job.activation)); }
}

// From float32 and back.
WEFT_KERNEL weft_narrow(const weft_cuda_pointwise job) {
    WEFT_FOR_EACH(i, job.count) { store(job.y, i, ((const float *)job.x)[i]); }
}

WEFT_KERNEL weft_widen(const weft_cuda_pointwise job) {
    WEFT_FOR_EACH(i, job.count) { ((float *)job.y)[i] = load(job.x, i); }
}

WEFT_KERNEL weft_combine(const weft_cuda_combine job) {
    WEFT_FOR_EACH(i, job.count) {
        float sum = 0;
        for (int term = 0; term < WEFT_CUDA_TERMS; ++term) {
            if (term < job.terms) sum += job.coefficients[term] * load(job.x[term], i);
        }
        store(job.y, i, sum);
    }
}

WEFT_KERNEL weft_add_rows(const weft_cuda_row_table job) {
    WEFT_FOR_EACH(i, job.rows * job.channels) {
        const long long row = i / job.channels;
        const long long column = i - row * job.channels;
        const long long from = row / job.repeats % job.table_rows;
        store(job.y, i, load(job.x, i) + load(job.table, from * job.channels + column));
    }
}

// Copies an element as it is.
__device__ inline void move(weft_device x, long long from, weft_device y, long long to,
                            int is_wide) {
    if (is_wide) {
        ((float *)y)[to] = ((const float *)x)[from];
    } else {
        ((value *)y)[to] = values(x)[from];
    }
}

WEFT_KERNEL weft_gather_rows(const weft_cuda_row_table job) {
    WEFT_FOR_EACH(i, job.rows * job.channels) {
        const long long row = i / job.channels;
        const long long column = i - row * job.channels;
        const long long from = ((const int *)job.indices)[row];
        move(job.table, from * job.channels + column, job.y, i, job.is_wide);
    }
}

WEFT_KERNEL weft_copy_rows(const weft_cuda_copy job) {
    WEFT_FOR_EACH(i, job.rows * job.columns) {
        const long long row = i / job.columns;
        const long long column = i - row * job.columns;
        ((value *)job.y)[row * job.y_stride + column] =
            values(job.x)[row * job.x_stride + column];
    }
}

WEFT_KERNEL weft_permute(const weft_cuda_permute job) {
    WEFT_FOR_EACH(i, job.count) {
        long long rest = i;
        long long source = 0;
        for (int axis = WEFT_CUDA_RANK - 1; axis >= 0; --axis) {
            if (axis >= job.rank) continue;
            const long long outer = rest / job.extents[axis];
            source += (rest - outer * job.extents[axis]) * job.strides[axis];
            rest = outer;
        }
        move(job.x, source, job.y, i, job.is_wide);
    }
}

WEFT_KERNEL weft_resample(const weft_cuda_resample job) {
    const int *row_index = (const int *)job.row_index;
    const int *column_index = (const int *)job.column_index;
    const float *row_weight = (const float *)job.row_weight;
    const float *column_weight = (const float *)job.column_weight;
    WEFT_FOR_EACH(i, job.count) {
        const int channel = (int)(i % job.c);
        const int x = (int)(i / job.c % job.out_w);
        const int y = (int)(i / job.c / job.out_w % job.out_h);
        const long long image = i / job.c / job.out_w / job.out_h;
        float sum = 0;
        for (int a = y * job.row_taps; a < (y + 1) * job.row_taps; ++a) {
            const long long row = (image * job.h + row_index[a]) * job.w;
            float mixed = 0;
            for (int b = x * job.column_taps; b < (x + 1) * job.column_taps; ++b) {
                mixed += column_weight[b] * load(job.x, (row + column_index[b]) * job.c + channel);
            }
            sum += row_weight[a] * mixed;
        }
        store(job.y, i, sum);
    }
}

__device__ inline float stored_element(const weft_cuda_pack &job, long long index) {
    switch (job.element) {
    case 1: return widen(((const float16 *)job.source)[index]);
    case 2: return widen(((const bfloat16 *)job.source)[index]);
    default: return ((const float *)job.source)[index];
    }
}

WEFT_KERNEL weft_pack(const weft_cuda_pack job) {
    const long long columns = (long long)job.taps * job.padded;
    WEFT_FOR_EACH(i, job.count) {
        const long long part_row = i / columns;
        const int column = (int)(i - part_row * columns);
        const int tap = column / job.padded;
        const int channel = column - tap * job.padded;
        float x = 0;
        if (channel < job.channels) {
            x = stored_element(job, (part_row * job.channels + channel) * job.taps + tap);
        }
        long long row = job.first + part_row;
        if (job.half > 0) row = row < job.half ? 2 * row : 2 * (row - job.half) + 1;
        store(job.target, row * columns + column, x);
    }
}
