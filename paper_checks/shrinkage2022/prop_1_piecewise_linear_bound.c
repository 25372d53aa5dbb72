/* # Property 1: a map of excess convexity $C$ or more lies below two segments
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 1. For $g$ convex and non-decreasing on
 * $[0,1]$ with $g(0)=0$ and $g(1)=1$, $e(g)\ge C$ implies
 *
 * $$g(x)\le\frac{x}{1+C}\quad\text{for }x\le1-\frac1{2+C},\qquad g(x)\le(1+C)x-C\quad\text{for }x\ge1-\frac1{2+C}.$$
 *
 * The segments meet on the antidiagonal, at $(\frac{1+C}{2+C},\frac1{2+C})$. The blue curve of figure 1 is made of them.
 *
 * **Checked.** The left segment by heights, the right one by the gaps $1-g$, so that small numbers count too: for random power series and
 * polygons, at random places, for $C=e(g)$ and for smaller $C$. A search at each $e$ for the map that comes nearest to a segment half
 * way along. Equality everywhere on polygons of two edges.
 * **Tolerance.** The root behind $e$ and the sums behind $g$ state their errors.
 * **Could miss.** Discontinuous maps; see `def_excess_convexity`.
 * **Found.** Holds, and no smaller bound would do: two edges that meet on the antidiagonal are the bound itself, and the search finds them. Among power
 * series the left segment is approached by $px+(1-p)x^k$ with large $k$, the right one only near the identity. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { POWERS = 7 };

/* ## The two segments
 * At $x=1-h$: the height of the left one, and $1$ less the height of the right one. */
static struct value left_height(struct value C, double h)
{
    return value_div(rounded(1 - h, 1), value_add(exact(1), C));
}

static struct value right_gap(struct value C, double h)
{
    return value_scale(h, value_add(exact(1), C));
}

static void compare(struct claim *claim, const struct convex_map *g, struct value C, double h)
{
    if (claim_fault(claim, "double")) {
        C = value_scale(2, C);
    }
    if (h >= 1 / (2 + C.x)) {
        check_at_most(claim, "left segment", convex_map_at_gap(g, h), left_height(C, h));
    } else {
        check_at_least(claim, "right segment", convex_map_gap_value(g, h), right_gap(C, h));
    }
}

/* How many times the map's distance from its end fits into the segment's, or the other way round: at least 1. */
static double slack(const struct convex_map *g, double e, double h)
{
    return h >= 1 / (2 + e) ? (1 - h) / (1 + e) / convex_map_at_gap(g, h).x : convex_map_gap(g, h) / (h * (1 + e));
}

/* ## Random maps, at random places on either side of the crossing */
static void random_maps(struct claim *claim, bool series)
{
    const char *label = series ? "random series" : "random polygons";
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, i);
        struct convex_map g = series ? convex_map_random_series(&stream, (int)claim_integer(claim, "degree"))
                                     : convex_map_random_piecewise(&stream, (int)claim_integer(claim, "vertices"));
        struct value e = claim_value(claim, excess_convexity(&g)), C = value_scale(stream_uniform(&stream), e);
        double t = 1 / (2 + e.x), left = t + (1 - t) * stream_uniform(&stream), right = t * stream_uniform(&stream);

        claim_case(claim, "%s, %u", label, i);
        compare(claim, &g, e, left);
        compare(claim, &g, e, right);
        compare(claim, &g, C, left);
        compare(claim, &g, C, right);
        if (e.x > 1e-2 && e.x < 30 && left < 0.999 && rows < 100) {
            claim_row(claim, label, e.x, slack(&g, e.x, left), slack(&g, e.x, right), NAN, NAN);
            rows++;
        }
    }
}

/* ## Where it is tight
 * Two edges that meet at $(1-t,t)$ are the two segments. The vertices are exact for $t=2^{-k}$ and $t=\frac12-2^{-k}$. */
static void two_edges(struct claim *claim)
{
    for (int k = 2; k <= 20; k++) {
        for (int side = 0; side < 2; side++) {
            double t = side ? 0.5 - ldexp(1, -k) : ldexp(1, -k);
            struct convex_map g;

            claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 1 - t, 1}, (double[]){0, t, 1}));
            struct value e = claim_value(claim, excess_convexity(&g)),
                         C = claim_fault(claim, "minus_one") ? value_add(e, exact(1)) : e;

            for (int i = 1; i < 8; i++) {
                double left = t + (1 - t) * i / 8, right = t * i / 8;

                claim_case(claim, "t = %.7g, %d eighths along", t, i);
                check_equal(claim, "two edges, left", left_height(C, left), convex_map_at_gap(&g, left));
                check_equal(claim, "two edges, right", right_gap(C, right), convex_map_gap_value(&g, right));
            }
        }
    }
}

/* ## A search at each $e$
 * A polygon of three edges or a series of the powers $2,3,5,9,\dots,65$ is mixed with so much of the identity that it crosses at $t$. A map that is not
 * convex enough for that is told how much it lacks. */
struct hunt {
    bool series, left;
    double t;
};

static bool candidate(const struct hunt *hunt, const double u[], struct convex_map *g)
{
    return (hunt->series ? convex_map_powers(g, POWERS, u) : convex_map_three_edges(g, u)) == STATUS_OK;
}

static double least_slack(size_t n, const double u[], void *context)
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
    return slack(&g, 1 / t - 2, hunt->left ? (1 + t) / 2 : t / 2);
}

static double search_at(struct claim *claim, bool series, bool left, double e, uint32_t stream)
{
    static const double least[POWERS] = {0}, most[POWERS] = {1, 1, 1, 1, 1, 1, 1};
    double best[POWERS], t = 1 / (2 + e);
    struct hunt hunt = {series, left, t};
    struct search task = {stream, POWERS,      least, most, (size_t)claim_integer(claim, "starts"),
                          2000,   least_slack, &hunt};
    double ratio = search_least(claim, &task, best);
    struct convex_map inner, g;

    candidate(&hunt, best, &inner);
    claim_need(claim, convex_map_mix(&g, excess_convexity_identity_share(&inner, t), &inner));
    claim_case(claim, "search over %s, e = %.3g", series ? "series" : "polygons", e);
    compare(claim, &g, claim_value(claim, excess_convexity(&g)), left ? (1 + t) / 2 : t / 2);
    return ratio;
}

static void below_segments(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "e", RELATIVE(1e-9), "a root; no map nearer to the identity than 1e-2");
    claim_column(claim, "left", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "as e; nan where a search has its own column");
    claim_column(claim, "right", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "as e; nan where a search has its own column");
    claim_column(claim, "least_left", (struct tolerance){TOLERANCE_RELATIVE, 1e-3, true},
                 "the end of a descent, not its path");
    claim_column(claim, "least_right", (struct tolerance){TOLERANCE_RELATIVE, 1e-3, true},
                 "the end of a descent, not its path");
    random_maps(claim, true);
    random_maps(claim, false);
    two_edges(claim);
    for (uint32_t i = 0; i < 16; i++) {
        bool series = i >= 8;
        double e = pow(10, -2 + 0.375 * (i % 8)), left = search_at(claim, series, true, e, 2 + 2 * i);

        claim_row(claim, series ? "search over series" : "search over polygons", e, NAN, NAN, left,
                  search_at(claim, series, false, e, 3 + 2 * i));
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
                           integer_by_scale("starts", "of each search", 2, 6, 50, 1, 100000)},
            .faults = {{"double", "the segments for 2C", "left* right*"},
                       {"minus_one", "excess convexity taken as 1/t - 1", "two*"}},
            .run = below_segments,
        }));
}
