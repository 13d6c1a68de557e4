#pragma once
#include <stddef.h>
#include <stdint.h>

#include "weft/v1/envelope.pb-c.h"

// Version of the libprotobuf-c that is linked, such as "1.4.1".
const char *weft_protobuf_version(void);

// Unpacks an envelope with at most `memory` bytes of memory; NULL if it is malformed or needs more.
// What it returns is freed with weft__v1__envelope__free_unpacked(message, NULL).
Weft__V1__Envelope *weft_envelope_unpack(const uint8_t *bytes, size_t count, size_t memory);
