// One version of all vector kernels. The includer sets VL (floats of a vector), TILE_ROWS
// and TILE_VECTORS (the register tile), and TABLE (its name).
#include "gather.h"
#include "simd.inc.h"
#include "product.inc.h"
#include "winograd.inc.h"
#include "lanes.inc.h"
#include "product_gradient.inc.h"
#include "temporal.inc.h"
#include "attention.inc.h"
#include "norms.inc.h"
#include "pointwise.inc.h"
#include "pointwise_gradient.inc.h"
#include "norms_gradient.inc.h"
#include "temporal_gradient.inc.h"
#include "attention_gradient.inc.h"

const weft_table TABLE = {
    .panel_width = PANEL,
    .product = product,
    .winograd = winograd,
    .finish_row = finish_row,
    .weight_gradient = weight_gradient,
    .row_sums = row_sums,
    .attend = attend,
    .group_norm = group_norm,
    .layer_norm = layer_norm,
    .activate = activate,
    .combine = combine,
    .add_rows = add_rows,
    .attention_gradient = attention_gradient,
    .group_norm_gradient = group_norm_gradient,
    .layer_norm_gradient = layer_norm_gradient,
    .activate_gradient = activate_gradient,
    .gate = gate,
    .adamw = adamw,
    .squares = squares,
    .probe = probe,
};
