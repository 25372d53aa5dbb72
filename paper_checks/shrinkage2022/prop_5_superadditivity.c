/* # Property 5: excess convexity grows at least additively under composition
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.3, property 5. For $g_1,g_2$ convex and non-decreasing
 * on $[0,1]$ with $g(0)=0$ and $g(1)=1$,
 *
 * $$e(g_2\circ g_1)\ge e(g_1)+e(g_2).$$
 *
 * It carries the proofs of both theorems: every layer adds its share.
 *
 * **Checked.** Random pairs of power series and polygons in any order. A search at each $e=e(g_1)=e(g_2)$ for the least
 * $e(g_2\circ g_1)$, over polygons and over power series. Equality for polygons of two edges that meet on the antidiagonal. Two maps
 * that compose in closed form, $x/(1+c(1-x))$, which multiply $1+e$. Layers of a network: $e$ of the whole against the sum of the layers' $e$,
 * and that the ratio of the two grows at every doubling of the depth.
 * **Tolerance.** The roots behind $e$ and the maps state their errors.
 * **Could miss.** Discontinuous maps; see `def_excess_convexity`.
 * **Found.** Holds, and is tight for every $e$: the search over polygons reaches the sum within rounding. Power series and networks stay above it,
 * the more so the deeper: $e$ of 64 critical layers of erf is 3.37, the sum of the layers' 1.45. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { POWERS = 5, LAYERS = 64 };

/* ## A pair */
static struct value claimed(struct claim *claim, const struct convex_map *g1, const struct convex_map *g2)
{
    struct value e1 = claim_value(claim, excess_convexity(g1)), e2 = claim_value(claim, excess_convexity(g2));
    struct value sum = value_add(e1, e2);

    return claim_fault(claim, "multiplicative") ? value_add(sum, value_mul(e1, e2)) : sum;
}

static struct value composed(struct claim *claim, const struct convex_map *g1, const struct convex_map *g2)
{
    struct convex_map g = convex_map_compose(g2, g1);

    return claim_value(claim, excess_convexity(&g));
}

static struct convex_map random_map(struct claim *claim, struct stream *stream)
{
    return stream_below(stream, 2) ? convex_map_random_series(stream, (int)claim_integer(claim, "degree"))
                                   : convex_map_random_piecewise(stream, (int)claim_integer(claim, "vertices"));
}

static void random_pairs(struct claim *claim)
{
    long samples = claim_integer(claim, "samples");

    for (uint32_t i = 0, rows = 0; i < samples; i++) {
        struct stream stream = claim_stream(claim, 0, i);
        struct convex_map g1 = random_map(claim, &stream), g2 = random_map(claim, &stream);
        struct value sum = claimed(claim, &g1, &g2), e = composed(claim, &g1, &g2);

        claim_case(claim, "random pair %u", i);
        check_at_least(claim, "superadditive", e, sum);
        if (sum.x > 1e-2 && sum.x < 100 && rows < 200) {
            claim_row(claim, "random pairs", sum.x, e.x, NAN);
            rows++;
        }
    }
}

/* ## Where it is tight, and a family in closed form
 * The vertices $(1-t,t)$ are exact for $t=2^{-k}$. */
static void closed_forms(struct claim *claim)
{
    for (int k = 2; k <= 12; k++) {
        for (int m = 2; m <= 12; m++) {
            double t1 = ldexp(1, -k), t2 = ldexp(1, -m), c1 = ldexp(1, k - 6), c2 = ldexp(1, m - 8);
            double e = (c1 + c2 + c1 * c2) / (sqrt((1 + c1) * (1 + c2)) + 1);
            struct convex_map g1, g2;

            claim_need(claim, convex_map_piecewise(&g1, 3, (double[]){0, 1 - t1, 1}, (double[]){0, t1, 1}));
            claim_need(claim, convex_map_piecewise(&g2, 3, (double[]){0, 1 - t2, 1}, (double[]){0, t2, 1}));
            claim_case(claim, "t_1 = %.3g, t_2 = %.3g", t1, t2);
            check_equal(claim, "two edges", claimed(claim, &g1, &g2), composed(claim, &g1, &g2));
            claim_need(claim, convex_map_moebius(&g1, c1));
            claim_need(claim, convex_map_moebius(&g2, c2));
            claim_case(claim, "c_1 = %.3g, c_2 = %.3g", c1, c2);
            check_equal(claim, "closed form", rounded(claim_fault(claim, "sum_of_c") ? sqrt(1 + c1 + c2) - 1 : e, 10),
                        composed(claim, &g1, &g2));
        }
    }
}

/* ## Layers of a network
 * Each layer's map is cropped to $[\bar\rho_{l-1},1]$, where the layers before it send 0; the crops compose to the crop of the whole. */
static void layers(struct claim *claim)
{
    static const char *const names[] = {"erf", "relu"};

    for (int n = 0; n < 2; n++) {
        struct convex_map *crop = memory_new(LAYERS, sizeof *crop), *whole = memory_new(LAYERS, sizeof *whole);
        struct correlation_map map;
        struct value sum = exact(0), before = exact(1);
        double gap = 1;

        claim_need(claim, correlation_map_find(&map, names[n], -1));
        for (int l = 0; l < LAYERS; l++, gap = correlation_map_gap(&map, gap)) {
            claim_need(claim, convex_map_crop(&crop[l], &map, gap));
            whole[l] = l == 0 ? crop[l] : convex_map_compose(&crop[l], &whole[l - 1]);
            sum = value_add(sum, claim_value(claim, excess_convexity(&crop[l])));
            if (l > 0 && (l & (l + 1)) == 0) {
                struct value e = claim_value(claim, excess_convexity(&whole[l]));

                claim_case(claim, "%d layers of critical %s", l + 1, names[n]);
                struct value ratio = value_div(e, claim_fault(claim, "sum_for_whole") ? e : sum);

                check_at_least(claim, "layers", e, claim_fault(claim, "layers_twice") ? value_scale(2, sum) : sum);
                check_shape(claim, "looser with depth", value_sub(ratio, before), before.x);
                before = ratio;
                claim_row(claim, n == 0 ? "critical erf layers" : "critical relu layers", sum.x, e.x, NAN);
            }
        }
        memory_free(crop);
        memory_free(whole);
    }
}

/* ## A search at each $e$
 * Two polygons of three edges, or two series of the powers $2,3,5,9,17$, each mixed with so much of the identity that it crosses at $t$. Maps that
 * are not convex enough for that are told how much they lack. */
struct hunt {
    bool series;
    double t;
};

static bool candidate(bool series, const double u[], struct convex_map *g)
{
    return (series ? convex_map_powers(g, POWERS, u) : convex_map_three_edges(g, u)) == STATUS_OK;
}

static double least_ratio(size_t n, const double u[], void *context)
{
    const struct hunt *hunt = context;
    struct convex_map inner[2], g[2];
    double lack = 0;

    (void)n;
    for (int i = 0; i < 2; i++) {
        if (!candidate(hunt->series, u + i * POWERS, &inner[i])) {
            return INFINITY;
        }
        double p = excess_convexity_identity_share(&inner[i], hunt->t);

        lack += p < 0 ? 1 - p : 0;
        convex_map_mix(&g[i], fmax(p, 0), &inner[i]);
    }
    struct convex_map both = convex_map_compose(&g[1], &g[0]);

    return lack > 0 ? 1e3 + lack : excess_convexity(&both).x / (2 / hunt->t - 4);
}

static void search(struct claim *claim, bool series)
{
    static const double least[2 * POWERS] = {0}, most[2 * POWERS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

    for (uint32_t i = 0; i < 6; i++) {
        double e = pow(10, -2 + 0.5 * i), best[2 * POWERS];
        struct hunt hunt = {series, 1 / (2 + e)};
        struct search task = {1 + 8u * series + i, 2 * POWERS, least, most, (size_t)claim_integer(claim, "starts"), 800,
                              least_ratio,         &hunt};
        double ratio = search_least(claim, &task, best);
        struct convex_map inner[2], g[2];

        for (int k = 0; k < 2; k++) {
            candidate(series, best + k * POWERS, &inner[k]);
            claim_need(claim, convex_map_mix(&g[k], excess_convexity_identity_share(&inner[k], hunt.t), &inner[k]));
        }
        claim_case(claim, "search over %s, e = %.3g", series ? "series" : "polygons", e);
        check_at_least(claim, "superadditive", composed(claim, &g[0], &g[1]), claimed(claim, &g[0], &g[1]));
        claim_row(claim, series ? "search over series" : "search over polygons", 2 * e, NAN, 2 * e * ratio);
    }
}

static void superadditivity(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "sum", RELATIVE(1e-9), "roots; no pair nearer to the identity than 1e-2");
    claim_column(claim, "e", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "a root; nan where a search has its own column");
    claim_column(claim, "least", (struct tolerance){TOLERANCE_RELATIVE, 1e-2, true},
                 "the end of a descent, not its path");
    random_pairs(claim);
    closed_forms(claim);
    layers(claim);
    search(claim, false);
    search(claim, true);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("samples", "random pairs", 500, 4000, 100000, 1, 10000000),
                                         integer("degree", "highest degree of a random series", 32, 2, 128),
                                         integer("vertices", "of a random polygon", 5, 3, 128),
                                         integer_by_scale("starts", "of each search", 2, 6, 50, 1, 100000)},
                          .faults = {{"multiplicative", "1 + e multiplied in place of e added", "superadditive two*"},
                                     {"sum_of_c", "c added where 1 + c is multiplied", "closed*"},
                                     {"sum_for_whole", "e of the whole in place of the sum over layers", "looser*"},
                                     {"layers_twice", "twice the sum over layers", "layers"}},
                          .run = superadditivity,
                      }));
}
