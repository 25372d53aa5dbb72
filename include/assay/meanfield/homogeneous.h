// SPDX-License-Identifier: GPL-3.0-or-later
/* Positive-homogeneous activations phi(x) = a rho_alpha(x) - b rho_alpha(-x), rho_alpha = relu^alpha, and their Gaussian moments.
 *
 * id has a = b = 1, leaky relu b = its slope, abs b = -1, x^n b = (-1)^(n-1). With the kernel
 * J_phi(c) = (a^2 + b^2) J_alpha(c) - 2ab J_alpha(-c), E phi(X) phi(Y) = c_alpha (xx yy)^(alpha/2) J_phi(c) for centred Gaussians of
 * variances xx, yy and correlation c. */
#ifndef ASSAY_MEANFIELD_HOMOGENEOUS_H
#define ASSAY_MEANFIELD_HOMOGENEOUS_H

#include <assay/meanfield/activation.h>

struct homogeneous {
    double alpha, a, b;
};

/* The same activation in these terms; STATUS_RANGE if phi is not homogeneous (or of degree 0 or less). */
enum status homogeneous_find(const struct activation *phi, struct homogeneous *h);

/* Both by name, of a degree from least to most; STATUS_RANGE otherwise. */
enum status homogeneous_within(const char *name, double least, double most, struct activation *phi,
                               struct homogeneous *h);

/* Names for sweeps: degrees 0.8 to 3, even, odd and neither, with and without a kink, in an order in which neighbours differ. NULL ends them. */
const char *const *homogeneous_names(void);

/* phi(x), phi'(x) (0 at x = 0 unless alpha = 1, where it is a). */
double homogeneous_value(const struct homogeneous *h, double x);
double homogeneous_slope(const struct homogeneous *h, double x);

/* phi and phi' for quadrature; they point at *h, which must outlive them. */
struct piecewise homogeneous_piecewise(const struct homogeneous *h);
struct piecewise homogeneous_slope_piecewise(const struct homogeneous *h);

/* phi', of degree alpha - 1: alpha (a rho_{alpha-1}(x) + b rho_{alpha-1}(-x)). */
struct homogeneous homogeneous_derivative(const struct homogeneous *h);

/* J_phi(c) and its first and second derivative, -1 <= c <= 1. */
struct value homogeneous_kernel(const struct homogeneous *h, double c);
struct value homogeneous_kernel_slope(const struct homogeneous *h, double c);
struct value homogeneous_kernel_curvature(const struct homogeneous *h, double c);

/* V phi(S) = E phi(y) phi(y)', y ~ N(0, S), S (n x n) positive semi-definite; V (n x n) may be S. Rows of zero variance give zeros.
 * Correlations are cut to [-1, 1]. O(n^2) kernels. */
enum status homogeneous_moments(const struct homogeneous *h, int n, const double S[], double V[]);

/* Its derivative dV in the direction dS (symmetric, n x n) at S without zero variances (Yang et al. 2019, proposition E.22). */
enum status homogeneous_moments_along(const struct homogeneous *h, int n, const double S[], const double dS[],
                                      double dV[]);

#endif
