// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks and verdicts as data: how cases fold into a check, and checks into a claim's verdict. claim.h is the face of it. */
#ifndef ASSAY_EVIDENCE_CHECK_H
#define ASSAY_EVIDENCE_CHECK_H

#include <assay/base/value.h>
#include <stdbool.h>
#include <stddef.h>

enum check_kind { CHECK_EQUAL, CHECK_AT_MOST, CHECK_AT_LEAST, CHECK_RATE, CHECK_SHAPE, CHECK_DIFFERS, CHECK_KINDS };

enum check_state { CHECK_HOLDS, CHECK_REFUTED, CHECK_INCONCLUSIVE };

/* One relation in one case. */
struct relation {
    enum check_kind kind;
    struct value claimed, witness;
    double
        difference; // signed: how far the case is from failing is tolerance - difference; it holds while difference <= tolerance
    double tolerance;
    double resolution; // relative change of the claimed side that this case sees; never below DBL_EPSILON
    double scale;      // what digits are counted against
    bool holds;
};

struct relation relation_equal(struct value claimed, struct value witness);
struct relation relation_zero(struct value quantity, double scale);
struct relation relation_at_most(struct value quantity, struct value bound);
struct relation relation_at_least(struct value quantity, struct value bound);
struct relation relation_shape(struct value margin, double scale);
struct relation relation_differs(struct value printed, struct value witness);
struct relation relation_not_at_least(struct value quantity, struct value bound);
struct relation relation_not_at_most(struct value quantity, struct value bound);

/* All cases of one name. */
struct check {
    char name[64];
    enum check_kind kind;
    size_t cases, refuted;
    struct relation worst; // the case nearest to failing, or the one that failed by most
    char worst_case[96];
    double resolution, coarsest; // least and largest over the cases
    bool sampled;                // whether any case has a standard error
};

/* Folds a case into the check (its first case sets kind and name). */
void check_add(struct check *check, const struct relation *relation, const char *case_name);

enum check_state check_state_of(const struct check *check);

/* Decimal digits that claimed and witness share in the worst case, and its distance in standard errors (NaN if none were sampled). */
double check_digits(const struct check *check);
double check_z(const struct check *check);

const char *check_kind_name(enum check_kind kind);
const char *check_state_name(enum check_state state);

/* VERDICT_SKIPPED: nothing was measured, because a data set is absent. */
enum verdict { VERDICT_HOLDS, VERDICT_CORRECTED, VERDICT_REFUTED, VERDICT_INCONCLUSIVE, VERDICT_SKIPPED };

/* inconclusive if a check is, or if there is none; refuted if a check is refuted; with errata, holds corrected or (red false) refuted. */
enum verdict verdict_of(size_t checks, const struct check check[], bool errata, bool corrected, bool *red);

const char *verdict_name(enum verdict verdict);

#endif
