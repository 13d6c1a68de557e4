#pragma once
#include <sodium.h>

// The state of a BLAKE2b-256 is aligned to more than Swift can say, so it goes by address: memory
// of weft_blake2b_state_bytes(), aligned to 64.
static inline size_t weft_blake2b_state_bytes(void) {
    return crypto_generichash_blake2b_statebytes();
}

static inline int weft_blake2b_init(void *state) {
    return crypto_generichash_blake2b_init((crypto_generichash_blake2b_state *)state, NULL, 0, 32);
}

static inline int weft_blake2b_update(void *state, const void *bytes, size_t count) {
    return crypto_generichash_blake2b_update((crypto_generichash_blake2b_state *)state,
                                             (const unsigned char *)bytes, count);
}

// Writes 32 bytes.
static inline int weft_blake2b_final(void *state, unsigned char *digest) {
    return crypto_generichash_blake2b_final((crypto_generichash_blake2b_state *)state, digest, 32);
}
