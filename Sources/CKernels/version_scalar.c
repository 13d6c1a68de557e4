// One float at a time: runs everywhere, and what the vector versions are judged beside.
#include "version.h"

#define VL 1
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define TABLE weft_table_scalar
#include "table.inc.h"
