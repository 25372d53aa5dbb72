/* # Appendix A.1, the last chain: steepness, excess convexity, non-linearity
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. Inequalities (A.4) to (A.6) together give, with
 * $R_l=\|\phi_l-\bar\phi_l\|^2/\|\phi_l'\|^2$ and $\bar\rho_{\max}$ the largest $\bar\rho_l=P_l\circ\dots\circ P_1(0)$,
 *
 * $$(\tilde P_L\circ\dots\circ\tilde P_1)'(1)\ge e(\tilde P_L\circ\dots\circ\tilde P_1)\ge\frac{1-\bar\rho_{\max}}2\sum_{l=1}^LR_l,\qquad
 *   (P_L\circ\dots\circ P_1)'(1)\ge\frac{(1-\rho_{\max})^2}8\sum_{l=1}^LR_l,$$
 *
 * the latter with $\rho_{\max}$ the largest over layers of the least correlation that any two inputs have there. What was thrown away on the
 * way leaves more: $(P_L\circ\dots\circ P_1)'(1)\ge(1-\bar\rho_L)\big(1+\frac12\sum_l(1-\bar\rho_{l-1})R_l\big)$.
 *
 * **Checked.** Every link, for networks of twelve activations between ordered and chaotic, relu and erf in turn, and random layers (activation, bias
 * and linear part drawn). Slopes come from norms, $e$ from a root, $\bar\rho$ by iteration, $\rho_{\max}$ by minimising every layer's correlation
 * over $[-1,1]$. A search over linear part, bias and depth hunts for the least ratio of the theorem's two sides.
 * **Tolerance.** Norms and roots state their errors; iterated gaps add some ulp a layer.
 * **Could miss.** A constant in the theorem up to ten times too large: it is not sharp. The nearest cases are many layers $x+\sqrt\varepsilon\,h_3$
 * without bias: there $\rho_{\max}=-1$, the left side is $e^{2y}$ and the right one $y/2$ with $y=L\varepsilon$, a ratio of $4e=10.9$ at least.
 * **Found.** Holds. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEPTH = 1024, RANDOM_DEPTH = 12 };

/* ## What a layer adds to the sum
 * Its map is $(s+a\rho+bC[\phi\,|\,\rho])/(s+a+b\|\phi\|^2)$, with a linear part if $a>0$. */
static struct value nonlinearity(const struct correlation_map *map)
{
    struct value slope = value_add(exact(map->skip), value_scale(map->branch, activation_slope_norm2(&map->phi)));

    return value_div(value_scale(map->branch, activation_nonlinearity2(&map->phi)), slope);
}

/* ## What grows layer by layer
 * Layer $l$ maps the correlations $[m_{l-1},1]$ that reach it onto $[m_l,1]$, with $m_l$ its least value there: $P_l(m_{l-1})$ if $P_l$ increases,
 * as it does on $[0,1]$; found by minimising where $m_{l-1}$ is negative. All in gaps $1-\rho$. */
struct sums {
    struct value slope, R, weighted; // product of slopes, sum of R_l, sum of (1 - rho_bar_{l-1}) R_l
    double bar, least_bar;           // 1 - rho_bar_l, 1 - rho_bar_max
    double gap, least_gap;           // 1 - m_l, 1 - rho_max
};

static const struct sums start = {{.x = 1}, {.x = 0}, {.x = 0}, 1, 1, 2, 2};

static void append(struct sums *sums, const struct correlation_map *map)
{
    struct value R = nonlinearity(map);

    sums->slope = value_mul(sums->slope, correlation_map_slope_at_one(map));
    sums->R = value_add(sums->R, R);
    sums->weighted = value_add(sums->weighted, value_scale(sums->bar, R));
    sums->bar = fmin(correlation_map_gap(map, sums->bar), 1);
    sums->least_bar = fmin(sums->least_bar, sums->bar);
    sums->gap = correlation_map_widest_gap(map, sums->gap);
    sums->least_gap = fmin(sums->least_gap, sums->gap);
}

static struct value theorem(struct claim *claim, const struct sums *sums)
{
    double gap = claim_fault(claim, "shrinkage_lost") ? 1 : sums->least_gap;

    return value_scale(gap * gap / 8, sums->R);
}

/* ## Link by link
 * The first link and the sharper inequality are compared in excess of 1, so that nearly linear layers count. */
static void compare(struct claim *claim, const struct sums *sums, const struct correlation_map *maps[], long l)
{
    struct convex_map cropped;
    struct value slope = value_div(sums->slope, rounded(sums->bar, 8 * (double)l)), excess = value_sub(slope, exact(1));
    double half = claim_fault(claim, "half_lost") ? 1 : 0.5;
    bool two = claim_fault(claim, "two_plus_e");

    claim_need(claim, convex_map_chain(&cropped, (int)l, maps, 1));
    struct value e = excess_convexity(&cropped);
    check_at_least(claim, "steepness", excess, two ? value_add(exact(1), e) : e);
    check_at_least(claim, "convexity", e, value_scale(half * sums->least_bar, sums->R));
    check_at_least(claim, "sharper", excess, value_add(exact(two ? 1 : 0), value_scale(0.5, sums->weighted)));
    check_at_least(claim, "theorem", sums->slope, theorem(claim, sums));
}

static void follow(struct claim *claim, const char *label, const struct correlation_map *maps[], long L, bool tabulate)
{
    struct sums sums = start;
    double next = 1;

    for (long l = 1; l <= L && sums.bar > 1e-100 && sums.slope.x < 1e100; l++) {
        append(&sums, maps[l - 1]);
        if ((double)l >= next || l == L) {
            double sharper = sums.bar * (1 + sums.weighted.x / 2);

            claim_case(claim, "%s, L = %ld", label, l);
            compare(claim, &sums, maps, l);
            if (tabulate) {
                claim_row(claim, label, (double)l, sums.slope.x, sharper, theorem(claim, &sums).x);
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
    follow(claim, label, maps, L, tabulate);
}

static void random_layers(struct claim *claim, uint32_t number)
{
    static const char *const names[] = {"relu", "abs", "erf", "sin", "gelu",   "bump",
                                        "exp",  "h2",  "h3",  "h9",  "relu^2", "lrelu:-0.5"};
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
    follow(claim, label, maps, RANDOM_DEPTH, false);
}

/* ## How near the theorem comes
 * One activation with a linear part and a bias, repeated. */
static struct sums repeated(const struct correlation_map *given, const double x[])
{
    struct correlation_map map = *given;
    struct sums sums = start;

    map.skip = x[0] * x[0];
    map.bias = x[1] * x[1];
    for (int l = 1; l <= (int)x[2]; l++) {
        append(&sums, &map);
    }
    return sums;
}

static double ratio(size_t n, const double x[], void *context)
{
    struct sums sums = repeated(context, x);

    (void)n;
    return sums.slope.x / (sums.least_gap * sums.least_gap / 8 * sums.R.x);
}

static void hunt(struct claim *claim, const char *name, uint32_t stream, long starts)
{
    static const double least[3] = {0, 0, 1}, most[3] = {6, 1, 40.99};
    struct correlation_map map;
    struct search search = {stream, 3, least, most, (size_t)starts, 120, ratio, &map};
    double x[3];

    claim_need(claim, correlation_map_find(&map, name, 0));
    search_least(claim, &search, x);
    struct sums sums = repeated(&map, x);
    claim_case(claim, "%s, linear part %.2g, s = %.2g, L = %d", name, x[0] * x[0], x[1] * x[1], (int)x[2]);
    check_at_least(claim, "theorem", sums.slope, theorem(claim, &sums));
}

static void final_chain(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.9", "lrelu:-0.5", "abs", "erf", "sin",
                                        "gelu", "bump",      "exp",        "h2",  "h3",  "relu^2"};
    static const double biases[] = {0, 0.02, 0.3, 5};
    const char *phi = claim_text(claim, "phi");
    long L = claim_integer(claim, "L"), chains = claim_integer(claim, "chains"),
         starts = claim_integer(claim, "starts");

    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "slope", RELATIVE(1e-11), "a product of norms");
    claim_column(claim, "sharper", RELATIVE(1e-11), "norms, and iterated gaps");
    claim_column(claim, "theorem", RELATIVE(1e-11), "norms, and iterated gaps");
    named(claim, phi, phi, phi, claim_real(claim, "s"), L, true);
    named(claim, "relu and erf in turn", "relu", "erf", 0.02, L, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; j < sizeof biases / sizeof biases[0]; j++) {
            named(claim, names[i], names[i], names[i], biases[j], 48, false);
        }
    }
    for (long i = 0; i < chains; i++) {
        random_layers(claim, (uint32_t)i);
    }
    hunt(claim, "erf", 1, starts);
    hunt(claim, "relu", 2, starts);
    hunt(claim, "h2", 3, starts);
    hunt(claim, "h3", 4, starts);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", 0.05, -1, 100),
                           integer("L", "depth: number of non-linear layers", 256, 1, DEPTH),
                           integer_by_scale("chains", "random chains", 30, 150, 10000, 1, 1000000),
                           integer_by_scale("starts", "of each search", 2, 6, 100, 1, 100000)},
            .faults = {{"half_lost", "the sum without its factor 1/2", "convexity"},
                       {"two_plus_e", "2 + e in place of 1 + e", "steepness sharper"},
                       {"shrinkage_lost", "the theorem without (1 - rho_max)^2", "theorem"}},
            .run = final_chain,
        }));
}
