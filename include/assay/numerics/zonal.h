// SPDX-License-Identifier: GPL-3.0-or-later
/* Quadratic forms in the Gegenbauer coefficients of one function, with what lies beyond the last degree.
 *
 * With f(sqrt(n) v_1) = sum_l f_l sqrt(d_l) R_l(v_1) on the unit sphere of R^n (gegenbauer.h), a mean such as E f(sqrt(n) u.v) f(sqrt(n) w.v) =
 * sum_l f_l^2 R_l(u.w) is an infinite sum. What a finite one lacks is bounded by two numbers that quadrature gives: Parseval's E f^2 =
 * sum f_l^2, and Green's n E (1 - v_1^2) f'^2 = sum l (l + n - 2) f_l^2. */
#ifndef ASSAY_NUMERICS_ZONAL_H
#define ASSAY_NUMERICS_ZONAL_H

#include <assay/numerics/gegenbauer.h>
#include <stdbool.h>

struct zonal {
    int n, lmax;
    struct value *f;               // f_0 .. f_lmax
    struct value rest, slope_rest; // what lies beyond lmax of sum f_l^2 and of sum l (l + n - 2) f_l^2
};

/* slope is f', with the same kinks; NULL where it has no second moment: slope_rest is then infinite. n from 3 to 10^4. Free with
 * zonal_free, also after a failure. */
enum status zonal_expand(int n, const struct piecewise *f, const struct piecewise *slope, int lmax,
                         struct zonal *zonal);
void zonal_free(struct zonal *zonal);

/* The function of these coefficients, sum_l f_l sqrt(d_l) R_l(h / sqrt(n)) over l = 0..lmax, and its derivative in h; |h| <= sqrt(n). O(lmax). */
double zonal_value(int n, int lmax, const double f[], double h);
double zonal_slope(int n, int lmax, const double f[], double h);

/* Beyond lmax g_l, or g_l / (l (l + n - 2)) if of_slope, lies within [least, most]. */
struct zonal_tail {
    double least, most;
    bool of_slope;
};

/* sum_l f_l^2 g_l over all l; g has lmax + 1 entries, exact up to a few roundings. The rest enters by the middle of the tail's range,
 * half of the range the error (QUADRATURE). */
struct value zonal_sum(const struct zonal *zonal, const double g[], struct zonal_tail tail);

/* The same without the norms: what lies beyond lmax is extrapolated from the sums to lmax/4, lmax/2 and lmax as if they approached their limit like a power of the
 * degree, and all of it is the error. Infinite if they don't settle. For g_l of one sign. */
struct value zonal_sum_extrapolated(const struct zonal *zonal, const double g[]);

/* sum_l f_l f_{l+2} g_l, |g_l| <= most for l > lmax - 2. */
struct value zonal_sum_two_apart(const struct zonal *zonal, const double g[], double most);

#endif
