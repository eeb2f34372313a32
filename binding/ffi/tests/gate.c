/* Reads "NOW ROOTS KEYLIST DENYLIST TEXT…" in hexadecimal (NOW decimal) and prints a line for each text. */
#include "tongma.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t unhex(const char *hex, uint8_t *out, size_t room) {
    size_t length = strlen(hex) / 2;
    if (length > room) exit(2);
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) exit(2);
        out[i] = (uint8_t)byte;
    }
    return length;
}

int main(int count, char **words) {
    static uint8_t roots[4096], keys[4096], denied[4096], text[16384];
    if (count < 5) return 2;
    tongma_clock clock = {atoll(words[1]), atoll(words[1]), 1};
    tongma_verifier *verifier = NULL;
    if (unhex(words[2], roots, sizeof roots) != 2 * TONGMA_POINT_BYTES) return 2;
    size_t key_bytes = unhex(words[3], keys, sizeof keys);
    size_t deny_bytes = unhex(words[4], denied, sizeof denied);
    int result = tongma_open(roots, keys, key_bytes, denied, deny_bytes, -1, -1, &verifier);
    printf("open %d\n", result);
    for (int i = 5; verifier && i < count; i++) {
        tongma_verdict verdict;
        memset(&verdict, 0xAA, sizeof verdict);
        size_t bytes = unhex(words[i], text, sizeof text);
        result = tongma_check(verifier, (const char *)text, bytes, &clock, &verdict);
        printf("%d %d %u %s %d %02x%02x %lld %s %s\n", result, verdict.outcome, verdict.doubts, verdict.reason, verdict.step,
               verdict.handle[0], verdict.handle[15], (long long)(verdict.end_s - verdict.start_s), verdict.words_zh,
               verdict.words_en);
    }
    printf("null %d %d\n", tongma_check(verifier, NULL, 0, &clock, NULL), tongma_open(NULL, keys, 0, denied, 0, -1, -1, &verifier));
    printf("closed %d\n", verifier == NULL);
    tongma_close(verifier);
    return 0;
}
