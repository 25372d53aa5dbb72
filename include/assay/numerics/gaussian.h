// SPDX-License-Identifier: GPL-3.0-or-later
/* Expectations under one and two Gaussian variables. Fixed Gauss-Hermite rules lie silently at a kink: these split
 * there, adapt, and say their error. */
#ifndef ASSAY_NUMERICS_GAUSSIAN_H
#define ASSAY_NUMERICS_GAUSSIAN_H

#include <assay/numerics/quadrature.h>

/* A function of one variable that is smooth except at its kinks (or jumps, or integrable singularities), listed in
 * increasing order: at most 10. Declare a peak or step narrower than 0.1 too: the first nodes, up to 0.15 apart, could
 * miss it. */
struct piecewise {
    integrand *f;
    void *context;
    int kinks;
    const double *kink;
};

/* E f(Z), Z standard normal. Relative accuracy near 1e-14 (of E |f|) for f of at most exponential growth; the error
 * says if it is worse. value_failed if f is not finite where the density matters. 5 to 15 microseconds for smooth
 * pieces, more for singular ones. */
struct value gaussian_mean(const struct piecewise *f);

/* E f(X) g(Y) for standard normals with correlation rho, -1 <= rho <= 1: the conditional mean of g(Y) given X
 * integrated over X, both split at their kinks. Relative accuracy near 1e-13 unless terms of both signs cancel. 0.3 to
 * 1.5 milliseconds; singular kinks (|x|^p, p not an integer) take ten to some hundred times as long. */
struct value gaussian_product(const struct piecewise *f, const struct piecewise *g, double rho);

/* E x^j f(x) y^k g(y) for centred Gaussians x, y with variances xx, yy > 0 and covariance xy, j, k >= 0. As gaussian_product, which does it. */
struct value gaussian_moment(const struct piecewise *f, int j, const struct piecewise *g, int k, double xx, double xy,
                             double yy);

/* The regression of a centred Gaussian vector with covariance S (n x n) on its components i and j: E (y_m | y_i, y_j) = M[2m] y_i + M[2m+1] y_j,
 * M[2m+1] = 0 if i = j. S_ii > 0, and y_i, y_j not proportional unless i = j: STATUS_RANGE. */
enum status gaussian_regression(int n, const double S[], int i, int j, double M[]);

/* E F(X, Y) for a smooth F of two variables: tensor Gauss-Hermite of n and 2n nodes, three times the difference as the
 * error estimate. 5 n^2 evaluations. Kinks make it slow to converge: the error then says so. */
typedef double integrand_pair(double x, double y, void *context);
struct value gaussian_pair(integrand_pair *F, void *context, double rho, int n);

/* Density, distribution function, upper tail and quantile of the standard normal. The tail keeps its relative accuracy
 * to 37 sigma. The quantile is NaN outside 0 <= p <= 1, and infinite at the ends. */
double normal_density(double x);
double normal_cdf(double x);
double normal_tail(double x);
double normal_quantile(double p);

#endif
