// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a convex map meets the anti-diagonal.
 *
 * g(1 - t) - t falls from 1 at t = 0 to g(1/2) - 1/2 <= 0 at t = 1/2. The root is sought in ln t, from 1e-300: no
 * bound on t that the theory offers is used, since those are among the things to be checked.
 *
 * The error of t is that of g(1 - t) over 1 + g'(1 - t). By convexity the slope at 1 - t is at least that of the
 * chord from 1 - 2t. */
#include <assay/meanfield/excess_convexity.h>
#include <assay/numerics/roots.h>
#include <math.h>

static double above_antidiagonal(double t, void *context)
{
    return convex_map_at_gap(context, t).x - t;
}

struct value excess_convexity_point(const struct convex_map *g)
{
    struct value t = exact(0.5);

    if (above_antidiagonal(t.x, (void *)g) < 0)
        t = root_log(above_antidiagonal, (void *)g, 1e-300, 0.5);
    if (!value_ok(t))
        return t;
    struct value here = convex_map_at_gap(g, t.x);
    double chord = fmax(here.x - convex_map_at_gap(g, 2 * t.x).x, 0) / t.x;
    return value_with(t, value_error(here) / (1 + chord), ROUNDING);
}

struct value excess_convexity(const struct convex_map *g)
{
    struct value t = excess_convexity_point(g);
    double e = (1 - 2 * t.x) / t.x;

    return value_through(t, e, -1 / (t.x * t.x));
}

double excess_convexity_identity_share(const struct convex_map *g, double t)
{
    double gap = convex_map_gap(g, t);

    return (gap - (1 - t)) / (gap - t);
}
