// SPDX-License-Identifier: GPL-3.0-or-later
/* Arc-cosine kernels of any degree alpha > -1/2 (Cho and Saul 2009, continued in alpha).
 *
 * With rho_alpha(x) = x^alpha for x > 0 and 0 otherwise, and X, Y standard normal with correlation c,
 *
 *     E rho_alpha(X) rho_alpha(Y) = c_alpha J_alpha(c),   c_alpha = E rho_alpha(X)^2 = 2^(alpha-1) Gamma(alpha + 1/2) / sqrt(pi),
 *
 * so that J_alpha(1) = 1 and J_alpha(-1) = 0. Every function returns value_failed, the reason in status_reason, unless
 * -1/2 < alpha <= 100 and -1 <= c <= 1. Cost: below a microsecond for integer alpha and for c <= 0, some 10 microseconds otherwise. */
#ifndef ASSAY_MEANFIELD_ARCCOSINE_H
#define ASSAY_MEANFIELD_ARCCOSINE_H

#include <assay/base/status.h>
#include <assay/base/value.h>

/* c_alpha. */
struct value arccosine_norm2(double alpha);

/* J_alpha(c), and its first and second derivative in c. J_alpha keeps its relative accuracy where it is tiny, near c = -1. Where a
 * derivative diverges x is INFINITY: at c = 1 the first for alpha <= 1/2, the second for alpha <= 3/2; at c = -1 the first for
 * alpha < 1/2 other than 0, the second for alpha < 3/2 other than 1/2. */
struct value arccosine_kernel(double alpha, double c);
struct value arccosine_slope(double alpha, double c);
struct value arccosine_curvature(double alpha, double c);

/* J_alpha(c) by the integral over one angle that defines it (Yang et al. 2019, definition E.9), adaptive: the witness. -1 < c < 1. */
struct value arccosine_kernel_integral(double alpha, double c);

/* J_alpha(c) and its first n derivatives in c, from the same integral at complex c and Cauchy's formula: the witness of every relation between
 * derivatives and degrees. derivative[0..n], n <= 8. It is defined for alpha > -1 too, with c_alpha continued; alpha = -1/2, where that is
 * infinite, is refused. |c| <= 0.99. Relative accuracy of some 1e-12 for low n. 1 to 10 milliseconds. */
enum status arccosine_derivatives_integral(double alpha, double c, int n, struct value derivative[]);

#endif
