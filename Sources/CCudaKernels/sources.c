#include "weft_cuda_sources.h"

// Offered to Swift by the same module.
#include "weft_cuda_gradient_jobs.h"
#include "weft_cuda_jobs.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char jobs[] = {
#embed "include/weft_cuda_jobs.h"
};
static const unsigned char gradient_jobs[] = {
#embed "include/weft_cuda_gradient_jobs.h"
};
static const unsigned char device[] = {
#embed "kernels/device.cuh"
};
static const unsigned char pointwise[] = {
#embed "kernels/pointwise.cu"
};
static const unsigned char norms[] = {
#embed "kernels/norms.cu"
};
static const unsigned char product[] = {
#embed "kernels/product.cu"
};
static const unsigned char attention[] = {
#embed "kernels/attention.cu"
};
static const unsigned char gradients[] = {
#embed "kernels/gradients.cu"
};
static const unsigned char norms_gradient[] = {
#embed "kernels/norms_gradient.cu"
};
static const unsigned char product_gradient[] = {
#embed "kernels/product_gradient.cu"
};
static const unsigned char attention_gradient[] = {
#embed "kernels/attention_gradient.cu"
};
static const unsigned char probe[] = {
#embed "kernels/probe.cu"
};

static const struct {
    const char *name;
    const unsigned char *text;
    size_t length;
} sources[] = {
    {"weft_cuda_jobs.h", jobs, sizeof jobs},
    {"weft_cuda_gradient_jobs.h", gradient_jobs, sizeof gradient_jobs},
    {"device.cuh", device, sizeof device},
    {"pointwise.cu", pointwise, sizeof pointwise},
    {"norms.cu", norms, sizeof norms},
    {"product.cu", product, sizeof product},
    {"attention.cu", attention, sizeof attention},
    {"gradients.cu", gradients, sizeof gradients},
    {"norms_gradient.cu", norms_gradient, sizeof norms_gradient},
    {"product_gradient.cu", product_gradient, sizeof product_gradient},
    {"attention_gradient.cu", attention_gradient, sizeof attention_gradient},
    {"probe.cu", probe, sizeof probe},
};

size_t weft_cuda_source_count(void) { return sizeof sources / sizeof sources[0]; }

const char *weft_cuda_source_name(size_t index) { return sources[index].name; }

const unsigned char *weft_cuda_source_text(size_t index, size_t *length) {
    *length = sources[index].length;
    return sources[index].text;
}
