/* # Inequality (A.5): excess convexity of a chain is at least the sum over its layers
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. With $\tilde P_l$ the map of layer $l$ cropped to
 * $[\bar\rho_{l-1},1]$ and $e$ the excess convexity,
 *
 * $$e(\tilde P_L\circ\dots\circ\tilde P_1)\;\ge\;\sum_{l=1}^Le(\tilde P_l).$$
 *
 * **Checked.** Where the uncropped chain, started at 0, meets its antidiagonal, against the layers' own crossings, one by one: the activation chosen,
 * ten more at several biases, relu and erf in turn, random layers (activation, bias and linear part drawn) and compositions of random power series. A
 * search hunts for the pair of layers with the least ratio of the two sides.
 * **Tolerance.** Each crossing is a root that states its error.
 * **Could miss.** A violation smaller than the rounding of a root, $10^{-15}$ in $e$.
 * **Found.** Holds. Nearly linear layers come as near to equality as one likes; for erf at criticality the chain has 1.26 times the sum at
 * $L=8$ and 3.8 times at $L=256$. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEPTH = 1024, RANDOM_DEPTH = 8, DEGREE = 16 };

/* ## The two sides
 * The whole chain is asked for at a few depths only: each takes some sixty passes through it. */
static void follow(struct claim *claim, const char *check, const char *label, long L,
                   const struct correlation_map *maps[], bool tabulate)
{
    struct value sum = exact(0);
    double gap_bar = 1, next = 1, product = 1;

    for (long l = 1; l <= L && gap_bar > 1e-100 && product < 1e100; l++) {
        struct convex_map layer, cropped;

        claim_need(claim, convex_map_crop(&layer, maps[l - 1], claim_fault(claim, "uncropped") ? 1 : gap_bar));
        sum = value_add(sum, value_scale(claim_fault(claim, "twice") ? 2 : 1, excess_convexity(&layer)));
        gap_bar = fmin(correlation_map_gap(maps[l - 1], gap_bar), 1);
        product *= correlation_map_slope(maps[l - 1], 1);
        if (l > 1 && ((double)l >= next || l == L)) { // one layer is its own sum
            claim_need(claim, convex_map_chain(&cropped, (int)l, maps, 1));
            struct value e = excess_convexity(&cropped);

            claim_case(claim, "%s, L = %ld", label, l);
            check_at_least(claim, check, e, sum);
            if (tabulate) {
                claim_row(claim, label, (double)l, e.x, sum.x);
            }
            next = fmax(next * 1.25, (double)l + 1);
        }
    }
}

static void named(struct claim *claim, const char *label, const char *odd, const char *even, double s, long L,
                  bool tabulate)
{
    struct correlation_map two[2];
    const struct correlation_map *maps[DEPTH];

    claim_need(claim, correlation_map_find(&two[0], odd, s));
    claim_need(claim, correlation_map_find(&two[1], even, s));
    claim_need(claim, correlation_map_sloped(&two[0]));
    for (long l = 0; l < L; l++) {
        maps[l] = &two[l % 2];
    }
    follow(claim, "chains", label, L, maps, tabulate);
}

/* ## Random layers
 * The activation $ax+b\phi(x)$ has the covariance $a'\rho+b^2C[\phi\,|\,\rho]$: a linear part is a term of the map. */
static void random_layers(struct claim *claim, uint32_t number)
{
    static const char *const names[] = {"relu", "abs", "erf", "sin", "gelu",   "bump",
                                        "exp",  "h2",  "h3",  "h9",  "relu^2", "lrelu:0.5"};
    struct stream stream = claim_stream(claim, 0, number);
    struct correlation_map layer[RANDOM_DEPTH];
    const struct correlation_map *maps[RANDOM_DEPTH];
    char label[40];

    for (int l = 0; l < RANDOM_DEPTH; l++) {
        claim_need(claim, correlation_map_find(&layer[l], names[stream_below(&stream, 12)], 0));
        layer[l].bias = stream_below(&stream, 2) == 0 ? 0 : pow(stream_uniform(&stream), 4);
        layer[l].skip = stream_below(&stream, 2) == 0 ? 0 : pow(10, 4 * stream_uniform(&stream) - 2);
        maps[l] = &layer[l];
    }
    snprintf(label, sizeof label, "random layers %u", number);
    follow(claim, "random layers", label, RANDOM_DEPTH, maps, false);
}

static void random_series(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 1, number);
    struct convex_map g[RANDOM_DEPTH], whole[RANDOM_DEPTH];
    struct value sum = exact(0);

    for (int l = 0; l < RANDOM_DEPTH; l++) {
        g[l] = convex_map_random_series(&stream, DEGREE);
        whole[l] = l == 0 ? g[0] : convex_map_compose(&g[l], &whole[l - 1]);
        sum = value_add(sum, value_scale(claim_fault(claim, "twice") ? 2 : 1, excess_convexity(&g[l])));
        if (l > 0) {
            claim_case(claim, "chain %u of random series, L = %d", number, l + 1);
            check_at_least(claim, "random series", excess_convexity(&whole[l]), sum);
        }
    }
}

/* ## The least ratio
 * Two layers without bias, each $x$ plus a multiple of $x^2$ from $0.1$, so that the rounding of $e$ is far, and one of $x^8$. */
static enum status pair_at(const double c[], struct convex_map g[2])
{
    enum status status = convex_map_series(&g[0], 8, (double[8]){1, c[0], 0, 0, 0, 0, 0, c[1]});

    return status != STATUS_OK ? status : convex_map_series(&g[1], 8, (double[8]){1, c[2], 0, 0, 0, 0, 0, c[3]});
}

static double ratio(size_t n, const double c[], void *context)
{
    struct convex_map g[2];

    (void)n;
    (void)context;
    if (pair_at(c, g) != STATUS_OK) {
        return INFINITY;
    }
    struct convex_map whole = convex_map_compose(&g[1], &g[0]);

    return excess_convexity(&whole).x / (excess_convexity(&g[0]).x + excess_convexity(&g[1]).x);
}

static void hunt(struct claim *claim, long starts)
{
    static const double least[4] = {0.1, 0, 0.1, 0}, most[4] = {10, 10, 10, 10};
    struct search search = {2, 4, least, most, (size_t)starts, 2000, ratio, NULL};
    struct convex_map g[2];
    double c[4];

    search_least(claim, &search, c);
    claim_need(claim, pair_at(c, g));
    struct convex_map whole = convex_map_compose(&g[1], &g[0]);
    struct value sum = value_add(excess_convexity(&g[0]), excess_convexity(&g[1])), e = excess_convexity(&whole);

    claim_case(claim, "x + %.2g x^2 + %.2g x^8, x + %.2g x^2 + %.2g x^8", c[0], c[1], c[2], c[3]);
    check_at_least(claim, "search", e, value_scale(claim_fault(claim, "twice") ? 2 : 1, sum));
}

static void sum_over_layers(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.99", "abs", "erf", "sin", "gelu", "bump", "exp", "h2", "h7"};
    static const double biases[] = {0, 0.05, 0.5, 5};
    const char *phi = claim_text(claim, "phi");
    long L = claim_integer(claim, "L"), chains = claim_integer(claim, "chains");

    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "e", RELATIVE(1e-10), "a root of a chain known to some ulp a layer");
    claim_column(claim, "sum", RELATIVE(1e-10), "as e");
    named(claim, phi, phi, phi, claim_real(claim, "s"), L, true);
    named(claim, "relu and erf in turn", "relu", "erf", 0.05, L, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof biases / sizeof biases[0]; j++) {
            named(claim, names[i], names[i], names[i], biases[j], 64, false);
        }
    }
    for (long i = 0; i < chains; i++) {
        random_layers(claim, (uint32_t)i);
        random_series(claim, (uint32_t)i);
    }
    hunt(claim, claim_integer(claim, "starts"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer("L", "depth: number of non-linear layers", 256, 2, DEPTH),
                           integer_by_scale("chains", "random chains of each kind", 40, 200, 10000, 1, 1000000),
                           integer_by_scale("starts", "of the search", 4, 6, 200, 1, 100000)},
            .faults = {{"uncropped", "the layers' maps cropped to [P(0), 1] in place of what they meet",
                        "chains random?layers"},
                       {"twice", "the sum doubled", "chains random* search"}},
            .run = sum_over_layers,
        }));
}
