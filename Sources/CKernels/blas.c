#include "weft_kernels.h"
#include <cblas.h>
const char *weft_openblas_summary(void) { return openblas_get_config(); }
