// SPDX-License-Identifier: GPL-3.0-or-later
/* The dual Fisher matrices, with frozen statistics, of one batch-normalised network at every gamma.
 *
 * Normalised units don't see gamma, the same in all layers: with an activation of degree 1, beta and epsilon 0 the outputs less the last bias are proportional to gamma, and so is the gradient delta^(1) with respect to the first pre-activations, but not delta^(l) for
 * l > 1. So the weights' share of F and that of the first biases are proportional to gamma^2, and the rest does not change. */
#ifndef ASSAY_NETWORK_FISHER_FAMILY_H
#define ASSAY_NETWORK_FISHER_FAMILY_H

#include <assay/network/fisher.h>

struct fisher_family {
    int m;
    double gamma; // of the network it was made from; 0 without batch normalisation, which has one member only
    double *all, *weights, *biases; // F of all parameters, of the weights, of the first biases; m x m
};

/* After a forward pass, whose deltas are overwritten; one output. STATUS_RANGE unless the activation is of degree 1, and beta and epsilon are 0. Three backward passes. */
enum status fisher_family_new(struct fisher_family *family, const struct feedforward *network,
                              struct feedforward_pass *pass);
void fisher_family_free(struct fisher_family *family);

/* At one gamma: the largest eigenvalue for all parameters, the mean over pairs of different samples of m F for the weights, and what all other parameters add to that mean. O(m^3). */
struct fisher_numbers {
    double largest, weights, others;
};
struct fisher_numbers fisher_family_at(const struct fisher_family *family, double gamma);

/* Sets every gamma of a network. */
void feedforward_set_gamma(struct feedforward *network, double gamma);

/* The quadratic form of F at the constant unit vector, which is the squared mean gradient of one output, after a forward pass: a lower bound on the largest eigenvalue for the price of one backward pass and one forward derivative. */
double fisher_constant_form(const struct feedforward *network, struct feedforward_pass *pass,
                            enum statistics statistics, struct fisher_parameters which);

#endif
