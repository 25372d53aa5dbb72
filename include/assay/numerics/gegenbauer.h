// SPDX-License-Identifier: GPL-3.0-or-later
/* Gegenbauer polynomials C_l^(lambda) and expansions of functions on a sphere in them.
 *
 * On the unit sphere of R^n, n = 2 lambda + 2, C_l^(lambda)(u.v) is the zonal harmonic of degree l. Values reach 10^300 soon, so
 * the working forms are the ratio R_l(x) = C_l(x) / C_l(1), which stays within [-1, 1], and the dimension of the space of
 * harmonics, d_l = (2l + n - 2) / (n - 2) C_l(1). The functions sqrt(d_l) R_l(v_1) are orthonormal for the uniform measure. */
#ifndef ASSAY_NUMERICS_GEGENBAUER_H
#define ASSAY_NUMERICS_GEGENBAUER_H

#include <assay/numerics/gaussian.h>

/* C_l^(lambda)(x), l >= 0, lambda > 0, any x, by the recurrence; overflows to infinity. O(l). */
double gegenbauer(int l, double lambda, double x);

/* C_l^(lambda)'(x) = 2 lambda C_{l-1}^(lambda+1)(x). */
double gegenbauer_slope(int l, double lambda, double x);

/* R_l(x), -1 <= x <= 1, lambda >= 0 (0: Chebyshev, the limit); all R[0..lmax] in one pass, with an error bound near l eps. l and lambda to several
 * thousand. */
double gegenbauer_ratio(int l, double lambda, double x);
void gegenbauer_ratios(int lmax, double lambda, double x, double R[]);

/* At least |R_k(x)| for every k >= l, on the sphere of R^n, n >= 3, -1 <= x <= 1: the integral of (1 - (1-x^2) sin^2 t)^(l/2) against sin^(n-3) t over
 * that of sin^(n-3) t, of which R_l is the like without absolute values. Of the order of the largest. O(sqrt(l + n)). */
double gegenbauer_ratio_bound(int l, int n, double x);

/* ln C_l(1) = ln binom(l + 2 lambda - 1, l), and ln d_l for the sphere of R^n, n >= 3. */
double gegenbauer_log_at_one(int l, double lambda);
double gegenbauer_log_dimension(int l, int n);

/* d_{l+1} / d_l. */
double gegenbauer_dimension_ratio(int l, int n);

/* The coefficients f_l = E f(sqrt(n) v_1) sqrt(d_l) R_l(v_1), l = 0..lmax, v uniform on the unit sphere of R^n, n >= 3: f(sqrt(n) x) =
 * sum_l f_l sqrt(d_l) R_l(x), sum_l f_l^2 = E f^2. Kinks of f are those of its argument sqrt(n) x. In the notation of Yang et
 * al. (2019), n = B - 1 and a_l = f_l / sqrt(d_l). Nodes shared by all degrees, O(nodes lmax); errors by doubling the nodes. */
enum status gegenbauer_expand(int n, const struct piecewise *f, int lmax, struct value coefficient[]);

#endif
