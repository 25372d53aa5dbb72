// SPDX-License-Identifier: GPL-3.0-or-later
/* Arc-cosine kernels: the covariance of rectified powers (rectified_power.c) over its value at 1.
 *
 * The witness shares nothing with that but Gamma functions. It takes the integral as it is defined, in two halves, each in the angle from
 * its own end, where floating point is dense: near eta = 0 the integrand peaks as c comes near 1, near eta = pi/2 cos(eta)^alpha may be
 * singular, which the variable t^(1+alpha), t = pi/2 - eta, takes away for alpha < 0. The factor sin(theta)^(2 alpha) goes inside
 * the power, whose base then stays below 2. */
#include "kind.h"
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/quadrature.h>
#include <complex.h>
#include <float.h>
#include <math.h>

static bool in_range(const char *function, double alpha, double c)
{
    if (!(alpha > -0.5 && alpha <= 100))
        status_fail(STATUS_RANGE, "%s: a degree above -1/2 and at most 100 wanted, %.17g given", function, alpha);
    else if (!(c >= -1 && c <= 1))
        status_fail(STATUS_RANGE, "%s: a correlation between -1 and 1 wanted, %.17g given", function, c);
    else
        return true;
    return false;
}

static struct value norm2(double alpha)
{
    return rounded(exp2(alpha - 2) * gamma_plus(alpha, 0.5) * M_2_SQRTPI, 16);
}

struct value arccosine_norm2(double alpha)
{
    return in_range("arccosine_norm2", alpha, 0) ? norm2(alpha) : value_failed();
}

/* A function of the covariance over c_alpha; what diverges stays infinite. */
static struct value normalised(struct value covariance, double alpha)
{
    return isinf(covariance.x) ? covariance : value_div(covariance, norm2(alpha));
}

struct value arccosine_kernel(double alpha, double c)
{
    if (!in_range("arccosine_kernel", alpha, c))
        return value_failed();
    return c == 1 ? exact(1) : normalised(dual_rectified_power.covariance(c, alpha), alpha);
}

struct value arccosine_slope(double alpha, double c)
{
    if (!in_range("arccosine_slope", alpha, c))
        return value_failed();
    return normalised(dual_rectified_power.slope(c, alpha), alpha);
}

struct value arccosine_curvature(double alpha, double c)
{
    if (!in_range("arccosine_curvature", alpha, c))
        return value_failed();
    return normalised(dual_rectified_power.curvature(c, alpha), alpha);
}

/* ## The witness */

struct angle {
    double alpha, c, sine2, power; // sin(theta)^2; s = t^power
};

static double near_zero(double eta, void *context)
{
    const struct angle *a = context;
    double half = sin(eta / 2), below = (1 - a->c) + 2 * a->c * half * half;

    return pow(a->sine2 / below * cos(eta), a->alpha) / below;
}

static double near_right_angle(double s, void *context)
{
    const struct angle *a = context;
    double t = a->power == 1 ? s : pow(s, 1 / a->power), below = 1 - a->c * sin(t);

    return pow(a->sine2 / below * (a->power == 1 ? sin(t) : sin(t) / t), a->alpha) / (below * a->power);
}

struct value arccosine_kernel_integral(double alpha, double c)
{
    if (!in_range("arccosine_kernel_integral", alpha, c))
        return value_failed();
    if (fabs(c) == 1) {
        status_fail(STATUS_RANGE, "arccosine_kernel_integral: a correlation inside (-1, 1) wanted, %g given", c);
        return value_failed();
    }
    struct angle a = {alpha, c, (1 - c) * (1 + c), alpha < 0 ? 1 + alpha : 1};
    double width = sqrt(2 * (1 - c)), split[] = {width, 4 * width, 16 * width, 64 * width}, points[8]; // the peak's
    int n = integrate_points(4, split, 0, M_PI_4, 1, 8, points);
    struct value integral = integrate_pieces(near_zero, &a, n, points, 1e-13);

    integral = value_add(integral, integrate(near_right_angle, &a, 0, pow(M_PI_4, a.power), 1e-13));
    double factor = sqrt(a.sine2) * gamma_plus(alpha, 1) / (2 * M_PI * norm2(alpha).x);
    return value_with(value_scale(factor, integral), (40 + 8 * fabs(alpha)) * DBL_EPSILON * fabs(factor * integral.x),
                      ROUNDING);
}

/* ## Derivatives of the integral
 * With y = cos(eta) the integral is one of Jacobi's weight (1-y)^(-1/2) y^alpha on [0, 1] times (1+y)^(-1/2) (1 - c y)^(-1-alpha), which is
 * analytic in c inside the unit circle. Values on a circle around c, half as far as 1 (nearer if the degree is large, because
 * J grows like a power alpha) give the derivatives: their Fourier coefficients alias by 2^-CIRCLE. */
enum { CIRCLE = 64, DERIVATIVES = 8 };

static double complex continued(const struct rule *rule, double alpha, double complex c)
{
    double complex sine2 = (1 - c) * (1 + c), sum = 0;

    for (int i = 0; i < rule->n; i++) {
        double y = (1 + rule->x[i]) / 2;
        double complex below = 1 - c * y;

        sum += rule->w[i] / sqrt(1 + y) * cpow(sine2 / below, alpha) / below;
    }
    return sum * csqrt(sine2);
}

/* The Fourier coefficients of the integral on the circle, up to a constant factor; returns the largest modulus of its values. */
static double circle_coefficients(const struct rule *rule, double alpha, double c, double radius, int n, double a[])
{
    double largest = 0;

    for (int k = 0; k <= n; k++)
        a[k] = 0;
    for (int m = 0; m <= CIRCLE / 2; m++) { // the lower half is the conjugate
        double angle = 2 * M_PI * m / CIRCLE, weight = (m == 0 || m == CIRCLE / 2 ? 1.0 : 2.0) / CIRCLE;
        double complex f = continued(rule, alpha, c + radius * cexp(I * angle));

        largest = fmax(largest, cabs(f));
        for (int k = 0; k <= n; k++)
            a[k] += weight * creal(f * cexp(-I * (k * angle)));
    }
    return largest;
}

enum status arccosine_derivatives_integral(double alpha, double c, int n, struct value derivative[])
{
    double coarse[DERIVATIVES + 1], fine[DERIVATIVES + 1], largest = 0, change = 1;
    double radius = (1 - fabs(c)) / (2 + fmax(alpha, 0) / 4);
    int used = 0;

    if (!(alpha > -1 && alpha <= 100 && alpha != -0.5) || !(fabs(c) <= 0.99) || n < 0 || n > DERIVATIVES)
        return status_fail(STATUS_RANGE, "arccosine_derivatives_integral: no %d derivatives of degree %g at %g", n,
                           alpha, c);
    for (int nodes = 32; nodes <= 1024 && change > 1e-14 * largest; nodes *= 2) {
        struct rule rule;

        if (rule_jacobi(&rule, nodes, -0.5, alpha))
            return STATUS_RANGE;
        largest = circle_coefficients(&rule, alpha, c, radius, n, fine);
        change = nodes == 32 ? INFINITY : 0;
        used = nodes;
        for (int k = 0; k <= n; k++) {
            change = fmax(change, nodes == 32 ? 0 : fabs(fine[k] - coarse[k]));
            coarse[k] = fine[k];
        }
        rule_free(&rule);
    }
    double norm2_here = exp2(alpha - 2) * gamma_plus(alpha, 0.5) * M_2_SQRTPI;
    double factor = exp2(-alpha - 0.5) * gamma_plus(alpha, 1) / (2 * M_PI * norm2_here);
    for (int k = 0; k <= n; k++) {
        struct value d = measured(factor * fine[k], fabs(factor) * change, QUADRATURE);

        derivative[k] = value_with(
            d, (24 + 6 * fabs(alpha) + used * (4 + 1 / (1 + alpha))) * DBL_EPSILON * fabs(factor) * largest, ROUNDING);
        factor *= (k + 1) / radius;
    }
    return STATUS_OK;
}
