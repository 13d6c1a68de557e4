// Settings from WEFT_EMULATOR, such as "devices=1,fail_at=500", for a program that loads the driver
// by itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern "C" int weft_emulator_set(const char *name, long long value);

__attribute__((constructor)) static void read_environment() {
    const char *entry = getenv("WEFT_EMULATOR");
    while (entry && *entry) {
        const char *end = strchrnul(entry, ',');
        const char *equals = (const char *)memchr(entry, '=', (size_t)(end - entry));
        char name[32] = "";
        if (equals && (size_t)(equals - entry) < sizeof name) {
            memcpy(name, entry, (size_t)(equals - entry));
        }
        if (!equals || !weft_emulator_set(name, strtoll(equals + 1, 0, 10))) {
            fprintf(stderr, "WEFT_EMULATOR: no setting %.*s\n", (int)(end - entry), entry);
            abort();
        }
        entry = *end ? end + 1 : end;
    }
}
