// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch normalisation with epsilon > 0 in infinitely wide networks: the symmetric fixed point and the rate of gradient explosion.
 *
 * At Sigma = m I + nu 11' the radius and the direction of Gh are independent: |Gh|^2 / B = t with B t / m chi-squared of B - 1 degrees, and normalisation gives rho sqrt(B) v,
 * v uniform on the sphere (sphere.h), rho^2 = t / (t + epsilon). So, with h = sqrt(B) v,
 *
 *     m' = E_rho [E phi(rho h_1)^2 - E phi(rho h_1) phi(rho h_2)],   rate = E_rho [T(rho) / (t + epsilon)] / (B - 1),
 *     T = (B-1) a - k b - a + (a + (B-1) c) / B + k (b + (B-1) d) / B,   k = (2 - rho^2) rho^2,
 *
 * a, b, c, d the means of phi'_1^2, h_1^2 phi'_1^2, phi'_1 phi'_2, h_1 h_2 phi'_1 phi'_2. Means over directions are two-angle quadrature, those over the radius a Gauss-Laguerre rule. */
#ifndef ASSAY_MEANFIELD_BATCHNORM_EPSILON_H
#define ASSAY_MEANFIELD_BATCHNORM_EPSILON_H

#include <assay/meanfield/response.h>

/* The fixed point with the largest m (0, exactly, if there is none above 1e-4 of what epsilon -> 0 gives: then small signals die out) and the rate there: above 1 gradients explode, below they
 * vanish. 4 <= B <= 300, epsilon > 0. The error is what twice as many radii change, quadrature over angles apart. 0.05 to 1 s. STATUS_RANGE for bad arguments, STATUS_CONVERGENCE. */
enum status batchnorm_epsilon(const struct response *phi, int B, double epsilon, struct value *m, struct value *rate);

#endif
