// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a convex map meets the anti-diagonal.
 *
 * With G(t) = 1 - g(1 - t), G(t) + t - 1 increases from -1 at 0 to G(1/2) - 1/2 >= 0 at 1/2. The root is sought in ln t, from 1e-300:
 * no bound on t that the theory offers is used, since those are among the things to be checked.
 *
 * The error of t is that of G over the slope 1 + G'. G is concave, so G'(t) is at least the chord's (G(2t) - G(t)) / t. */
#include <assay/meanfield/excess_convexity.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

static double above_antidiagonal(double t, void *context)
{
    return convex_map_gap(context, t) - (1 - t);
}

struct value excess_convexity_point(const struct convex_map *g)
{
    struct value t = exact(0.5);

    if (above_antidiagonal(t.x, (void *)g) > 0)
        t = root_log(above_antidiagonal, (void *)g, 1e-300, 0.5);
    if (!value_ok(t))
        return t;
    struct value fall = convex_map_gap_value(g, t.x);
    double chord = (convex_map_gap(g, 2 * t.x) - fall.x) / t.x;
    return value_with(t, (value_error(fall) + DBL_EPSILON / 2) / (1 + fmax(chord, 0)), ROUNDING);
}

struct value excess_convexity(const struct convex_map *g)
{
    struct value t = excess_convexity_point(g);
    double e = (1 - 2 * t.x) / t.x;

    return value_through(t, e, -1 / (t.x * t.x));
}
