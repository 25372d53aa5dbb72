// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks of matrices, entry by entry. */
#ifndef ASSAY_EVIDENCE_ENTRIES_H
#define ASSAY_EVIDENCE_ENTRIES_H

#include <assay/evidence/claim.h>

/* n numbers with their errors, all of one kind. error NULL: exact. */
struct entries {
    const double *x, *error;
    enum error_kind kind;
};

/* check_equal for each of n numbers: cases of one check. The case's name stays what claim_case set. */
void check_entries(struct claim *claim, const char *name, size_t n, struct entries claimed, struct entries witness);

#endif
