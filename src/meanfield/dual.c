// SPDX-License-Identifier: GPL-3.0-or-later
/* Closed forms of C[phi|rho] = E phi(X) phi(Y), X and Y standard normal with correlation rho.
 *
 *     lrelu    a rho + (1-a)^2 C[relu|rho], the arc-cosine kernel of degree 1 (Cho and Saul 2009)
 *     erf      (2/pi) asin(2 rho / 3) (Williams 1998)
 *     gelu     rho/4 + (rho asin(rho/2) + (4 - rho^2)^(-1/2)) / (2 pi): by parts from erf(x / sqrt 2)
 *     sin      sinh(rho) / e
 *     exp      e^(1 + rho)
 *     bump     (4 - rho^2)^(-1/2)
 *     x^n      sum of the squared Hermite coefficients times rho^k
 *     h_k      rho^k
 *
 * Deep networks live at rho = 1 - gap with gap far below the rounding of rho. So each form has a companion for
 * C(1) - C(1 - gap), written such that a small gap enters as a factor and nothing of leading order cancels. */
#include "kind.h"
#include <float.h>
#include <math.h>

struct value rounded_sum(double x, double size, double roundings)
{
    return measured(x, roundings * DBL_EPSILON / 2 * size, ROUNDING);
}

/* 1 - rho^2 at rho = 1 - gap, and (1 - rho)(1 + rho), neither of which cancels. */
static double sine2_of_gap(double gap)
{
    return gap * (2 - gap);
}

static double sine2(double rho)
{
    return (1 - rho) * (1 + rho);
}

/* ## Linear and rectified */

static struct value identity_covariance(double rho, double p)
{
    (void)p;
    return exact(rho);
}

static struct value identity_slope(double rho, double p)
{
    (void)rho;
    (void)p;
    return exact(1);
}

static struct value identity_curvature(double rho, double p)
{
    (void)rho;
    (void)p;
    return exact(0);
}

static struct value identity_nonlinearity2(double p)
{
    (void)p;
    return exact(0);
}

const struct dual dual_identity = {identity_covariance, identity_covariance, identity_slope, identity_curvature,
                                   identity_nonlinearity2};

/* The angle between two unit vectors at squared distance 2u. */
static double chord_angle(double u)
{
    return 2 * asin(sqrt(u / 2));
}

double step_tail(double u)
{
    return chord_angle(u) / (2 * M_PI);
}

double relu_tail(double u)
{
    static const double series[] = {1.0 / 3,       -1.0 / 30,        1.0 / 840,        -1.0 / 45360,
                                    1.0 / 3991680, -1.0 / 518918400, 1.0 / 93405312000};
    double angle = chord_angle(u), square = angle * angle, sum = 0;

    if (angle > 0.7)
        return (sqrt(sine2_of_gap(u)) - angle * (1 - u)) / (2 * M_PI);
    for (int n = sizeof series / sizeof *series - 1; n >= 0; n--)
        sum = sum * square + series[n];
    return sum * square * angle / (2 * M_PI);
}

/* relu(x) - relu(-x) = x turns a correlation near 1 into one near -1. */
static double relu_covariance(double rho)
{
    return rho <= 0 ? relu_tail(1 + rho) : rho / 2 + relu_tail(1 - rho);
}

static double step_covariance(double rho)
{
    return rho <= 0 ? step_tail(1 + rho) : 0.5 - step_tail(1 - rho);
}

static struct value lrelu_covariance(double rho, double a)
{
    double rectified = (1 - a) * (1 - a) * relu_covariance(rho);

    return rounded_sum(a * rho + rectified, fabs(a * rho) + rectified, 16);
}

static struct value lrelu_gap(double gap, double a)
{
    double square = (1 - a) * (1 - a);
    double linear = gap <= 1 ? gap * (1 + a * a) / 2 : a * gap;
    double rectified = gap <= 1 ? -square * relu_tail(gap) : square * (0.5 - relu_tail(2 - gap));

    return rounded_sum(linear + rectified, fabs(linear) + fabs(rectified), 16);
}

static struct value lrelu_slope(double rho, double a)
{
    double rectified = (1 - a) * (1 - a) * step_covariance(rho);

    return rounded_sum(a + rectified, fabs(a) + rectified, 12);
}

static struct value lrelu_curvature(double rho, double a)
{
    return a == 1 ? exact(0) : rounded((1 - a) * (1 - a) / (2 * M_PI * sqrt(sine2(rho))), 10);
}

static struct value lrelu_nonlinearity2(double a)
{
    return rounded((1 - a) * (1 - a) * (0.25 - 0.5 * M_1_PI), 8);
}

const struct dual dual_lrelu = {lrelu_covariance, lrelu_gap, lrelu_slope, lrelu_curvature, lrelu_nonlinearity2};

static struct value abs_covariance(double rho, double p)
{
    return lrelu_covariance(rho, p - 1);
}

static struct value abs_gap(double gap, double p)
{
    return lrelu_gap(gap, p - 1);
}

static struct value abs_slope(double rho, double p)
{
    return lrelu_slope(rho, p - 1);
}

static struct value abs_curvature(double rho, double p)
{
    return lrelu_curvature(rho, p - 1);
}

static struct value abs_nonlinearity2(double p)
{
    return lrelu_nonlinearity2(p - 1);
}

const struct dual dual_abs = {abs_covariance, abs_gap, abs_slope, abs_curvature, abs_nonlinearity2};

/* ## Arcsines */

/* asin(top) - asin(low) for top = scale, low = scale * (1 - gap): the sine and cosine of a difference, the sine over
 * its conjugate as long as low is positive. */
static double asin_gap(double scale, double gap)
{
    double low = scale * (1 - gap), difference = scale * gap;
    double cos_top = sqrt(1 - scale * scale), cos_low = sqrt((1 - low) * (1 + low));
    double sine =
        low > 0 ? difference * (scale + low) / (scale * cos_low + low * cos_top) : scale * cos_low - low * cos_top;

    return atan2(sine, cos_top * cos_low + scale * low);
}

static struct value erf_covariance(double rho, double p)
{
    (void)p;
    return rounded(M_2_PI * asin(2 * rho / 3), 10);
}

static struct value erf_gap(double gap, double p)
{
    (void)p;
    return rounded(M_2_PI * asin_gap(2.0 / 3, gap), 24);
}

static struct value erf_slope(double rho, double p)
{
    (void)p;
    return rounded(4 * M_1_PI / sqrt(9 - 4 * rho * rho), 10);
}

static struct value erf_curvature(double rho, double p)
{
    double q = 9 - 4 * rho * rho;

    (void)p;
    return rounded(16 * M_1_PI * rho / (q * sqrt(q)), 16);
}

static struct value erf_nonlinearity2(double p)
{
    const double angle = asin(2.0 / 3);

    (void)p;
    return rounded_sum(M_2_PI * (angle - 2.0 / 3), M_2_PI * angle, 6);
}

const struct dual dual_erf = {erf_covariance, erf_gap, erf_slope, erf_curvature, erf_nonlinearity2};

/* (4 - rho^2)^(-1/2), and its fall from rho = 1. */
static double bump_kernel(double rho)
{
    return 1 / sqrt(4 - rho * rho);
}

static double bump_fall(double gap)
{
    double root = sqrt(3 + sine2_of_gap(gap)), top = sqrt(3);

    return sine2_of_gap(gap) / (top * root * (top + root));
}

static struct value gelu_covariance(double rho, double p)
{
    double even = (rho * asin(rho / 2) + bump_kernel(rho)) / (2 * M_PI);

    (void)p;
    return rounded_sum(rho / 4 + even, fabs(rho) / 4 + even, 12);
}

/* asin(1/2) - rho asin(rho/2) = gap asin(1/2) + rho (asin(1/2) - asin(rho/2)). */
static struct value gelu_gap(double gap, double p)
{
    double linear = gap / 4 + gap / 12;
    double arcs = (1 - gap) * asin_gap(0.5, gap) / (2 * M_PI), bump = bump_fall(gap) / (2 * M_PI);

    (void)p;
    return rounded_sum(linear + arcs + bump, linear + fabs(arcs) + bump, 28);
}

static struct value gelu_slope(double rho, double p)
{
    double b = bump_kernel(rho), odd = (asin(rho / 2) + rho * b + rho * b * b * b) / (2 * M_PI);

    (void)p;
    return rounded_sum(0.25 + odd, 0.25 + fabs(odd), 16);
}

static struct value gelu_curvature(double rho, double p)
{
    double b = bump_kernel(rho), b3 = b * b * b, square = rho * rho;

    (void)p;
    return rounded((2 * b + b3 + square * b3 + 3 * square * b3 * b * b) / (2 * M_PI), 24);
}

static struct value gelu_nonlinearity2(double p)
{
    const double b = 1 / sqrt(3);

    (void)p;
    return rounded_sum((M_PI / 6 + b - 0.5) / (2 * M_PI), (M_PI / 6 + b) / (2 * M_PI), 6);
}

const struct dual dual_gelu = {gelu_covariance, gelu_gap, gelu_slope, gelu_curvature, gelu_nonlinearity2};

/* ## Exponentials */

static struct value sin_covariance(double rho, double p)
{
    (void)p;
    return rounded(sinh(rho) / M_E, 8);
}

static struct value sin_gap(double gap, double p)
{
    (void)p;
    return rounded(2 / M_E * cosh(1 - gap / 2) * sinh(gap / 2), 14);
}

static struct value sin_slope(double rho, double p)
{
    (void)p;
    return rounded(cosh(rho) / M_E, 8);
}

static struct value sin_nonlinearity2(double p)
{
    (void)p;
    return rounded_sum((sinh(1) - 1) / M_E, sinh(1) / M_E, 8);
}

const struct dual dual_sin = {sin_covariance, sin_gap, sin_slope, sin_covariance, sin_nonlinearity2};

static struct value exp_covariance(double rho, double p)
{
    (void)p;
    return rounded(exp(1 + rho), 10);
}

static struct value exp_gap(double gap, double p)
{
    (void)p;
    return rounded(-exp(2) * expm1(-gap), 10);
}

static struct value exp_nonlinearity2(double p)
{
    (void)p;
    return rounded_sum(M_E * (M_E - 2), M_E * M_E, 6);
}

const struct dual dual_exp = {exp_covariance, exp_gap, exp_covariance, exp_covariance, exp_nonlinearity2};

static struct value bump_covariance(double rho, double p)
{
    (void)p;
    return rounded(bump_kernel(rho), 8);
}

static struct value bump_gap(double gap, double p)
{
    (void)p;
    return rounded(bump_fall(gap), 16);
}

static struct value bump_slope(double rho, double p)
{
    double b = bump_kernel(rho);

    (void)p;
    return rounded(rho * b * b * b, 20);
}

static struct value bump_curvature(double rho, double p)
{
    double b = bump_kernel(rho), b3 = b * b * b;

    (void)p;
    return rounded(b3 + 3 * rho * rho * b3 * b * b, 40);
}

static struct value bump_nonlinearity2(double p)
{
    (void)p;
    return rounded_sum(1 / sqrt(3) - 0.5, 1, 4);
}

const struct dual dual_bump = {bump_covariance, bump_gap, bump_slope, bump_curvature, bump_nonlinearity2};

/* ## Polynomials */

/* 1 - (1 - gap)^k for 0 <= gap <= 2. */
static double power_gap(int k, double gap)
{
    double near = gap <= 1 ? gap : 2 - gap;
    double fall = k == 0 ? 0 : -expm1(k * log1p(-near));

    return gap > 1 && k % 2 ? 2 - fall : fall;
}

/* rho^k, 0^0 = 1, and 0 for a negative power, which only meets a vanished factor. */
static double power_of(double rho, int k)
{
    return k < 0 ? 0 : pow(rho, k);
}

/* sum over k = n, n-2, ... of phi_k^2 times term(k). */
static double monomial_sum(int n, double (*term)(int k, double x), double x)
{
    double square = tgamma(n + 1.0), sum = 0;

    for (int k = n; k >= 0; k -= 2) {
        int twice = n - k + 2;

        sum += square * term(k, x);
        square *= k * (k - 1.0) / (twice * twice);
    }
    return sum;
}

static double power_term(int k, double rho)
{
    return power_of(rho, k);
}

double monomial_covariance(int n, double rho)
{
    return monomial_sum(n, power_term, rho);
}

double monomial_gap(int n, double gap)
{
    return monomial_sum(n, power_gap, gap);
}

static struct value monomial_covariance_value(double rho, double p)
{
    return rounded(monomial_covariance((int)p, rho), 10 + 4 * p);
}

static struct value monomial_gap_value(double gap, double p)
{
    return rounded(monomial_gap((int)p, gap), 14 + 4 * p);
}

static struct value monomial_slope(double rho, double p)
{
    return rounded(p * p * monomial_covariance((int)p - 1, rho), 12 + 4 * p);
}

static struct value monomial_curvature(double rho, double p)
{
    double factor = p * (p - 1);

    return factor == 0 ? exact(0) : rounded(factor * factor * monomial_covariance((int)p - 2, rho), 14 + 4 * p);
}

static double beyond_linear(int k, double x)
{
    (void)x;
    return k >= 2;
}

static struct value monomial_nonlinearity2(double p)
{
    return rounded(monomial_sum((int)p, beyond_linear, 1), 10 + 4 * p);
}

const struct dual dual_monomial = {monomial_covariance_value, monomial_gap_value, monomial_slope, monomial_curvature,
                                   monomial_nonlinearity2};

static struct value hermite_covariance(double rho, double p)
{
    double power = power_of(rho, (int)p);

    return rounded_sum(power, fmax(fabs(power), DBL_MIN), 4); // it may underflow
}

/* The argument of expm1 is as wrong as k log(1 - gap) is large: harmless, since its exponential is small then. */
static struct value hermite_gap(double gap, double p)
{
    return rounded(power_gap((int)p, gap), 10);
}

static struct value hermite_slope_value(double rho, double p)
{
    return rounded(p * power_of(rho, (int)p - 1), 4);
}

static struct value hermite_curvature(double rho, double p)
{
    return rounded(p * (p - 1) * power_of(rho, (int)p - 2), 6);
}

static struct value hermite_nonlinearity2(double p)
{
    return exact(p >= 2);
}

const struct dual dual_hermite = {hermite_covariance, hermite_gap, hermite_slope_value, hermite_curvature,
                                  hermite_nonlinearity2};
