// SPDX-License-Identifier: GPL-3.0-or-later
#include <assay/base/memory.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <float.h>
#include <math.h>

static double square_of(const struct piecewise *f, double h)
{
    double y = f->f(h, f->context);

    return y * y;
}

static double square(double h, void *context)
{
    return square_of(context, h);
}

struct slope {
    const struct piecewise *f;
    double n;
};

static double green(double h, void *context)
{
    const struct slope *slope = context;

    return (slope->n - h * h) * square_of(slope->f, h);
}

/* The norm less the sum of g_l f_l^2, not below 0. */
static struct value rest_of(const struct zonal *zonal, struct value norm, bool slope)
{
    double sum = 0, error = 0;

    for (int l = zonal->lmax; l >= 0; l--) {
        double g = slope ? l * (l + zonal->n - 2.0) : 1, f = zonal->f[l].x, bound = value_bound(zonal->f[l]);

        sum += g * f * f;
        error += g * (2 * fabs(f) + bound) * bound;
    }
    double rest = fmax(norm.x - sum, 0);

    return measured(rest, error + value_bound(norm) + (zonal->lmax + 4) * DBL_EPSILON * sum, QUADRATURE);
}

enum status zonal_expand(int n, const struct piecewise *f, const struct piecewise *slope, int lmax, struct zonal *zonal)
{
    struct piecewise copy = *f, squared = {square, &copy, f->kinks, f->kink};
    struct slope derivative = {slope, n};
    struct piecewise gradient = {green, &derivative, f->kinks, f->kink};

    *zonal = (struct zonal){.n = n, .lmax = lmax};
    if (n < 3 || n > 10000 || lmax < 0) {
        return status_fail(STATUS_RANGE, "zonal_expand: 3 <= n <= 10000 and lmax >= 0 wanted, %d and %d given", n,
                           lmax);
    }
    zonal->f = memory_new((size_t)lmax + 1, sizeof *zonal->f);
    enum status status = gegenbauer_expand(n, f, lmax, zonal->f);
    struct value norm = sphere_mean(n + 1, &squared),
                 slope_norm = slope ? sphere_mean(n + 1, &gradient) : exact(INFINITY);

    if (!status && !(value_ok(norm) && (!slope || value_ok(slope_norm)))) {
        status = STATUS_CONVERGENCE;
    }
    zonal->rest = rest_of(zonal, norm, false);
    zonal->slope_rest = rest_of(zonal, slope_norm, true);
    return status;
}

/* sum_l f[l] p_l(x), p_l = sqrt(d_l) R_l by a_{l+1} p_{l+1} = x p_l - a_l p_{l-1}. Or, where f are those of a function on two dimensions less, its derivative
 * but for a factor: p_{l+1}' = sqrt((l + 1)(l + n - 3)) p_l times sqrt((n - 2) / (n - 3)). */
static double orthonormal_sum(int n, int lmax, const double f[], double x, bool derivative)
{
    double p = 1, before = 0, a = 0, sum = 0;

    for (int l = 0; l <= lmax; l++) {
        double two = 2.0 * l + n, next_a = sqrt((l + 1.0) * (l + n - 2.0) / (two * (two - 2)));
        double next = (x * p - a * before) / next_a;

        sum += derivative ? f[l + 1] * sqrt((l + 1.0) * (l + n - 3.0)) * p : f[l] * p;
        before = p;
        p = next;
        a = next_a;
    }
    return sum;
}

double zonal_value(int n, int lmax, const double f[], double h)
{
    return orthonormal_sum(n, lmax, f, h / sqrt(n), false);
}

double zonal_slope(int n, int lmax, const double f[], double h)
{
    return orthonormal_sum(n + 2, lmax - 1, f, h / sqrt(n), true) / sqrt(n - 1.0);
}

void zonal_free(struct zonal *zonal)
{
    memory_free(zonal->f);
    zonal->f = NULL;
}

struct value zonal_sum(const struct zonal *zonal, const double g[], struct zonal_tail tail)
{
    struct value rest = tail.of_slope ? zonal->slope_rest : zonal->rest;
    double middle = (tail.least + tail.most) / 2, half = (tail.most - tail.least) / 2, sum = 0, size = 0, error = 0;

    for (int l = zonal->lmax; l >= 0; l--) {
        double f = zonal->f[l].x, bound = value_bound(zonal->f[l]);

        sum += g[l] * f * f;
        size += fabs(g[l]) * f * f;
        error += fabs(g[l]) * (2 * fabs(f) + bound) * bound;
    }
    struct value total =
        measured(sum + middle * rest.x,
                 error + half * rest.x + fmax(fabs(tail.least), fabs(tail.most)) * value_bound(rest), QUADRATURE);
    return value_with(total, (zonal->lmax + 8) * DBL_EPSILON * size, ROUNDING);
}

/* The terms from degree first on, up to and including last. */
static double partial(const struct zonal *zonal, const double g[], int first, int last)
{
    double sum = 0;

    for (int l = last; l >= first; l--) {
        sum += g[l] * zonal->f[l].x * zonal->f[l].x;
    }
    return sum;
}

struct value zonal_sum_extrapolated(const struct zonal *zonal, const double g[])
{
    int half = zonal->lmax / 2, quarter = half / 2;
    struct value sum = zonal_sum(zonal, g, (struct zonal_tail){0, 0, false});
    double last = partial(zonal, g, half + 1, zonal->lmax), before = partial(zonal, g, quarter + 1, half);

    if (fabs(last) <= value_bound(sum)) {
        return value_with(sum, fabs(last), QUADRATURE); // it has ended
    }
    double ratio = last / before, rest = fabs(ratio) < 1 ? last * ratio / (1 - ratio) : INFINITY;

    return value_with(value_add(sum, exact(isfinite(rest) ? rest : 0)), fabs(rest), QUADRATURE);
}

/* By Cauchy and Schwarz. */
struct value zonal_sum_two_apart(const struct zonal *zonal, const double g[], double most)
{
    double sum = 0, size = 0, error = 0, rest = zonal->rest.x + value_bound(zonal->rest), near = rest;

    for (int l = zonal->lmax; l >= 0 && l > zonal->lmax - 2; l--) {
        near += zonal->f[l].x * zonal->f[l].x;
    }
    for (int l = zonal->lmax - 2; l >= 0; l--) {
        double f = zonal->f[l].x, next = zonal->f[l + 2].x, bound = value_bound(zonal->f[l]),
               next_bound = value_bound(zonal->f[l + 2]);

        sum += g[l] * f * next;
        size += fabs(g[l] * f * next);
        error += fabs(g[l]) * (fabs(f) * next_bound + fabs(next) * bound + bound * next_bound);
    }
    struct value total = measured(sum, error + most * sqrt(rest * near), QUADRATURE);
    return value_with(total, (zonal->lmax + 8) * DBL_EPSILON * size, ROUNDING);
}
