// Included once for each storage, within a namespace.
#include "device.cuh"
#include "pointwise.cu"
#include "norms.cu"
#include "product.cu"
#include "attention.cu"
#include "probe.cu"
#undef WEFT_STORAGE
#undef WEFT_FOR_EACH
#undef WEFT_LOG2E
#undef WEFT_NOTHING
#undef WEFT_ATTEND
