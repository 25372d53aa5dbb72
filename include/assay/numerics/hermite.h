// SPDX-License-Identifier: GPL-3.0-or-later
/* Normalised probabilists' Hermite polynomials h_k: E h_j(Z) h_k(Z) = delta_jk, h_0 = 1, h_1 = x,
 * sqrt(k+1) h_{k+1} = x h_k - sqrt(k) h_{k-1}. */
#ifndef ASSAY_NUMERICS_HERMITE_H
#define ASSAY_NUMERICS_HERMITE_H

#include <assay/numerics/gaussian.h>

/* h_k(x), k >= 0, by the recurrence: O(k), stable. hermite_all fills h[0..kmax]. */
double hermite(int k, double x);
void hermite_all(int kmax, double x, double h[]);

/* h_k'(x) = sqrt(k) h_{k-1}(x). */
double hermite_slope(int k, double x);

/* sum_k c[k] h_k(x), k = 0..kmax (Clenshaw). */
double hermite_series(int kmax, const double c[], double x);

/* Coefficients c[k] = E f(Z) h_k(Z), k = 0..kmax, each with its error. One pass over shared nodes: O(nodes * kmax). */
enum status hermite_expand(const struct piecewise *f, int kmax, struct value c[]);

#endif
