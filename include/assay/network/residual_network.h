// SPDX-License-Identifier: GPL-3.0-or-later
/* Residual networks whose blocks normalise their branch and their sum.
 *
 * With |z^(0)|^2 = n and for l = 1..L (Gradient Explosion and Representation Shrinkage in Infinite Networks, section
 * 3)
 *     Y = U z^(l-1),    t = z^(l-1) + m_l^{-1/2} V phi_l(sqrt(m_l) Y / |Y|),    z^(l) = sqrt(n) t / |t|,
 * U (m_l x n) with entries of variance 1, V (n x m_l) with entries of standard deviation branch_sd. Weights are
 * drawn one block at a time and not kept: U by rows, then V, block after block, parameter number i being draw number
 * i of the stream. */
#ifndef ASSAY_NETWORK_RESIDUAL_NETWORK_H
#define ASSAY_NETWORK_RESIDUAL_NETWORK_H

#include <assay/meanfield/activation.h>
#include <assay/network/propagation.h>

struct residual_block {
    int hidden; // m_l
    struct activation phi;
    double branch_sd;
};

/* Plain data; points at the blocks, which must outlive it. block[l-1] is block l. */
struct residual_network {
    int width, depth;
    const struct residual_block *block;
};

/* Width, depth and hidden widths at least 1, deviations finite and not negative. */
enum status residual_network_check(const struct residual_network *network);

/* Carries X (samples x width) and, if tangents > 0, T ((samples*tangents) x width) through the network and calls
 * visit for l = 0..depth. Each block takes 2 n m_l normals and 4 samples (1 + tangents) n m_l flops. The first block
 * adds z^(0) as it is: the network sees the length of its input, and no direction is annihilated before the first
 * normalisation. */
enum status residual_propagate(const struct residual_network *network, struct stream stream, int samples,
                               const double X[], int tangents, const double T[], layer_visit *visit, void *context);

#endif
