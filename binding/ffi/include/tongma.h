/*
 * Tongma: verifies a scanned text against signed lists, for gates and cabinets written in C.
 *
 * No clock, no network, no file: time is Unix seconds, lists are bytes. Nothing is remembered but that a signature was
 * good, so the caller keeps the steps it has let through (accept only a step greater than the stored one, per handle).
 * A verifier is used by one thread at a time; several verifiers are independent of each other.
 *
 * Link with libtongma_ffi (static or shared). Licence: Apache-2.0.
 */
#ifndef TONGMA_H
#define TONGMA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TONGMA_POINT_BYTES 65   /* 0x04, x, y */
#define TONGMA_HANDLE_BYTES 16
#define TONGMA_REASON_BYTES 32  /* with the zero at its end */
#define TONGMA_WORDS_BYTES 192  /* with the zero at its end, UTF-8 */

/* Results of the functions. */
enum tongma_result {
    TONGMA_OK = 0,
    TONGMA_BAD_ARGUMENT = 1,  /* a null pointer or a negative number where there may be none */
    TONGMA_BAD_KEY = 2,       /* a root or listed key is no point of its curve */
    TONGMA_BAD_LIST = 3,      /* not a list of this kind, or its signer may not sign it */
    TONGMA_BAD_SIGNATURE = 4, /* the signature of a list does not hold */
    TONGMA_OLD_LIST = 5       /* older than a list already seen */
};

/* Colours of a verdict. */
enum tongma_outcome {
    TONGMA_GOOD = 0,
    TONGMA_AMBER = 1,  /* good as far as this verifier can know; `doubts` says why */
    TONGMA_REFUSED = 2 /* `reason` and the words say why; the ticket's fields are zero */
};

/* Bits of `doubts`. */
enum tongma_doubt {
    TONGMA_DOUBT_CLOCK = 1,     /* the clock may be wrong by more than 5 s, or was not synchronised for 24 h */
    TONGMA_DOUBT_KEY_LIST = 2,  /* the key list is past its ttl */
    TONGMA_DOUBT_DENY_LIST = 4, /* the deny list is past its ttl */
    TONGMA_DOUBT_RESERVE = 8    /* a reserve ticket: the phone has long been offline */
};

typedef struct tongma_verifier tongma_verifier;

typedef struct tongma_clock {
    int64_t now_s;       /* Unix seconds, rounded down */
    int64_t synced_at_s; /* when it was last synchronised, -1 for never */
    uint32_t error_s;    /* by how much it may be wrong */
} tongma_clock;

typedef struct tongma_verdict {
    int64_t start_s;           /* the ticket's life */
    int64_t end_s;
    int64_t key_list_age_s;    /* since the lists were made */
    int64_t deny_list_age_s;
    int32_t outcome;           /* enum tongma_outcome */
    uint32_t doubts;           /* enum tongma_doubt */
    uint16_t scope;            /* 0 for the general code */
    uint16_t claims;           /* claim bits as in the code, masked */
    uint8_t step;              /* the step to remember */
    uint8_t clock_trusted;
    uint8_t handle[TONGMA_HANDLE_BYTES];
    char reason[TONGMA_REASON_BYTES];     /* "good", or one of a closed set, such as "code_stale" or "wechat_pay" */
    char words_zh[TONGMA_WORDS_BYTES];    /* what it is and what to do */
    char words_en[TONGMA_WORDS_BYTES];
} tongma_verdict;

/*
 * Checks the lists and builds the key tables (some milliseconds, 300 KB). `roots` are the two pinned root keys, one after
 * the other. The greatest numbers of lists seen so far are -1 for none; keep them across restarts. Returns a
 * tongma_result and sets *verifier to null unless it is TONGMA_OK.
 */
int tongma_open(const uint8_t roots[2 * TONGMA_POINT_BYTES],
                const uint8_t *key_list, size_t key_list_bytes,
                const uint8_t *deny_list, size_t deny_list_bytes,
                int64_t seen_key_seq, int64_t seen_deny_seq,
                tongma_verifier **verifier);

/* Frees a verifier; null is left alone. */
void tongma_close(tongma_verifier *verifier);

/*
 * Judges the text of a scanned code, which need not end with a zero nor be UTF-8. Returns TONGMA_OK with a verdict, good or
 * not, or TONGMA_BAD_ARGUMENT without.
 */
int tongma_check(tongma_verifier *verifier, const char *text, size_t text_bytes,
                 const tongma_clock *clock, tongma_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
