// SPDX-License-Identifier: GPL-3.0-or-later
/* Hermite coefficients in closed form: phi_k = E phi(Z) h_k(Z).
 *
 * Two sources. Integrating by parts k times moves h_k onto phi: sqrt(k!) phi_k = E phi^(k)(Z), which settles sin and
 * exp, and by analytic continuation in the power gives for relu^p
 *
 *     phi_k = Gamma(p+1) 2^((k-p)/2 - 1) / (Gamma((p-k)/2 + 1) sqrt(k!)),
 *     phi_{k+2} = phi_k (p - k) / sqrt((k+1)(k+2)).
 *
 * And since C[phi|rho] = sum phi_k^2 rho^k, the Taylor series of a closed covariance gives the squares: for erf, bump
 * and gelu those of the arcsine and of (4 - rho^2)^(-1/2). Signs alternate from each k to k + 2 there, because
 * E phi^(k) does.
 *
 * Everything is a two-term recurrence from k to k + 2 without subtractions: errors grow by a few roundings a step. */
#include "kind.h"
#include <math.h>

static const double ROOT_TWO_PI = 2.50662827463100050241576528481;

/* c[k] of first, first + 2, ..., from c[first] by the ratio; the other ones are left alone. */
static void recur(int first, int kmax, struct value c[], double start, double (*ratio)(int k, double p), double p)
{
    double x = start;

    for (int k = first; k <= kmax; k += 2) {
        c[k] = rounded(x, 6 + 3.0 * k);
        x *= ratio(k, p);
    }
}

static void zero(int kmax, struct value c[])
{
    for (int k = 0; k <= kmax; k++)
        c[k] = exact(0);
}

void hermite_of_identity(int kmax, struct value c[], double p)
{
    (void)p;
    zero(kmax, c);
    if (kmax >= 1)
        c[1] = exact(1);
}

void hermite_of_hermite(int kmax, struct value c[], double p)
{
    zero(kmax, c);
    if (kmax >= (int)p)
        c[(int)p] = exact(1);
}

static double rectified_ratio(int k, double p)
{
    return (p - k) / sqrt((k + 1.0) * (k + 2.0));
}

void hermite_of_rectified_power(int kmax, struct value c[], double p)
{
    recur(0, kmax, c, exp2(0.5 * p - 1) * tgamma(0.5 * (p + 1)) * M_2_SQRTPI / 2, rectified_ratio, p);
    recur(1, kmax, c, exp2(0.5 * (p - 1)) * tgamma(0.5 * p + 1) * M_2_SQRTPI / 2, rectified_ratio, p);
}

/* a x + (1 - a) relu(x): the linear part takes care of itself. */
void hermite_of_lrelu(int kmax, struct value c[], double a)
{
    hermite_of_rectified_power(kmax, c, 1);
    for (int k = 0; k <= kmax; k++)
        c[k] = k == 1 ? rounded((1 + a) / 2, 2) : value_scale(1 - a, c[k]);
}

void hermite_of_abs(int kmax, struct value c[], double p)
{
    (void)p;
    hermite_of_lrelu(kmax, c, -1);
}

static double erf_ratio(int k, double p)
{
    (void)p;
    return -2.0 / 3 * k / sqrt((k + 1.0) * (k + 2.0));
}

void hermite_of_erf(int kmax, struct value c[], double p)
{
    zero(kmax, c);
    recur(1, kmax, c, 2 / sqrt(3 * M_PI), erf_ratio, p);
}

static double sin_ratio(int k, double p)
{
    (void)p;
    return -1 / sqrt((k + 1.0) * (k + 2.0));
}

void hermite_of_sin(int kmax, struct value c[], double p)
{
    zero(kmax, c);
    recur(1, kmax, c, exp(-0.5), sin_ratio, p);
}

static double exp_ratio(int k, double p)
{
    return -sin_ratio(k, p);
}

void hermite_of_exp(int kmax, struct value c[], double p)
{
    recur(0, kmax, c, exp(0.5), exp_ratio, p);
    recur(1, kmax, c, exp(0.5), exp_ratio, p);
}

static double bump_ratio(int k, double p)
{
    (void)p;
    return -0.5 * sqrt((k + 1.0) / (k + 2.0));
}

void hermite_of_bump(int kmax, struct value c[], double p)
{
    zero(kmax, c);
    recur(0, kmax, c, M_SQRT1_2, bump_ratio, p);
}

/* gelu(x) = x/2 + an even part, of covariance (rho asin(rho/2) + (4 - rho^2)^(-1/2)) / (2 pi) = sum b_m (rho/2)^2m with
 * 2 pi b_m = A_m (1/2 + 4m / (2m-1)^2), A_m = (2m)! / (4^m m!^2). */
static double gelu_ratio(int k, double p)
{
    double now = 0.5 + 2.0 * k / ((k - 1.0) * (k - 1.0)), next = 0.5 + 2.0 * (k + 2.0) / ((k + 1.0) * (k + 1.0));

    (void)p;
    return (k == 0 ? 0.5 : -0.5) * sqrt((k + 1.0) / (k + 2.0) * next / now);
}

void hermite_of_gelu(int kmax, struct value c[], double p)
{
    zero(kmax, c);
    recur(0, kmax, c, M_SQRT1_2 / ROOT_TWO_PI, gelu_ratio, p);
    if (kmax >= 1)
        c[1] = exact(0.5);
}

/* x^n = sum_m n! / (2^m m! sqrt(k!)) h_k, k = n - 2m: downwards from k = n. */
void hermite_of_monomial(int kmax, struct value c[], double p)
{
    int n = (int)p;
    double x = sqrt(tgamma(p + 1));

    zero(kmax, c);
    for (int k = n; k >= 0; k -= 2) {
        if (k <= kmax)
            c[k] = rounded(x, 6 + 3.0 * (n - k));
        x *= sqrt(k * (k - 1.0)) / (n - k + 2);
    }
}
