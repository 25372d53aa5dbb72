// SPDX-License-Identifier: GPL-3.0-or-later
/* What the sphere and the series route have in common: the spectra as functions of a few means over one and two coordinates.
 *
 * h = sqrt(B) Gz / |Gz| has coordinates with E h = 0, E h^2 = 1, sum_i h_i^2 = B. Write psi = phi - E phi, which gives the same
 * covariance up to a multiple of 11', and delta = phi'. The spaces RG, L and M carry irreducible representations of the permutations, so an eigenvalue is
 * the trace of the operator on the space divided by its dimension, and traces need no tensor:
 *
 * **Forward.** dV{S} = (E psi psi' ((B-1)/B h'Sh - tr S)) / (2 mu). The parts of hh' in RG, L, M are B/(B-1) G, G D G with D_ii =
 * B (h_i^2 - 1) / (B-2), and the rest; with u = G psi and because sum_i (h_i^2 - 1) = 0,
 *
 *     lambda_L = (E (h^2-1) psi^2 - 2 (B-1)/(B-2) C) / (2 mu),   C = E (h_1^2 - 1) psi_1 psi_2,
 *     lambda_M = (B-1) / (mu B (B-3)) ((B-1) E h_1 h_2 psi_1 psi_2 + E psi_1 psi_2 + 2 (B-1)/(B-2) C).
 *
 * **Backward.** F{S} = B E r^-2 E A S A', A = G D (G - hh'/B), E r^-2 = 1 / (mu (B-3)). The traces of S -> A S A' are tr(AA') / (B-1) on RG,
 * B/(B-2) (sum_i A_ii^2 - tr(AA')/B) on L, and ((tr A)^2 + tr A^2) / 2 on symmetric matrices of im G, which leaves that on M.
 *
 * **Between batches.** The off-diagonal block is carried by E[G phi z'] = s G, s = E r sqrt(B) E h phi / (B-1), on both sides: eigenvalue (s / mu)^2.
 * Private to the mean-field room. */
#ifndef ASSAY_SRC_MEANFIELD_BATCHNORM_MOMENTS_H
#define ASSAY_SRC_MEANFIELD_BATCHNORM_MOMENTS_H

#include <assay/meanfield/batchnorm.h>

/* STATUS_RANGE, with the range in the reason, unless B is from 4 to 10^4. */
enum status batchnorm_check_batch(int B);

/* Means over one coordinate: E phi, E h phi, E h^k psi^2, E h^k delta^2. */
struct single_means {
    struct value phi, h_phi;
    struct value psi2, h2_psi2;
    struct value delta2, h2_delta2, h4_delta2, h6_delta2;
};

/* Means over two: E psi_1 psi_2 times 1, h_1 h_2, (h_1^2 + h_2^2)/2, and E delta_1 delta_2 times 1, h_1 h_2, (h_1^2 + h_2^2)/2, h_1 h_2 (h_1^2 + h_2^2)/2, h_1^2 h_2^2. */
enum pair_mean { PSI, PSI_H1_H2, PSI_H2, DELTA, DELTA_H1_H2, DELTA_H2, DELTA_H1_H2_H2, DELTA_H1_H1_H2_H2, PAIR_MEANS };

/* Fills the means over one coordinate by quadrature. */
enum status batchnorm_single_means(const struct response *phi, int B, struct single_means *single);

/* The state from both kinds of means. backward: whether phi' has a second moment. STATUS_RANGE if phi is constant on the sphere. */
enum status batchnorm_assemble(int B, const struct single_means *single, const struct value pair[PAIR_MEANS],
                               struct batchnorm_state *state);

#endif
