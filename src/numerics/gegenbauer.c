// SPDX-License-Identifier: GPL-3.0-or-later
/* Gegenbauer polynomials and expansions on a sphere.
 *
 * Upwards in l the recurrences are stable for |x| <= 1: where R_l oscillates both solutions have the same size, where it falls more slowly than the
 * other solution it is the dominant one.
 *
 * Expansion. With v_1 = sin s, s in [-pi/2, pi/2], the density of s is D(s) = c_n cos^(n-2) s, c_n = Gamma(n/2) / (sqrt(pi) Gamma((n-1)/2)); the
 * sine, not the cosine, because then arguments near a kink at 0 keep their relative accuracy. psi_l = sqrt(D d_l) R_l has
 *
 *     psi_l'' + ((l + lambda)^2 - lambda (lambda - 1) / cos^2 s) psi_l = 0,   lambda = (n - 2)/2,   integral of psi_l^2 = 1:
 *
 * its frequency is at most sqrt(l^2 + 2 l lambda + lambda), which bounds the panels (expansion.h), and by Cauchy and Schwarz the rounding of a
 * coefficient is a multiple of eps times the norm of f. For large n D is a narrow peak: the range is cut, as for Hermite's polynomials, where f
 * sqrt(D) is negligible against the norm of f. */
#include "expansion.h"
#include <assay/base/memory.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

/* ## Polynomials */

double gegenbauer(int l, double lambda, double x)
{
    double before = 0, C = 1;

    for (int k = 0; k < l; k++) {
        double next = (2 * (k + lambda) * x * C - (k - 1 + 2 * lambda) * before) / (k + 1);

        before = C;
        C = next;
    }
    return C;
}

double gegenbauer_slope(int l, double lambda, double x)
{
    return l ? 2 * lambda * gegenbauer(l - 1, lambda + 1, x) : 0;
}

/* R_{k+1}; its first step is x for every lambda, also for 0. */
static double ratio_step(int k, double lambda, double x, double R, double before)
{
    return k ? (2 * (k + lambda) * x * R - k * before) / (k + 2 * lambda) : x;
}

double gegenbauer_ratio(int l, double lambda, double x)
{
    double before = 0, R = 1;

    for (int k = 0; k < l; k++) {
        double next = ratio_step(k, lambda, x, R, before);

        before = R;
        R = next;
    }
    return R;
}

void gegenbauer_ratios(int lmax, double lambda, double x, double R[])
{
    R[0] = 1;
    for (int k = 0; k < lmax; k++) {
        R[k + 1] = ratio_step(k, lambda, x, R[k], k ? R[k - 1] : 0);
    }
}

/* The midpoint rule at a fifth of the integrand's width or less; what it misses is below a hundredth. */
double gegenbauer_ratio_bound(int l, int n, double x)
{
    int nodes = 64 + (int)(16 * sqrt(l + n));
    double sum = 0, weights = 0;

    for (int i = 0; i < nodes; i++) {
        double s = sin(M_PI * (i + 0.5) / nodes), weight = exp((n - 3) * log(s));

        sum += weight * exp(0.5 * l * log1p(-(1 - x * x) * s * s));
        weights += weight;
    }
    return fmin(1, 1.01 * sum / weights);
}

/* The product of 1 + (2 lambda - 1) / j over j = 1..l: a logarithm is taken only before it leaves the doubles. */
double gegenbauer_log_at_one(int l, double lambda)
{
    double sum = 0, product = 1;

    for (int j = 1; j <= l; j++) {
        product *= 1 + (2 * lambda - 1) / j;
        if (product > 1e280 || product < 1e-280) {
            sum += log(product);
            product = 1;
        }
    }
    return sum + log(product);
}

double gegenbauer_log_dimension(int l, int n)
{
    return gegenbauer_log_at_one(l, 0.5 * n - 1) + log1p(2.0 * l / (n - 2));
}

double gegenbauer_dimension_ratio(int l, int n)
{
    return (2.0 * l + n) / (2.0 * l + n - 2) * ((l + n - 2.0) / (l + 1.0));
}

/* ## Expansion */

enum { KINKS = 10, POINTS = 250, FARTHEST = 38, RADIANS = 14 }; // FARTHEST: in h, where a Gaussian underflows

struct sphere {
    double root_n, lambda, root_norm; // sqrt(n), (n-2)/2, sqrt(c_n)
};

static void sphere_point(double s, const void *context, struct expansion_point *point)
{
    const struct sphere *sphere = context;
    double v = sin(s), c = cos(s), v2 = v * v;
    double log_cosine = v2 < 0.5 ? 0.5 * log1p(-v2) : log(c);

    *point = (struct expansion_point){sphere->root_n * v, v, sphere->root_norm * exp(sphere->lambda * log_cosine)};
}

struct squared {
    const struct piecewise *f;
    const struct sphere *sphere;
};

static double squared_integrand(double s, void *context)
{
    const struct squared *squared = context;
    struct expansion_point at;

    sphere_point(s, squared->sphere, &at);
    double weighted = squared->f->f(at.argument, squared->f->context) * at.root;
    return weighted * weighted;
}

/* How far out to go in h on the side of the given sign: to where |f| sqrt(D) is below 1e-17 of the norm, or to the pole. What is left, by Cauchy and
 * Schwarz and a factor e for each unit of h, goes to *rest. */
static double sphere_range(const struct sphere *sphere, const struct piecewise *f, double sign, double norm,
                           double *rest)
{
    double h = f->kinks ? fmax(13, fmax(sign * f->kink[0], sign * f->kink[f->kinks - 1]) + 1) : 13;
    double limit = fmin(sphere->root_n, FARTHEST);

    while (h < limit) {
        double v = h / sphere->root_n;
        double size = fabs(f->f(sign * h, f->context)) * sphere->root_norm * exp(0.5 * sphere->lambda * log1p(-v * v));

        *rest = size / sqrt(sphere->root_n);
        if (*rest <= 1e-17 * norm) {
            return sign * h;
        }
        h += 1;
    }
    *rest = 0;
    return sign * limit;
}

/* Points in s between h = left and h = right, at the kinks and at most gap apart; at most capacity. */
static int sphere_points(const struct sphere *sphere, const struct piecewise *f, double left, double right, double gap,
                         int capacity, double points[])
{
    double kink[KINKS];

    for (int i = 0; i < f->kinks; i++) {
        kink[i] = asin(fmax(-1, fmin(f->kink[i] / sphere->root_n, 1)));
    }
    return integrate_points(f->kinks, kink, asin(left / sphere->root_n), asin(right / sphere->root_n), gap, capacity,
                            points);
}

/* scale[l] = 1/a_{l+1}, ratio[l] = a_l/a_{l+1}, where x p_l = a_{l+1} p_{l+1} + a_l p_{l-1}, a_l^2 = l (l + n - 3) / ((2l + n - 2)(2l + n - 4)). */
static void fill_recurrence(int n, int lmax, double scale[], double ratio[])
{
    double before = 0;

    for (int l = 0; l <= lmax; l++) {
        double two = 2.0 * l + n, a = sqrt((l + 1.0) * (l + n - 2.0) / (two * (two - 2)));

        scale[l] = 1 / a;
        ratio[l] = before / a;
        before = a;
    }
}

/* sqrt(E f^2) to some digits. */
static enum status sphere_norm(const struct sphere *sphere, const struct piecewise *f, double *norm)
{
    struct squared squared = {f, sphere};
    double points[POINTS], limit = fmin(sphere->root_n, FARTHEST), magnitude;
    int n = sphere_points(sphere, f, -limit, limit, 1 / sphere->root_n, POINTS, points);
    struct value total;
    enum status status = integrate_attempt(squared_integrand, &squared, n, points, 1e-6, &total, &magnitude);

    *norm = sqrt(total.x);
    return status == STATUS_RANGE ? STATUS_RANGE : STATUS_OK;
}

/* The frequency of psi_l as a function of s, at most. */
static double frequency(double l, double lambda)
{
    return sqrt(l * (l + 2 * lambda) + lambda);
}

/* The recurrence's rounding grows with l at worst, with sqrt(l) where errors have no preferred sign. */
static enum status expansion_run(const struct expansion_family *family, const struct piecewise *f, int lmax,
                                 double norm, struct value coefficient[])
{
    const struct sphere *sphere = family->context;
    double below, above, magnitude, most = frequency(lmax, sphere->lambda),
                                    tolerance = DBL_EPSILON * sqrt(lmax + 1) * norm;
    double left = sphere_range(sphere, f, -1, norm, &below), right = sphere_range(sphere, f, 1, norm, &above);
    int capacity = POINTS + (int)(M_PI * most / RADIANS);
    double *points = memory_doubles((size_t)capacity + 2 * (size_t)(lmax + 1)), *sum = points + capacity,
           *error = sum + lmax + 1;
    int n = sphere_points(sphere, f, left, right, fmin(1 / sphere->root_n, RADIANS / most), capacity, points);
    enum status status = expansion_integrate(family, f, lmax, n, points, tolerance, sum, error, &magnitude);

    for (int l = 0; l <= lmax; l++) {
        coefficient[l] = measured(sum[l], error[l] + below + above, QUADRATURE);
        coefficient[l] = value_with(coefficient[l], (8 + 2 * sqrt(l)) * DBL_EPSILON * norm, ROUNDING);
    }
    memory_free(points);
    return status;
}

enum status gegenbauer_expand(int n, const struct piecewise *f, int lmax, struct value coefficient[])
{
    if (n < 3 || lmax < 0 || f->kinks < 0 || f->kinks > KINKS) {
        return status_fail(STATUS_RANGE,
                           "gegenbauer_expand: n >= 3, lmax >= 0 and at most %d kinks wanted; %d, %d and %d given",
                           KINKS, n, lmax, f->kinks);
    }
    struct sphere sphere = {sqrt(n), 0.5 * n - 1, sqrt(sphere_radius_moment(n, 0.5, 1).x / sqrt(M_PI))};
    double *work = memory_doubles(2 * (size_t)(lmax + 1)), norm;
    struct expansion_family family = {sphere_point, &sphere, 1, work, work + lmax + 1};
    enum status status = sphere_norm(&sphere, f, &norm); // f may not be finite: the quadrature left the reason

    fill_recurrence(n, lmax, family.scale, family.ratio);
    if (!status) {
        status = expansion_run(&family, f, lmax, norm, coefficient);
    }
    memory_free(work);
    return status;
}
