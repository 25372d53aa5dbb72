// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks of the three eigenvalues of a permutation-symmetric operator (ultrasymmetric.h) at once. */
#ifndef ASSAY_EVIDENCE_SPACES_H
#define ASSAY_EVIDENCE_SPACES_H

#include <assay/evidence/claim.h>
#include <assay/numerics/ultrasymmetric.h>

/* check_equal on each space, named "G, ROUTE", "L, ROUTE", "M, ROUTE". */
void check_spectrum(struct claim *claim, const char *route, struct spectrum claimed, struct spectrum witness);

/* The same against T's brackets by theorem E.62, "G, brackets" and so on, and for B <= 8 against T's matrix, "G, matrix". */
void check_brackets(struct claim *claim, int B, struct spectrum claimed, const struct brackets *T);

#endif
