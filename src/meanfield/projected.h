// SPDX-License-Identifier: GPL-3.0-or-later
/* The covariance of k batches of B samples after each batch has been centred: P S P, P = G + ... + G, by its eigenvectors.
 *
 * Centring and decomposing perturb it by about noise = 4 sqrt(kB) eps max |S_ij|; directions whose variance can't be told from 0 are left out. Private to the
 * mean-field room. */
#ifndef ASSAY_SRC_MEANFIELD_PROJECTED_H
#define ASSAY_SRC_MEANFIELD_PROJECTED_H

#include <assay/base/status.h>

struct projected {
    int n, rank;    // n = kB
    double *lambda; // rank eigenvalues, decreasing
    double *vector; // rank x n, by rows
    double noise;
};

/* function names the caller in the reason. projected_free releases what it holds, after STATUS_OK only. */
enum status projected_find(const char *function, int k, int B, const double S[], struct projected *p);
void projected_free(struct projected *p);

/* X (n x rank) with X X' = P S P. */
void projected_root(const struct projected *p, double X[]);

#endif
