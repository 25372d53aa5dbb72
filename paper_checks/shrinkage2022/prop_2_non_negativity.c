/* # Property 2: excess convexity is not negative, and vanishes for the identity only
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 2. For $g$ convex and non-decreasing on
 * $[0,1]$ with $g(0)=0$ and $g(1)=1$, $e(g)\ge0$, with equality only for $g=\mathrm{id}$.
 *
 * **Checked.** The crossing $t\le\frac12$ by bisection over all of $(0,1)$, for random power series and polygons, nearly straight and nearly
 * vertical ones among them. Strictness in a form that has a size:
 *
 * $$e(g)\ge1-2g(\tfrac12).$$
 *
 * By convexity $g$ lies below the chord from $(\frac12,g(\frac12))$ to $(1,1)$, which crosses at $t=1/(3-2g(\frac12))$. A convex $g$ with
 * $g(\frac12)=\frac12$ is the identity. A search at each $g(\frac12)$ for the least $e$. Equality for two edges that meet at $x=\frac12$, zero for
 * the identity.
 * **Tolerance.** Roots state their brackets, maps their roundings; next to the identity the error of $e$ is absolute, near $10^{-15}$.
 * **Could miss.** Discontinuous maps; see `def_excess_convexity`.
 * **Found.** Holds. The stronger form is tight at every $g(\frac12)$, for polygons; among power series only in the limit of the identity. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { POWERS = 7 };

/* ## One map
 * The crossing is sought without the library, which looks for it in $(0,\frac12]$ only. */
static double above_antidiagonal(double t, void *context)
{
    return convex_map_gap(context, t) - (1 - t);
}

static struct value strict(struct claim *claim, const struct convex_map *g)
{
    struct value bound = value_sub(exact(1), value_scale(2, convex_map_at_gap(g, 0.5)));

    return claim_fault(claim, "quarter") ? value_scale(2, bound) : bound;
}

static void compare(struct claim *claim, const struct convex_map *g)
{
    struct value t = root_bracketed(above_antidiagonal, (void *)g, 0, 1), e = claim_value(claim, excess_convexity(g));

    t = value_with(t, value_error(convex_map_gap_value(g, t.x)), ROUNDING);
    check_at_most(claim, "t", t, exact(claim_fault(claim, "minus_three") ? 1.0 / 3 : 0.5));
    check_at_least(claim, "strict", e, strict(claim, g));
}

static void random_maps(struct claim *claim, bool series)
{
    const char *label = series ? "random series" : "random polygons";
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, i);
        struct convex_map g = series ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                     : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));
        double sag = 1 - 2 * convex_map_apply(&g, 0.5), e = excess_convexity(&g).x;

        claim_case(claim, "%s, %u", label, i);
        compare(claim, &g);
        if (sag > 1e-3 && rows < 150) {
            claim_row(claim, label, sag, e, NAN);
            rows++;
        }
    }
}

/* ## Where it is tight
 * Two edges that meet at $(\frac12,y)$, and the identity in several guises. */
static void two_edges(struct claim *claim)
{
    struct convex_map g, identity;

    for (int k = 1; k <= 40; k++) {
        double y = k <= 20 ? ldexp(1, -k - 1) : 0.5 - ldexp(1, 20 - k);

        claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 0.5, 1}, (double[]){0, y, 1}));
        claim_case(claim, "g(1/2) = %.7g", y);
        check_equal(claim, "two edges", strict(claim, &g), claim_value(claim, excess_convexity(&g)));
    }
    claim_need(claim, convex_map_series(&identity, 1, (double[]){1}));
    g = convex_map_compose(&identity, &identity);
    claim_case(claim, "the identity");
    compare(claim, &identity);
    compare(claim, &g);
    check_zero(claim, "identity", value_sub(excess_convexity(&g), exact(claim_fault(claim, "minus_three"))), 1);
}

/* ## A search at each $g(\frac12)$
 * A polygon of three edges or a series of the powers $2,3,5,9,\dots,65$ is mixed with so much of the identity that it has the value wanted at
 * $\frac12$. A map that sags too little for that is told how much it lacks. */
struct hunt {
    bool series;
    double sag; // 1 - 2 g(1/2)
};

static bool candidate(const struct hunt *hunt, const double u[], struct convex_map *g)
{
    return (hunt->series ? convex_map_powers(g, POWERS, u) : convex_map_three_edges(g, u)) == STATUS_OK;
}

static double identity_share(const struct hunt *hunt, const struct convex_map *inner)
{
    return 1 - hunt->sag / fmax(1 - 2 * convex_map_apply(inner, 0.5), 1e-9);
}

static double least_ratio(size_t n, const double u[], void *context)
{
    const struct hunt *hunt = context;
    struct convex_map inner, g;

    (void)n;
    if (!candidate(hunt, u, &inner)) {
        return INFINITY;
    }
    double p = identity_share(hunt, &inner);

    return convex_map_mix(&g, p, &inner) ? 1e3 - p : excess_convexity(&g).x / hunt->sag;
}

static void search(struct claim *claim, bool series)
{
    static const double least[POWERS] = {0}, most[POWERS] = {1, 1, 1, 1, 1, 1, 1};
    size_t starts = (size_t)claim_integer(claim, "starts");

    for (uint32_t i = 0; i < 8; i++) {
        struct hunt hunt = {series, pow(10, -2 + 0.28 * i)};
        struct search task = {2 + 8u * series + i, series ? POWERS : 4, least, most, starts, 600, least_ratio, &hunt};
        struct convex_map inner, g;
        double best[POWERS], ratio = search_least(claim, &task, best);

        candidate(&hunt, best, &inner);
        claim_need(claim, convex_map_mix(&g, identity_share(&hunt, &inner), &inner));
        claim_case(claim, "search over %s, 1 - 2g(1/2) = %.3g", series ? "series" : "polygons", hunt.sag);
        compare(claim, &g);
        claim_row(claim, series ? "search over series" : "search over polygons", hunt.sag, NAN, ratio * hunt.sag);
    }
}

static void non_negativity(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "sag", RELATIVE(1e-10), "1 - 2g(1/2); no map nearer to the identity than 1e-3");
    claim_column(claim, "e", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "a root; nan where a search has its own column");
    claim_column(claim, "least", (struct tolerance){TOLERANCE_RELATIVE, 1e-2, true},
                 "the end of a descent, not its path");
    random_maps(claim, true);
    random_maps(claim, false);
    two_edges(claim);
    search(claim, false);
    search(claim, true);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random maps of each kind", 300, 2000, 100000, 1, 10000000),
                           integer("degree", "highest degree of a random series", 32, 2, 128),
                           integer("vertices", "of a random polygon", 5, 3, 128),
                           integer_by_scale("starts", "of each search", 2, 6, 50, 1, 100000)},
            .faults = {{"minus_three", "excess convexity taken as 1/t - 3", "t identity"},
                       {"quarter", "twice the sag at one half", "strict two*"}},
            .run = non_negativity,
        }));
}
