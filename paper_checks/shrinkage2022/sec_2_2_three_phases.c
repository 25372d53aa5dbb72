/* # Section 2.2: the three phases
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2. With $s=\sigma_b^2/\sigma_w^2$ the same in all layers,
 *
 * - ordered, $P'(1)<1$: $\rho_l\to1$ exponentially;
 * - critical, $P'(1)=1$: $\rho_l\to1$ polynomially;
 * - chaotic, $P'(1)>1$: $1$ repels, and $\rho_l\to\rho_{fp}<1$ exponentially, where $P'(\rho_{fp})<1$.
 *
 * **Checked.** Ordered: the last step's factor against $P'(1)$. Critical: the exponent of $1-\rho_l$, $-1$ for erf and $-2$ for relu, and for smooth
 * activations $(1/(1-\rho_l))'=\frac12P''(1)$. Chaotic: the fixed point by root finding against iteration from $\rho_0=\frac14$; its slope; the
 * factor by which the distance to it shrinks.
 * **Tolerance.** By convexity a step's factor lies between $P'(\rho_l)$ and its limit: the distance is the stated bias. An iteration that stands a
 * step $\delta$ from itself is within $\delta/(1-P')$ of its limit. $\frac12P''(1)$ is extrapolated from gaps $\epsilon$ and $2\epsilon$, and what
 * doing so from $2\epsilon$ and $4\epsilon$ changes is allowed. The exponents approach their limits like $\ln l/l$: measured by halving the depth,
 * twice that is allowed.
 * **Could miss.** Phases of activations that are not tried; `--set phi=` tries any.
 * **Found.** Holds. Polynomial means $1/l$ where $P''(1)$ is finite and $1/l^2$ for relu, whose $P$ has a term $(1-\rho)^{3/2}$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <float.h>
#include <math.h>

static struct correlation_map make_map(struct claim *claim, const char *name, double s)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, s));
    if (!value_ok(correlation_map_fixed_gap(&map)) || (map.slope_norm2 == 0 && map.nonlinearity2 == 0)) {
        claim_refuse(claim, "phi = %s, s = %g: P is the identity or constant, and has no phase", name, s);
    }
    return map;
}

static double slope_at_one(const struct correlation_map *map)
{
    return map->slope_norm2 / (map->bias + map->norm2);
}

/* The gap after so many layers, or when it stands still or is too small to matter; *before is the gap one layer earlier. */
static double iterate(const struct correlation_map *map, double gap, long layers, double *before)
{
    *before = INFINITY;
    for (long l = 0; l < layers && fabs(gap - *before) > DBL_EPSILON * gap && gap > 1e-200; l++) {
        *before = gap;
        gap = correlation_map_gap(map, gap);
    }
    return gap;
}

/* ## Ordered */
static void check_ordered(struct claim *claim, const struct correlation_map *map, long layers)
{
    double before, gap = iterate(map, 0.75, layers, &before), slope = slope_at_one(map);
    double bias = log(slope / correlation_map_slope(map, 1 - before));
    double exponent = claim_fault(claim, "half_exponent") ? 0.5 : 1;

    check_rate(claim, "ordered", rounded(exponent * log(slope), 16),
               value_with(measured(log(gap / before), 32 * DBL_EPSILON, ROUNDING), bias, FINITE_SIZE));
}

/* ## Critical
 * What one layer takes from a gap, over its square: $\frac12P''(1)$ and a series in the gap, whose first term is extrapolated away. */
static struct value bend(const struct correlation_map *map, double gap)
{
    struct value fall = value_sub(exact(gap), correlation_map_gap_value(map, gap));

    return value_with(value_scale(1 / (gap * gap), fall), 8 * DBL_EPSILON / gap, ROUNDING);
}

static void check_curvature(struct claim *claim, const struct correlation_map *map, long layers)
{
    double curvature = correlation_map_curvature(map, 1) / 2, gap, before;

    if (!isfinite(curvature)) {
        return; // a kink: not 1/l
    }
    gap = iterate(map, 0.75, layers, &before);
    struct value near = bend(map, gap), far = bend(map, 2 * gap), further = bend(map, 4 * gap);
    struct value limit = value_sub(value_scale(2, near), far), earlier = value_sub(value_scale(2, far), further);
    if (claim_fault(claim, "half_curvature")) {
        curvature *= 2;
    }
    check_equal(claim, "curvature", rounded(curvature, 40), value_with(limit, fabs(limit.x - earlier.x), FINITE_SIZE));
}

static void check_exponent(struct claim *claim, const char *name, double exponent)
{
    struct correlation_map map = make_map(claim, name, -1);
    double before, a = iterate(&map, 0.75, 16384, &before), b = iterate(&map, a, 16384, &before),
                   c = iterate(&map, b, 32768, &before), last = log2(c / b), earlier = log2(b / a);

    claim_case(claim, "phi = %s, critical, 65536 layers", name);
    check_rate(claim, "critical", exact(claim_fault(claim, "half_exponent") ? exponent / 2 : exponent),
               value_with(exact(last), 2 * fabs(last - earlier), FINITE_SIZE));
}

/* ## Chaotic */
static void check_chaotic(struct claim *claim, const struct correlation_map *map, long layers)
{
    struct value fixed = correlation_map_fixed_gap(map);
    double before, gap = iterate(map, 0.75, layers, &before), slope = correlation_map_slope(map, 1 - fixed.x);
    double steepest = fmax(slope, correlation_map_slope(map, 1 - gap));
    double left = (fabs(gap - before) + value_error(correlation_map_gap_value(map, gap))) / (1 - steepest);

    if (claim_fault(claim, "bias_lower")) {
        struct correlation_map other = make_map(claim, map->phi.name, 0.9 * map->bias);

        fixed = correlation_map_fixed_gap(&other);
    }
    if (steepest < 1) { // else the layers were too few to say where the iteration ends
        check_equal(claim, "fixed point", fixed, measured(gap, left, QUADRATURE));
    }
    check_at_most(claim, "slope", rounded(claim_fault(claim, "slope_at_one") ? slope_at_one(map) : slope, 60),
                  exact(1));
    check_shape(claim, "below one", claim_fault(claim, "repelling") ? exact(0) : fixed, 1);

    /* From above, $\rho_0=1-\frac12(1-\rho_{fp})$, until the distance is $10^{-6}$. */
    double distance = fixed.x / 2, after = distance;
    for (long l = 0; l < layers && after > 1e-6 * fixed.x; l++) {
        distance = after;
        after = fixed.x - correlation_map_gap(map, fixed.x - distance);
    }
    double bias = log(correlation_map_slope(map, 1 - fixed.x + distance) / slope),
           noise = value_error(fixed) + 32 * DBL_EPSILON;
    if (slope > 0.01 && after > 0) { // for smaller slopes the approach is faster than exponential
        check_rate(claim, "chaotic", rounded((claim_fault(claim, "half_exponent") ? 0.5 : 1) * log(slope), 60),
                   value_with(measured(log(after / distance), fabs(bias), FINITE_SIZE), 2 * noise / after, ROUNDING));
    }
}

/* ## Which phase */
static void check_phase(struct claim *claim, const char *name, double s, long layers)
{
    struct correlation_map map = make_map(claim, name, s);
    double slope = slope_at_one(&map), gap = 0.75, next = 1;
    char series[64];

    snprintf(series, sizeof series, "%s, s = %.4g", name, map.bias);
    claim_case(claim, "phi = %s, s = %.4g, P'(1) = %.6g", name, map.bias, slope);
    if (fabs(slope - 1) < 1e-12) {
        check_curvature(claim, &map, layers);
    } else if (slope < 1) {
        check_ordered(claim, &map, layers);
    } else {
        check_chaotic(claim, &map, layers);
    }
    for (long l = 0; l <= layers; l++) {
        if ((double)l + 1 >= next || l == layers) {
            claim_row(claim, series, (double)l, gap, slope);
            next = fmax(next * 1.25, (double)l + 2);
        }
        gap = gap > 1e-100 ? correlation_map_gap(&map, gap) : 0;
    }
}

static void phases(struct claim *claim)
{
    static const double ratios[] = {0, 0.02, 0.05, 0.08, 0.1, -1, 0.11, 0.15, 0.3, 1};
    long layers = claim_integer(claim, "layers");

    claim_labels(claim, "series");
    claim_column(claim, "l", EXACT, "a parameter");
    claim_column(claim, "gap", RELATIVE(1e-9), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "slope", RELATIVE(1e-12), "norms by closed form or quadrature");
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++) {
        check_phase(claim, "erf", ratios[i], 4000);
    }
    check_phase(claim, claim_text(claim, "phi"), claim_real(claim, "s"), layers);
    check_exponent(claim, "erf", -1);
    check_exponent(claim, "relu", -2);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation to try beside erf", "gelu"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", 0.01, -1, 1000),
                           integer("layers", "layers for that activation", 1000, 10, 1000000)},
            .faults = {{"half_exponent", "every rate halved, as if distances and not their squares were meant",
                        "ordered critical chaotic"},
                       {"half_curvature", "P''(1) in place of its half", "curvature"},
                       {"slope_at_one", "P'(1) in place of P'(rho_fp)", "slope"},
                       {"repelling", "1, the fixed point that repels, in place of the other", "below*"},
                       {"bias_lower", "the fixed point of another bias ratio", "fixed?point chaotic"}},
            .run = phases,
        }));
}
