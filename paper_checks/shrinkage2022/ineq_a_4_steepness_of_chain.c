/* # Inequality (A.4): a chain of cropped maps is at least as steep at 1 as its excess convexity says
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. With $e$ the excess convexity,
 *
 * $$(\tilde P_L\circ\dots\circ\tilde P_1)'(1)\;\ge\;1+e(\tilde P_L\circ\dots\circ\tilde P_1).$$
 *
 * **Checked.** $e$ from where the chain meets the antidiagonal, a root found in $\ln t$, against the product of the layers' slopes from the norms of
 * $\phi$ and $\phi'$: for the activation chosen and eleven more at several biases, relu and erf in turn, and compositions of random power series
 * (Hermite series of random activations without bias). The excess over 1 is compared, so that nearly linear chains count as well. A search hunts for
 * the power series whose slope exceeds the bound by least.
 * **Tolerance.** Roots and norms state their errors. A product of slopes adds up the layers' relative errors.
 * **Could miss.** Nothing that a proof by convexity leaves open: the check is of the implementation as much as of the claim.
 * **Found.** Holds. Property 4, from which it follows, is sharp for polygons; for power series it is not: the search ends at $x^2$, where slope minus 1
 * is $1.618\ldots$ times $e=0.618\ldots$, the golden ratio. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEPTH = 1024, DEGREE = 16 };

/* ## The two sides
 * Both in excess of what the identity has. */
static void compare(struct claim *claim, const char *check, struct value slope, struct value e)
{
    struct value bound = claim_fault(claim, "two_plus_e") ? value_add(exact(1), e) : e;

    check_at_least(claim, check, value_sub(slope, exact(1)), bound);
}

/* ## Chains of named activations
 * The chain's crop starts at 0, so its slope is $\prod_lP_l'(1)/(1-\bar\rho_L)$. It ends early where a number would leave the range of doubles. */
static void chain(struct claim *claim, const char *label, const char *odd, const char *even, double s, long L,
                  bool tabulate)
{
    struct correlation_map two[2];
    struct value product = exact(1), before;
    const struct correlation_map *maps[DEPTH];
    double gap_bar = 1, next = 1;

    claim_need(claim, correlation_map_find(&two[0], odd, s));
    claim_need(claim, correlation_map_find(&two[1], even, s));
    claim_need(claim, correlation_map_sloped(&two[0]));

    for (long l = 1; l <= L && gap_bar > 1e-100 && product.x < 1e100; l++) {
        struct convex_map cropped;

        maps[l - 1] = &two[(l - 1) % 2];
        gap_bar = correlation_map_gap(maps[l - 1], fmin(gap_bar, 1));
        before = product;
        product = value_mul(product, correlation_map_slope_at_one(maps[l - 1]));
        if ((double)l >= next || l == L) {
            claim_need(claim, convex_map_chain(&cropped, (int)l, maps, 1));
            struct value top = claim_fault(claim, "one_layer_less") ? before : product, e = excess_convexity(&cropped);
            struct value slope = value_div(top, rounded(gap_bar, 8 * (double)l));

            claim_case(claim, "%s, s = %.3g, L = %ld", label, two[0].bias, l);
            compare(claim, "chains", slope, e);
            if (tabulate) {
                claim_row(claim, label, (double)l, slope.x, e.x);
            }
            next = fmax(next * 1.25, (double)l + 1);
        }
    }
}

/* ## Random power series, composed */
static void random_chain(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    struct convex_map g[6], whole[6];
    double slope = 1;

    for (int l = 0; l < 6; l++) {
        g[l] = convex_map_random_series(&stream, DEGREE);
        slope *= convex_map_slope_at_one(&g[l]);
        whole[l] = l == 0 ? g[0] : convex_map_compose(&g[l], &whole[l - 1]);
        claim_case(claim, "chain %u of random series, L = %d", number, l + 1);
        compare(claim, "random series", rounded(slope, 64 * (l + 1)), excess_convexity(&whole[l]));
    }
}

/* ## The least steep series
 * $x^2$ plus non-negative multiples of $x$, $x^3$ and $x^8$; how far slope minus 1 exceeds $e$, as a factor. */
static enum status series_at(const double c[], struct convex_map *g)
{
    return convex_map_series(g, 8, (double[8]){c[0], 1, c[1], 0, 0, 0, 0, c[2]});
}

static double ratio(size_t n, const double c[], void *context)
{
    struct convex_map g;

    (void)n;
    (void)context;
    return series_at(c, &g) == STATUS_OK ? (convex_map_slope_at_one(&g) - 1) / excess_convexity(&g).x : INFINITY;
}

static void hunt(struct claim *claim, long starts)
{
    static const double least[3] = {0}, most[3] = {1, 1, 1};
    struct search search = {1, 3, least, most, (size_t)starts, 1000, ratio, NULL};
    double c[3];
    struct convex_map g;

    search_least(claim, &search, c);
    claim_need(claim, series_at(c, &g));
    struct value e = excess_convexity(&g);
    double slope = convex_map_slope_at_one(&g);

    claim_case(claim, "%.2g x + x^2 + %.2g x^3 + %.2g x^8", c[0], c[1], c[2]);
    compare(claim, "search", rounded(slope, 64), e);
    claim_row(claim, "the least steep series found", 1, slope, e.x);
}

static void steepness(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.99", "abs", "erf", "sin",   "gelu",
                                        "bump", "exp",        "h2",  "h7",  "relu^2"};
    static const double biases[] = {0, 0.05, 0.5, 5};
    const char *phi = claim_text(claim, "phi");
    long L = claim_integer(claim, "L"), chains = claim_integer(claim, "chains");

    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "slope", RELATIVE(1e-6), "norms over an iterated gap; the search ends near x^2");
    claim_column(claim, "e", RELATIVE(1e-6), "a root; where the search ends it is flat");
    chain(claim, phi, phi, phi, claim_real(claim, "s"), L, true);
    chain(claim, "relu and erf in turn", "relu", "erf", 0.05, L, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof biases / sizeof biases[0]; j++) {
            chain(claim, names[i], names[i], names[i], biases[j], 64, false);
        }
    }
    for (long i = 0; i < chains; i++) {
        random_chain(claim, (uint32_t)i);
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
                           integer("L", "depth: number of non-linear layers", 256, 1, DEPTH),
                           integer_by_scale("chains", "random chains", 100, 500, 10000, 1, 1000000),
                           integer_by_scale("starts", "of the search", 8, 20, 200, 1, 100000)},
            .faults = {{"two_plus_e", "2 + e in place of 1 + e", "chains random* search"},
                       {"one_layer_less", "the slope of all layers but the last", "chains"}},
            .run = steepness,
        }));
}
