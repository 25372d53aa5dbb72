// SPDX-License-Identifier: GPL-3.0-or-later
/* Input-output Jacobians in the root-mean-square geometry.
 *
 * The norm of a vector is its root mean square, so that a map M from R^m to R^n has operator norm max_v (|Mv| /
 * sqrt(n)) / (|v| / sqrt(m)) = sqrt(m/n) s_max. Infinite-width theory gives another number: the mean of |Jv|^2 / n
 * over directions v with |v|^2 = m, which tends to the product of the slopes P_l'(1). The two differ, and the first
 * grows with depth where the second does not; both are reported.
 *
 * A normalised network without bias in its first layer does not see the length of its input: J x = 0 at every x. One
 * singular value is then zero up to rounding, and means over directions can be taken over the sphere's tangent
 * space, of dimension m - 1. A product of many layers has singular values over many decades: those below some 1e-16 of
 * the largest are rounding, whatever their digits say. */
#ifndef ASSAY_NETWORK_JACOBIAN_H
#define ASSAY_NETWORK_JACOBIAN_H

#include <assay/network/propagation.h>

struct jacobian {
    int outputs, inputs;      // n, m
    double largest, smallest; // singular values, of min(n, m)
    double smallest_tangent;  // the next to smallest: the smallest on the tangent space where J x = 0 and m <= n
    double operator_norm;     // sqrt(m/n) * largest
    double mean_square;       // |J|_F^2 / n: the mean of |Jv|^2 / n over all directions with |v|^2 = m
    double
        tangent_mean_square; // the same over directions tangent to the sphere, given J x = 0: mean_square * m / (m - 1)
};

/* The tangents that make a pass carry the Jacobian of one sample: the inputs x inputs identity, one direction a row. */
void jacobian_directions(int inputs, double T[]);

/* The summary of the Jacobian that a pass started with jacobian_directions carries at this state, whose T is J'
 * (inputs x width); one sample. All min(n, m) singular values go to s, decreasing, unless it is NULL. An SVD: O(n m
 * min(n, m)). */
enum status jacobian_of_state(const struct layer_state *state, struct jacobian *jacobian, double s[]);

/* The mean of |Jv|^2 / N_l over the state's samples and directions: the tangents' mean square, given directions of
 * mean square 1. */
double jacobian_directional(const struct layer_state *state);

/* sqrt(m/n) * s_max. */
double jacobian_operator_norm(int outputs, int inputs, double largest);

#endif
