// SPDX-License-Identifier: GPL-3.0-or-later
/* Correlation maps P(rho) = (bias + skip rho + branch C[phi|rho]) / (bias + skip + branch C[phi|1]) and their
 * iteration.
 *
 * P is a power series with non-negative coefficients, hence convex on [0, 1], and P(1) = 1. In terms of the gap,
 * G(gap) = 1 - P(1 - gap) is concave with G(0) = 0: gap G'(gap) <= G(gap), so relative errors don't grow along a
 * chain of maps, they only add up.
 *
 * The fixed point (Poole et al. 2016). If P'(1) <= 1, 1 attracts. If P'(1) > 1, G starts above the diagonal and by
 * concavity crosses it once on (0, 1]; just above criticality the crossing is at a gap of about 2 (P'(1) - 1) /
 * P''(1), or at the square of the excess where P'' diverges, so it is sought on a logarithmic scale. */
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

static enum status map_new(struct correlation_map *map, const struct activation *phi, double skip, double branch,
                           double bias)
{
    struct value norm2 = activation_norm2(phi), slope = activation_slope_norm2(phi),
                 nonlinearity = activation_nonlinearity2(phi);

    if (!value_ok(norm2) || !value_ok(nonlinearity) || isnan(slope.x))
        return STATUS_CONVERGENCE; // the reason stands
    *map = (struct correlation_map){*phi, bias, skip, branch, norm2.x, slope.x, nonlinearity.x};
    return STATUS_OK;
}

enum status correlation_map_layer(struct correlation_map *map, const struct activation *phi, double bias_ratio)
{
    if (!(bias_ratio >= 0 && isfinite(bias_ratio)))
        return status_fail(STATUS_RANGE, "correlation_map_layer: a bias ratio of 0 or more wanted, %g given",
                           bias_ratio);
    return map_new(map, phi, 0, 1, bias_ratio);
}

enum status correlation_map_residual(struct correlation_map *map, const struct activation *phi, double branch_variance)
{
    if (!(branch_variance >= 0 && isfinite(branch_variance)))
        return status_fail(STATUS_RANGE, "correlation_map_residual: a branch variance of 0 or more wanted, %g given",
                           branch_variance);
    return map_new(map, phi, 1, branch_variance, 0);
}

enum status correlation_map_find(struct correlation_map *map, const char *name, double bias_ratio)
{
    struct activation phi;
    enum status status = activation_find(name, &phi);

    if (status)
        return status;
    struct value ratio = bias_ratio < 0 ? critical_bias_ratio(&phi) : exact(bias_ratio);
    return value_ok(ratio) ? correlation_map_layer(map, &phi, ratio.x) : STATUS_RANGE; // the reason stands
}

enum status correlation_map_sloped(const struct correlation_map *map)
{
    if (map->slope_norm2 > 0 && isfinite(map->slope_norm2))
        return STATUS_OK;
    return status_fail(STATUS_RANGE, "phi = %s: the norm of phi' must be finite and not zero, it is %g", map->phi.name,
                       sqrt(map->slope_norm2));
}

static double total(const struct correlation_map *map)
{
    return map->bias + map->skip + map->branch * map->norm2;
}

/* skip * x + branch * y, over the norm; a branch of weight 0 counts for nothing even where y is infinite. */
static double combine(const struct correlation_map *map, double x, double y)
{
    return (map->skip * x + (map->branch > 0 ? map->branch * y : 0)) / total(map);
}

double correlation_map_apply(const struct correlation_map *map, double rho)
{
    return map->bias / total(map) + combine(map, rho, covariance(&map->phi, rho).x);
}

struct value correlation_map_gap_value(const struct correlation_map *map, double gap)
{
    struct value fall = covariance_gap(&map->phi, gap);
    double weight = map->branch / total(map), skip = map->skip / total(map) * gap;

    fall = value_add(rounded(skip, 4), value_scale(weight, fall));
    return value_with(fall, 6 * DBL_EPSILON * fabs(fall.x), ROUNDING);
}

double correlation_map_gap(const struct correlation_map *map, double gap)
{
    double next = combine(map, gap, covariance_gap(&map->phi, gap).x);

    return next > 2 ? 2 : next; // rounding must not leave [0, 2]: chains go on from here; NaN passes
}

struct value correlation_map_gap_through(const struct correlation_map *map, struct value gap)
{
    struct value next = correlation_map_gap_value(map, gap.x);

    return value_with(next, next.x * value_bound(gap) / gap.x, ROUNDING);
}

static double minus_gap(double gap, void *map)
{
    return -correlation_map_gap(map, gap);
}

double correlation_map_widest_gap(const struct correlation_map *map, double gap)
{
    double at, end = correlation_map_gap(map, gap);
    bool may_turn = gap > 1 && activation_parity(&map->phi) != -1;

    return may_turn ? fmax(end, -minimise_interval(minus_gap, (void *)map, 1, gap, &at).x) : end;
}

double correlation_map_slope(const struct correlation_map *map, double rho)
{
    return combine(map, 1, covariance_slope(&map->phi, rho).x);
}

double correlation_map_curvature(const struct correlation_map *map, double rho)
{
    return combine(map, 0, covariance_curvature(&map->phi, rho).x);
}

static struct value slope_of_norms(const struct correlation_map *map, struct value slope_norm2, struct value norm2)
{
    struct value slope = value_add(exact(map->skip), value_scale(map->branch, slope_norm2));

    return value_div(slope, value_add(exact(map->bias + map->skip), value_scale(map->branch, norm2)));
}

struct value correlation_map_slope_at_one(const struct correlation_map *map)
{
    return slope_of_norms(map, activation_slope_norm2(&map->phi), activation_norm2(&map->phi));
}

struct value correlation_map_slope_by_quadrature(const struct correlation_map *map)
{
    struct piecewise value = activation_piecewise(&map->phi), slope = activation_slope_piecewise(&map->phi);

    return slope_of_norms(map, gaussian_product(&slope, &slope, 1), gaussian_product(&value, &value, 1));
}

void correlation_maps_iterate(int n, const struct correlation_map *const maps[], double gap[])
{
    for (int l = 1; l <= n; l++)
        gap[l] = correlation_map_gap(maps[l - 1], gap[l - 1]);
}

/* ## The fixed point */

/* G(gap) - gap. */
static double excess(const struct correlation_map *map, double gap)
{
    return correlation_map_gap(map, gap) - gap;
}

static double excess_integrand(double gap, void *context)
{
    return excess(context, gap);
}

/* P is the identity: there is nothing to attract. */
static bool is_identity(const struct correlation_map *map)
{
    return map->bias == 0 && (map->branch == 0 || (map->nonlinearity2 == 0 && covariance(&map->phi, 0).x == 0));
}

/* P'(1) = 1 to rounding: 1 attracts from below, unless rounding hides a crossing below the gap at which G clearly
 * leaves the diagonal. */
static struct value critical_gap(const struct correlation_map *map)
{
    double gap = 1e-300;

    while (gap < 1 && excess(map, gap) > -64 * DBL_EPSILON * gap)
        gap *= 2;
    return measured(0, gap, ROUNDING);
}

/* The crossing above its lower bound. By concavity G - gap falls through it at least as steeply as its chord from
 * gap/2. */
static struct value crossing(const struct correlation_map *map, double low)
{
    struct value gap = root_log(excess_integrand, (void *)map, low, 1);
    double chord = excess(map, gap.x / 2) / (gap.x / 2);

    return value_with(gap, value_error(correlation_map_gap_value(map, gap.x)) / chord, ROUNDING);
}

struct value correlation_map_fixed_gap(const struct correlation_map *map)
{
    double steepness = combine(map, 1, map->slope_norm2) - 1, low = 1;

    if (is_identity(map)) {
        status_fail(STATUS_RANGE,
                    "correlation_map_fixed_gap: the map of %s is the identity, every correlation is fixed",
                    map->phi.name);
        return value_failed();
    }
    if (fabs(steepness) <= 16 * DBL_EPSILON)
        return critical_gap(map);
    if (steepness < 0)
        return exact(0);
    if (excess(map, 1) >= 0) // P(0) = 0
        return exact(1);
    while (low > 1e-300 && excess(map, low) <= 0)
        low /= 8;
    return crossing(map, low);
}

struct value critical_bias_ratio(const struct activation *phi)
{
    struct value slope = activation_slope_norm2(phi), ratio = value_sub(slope, activation_norm2(phi));

    if (isfinite(ratio.x) &&
        fabs(ratio.x) <= value_error(ratio)) // 0 to rounding, as for every homogeneous activation of degree 1
        ratio.x = 0;
    if (isfinite(ratio.x) && ratio.x >= 0)
        return ratio;
    status_fail(STATUS_RANGE, "critical_bias_ratio: none for %s, |phi'|^2 - |phi|^2 = %g", phi->name, ratio.x);
    return value_failed();
}
