// SPDX-License-Identifier: GPL-3.0-or-later
/* Adversarial search: hunts for the least value of a function over a box, such as the slack of an inequality, from many random starts. What it finds
 * is a fact (a counterexample, or the smallest slack seen); that nothing smaller exists is not. */
#ifndef ASSAY_EVIDENCE_SEARCH_H
#define ASSAY_EVIDENCE_SEARCH_H

#include <assay/evidence/claim.h>
#include <assay/numerics/roots.h>

struct search {
    uint32_t stream; // of the claim
    size_t dimensions;
    const double *least, *most; // the box: starts are uniform in it, and f is never asked outside
    size_t starts;
    int evaluations; // for each start, shared by a simplex descent and one restart of it
    objective *
        f; // may return INFINITY where it is not defined; called from several threads: it may read context, never write it
    void *context;
};

/* The least value found, best[dimensions] where. The same for any number of threads. */
double search_least(struct claim *claim, const struct search *search, double best[]);

#endif
