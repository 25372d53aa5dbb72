// SPDX-License-Identifier: GPL-3.0-or-later
/* A run of a claim program from the inside. Private to the evidence room. */
#ifndef ASSAY_SRC_EVIDENCE_CLAIM_RUN_H
#define ASSAY_SRC_EVIDENCE_CLAIM_RUN_H

#include <assay/evidence/record.h>
#include <time.h>

enum { EXIT_EXPECTED = 0, EXIT_RED = 1, EXIT_USAGE = 2, EXIT_FAILED = 3, EXIT_ABSENT = 77 };

struct claim {
    const struct claim_spec *spec;
    const char *path, *source;
    char name[128]; // PAPER/NAME
    struct setting settings[CLAIM_PARAMETERS];
    enum scale scale;
    unsigned long seed;
    int threads;
    const char *plant, *out;
    const char *skipped; // why nothing could be measured; NULL where something was
    bool quiet, json, changed, terminal;
    struct table table;
    size_t checks, room;
    struct check *check;
    char case_name[96];
    struct timespec start;
};

/* Prints "NAME: reason" on stderr and exits. */
_Noreturn void claim_end(const struct claim *claim, int code, const char *reason);

/* Ends the program as skipped: leaves a record with this reason, and no table. */
_Noreturn void claim_skip(struct claim *claim, const char *reason);

/* Prints what is wrong with the program itself and aborts. */
_Noreturn void claim_wrong(const struct claim *claim, const char *what, const char *name);

/* The fault of that name, NULL if it is not declared. */
const struct fault *claim_find_fault(const struct claim *claim, const char *name);

/* Applies the command line to a claim whose spec, source and defaults are set. Exits with 2 at anything it doesn't know. Returns whether help was asked. */
bool claim_parse(struct claim *claim, int argc, char **argv);

/* --help. */
void claim_print_help(const struct claim *claim);

/* Ends the program unless every erratum has its checks and every differing check its erratum. */
void claim_require_errata(const struct claim *claim);

/* The verdict; *red whether it turns the exit code. */
enum verdict claim_verdict(const struct claim *claim, bool *red);

/* Adds to the table the notes on what made it. */
void claim_describe_table(struct claim *claim);

/* The record as JSON; the caller frees it. */
cJSON *claim_record(const struct claim *claim);

#endif
