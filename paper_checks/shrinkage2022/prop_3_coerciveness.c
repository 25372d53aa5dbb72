/* # Property 3: a map of small excess convexity is near the identity
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 3. For $g$ convex and non-decreasing on
 * $[0,1]$ with $g(0)=0$, $g(1)=1$ and crossing $g(1-t)=t$,
 *
 * $$\|g-\mathrm{id}\|_\infty\le\frac{1-2t}{1-t}=\frac{e(g)}{1+e(g)}.$$
 *
 * The proof shades an area: $g(x)\ge xt/(1-t)=x/(1+e)$ right of the crossing, $g(x)\ge(2t-1+(1-t)x)/t$, that is $1-g(x)\le(1+e)(1-x)$, left of it.
 *
 * **Checked.** The distance and both edges of the area, for random power series and polygons, nearly straight and nearly vertical ones
 * among them. A search at each $e$ for the map furthest from the identity. Equality for hinges: flat, then straight.
 * **Tolerance.** The root behind $e$ and the sums behind $g$ state their errors. $x-g(x)$ is concave; its maximum is taken at a vertex, or found
 * to the square root of the precision, which costs the maximum nothing.
 * **Could miss.** Discontinuous maps; see `def_excess_convexity`.
 * **Found.** Holds, and is tight for every $e$: the hinge that is flat up to $e/(1+e)$ attains it. The search comes within $10^{-9}$ of it over
 * polygons and stays some 8 per cent below it over series of powers up to 65. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { POWERS = 7 };

/* ## The distance from the identity */
static double sag(double h, void *context)
{
    return h - convex_map_gap(context, h);
}

/* $x-g(x)$ where it is largest, at $x=1-h$. */
static struct value distance(const struct convex_map *g)
{
    double h = 0;

    for (int i = 0; g->kind == CONVEX_PIECEWISE && i < g->n; i++) {
        h = sag(g->u[i], (void *)g) < sag(h, (void *)g) ? g->u[i] : h;
    }
    if (g->kind != CONVEX_PIECEWISE) {
        minimise_interval(sag, (void *)g, 0, 1, &h);
    }
    return value_sub(convex_map_gap_value(g, h), exact(h));
}

static struct value claimed(struct claim *claim, const struct convex_map *g)
{
    struct value e = claim_value(claim, excess_convexity(g));
    double more = claim_fault(claim, "two_plus_e") ? 2 : 1;

    return value_through(e, e.x / (more + e.x), more / ((more + e.x) * (more + e.x)));
}

/* ## Random maps
 * The edges of the area at random places on either side of the crossing. */
static void shaded_area(struct claim *claim, const struct convex_map *g, struct stream *stream)
{
    struct value e = claim_value(claim, excess_convexity(g)), rise = value_add(exact(1), e);
    double t = 1 / (2 + e.x), right = t * stream_uniform(stream), left = t + (1 - t) * stream_uniform(stream);

    if (claim_fault(claim, "swapped")) {
        double h = left;

        left = right;
        right = h;
    }
    check_at_least(claim, "right of the crossing", convex_map_at_gap(g, right), value_div(rounded(1 - right, 1), rise));
    check_at_most(claim, "left of the crossing", convex_map_gap_value(g, left), value_scale(left, rise));
}

static void random_maps(struct claim *claim, bool series)
{
    const char *label = series ? "random series" : "random polygons";
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, i);
        struct convex_map g = series ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                     : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));
        struct value bound = claimed(claim, &g), far = distance(&g);
        double e = excess_convexity(&g).x;

        claim_case(claim, "%s, %u", label, i);
        check_at_most(claim, "distance", far, bound);
        shaded_area(claim, &g, &stream);
        if (e > 1e-2 && e < 1e3 && rows < 150) {
            claim_row(claim, label, e, far.x, NAN);
            rows++;
        }
    }
}

/* ## Where it is tight
 * The hinge, flat up to $x_0=(1-2t)/(1-t)$, then straight: it is $x_0$ away from the identity at $x_0$, and crosses at $t$. */
static void hinges(struct claim *claim)
{
    for (int k = 2; k <= 20; k++) {
        for (int side = 0; side < 2; side++) {
            double x0 = side ? 1 - ldexp(1, -k) : ldexp(1, -k);
            struct convex_map g;

            claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, x0, 1}, (double[]){0, 0, 1}));
            claim_case(claim, "flat up to %.7g", x0);
            check_equal(claim, "hinges", claimed(claim, &g), exact(x0));
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
    return (1 - 2 * t) / (1 - t) / distance(&g).x;
}

static void search(struct claim *claim, bool series)
{
    static const double least[POWERS] = {0}, most[POWERS] = {1, 1, 1, 1, 1, 1, 1};
    size_t starts = (size_t)claim_integer(claim, "starts");

    for (uint32_t i = 0; i < 8; i++) {
        double e = pow(10, -2 + 0.375 * i), t = 1 / (2 + e), best[POWERS];
        struct hunt hunt = {series, t};
        struct search task = {2 + 8u * series + i, series ? POWERS : 4, least, most, starts, 500, least_ratio, &hunt};
        double ratio = search_least(claim, &task, best);
        struct convex_map inner, g;

        candidate(&hunt, best, &inner);
        claim_need(claim, convex_map_mix(&g, excess_convexity_identity_share(&inner, t), &inner));
        claim_case(claim, "search over %s, e = %.3g", series ? "series" : "polygons", e);
        check_at_most(claim, "distance", distance(&g), claimed(claim, &g));
        claim_row(claim, series ? "search over series" : "search over polygons", e, NAN, e / (1 + e) / ratio);
    }
}

static void coerciveness(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "e", RELATIVE(1e-9), "a root; no map nearer to the identity than 1e-2");
    claim_column(claim, "distance", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "as e; nan where a search has its own column");
    claim_column(claim, "furthest", (struct tolerance){TOLERANCE_RELATIVE, 1e-3, true},
                 "the end of a descent, not its path");
    random_maps(claim, true);
    random_maps(claim, false);
    hinges(claim);
    search(claim, false);
    search(claim, true);
    for (int i = 0; i <= 40; i++) {
        double e = pow(10, -2 + 0.125 * i);

        claim_row(claim, "bound", e, e / (1 + e), NAN);
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
                           integer_by_scale("starts", "of each search", 2, 4, 50, 1, 100000)},
            .faults = {{"two_plus_e", "the distance bounded by e/(2 + e)", "distance hinges"},
                       {"swapped", "each edge of the area on the other side of the crossing", "right* left*"}},
            .run = coerciveness,
        }));
}
