// SPDX-License-Identifier: GPL-3.0-or-later
/* What a claim program asks while it runs: parameters, randomness, the table, checks. */
#include "claim_run.h"

#include <assay/base/memory.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ## Ending */

_Noreturn void claim_end(const struct claim *claim, int code, const char *reason)
{
    fprintf(stderr, "%s%s: %s\n", claim->terminal ? "\r\033[K" : "", claim->name, reason);
    exit(code);
}

_Noreturn void claim_wrong(const struct claim *claim, const char *what, const char *name)
{
    fprintf(stderr, "%s: the program is wrong: %s %s\n", claim->name, what, name);
    abort();
}

void claim_need(struct claim *claim, enum status status)
{
    if (status == STATUS_ABSENT) {
        claim_skip(claim, status_reason());
    }
    if (status != STATUS_OK) {
        claim_end(claim, status == STATUS_RANGE ? EXIT_USAGE : EXIT_FAILED, status_reason());
    }
}

struct value claim_value(struct claim *claim, struct value v)
{
    if (!value_ok(v)) {
        claim_end(claim, EXIT_FAILED, status_reason()[0] == '\0' ? "a number is not finite" : status_reason());
    }
    return v;
}

void claim_refuse(struct claim *claim, const char *format, ...)
{
    char reason[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    claim_end(claim, EXIT_USAGE, reason);
}

/* ## Parameters and randomness */

static const struct setting *setting_of(const struct claim *claim, const char *name, enum parameter_kind kind,
                                        enum parameter_kind or_kind)
{
    int i = parameter_find(claim->spec->parameters, name);

    if (i < 0 || (claim->spec->parameters[i].kind != kind && claim->spec->parameters[i].kind != or_kind)) {
        claim_wrong(claim, "it asks for an undeclared parameter,", name);
    }
    return &claim->settings[i];
}

long claim_integer(const struct claim *claim, const char *name)
{
    return (long)setting_of(claim, name, PARAMETER_INTEGER, PARAMETER_INTEGER)->number;
}

double claim_real(const struct claim *claim, const char *name)
{
    return setting_of(claim, name, PARAMETER_REAL, PARAMETER_REAL)->number;
}

const char *claim_text(const struct claim *claim, const char *name)
{
    return setting_of(claim, name, PARAMETER_TEXT, PARAMETER_CHOICE)->text;
}

const struct fault *claim_find_fault(const struct claim *claim, const char *name)
{
    for (const struct fault *fault = claim->spec->faults; fault->name != NULL; fault++) {
        if (strcmp(fault->name, name) == 0) {
            return fault;
        }
    }
    return NULL;
}

bool claim_fault(const struct claim *claim, const char *name)
{
    if (claim_find_fault(claim, name) == NULL) {
        claim_wrong(claim, "it asks for an undeclared fault,", name);
    }
    return claim->plant != NULL && strcmp(claim->plant, name) == 0;
}

enum scale claim_scale(const struct claim *claim)
{
    return claim->scale;
}

int claim_threads(const struct claim *claim)
{
    return claim->threads;
}

uint64_t claim_key(const struct claim *claim)
{
    return stream_key(claim->name, claim->seed);
}

struct stream claim_stream(const struct claim *claim, uint32_t stream, uint32_t sample)
{
    return stream_open(claim_key(claim), stream, sample);
}

static void report_progress(double fraction, void *reporter)
{
    claim_progress(reporter, fraction);
}

struct ensemble claim_ensemble(struct claim *claim, uint32_t stream, size_t samples, size_t outputs,
                               sample_function *draw, const void *context)
{
    return (struct ensemble){claim_key(claim), stream,          samples, outputs, claim->threads, draw,
                             context,          report_progress, claim};
}

void claim_limit(struct claim *claim, uint32_t stream, size_t samples, size_t outputs, sample_function *draw,
                 const void *const context[3], struct value out[])
{
    struct ensemble size[3];

    for (uint32_t s = 0; s < 3; s++) {
        size[s] = claim_ensemble(claim, stream + s, samples << (2 * s), outputs, draw, context[s]);
    }
    claim_need(claim, ensemble_limit(size, out));
}

void claim_progress(struct claim *claim, double fraction)
{
    if (claim->terminal) {
        fprintf(stderr, "\r%s %3.0f %%\033[K", claim->name, 100 * fraction);
    }
}

/* ## Table and checks */

void claim_labels(struct claim *claim, const char *name)
{
    table_labels(&claim->table, name);
}

void claim_column(struct claim *claim, const char *name, struct tolerance tolerance, const char *reason)
{
    table_column(&claim->table, name, tolerance, reason);
}

void claim_row_cells(struct claim *claim, const char *label, int count, const double cells[])
{
    if (count != claim->table.columns || (label != NULL) != (claim->table.label_name != NULL)) {
        claim_wrong(claim, "a row doesn't fit the columns:", label == NULL ? "no label" : label);
    }
    table_row(&claim->table, label, cells);
}

void claim_case(struct claim *claim, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(claim->case_name, sizeof claim->case_name, format, arguments);
    va_end(arguments);
}

static struct check *check_of(struct claim *claim, const char *name, enum check_kind kind)
{
    for (size_t i = 0; i < claim->checks; i++) {
        if (strcmp(claim->check[i].name, name) == 0) {
            if (claim->check[i].kind != kind) {
                claim_wrong(claim, "one name, two kinds of check:", name);
            }
            return &claim->check[i];
        }
    }
    if (claim->checks == claim->room) {
        struct check *old = claim->check;

        claim->room = 2 * claim->room + 16;
        claim->check = memory_new(claim->room, sizeof *claim->check);
        if (old != NULL) {
            memcpy(claim->check, old, claim->checks * sizeof *old);
        }
        memory_free(old);
    }
    struct check *check = &claim->check[claim->checks++];

    snprintf(check->name, sizeof check->name, "%s", name);
    check->kind = kind;
    return check;
}

static void add(struct claim *claim, const char *name, struct relation relation)
{
    check_add(check_of(claim, name, relation.kind), &relation, claim->case_name);
}

void check_equal(struct claim *claim, const char *name, struct value claimed, struct value witness)
{
    add(claim, name, relation_equal(claimed, witness));
}

void check_zero(struct claim *claim, const char *name, struct value quantity, double scale)
{
    add(claim, name, relation_zero(quantity, scale));
}

void check_at_most(struct claim *claim, const char *name, struct value quantity, struct value bound)
{
    add(claim, name, relation_at_most(quantity, bound));
}

void check_at_least(struct claim *claim, const char *name, struct value quantity, struct value bound)
{
    add(claim, name, relation_at_least(quantity, bound));
}

void check_rate(struct claim *claim, const char *name, struct value claimed, struct value fitted)
{
    struct relation relation = relation_equal(claimed, fitted);

    relation.kind = CHECK_RATE;
    add(claim, name, relation);
}

void check_shape(struct claim *claim, const char *name, struct value margin, double scale)
{
    add(claim, name, relation_shape(margin, scale));
}

void check_differs(struct claim *claim, const char *name, struct value printed, struct value witness)
{
    add(claim, name, relation_differs(printed, witness));
}

void check_not_at_least(struct claim *claim, const char *name, struct value quantity, struct value bound)
{
    add(claim, name, relation_not_at_least(quantity, bound));
}

void check_not_at_most(struct claim *claim, const char *name, struct value quantity, struct value bound)
{
    add(claim, name, relation_not_at_most(quantity, bound));
}
