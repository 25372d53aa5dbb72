// SPDX-License-Identifier: GPL-3.0-or-later
/* C_p(rho) = E relu(X)^p relu(Y)^p for any power p > -1/2: the arc-cosine kernels of Cho and Saul (2009), continued
 * in p.
 *
 * In polar coordinates the radius gives a Gamma function, and the angle Mehler and Dirichlet's integral of a Legendre
 * function:
 *
 *     C_p(rho) = Gamma(p+1)^2 / sqrt(8 pi) * (1+rho)^(p+1/2) * F(p + 3/2) / Gamma(p + 3/2),
 *
 * where F(c) = 2F1(1/2, 1/2; c; (1+rho)/2). A derivative lowers c and the power of 1 + rho by one and changes nothing
 * else (DLMF 15.5.4), so one positive series serves the kernel and its derivatives, with full relative accuracy where
 * the kernel is tiny.
 *
 * For rho > 0 the series slows down. If p is an integer, relu(x)^p + (-1)^p relu(-x)^p = x^p reflects rho into -rho:
 *
 *     C_p(rho) = C[x^p|rho] / 2 - (-1)^p C_p(-rho),
 *
 * which gives the gap C_p(1) - C_p(1 - gap) without cancellation too. If p is not, the gap is integrated over the
 * angle:
 *
 *     2^p Gamma(p+1) / (2 pi) * (int_0^t sin^2p v dv + int_0^{(pi-t)/2} (sin^p(v+t) - sin^p v)^2 dv)
 *
 * with cos t = 1 - gap: the first part where one of two relus is off, the second where both are on: that one over ln
 * v beyond t, because a small t leaves scales from t to 1. */
#include "kind.h"
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

enum { LARGEST_MONOMIAL = 30, LARGE_POWER = 10 }; // from the latter on the series is short up to rho = 1

static bool reflects(double p)
{
    return p == floor(p) && p <= LARGEST_MONOMIAL;
}

/* The rounding of p + shift moves Gamma by ln(p) times as much: it is put back, to first order. */
double gamma_plus(double p, double shift)
{
    double sum = p + shift, lost = (p - (sum - shift)) + (shift - (sum - (sum - shift)));

    return tgamma(sum) * (sum > 1 ? 1 + lost * (log(sum) - 0.5 / sum) : 1);
}

/* The series of the kernel's derivative of that order at correlation u - 1, 0 <= u <= 2; u = 2 if c > 2. Its terms fall at least like z^n
 * and, since their ratio is at most (n + 1/4)/(n + c), like n^(1/4-c): the better bound of the two says when to stop. Factors are
 * ordered such that none overflows or vanishes before its time: Gamma(p+1)^2 alone does from p = 98 on. */
static struct value power_series(double p, int order, double u)
{
    double c = p + (1.5 - order), z = u / 2, gamma = gamma_plus(p, 1), sum = 0, size = 0, rest;
    int n = c == 0 ? 1 : 0; // 1/Gamma(0) = 0 removes the first term
    double term = gamma * (n ? 1.0 / 8 : 1 / gamma_plus(p, 1.5 - order));
    double root = u == 0 ? pow(0, (c - 1 + n) / 2) : pow(u, p / 2) * pow(u, (0.5 - order + n) / 2);
    double scale = gamma / sqrt(8 * M_PI) * root * root;

    if (root < DBL_MIN)
        return u == 0 ? exact(0) : measured(0, 4 * DBL_TRUE_MIN, ROUNDING);
    do {
        sum += term;
        size += fabs(term);
        term *= (n + 0.5) * (n + 0.5) / ((n + c) * (n + 1)) * z;
        n++;
        rest = fmax(1 - z, (c - 1.25) / (n + fabs(c)));
    } while (fabs(term) > 1e-18 * size * rest || n < 3);
    return value_with(rounded_sum(scale * sum, scale * size, 30 + n), 4 * DBL_TRUE_MIN, ROUNDING);
}

/* C_p at correlation u - 1, 0 <= u <= 1. */
static struct value power_tail(double p, double u)
{
    if (p == 0)
        return rounded(step_tail(u), 8);
    return p == 1 ? rounded(relu_tail(u), 14) : power_series(p, 0, u);
}

/* C_p(1) = E relu(X)^2p. */
static struct value power_norm2(double p)
{
    return rounded(exp2(p - 2) * gamma_plus(p, 0.5) * M_2_SQRTPI, 16);
}

/* ## The gap */

struct angles {
    double p, angle;
};

/* Below v = t the variable is s = v^m, m = 2p + 1 for p < 0, which takes the singularity v^2p away, and m = 1
 * otherwise. */
static double exponent(double p)
{
    return fmin(2 * p + 1, 1);
}

/* sin(v)^2p dv/ds, where dv/ds = v^(1-m) / m. */
static double square_measure(const struct angles *a, double v)
{
    double m = exponent(a->p), sinc = v > 0 ? sin(v) / v : 1;

    return pow(sinc, 2 * a->p) * (a->p < 0 ? 1 : pow(v, 2 * a->p)) / m;
}

static double one_on(double s, void *context)
{
    const struct angles *a = context;

    return square_measure(a, pow(s, 1 / exponent(a->p))) / a->angle;
}

/* Where v < t: (sin^p(v+t) - sin^p v)^2 dv/ds, the smaller power factored out. */
static double both_on_below(double s, void *context)
{
    const struct angles *a = context;
    double v = pow(s, 1 / exponent(a->p)), outer = sin(v + a->angle);

    if (a->p < 0) {
        double rest = 1 - pow(sin(v) / outer, -a->p);

        return rest * rest * square_measure(a, v) / a->angle;
    }
    double rest = 1 - pow(sin(v) / outer, a->p);
    return rest * rest * pow(outer, 2 * a->p) / a->angle;
}

/* Where v > t: the same over ln v, with sin(v+t)/sin(v) - 1 small and free of cancellation. */
static double both_on_above(double log_v, void *context)
{
    const struct angles *a = context;
    double v = exp(log_v), rise = 2 * cos(v + a->angle / 2) * sin(a->angle / 2) / sin(v);
    double difference = pow(sin(v), a->p) * expm1(a->p * log1p(rise));

    return difference * difference * v / a->angle;
}

/* The integrands are divided by t: integrate() takes sizes below 1e-300, where gap may be, for nothing. */
static struct value power_gap_integral(double p, double gap)
{
    struct angles a = {p, 2 * asin(sqrt(gap / 2))};
    double m = exponent(p), top = (M_PI - a.angle) / 2, corner = fmin(a.angle, top);
    struct value sum = integrate(one_on, &a, 0, pow(a.angle, m), 1e-13);

    sum = value_add(sum, integrate(both_on_below, &a, 0, pow(corner, m), 1e-13));
    sum = value_add(sum, integrate(both_on_above, &a, log(corner), log(top), 1e-13));
    sum = value_scale(a.angle * exp2(p - 1) * gamma_plus(p, 1) / M_PI, sum);
    return value_with(sum, (64 + 4 / m + 700 * fabs(p)) * DBL_EPSILON * fabs(sum.x), ROUNDING);
}

static struct value power_gap(double gap, double p)
{
    if (gap == 0)
        return exact(0);
    if (gap > 1)
        return value_sub(power_norm2(p), power_tail(p, 2 - gap));
    if (!reflects(p))
        return power_gap_integral(p, gap);
    struct value half = p == 0 ? exact(0) : rounded(0.5 * monomial_gap((int)p, gap), 14 + 4 * p),
                 tail = power_tail(p, gap);
    return fmod(p, 2) == 0 ? value_add(half, tail) : value_sub(half, tail);
}

/* ## The kernel and its derivatives */

static struct value power_covariance(double rho, double p)
{
    if (rho <= 0)
        return power_tail(p, 1 + rho);
    if (!reflects(p))
        return rho > 0.8 && p < LARGE_POWER ? value_sub(power_norm2(p), power_gap(1 - rho, p))
                                            : power_series(p, 0, 1 + rho);
    struct value half = rounded(0.5 * (p == 0 ? 1 : monomial_covariance((int)p, rho)), 10 + 4 * p);
    struct value tail = power_tail(p, 1 - rho);
    return fmod(p, 2) == 0 ? value_sub(half, tail) : value_add(half, tail);
}

/* The step's kernel is an angle, the slope of relu's: derivatives below those are algebraic. */
static struct value angle_derivative(int order, double rho)
{
    double sine2 = (1 - rho) * (1 + rho), first = 1 / (2 * M_PI * sqrt(sine2));

    return order == 1 ? rounded(first, 8) : rounded(rho * first / sine2, 16);
}

/* C_p' = ((2p + 1) ((1-rho) C_p(1) + rho gap_p) - gap_{p+1}) / (1 - rho^2) for -1/2 < p <= 1/2 near rho = 1, where gap_p alone leads: what
 * Cho and Saul's way up, C_{p+1} = (1 - rho^2) C_p' + (2p + 1) rho C_p, leaves when the values at 1 are taken out. */
static struct value slope_near_one(double p, double rho)
{
    double gap = 1 - rho;
    struct value fall = value_add(value_scale(gap, power_norm2(p)), value_scale(rho, power_gap(gap, p)));
    struct value rise = value_sub(value_scale(2 * p + 1, fall), power_gap(gap, p + 1));

    return value_scale(1 / (gap * (1 + rho)), rise);
}

/* From the kernel's differential equation, (1 - rho^2) C'' = (1 - 2p) rho C' + p^2 C: for p <= 1/2 no term is negative. */
static struct value curvature_near_one(double p, double rho)
{
    struct value slope = value_scale((1 - 2 * p) * rho, slope_near_one(p, rho));

    return value_scale(1 / ((1 - rho) * (1 + rho)), value_add(slope, value_scale(p * p, power_covariance(rho, p))));
}

/* C_p^(order) = (p (p-1) ... (p-order+1))^2 C_{p-order} as long as the latter exists; beyond, the series, or where it is slow what the
 * kernel itself says about its derivatives. */
static struct value power_derivative(double p, int order, double rho)
{
    if (p < order && p == floor(p))
        return angle_derivative(order - (int)p, rho);
    if (p - order > -0.5) {
        double factor = order == 1 ? p : p * (p - 1);

        return value_scale(factor * factor, power_covariance(rho, p - order));
    }
    if (rho == 1)
        return exact(INFINITY);
    if (rho < 0.5)
        return power_series(p, order, 1 + rho);
    if (order == 1)
        return slope_near_one(p, rho);
    return p > 0.5 ? value_scale(p * p, slope_near_one(p - 1, rho)) : curvature_near_one(p, rho);
}

static struct value power_slope(double rho, double p)
{
    return power_derivative(p, 1, rho);
}

static struct value power_curvature(double rho, double p)
{
    return power_derivative(p, 2, rho);
}

/* |phi|^2 - phi_0^2 - phi_1^2; the coefficients decay fast enough only for large p, so the three moments are
 * subtracted. */
static struct value power_nonlinearity2(double p)
{
    struct value c[2];

    hermite_of_rectified_power(1, c, p);
    return value_sub(power_norm2(p), value_add(value_mul(c[0], c[0]), value_mul(c[1], c[1])));
}

const struct dual dual_rectified_power = {power_covariance, power_gap, power_slope, power_curvature,
                                          power_nonlinearity2};
