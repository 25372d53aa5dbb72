// SPDX-License-Identifier: GPL-3.0-or-later
/* Infinitely wide networks with batch normalisation: the symmetric fixed point (BSB1) of their covariances, how perturbations of it grow
 * or die forward, and how gradients grow backward (Yang et al. 2019).
 *
 * A layer maps the covariance S (B x B) of a batch of B samples to E phi(h) phi(h)', h = sqrt(B) Gz / |Gz|, z ~ N(0, S), G = I - 11'/B. At the
 * fixed point S = mu I + nu 11' both the forward Jacobian and the backward operator are ultrasymmetric: numbers on the
 * spaces RG, L and M (ultrasymmetric.h). Between two batches a single number governs both directions.
 *
 * Each quantity has one function that chooses the best route, and one for each route:
 *
 *     _closed   positive-homogeneous phi: arc-cosine kernels (Laplace's method)
 *     _sphere   any phi: quadrature over two angles, B >= 4
 *     _series   any phi: quadratic forms in Gegenbauer coefficients, to degree lmax; slow where phi has kinks, and its error says so
 *
 * The best route is the closed form where there is one, the sphere otherwise: 2 to 10 ms. B is from 4 to 10^4. */
#ifndef ASSAY_MEANFIELD_BATCHNORM_H
#define ASSAY_MEANFIELD_BATCHNORM_H

#include <assay/meanfield/homogeneous.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/ultrasymmetric.h>

/* S = mu I + nu 11': diagonal entries q = mu + nu, the others nu; c = nu / q. */
struct bsb1 {
    struct value q, mu, nu;
};

/* Everything at once. */
struct batchnorm_state {
    struct bsb1 fixed;
    struct spectrum forward;  // G is 0
    struct spectrum backward; // G is the rate of gradient explosion
    struct value cross_fixed; // covariance of samples in different batches
    struct value cross;       // the eigenvalue between batches, forward and backward
};

/* By the best route for phi. STATUS_RANGE for B out of range or phi that is constant; a member that does not exist for this phi
 * (backward for homogeneous phi of degree at most 1/2, whose phi' has no second moment) is INFINITY. */
enum status batchnorm_state(const struct activation *phi, int B, struct batchnorm_state *state);

/* One quantity by the best route; value_failed with a reason as above. */
struct bsb1 batchnorm_fixed_point(const struct activation *phi, int B);
struct value batchnorm_forward_L(const struct activation *phi, int B);
struct value batchnorm_forward_M(const struct activation *phi, int B);
struct value batchnorm_backward_G(const struct activation *phi, int B);
struct value batchnorm_backward_L(const struct activation *phi, int B);
struct value batchnorm_backward_M(const struct activation *phi, int B);
struct value batchnorm_cross_fixed_point(const struct activation *phi, int B);
struct value batchnorm_cross(const struct activation *phi, int B);

/* By one route. */
enum status batchnorm_state_closed(const struct homogeneous *phi, int B, struct batchnorm_state *state);
enum status batchnorm_state_sphere(const struct response *phi, int B, struct batchnorm_state *state);
enum status batchnorm_state_series(const struct response *phi, int B, int lmax, struct batchnorm_state *state);

/* The brackets [ij|kl] of the forward Jacobian d/dS at the fixed point, restricted to S = GSG, and of the backward operator
 * F{S} = B E r^-2 D (I - vv') S (I - vv') D, D = diag phi'(h), by two-angle quadrature: what ultrasymmetric_spectrum and ultrasymmetric_matrix
 * take. Entry by entry, so large B cancel in their sums: for B up to some hundred. */
enum status batchnorm_forward_brackets(const struct response *phi, int B, struct brackets *U);
enum status batchnorm_backward_brackets(const struct response *phi, int B, struct brackets *F);

/* The backward operator in three parts, F = direct + outer - mixed, each with the factor B E r^-2: of S they make D S D; D vv' S vv' D; and
 * D S vv' D + D vv' S D, with v = h / sqrt(B). Brackets as above. */
struct backward_parts {
    struct brackets direct, outer, mixed;
};
enum status batchnorm_backward_parts(const struct response *phi, int B, struct backward_parts *parts);

/* The degree alpha at which relu^alpha loses its symmetric fixed point: batchnorm_forward_L = 1. value_failed for B = 4, where it never does. */
struct value batchnorm_transition(int B);

#endif
