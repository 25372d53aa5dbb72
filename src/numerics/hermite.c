// SPDX-License-Identifier: GPL-3.0-or-later
/* Hermite polynomials and expansions.
 *
 * The three-term recurrence is stable upwards for every x: inside the oscillation |x| < 2 sqrt(k) both solutions have
 * the same size, outside h_k is the growing one.
 *
 * Expansion. c_k = E f(Z) h_k(Z) is the integral of f(x) e^{-x^2/4} against psi_k(x) = h_k(x) e^{-x^2/4}, over sqrt(2
 * pi). By Cramer's inequality |psi_k| < 1.0865 for every k and x, which settles three things at once: nothing
 * overflows; the range is cut where f e^{-x^2/4} is negligible against the norm of f, whatever k; and rounding stays
 * near eps times the integral of |f| e^{-x^2/4}. psi_k oscillates with frequency sqrt(k), so panels are at most
 * 14/sqrt(kmax) wide, and split at the kinks. Each is measured by the Gauss-Legendre rules of 16 and 24 nodes, and
 * halved until all coefficients agree (expansion.h). */
#include "expansion.h"
#include <assay/base/memory.h>
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>

double hermite(int k, double x)
{
    double before = 0, h = 1;

    for (int j = 0; j < k; j++) {
        double next = (x * h - sqrt(j) * before) / sqrt(j + 1);

        before = h;
        h = next;
    }
    return h;
}

void hermite_all(int kmax, double x, double h[])
{
    h[0] = 1;
    for (int k = 0; k < kmax; k++)
        h[k + 1] = (x * h[k] - (k ? sqrt(k) * h[k - 1] : 0)) / sqrt(k + 1);
}

double hermite_slope(int k, double x)
{
    return k ? sqrt(k) * hermite(k - 1, x) : 0;
}

/* Clenshaw: b_k = c_k + x b_{k+1} / sqrt(k+1) - sqrt((k+1)/(k+2)) b_{k+2}, and the sum is b_0. */
double hermite_series(int kmax, const double c[], double x)
{
    double b1 = 0, b2 = 0;

    for (int k = kmax; k >= 0; k--) {
        double b = c[k] + x * b1 / sqrt(k + 1) - sqrt((k + 1.0) / (k + 2.0)) * b2;

        b2 = b1;
        b1 = b;
    }
    return b1;
}

/* ## Expansion */

static const double ONE_OVER_ROOT_TWO_PI = 0.398942280401432677939946059934, CRAMER = 1.0865;

enum { POINTS = 250 };

static void gaussian_point(double x, const void *context, struct expansion_point *point)
{
    (void)context;
    *point = (struct expansion_point){x, x, exp(-0.25 * x * x)};
}

static double square_integrand(double x, void *context)
{
    const struct piecewise *f = context;
    double fx = f->f(x, f->context);

    return fx * fx;
}

/* How far out to go on the side of the given sign: to where |f| e^{-x^2/4} is below 1e-17 of the norm. What is left
 * goes to *rest. */
static double expansion_range(const struct piecewise *f, double sign, double norm, double *rest)
{
    double x = f->kinks ? fmax(13, fmax(sign * f->kink[0], sign * f->kink[f->kinks - 1]) + 1) : 13;

    x = fmin(x, 38);
    for (;; x += 1) {
        *rest = fabs(f->f(sign * x, f->context)) * exp(-0.25 * x * x);
        if (x >= 37 || *rest <= 1e-17 * norm)
            return sign * x;
    }
}

/* Rounding of a coefficient: some eps of the integral of |f| e^{-x^2/4}, and the recurrence's own, which grows like
 * sqrt(k). */
static enum status expansion_run(const struct expansion_family *family, const struct piecewise *f, int kmax,
                                 double norm, double sum[], double error[], struct value c[])
{
    double points[POINTS], below, above, magnitude;
    double left = expansion_range(f, -1, norm, &below), right = expansion_range(f, 1, norm, &above);
    int n = integrate_points(f->kinks, f->kink, left, right, fmin(1, 14 / sqrt(kmax + 1)), POINTS, points);
    enum status status =
        expansion_integrate(family, f, kmax, n, points, DBL_EPSILON * sqrt(kmax + 1) * norm, sum, error, &magnitude);

    for (int k = 0; k <= kmax; k++) {
        c[k] = measured(sum[k], error[k] + CRAMER * ONE_OVER_ROOT_TWO_PI * (below + above), QUADRATURE);
        c[k] = value_with(c[k], (4 + 2 * sqrt(k)) * DBL_EPSILON * magnitude, ROUNDING);
    }
    return status;
}

enum status hermite_expand(const struct piecewise *f, int kmax, struct value c[])
{
    struct piecewise local = *f, square = {square_integrand, &local, f->kinks, f->kink};
    struct value norm2 = gaussian_mean(&square);
    size_t n = (size_t)kmax + 1;

    if (kmax < 0)
        return status_fail(STATUS_RANGE, "hermite_expand: kmax >= 0 wanted, %d given", kmax);
    if (!value_ok(norm2))
        return STATUS_RANGE; // f is not finite: gaussian_mean left the reason
    double *work = memory_doubles(4 * n);
    struct expansion_family family = {gaussian_point, NULL, ONE_OVER_ROOT_TWO_PI, work, work + n};

    for (int k = 0; k <= kmax; k++) {
        family.scale[k] = 1 / sqrt(k + 1);
        family.ratio[k] = sqrt(k / (k + 1.0));
    }
    enum status status = expansion_run(&family, f, kmax, sqrt(norm2.x), work + 2 * n, work + 3 * n, c);
    memory_free(work);
    return status;
}
