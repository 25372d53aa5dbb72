// SPDX-License-Identifier: GPL-3.0-or-later
/* The Fisher information matrix of a network with Gaussian outputs, through its dual.
 *
 * With J the Jacobian of outputs 0..outputs-1 of m samples (rows: sample by sample, outputs side by side) with respect to the parameters, the matrix I = J'J / m has the nonzero eigenvalues of F = JJ' / m, which is m outputs square. Parameters
 * may be restricted to parts and to one layer. */
#ifndef ASSAY_NETWORK_FISHER_H
#define ASSAY_NETWORK_FISHER_H

#include <assay/base/value.h>
#include <assay/network/feedforward.h>

/* Which parameters count: a sum of 1 << PART_..., and one layer, or 0 for all. */
struct fisher_parameters {
    unsigned parts;
    int layer;
};
#define FISHER_WEIGHTS ((struct fisher_parameters){1u << PART_WEIGHTS, 0})
#define FISHER_ALL ((struct fisher_parameters){(1u << PARTS) - 1, 0})

/* F (m outputs square) after a forward pass, whose deltas are overwritten. Frozen statistics: one backward pass an output, Gram matrices of dense layers, explicit gradients of convolutions (memory m outputs weights of a layer). Live: a backward pass and a
 * forward derivative for every column. STATUS_RANGE if there are not so many outputs, or no such layer. */
enum status fisher_dual(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                        struct fisher_parameters which, int outputs, double F[]);

/* y = F x: one backward pass, one gradient, one forward derivative, whatever m. gradient: room for all parameters. */
void fisher_apply(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                  struct fisher_parameters which, int outputs, const double x[], double gradient[], double y[]);

/* The whole Jacobian (m outputs x parameters), sample by sample by forward derivatives or backward passes: for small networks, the witness of the above. */
void fisher_jacobian(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                     int outputs, double J[]);

/* The largest eigenvalue of F without F, by Lanczos iteration (numerics/lanczos.h) to the relative tolerance. */
struct value fisher_largest(const struct feedforward *network, struct feedforward_pass *pass,
                            enum statistics statistics, struct fisher_parameters which, int outputs,
                            struct stream *stream, double tolerance);

/* Mean products of gradients, m F: with itself (the trace of F, an upper bound on its largest eigenvalue), of different samples, and of all pairs (F's quadratic form at the constant unit vector, a lower
 * bound). One output; pairs is NaN for m = 1. */
struct fisher_means {
    double diagonal, pairs, all;
};
struct fisher_means fisher_means_of(int m, const double F[]);

#endif
