/* # Property 4: a map of excess convexity $e$ has slope at least $1+e$ at 1
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 4. For $g$ convex and non-decreasing on
 * $[0,1]$ with $g(0)=0$ and $g(1)=1$, differentiable at 1,
 *
 * $$g'(1)\ge1+e(g).$$
 *
 * **Checked.** $g'(1)-1\ge e$ for random power series and polygons, nearly straight and nearly vertical ones among them, and for cropped
 * correlation maps. The slope comes from coefficients, vertices or moments of the activation, $e$ from the root of $g(1-t)=t$. A search at
 * each $e$ for the least $(g'(1)-1)/e$, over polygons and over power series. Equality for two edges that meet at the crossing.
 * **More is true of power series.** By Jensen $\sum_kc_kx^k\ge x^m$ with $m=\sum_kkc_k=g'(1)$. So $g'(1)\ge\alpha$, where
 * $(1-t)^\alpha=t=1/(2+e)$, with equality for single powers. This is checked too.
 * **Tolerance.** The root states its error. Slopes are sums and quotients of positive numbers, two roundings a term.
 * **Could miss.** Maps with an infinite slope at 1, for which there is nothing to show.
 * **Found.** Holds, and is tight for every $e$: polygons whose last edge reaches down to the crossing attain it, and the search finds them. Power
 * series stay away: the least ratio is the golden ratio $1.618$, at $x^2$. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { POWERS = 7 };

/* ## One map
 * $g'(1)-1$ against $e$: both vanish for the identity, so that the constant matters near it too. */
static struct value excess_slope(const struct convex_map *g)
{
    return value_sub(rounded(convex_map_slope_at_one(g), 2.0 * CONVEX_MAP_CAPACITY), exact(1));
}

static struct value claimed(struct claim *claim, const struct convex_map *g)
{
    struct value e = claim_value(claim, excess_convexity(g));

    return claim_fault(claim, "minus_one") ? value_add(e, exact(1)) : e;
}

/* $\alpha-1$ for the power $x^\alpha$ that crosses at $t$, $\alpha=\ln t/\ln(1-t)$. */
static struct value power_slope(struct value t)
{
    double flat = log1p(-t.x), alpha = log(t.x) / flat;

    return value_sub(value_through(t, alpha, 1 / (t.x * flat) + alpha / ((1 - t.x) * flat)), rounded(1, 4 * alpha));
}

/* ## Random maps */
static void random_maps(struct claim *claim, bool series)
{
    const char *label = series ? "random series" : "random polygons";
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, i);
        struct convex_map g = series ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                     : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));
        struct value e = claimed(claim, &g), slope = excess_slope(&g);

        claim_case(claim, "%s, %u", label, i);
        check_at_least(claim, "slope", slope, e);
        if (series) {
            struct value power = power_slope(excess_convexity_point(&g));

            check_at_least(claim, "power", slope, claim_fault(claim, "half_power") ? value_scale(1.5, power) : power);
        }
        if (e.x > 1e-2 && e.x < 1e3 && rows < 150) {
            claim_row(claim, label, e.x, slope.x / e.x, NAN);
            rows++;
        }
    }
}

/* ## Correlation maps, as the proof of Theorem 1 needs them */
static void correlation_maps(struct claim *claim)
{
    static const double rho_bars[] = {0, 0.5, 0.9, 0.99};
    struct correlation_map map;
    struct activation phi;
    struct convex_map g;

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    for (size_t i = 0; i < sizeof rho_bars / sizeof rho_bars[0]; i++) {
        claim_need(claim, convex_map_crop(&g, &map, 1 - rho_bars[i]));
        struct value e = claimed(claim, &g), slope = excess_slope(&g);

        claim_case(claim, "%s cropped to [%g, 1]", phi.name, rho_bars[i]);
        check_at_least(claim, "slope", slope, e);
        claim_row(claim, "cropped correlation maps", e.x, slope.x / e.x, NAN);
    }
}

/* ## Where it is tight
 * Two edges that meet at $(1-t,t)$: the second has slope $(1-t)/t=1+e$. The vertices are exact for $t=2^{-k}$ and $t=\frac12-2^{-k}$. */
static void two_edges(struct claim *claim)
{
    for (int k = 2; k <= 20; k++) {
        for (int side = 0; side < 2; side++) {
            double t = side ? 0.5 - ldexp(1, -k) : ldexp(1, -k);
            struct convex_map g;

            claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 1 - t, 1}, (double[]){0, t, 1}));
            claim_case(claim, "t = %.7g", t);
            check_equal(claim, "two edges", claimed(claim, &g), excess_slope(&g));
        }
    }
}

/* ## A search at each $e$
 * A polygon of three edges or a series of the powers $2,3,5,9,\dots,65$ is mixed with so much of the identity that it crosses at $t$. A map that is not
 * convex enough for that is told how much it lacks. */
struct hunt {
    bool series;
    double t;
};

static bool candidate(const struct hunt *hunt, const double u[], struct convex_map *g)
{
    return (hunt->series ? convex_map_powers(g, POWERS, u) : convex_map_three_edges(g, u)) == STATUS_OK;
}

static double least_ratio(size_t n, const double u[], void *context)
{
    const struct hunt *hunt = context;
    struct convex_map inner, g;

    (void)n;
    if (!candidate(hunt, u, &inner)) {
        return INFINITY;
    }
    double t = hunt->t, p = excess_convexity_identity_share(&inner, t);

    if (convex_map_mix(&g, p, &inner)) {
        return 1e3 - p;
    }
    return (convex_map_slope_at_one(&g) - 1) / (1 / t - 2);
}

static void search(struct claim *claim, bool series)
{
    static const double least[POWERS] = {0}, most[POWERS] = {1, 1, 1, 1, 1, 1, 1};
    size_t starts = (size_t)claim_integer(claim, "starts");

    for (uint32_t i = 0; i < 8; i++) {
        double e = pow(10, -2 + 0.375 * i), t = 1 / (2 + e), best[POWERS];
        struct hunt hunt = {series, t};
        struct search task = {2 + 8u * series + i, series ? POWERS : 4, least, most, starts, 1200, least_ratio, &hunt};
        double ratio = search_least(claim, &task, best);
        struct convex_map inner, g;

        candidate(&hunt, best, &inner);
        claim_need(claim, convex_map_mix(&g, excess_convexity_identity_share(&inner, t), &inner));
        claim_case(claim, "search over %s, e = %.3g", series ? "series" : "polygons", e);
        check_at_least(claim, "slope", excess_slope(&g), claimed(claim, &g));
        claim_row(claim, series ? "search over series" : "search over polygons", e, NAN, ratio);
    }
}

static void steepness(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "e", RELATIVE(1e-9), "a root; no map nearer to the identity than 1e-2");
    claim_column(claim, "ratio", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "as e; nan where a search has its own column");
    claim_column(claim, "least", (struct tolerance){TOLERANCE_RELATIVE, 1e-3, true},
                 "the end of a descent, not its path");
    random_maps(claim, true);
    random_maps(claim, false);
    correlation_maps(claim);
    two_edges(claim);
    search(claim, false);
    search(claim, true);
    for (int i = 0; i <= 40; i++) {
        double e = pow(10, -2 + 0.125 * i);

        claim_row(claim, "powers", e, power_slope(exact(1 / (2 + e))).x / e, NAN);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random maps of each kind", 300, 2000, 100000, 1, 10000000),
                           integer("degree", "highest degree of a random series", 32, 2, 128),
                           integer("vertices", "of a random polygon", 5, 3, 128),
                           integer_by_scale("starts", "of each search", 2, 6, 50, 1, 100000),
                           choice("phi", "activation whose correlation map is cropped", "erf|relu|tanh|gelu|sin|h3")},
            .faults = {{"minus_one", "excess convexity taken as 1/t - 1", "slope two*"},
                       {"half_power", "the slope of power series bounded by (3 alpha - 1)/2", "power"}},
            .run = steepness,
        }));
}
