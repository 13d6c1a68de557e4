#include "weft_protobuf.h"

#include <stdlib.h>

// Two bytes of a hostile message can stand for a whole empty submessage in memory, so the memory is
// counted as it is asked for. malloc and free, so that the default allocator may free the result.
static void *bounded_allocate(void *data, size_t size) {
    size_t *left = data;
    size_t charged = size + 16;
    if (charged < size || charged > *left) return NULL;
    *left -= charged;
    return malloc(size);
}

static void bounded_free(void *data, void *pointer) {
    (void)data;
    free(pointer);
}

Weft__V1__Envelope *weft_envelope_unpack(const uint8_t *bytes, size_t count, size_t memory) {
    ProtobufCAllocator allocator = {bounded_allocate, bounded_free, &memory};
    return weft__v1__envelope__unpack(&allocator, count, bytes);
}
