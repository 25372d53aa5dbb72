/* # Property 8: mixing with the identity keeps a share of the excess convexity
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 8. For $p,q\ge0$ with $p+q=1$,
 *
 * $$e(p\cdot\mathrm{id}+q\cdot g)\;\ge\;\frac{q\,e(g)}{1+p\,e(g)}.$$
 *
 * **Checked.** Thousands of random series and polygons with random $q$; the maps for which it is tight; a search over power series for the least
 * ratio, and a Moebius map chosen. Both sides are roots, of different maps.
 * **Tolerance.** Roots state their errors.
 * **Could miss.** Nothing known.
 * **Found.** Holds, and is tight: two edges that meet on the antidiagonal give equality for every $q$ and $e$. Power series stay above. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

/* ## The two sides */
struct sides {
    struct value left, right;
};

static enum status sides_of(struct sides *sides, const struct convex_map *g, double q)
{
    struct convex_map mixed;
    struct value e = excess_convexity(g);
    double denominator = 1 + (1 - q) * e.x;
    enum status status = convex_map_mix(&mixed, 1 - q, g);

    if (status == STATUS_OK) {
        sides->left = excess_convexity(&mixed);
        sides->right = value_through(e, q * e.x / denominator, q / (denominator * denominator));
    }
    return status;
}

static struct value planted(struct claim *claim, struct value right)
{
    return claim_fault(claim, "five_percent") ? value_scale(1.05, right) : right;
}

static void confirm(struct claim *claim, const char *label, const struct convex_map *g, double q, bool tabulate)
{
    struct sides sides;

    claim_need(claim, sides_of(&sides, g, q));
    claim_case(claim, "%s, q = %.3g", label, q);
    check_at_least(claim, "bound", sides.left, planted(claim, sides.right));
    if (tabulate) {
        claim_row(claim, label, q, sides.left.x, sides.right.x);
    }
}

/* ## Random maps */
static void random_maps(struct claim *claim, bool series)
{
    long samples = claim_integer(claim, "samples");

    for (long i = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, series, (uint32_t)i);
        struct convex_map g = series ? convex_map_random_series(&stream, 40) : convex_map_random_piecewise(&stream, 6);

        confirm(claim, series ? "random series" : "random polygons", &g, stream_uniform(&stream), i < 150);
    }
}

/* ## Where it is tight
 * With $g$ straight from $(0,0)$ to $(1-s,s)$ and from there to $(1,1)$, the mixture crosses on the first edge, and the proof's chord is $g$ itself. */
static void two_edges(struct claim *claim)
{
    for (int i = 0; i < 60; i++) {
        double e = pow(10, -2 + (i % 10) * 0.6), q = 0.05 + 0.18 * (i / 10), s = 1 / (2 + e);
        struct convex_map g;
        struct sides sides;

        claim_need(claim, convex_map_piecewise(&g, 3, (double[]){0, 1 - s, 1}, (double[]){0, s, 1}));
        claim_need(claim, sides_of(&sides, &g, q));
        claim_case(claim, "two edges, e = %.3g, q = %g", e, q);
        check_equal(claim, "tight", planted(claim, sides.right), sides.left);
    }
}

/* ## The search
 * Over power series: coordinates are $q$ and the weights of five powers. */
static enum status series_at(struct convex_map *g, const double x[])
{
    double c[33] = {0};

    for (int i = 0; i < 5; i++) {
        c[(1 << (i + 1)) - 1] = exp(x[1 + i]);
    }
    return convex_map_series(g, 32, c);
}

static double ratio(size_t n, const double x[], void *context)
{
    struct convex_map g;
    struct sides sides;

    (void)n;
    (void)context;
    if (series_at(&g, x) != STATUS_OK || sides_of(&sides, &g, x[0]) != STATUS_OK || sides.right.x < 1e-3) {
        return INFINITY;
    }
    return sides.left.x / sides.right.x;
}

static void attack(struct claim *claim)
{
    static const double least[] = {0.01, -15, -15, -15, -15, -15}, most[] = {0.99, 0, 0, 0, 0, 0};
    double best[6];
    struct convex_map g;
    const struct search search = {2, 6, least, most, (size_t)claim_integer(claim, "starts"), 1500, ratio, NULL};

    search_least(claim, &search, best);
    claim_need(claim, series_at(&g, best));
    confirm(claim, "search over series", &g, best[0], true);
}

static void property(struct claim *claim)
{
    struct convex_map moebius;

    claim_labels(claim, "series");
    claim_column(claim, "q", ABSOLUTE(1e-3), "a draw, or the end of a descent");
    claim_column(claim, "e", RELATIVE(1e-3), "the end of a descent, not its path");
    claim_column(claim, "bound", RELATIVE(1e-3), "the end of a descent, not its path");
    random_maps(claim, true);
    random_maps(claim, false);
    two_edges(claim);
    attack(claim);
    claim_need(claim, convex_map_moebius(&moebius, claim_real(claim, "c")));
    confirm(claim, "Moebius map chosen", &moebius, claim_real(claim, "q"), true);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("samples", "random maps of each kind", 300, 3000, 1000000, 1, 10000000),
                           integer_by_scale("starts", "of the search", 4, 16, 200, 1, 100000),
                           real("c", "Moebius map x / (1 + c (1 - x)) to try", 3, 0, 1e6),
                           real("q", "its share", 0.5, 0.001, 1)},
            .faults = {{"five_percent", "the bound five percent too large", "bound tight"}},
            .run = property,
        }));
}
