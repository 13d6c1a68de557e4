#pragma once
const char *weft_openblas_summary(void);
