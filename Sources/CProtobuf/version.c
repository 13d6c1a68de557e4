#include "weft_protobuf.h"

#include <protobuf-c/protobuf-c.h>

const char *weft_protobuf_version(void) { return protobuf_c_version(); }
