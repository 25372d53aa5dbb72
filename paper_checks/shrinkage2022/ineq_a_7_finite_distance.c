/* # Inequality (A.7): inputs at a finite distance are pushed apart as Theorem 1 says
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1.1. With $R_l=\|\phi_l-\bar\phi_l\|^2/\|\phi_l'\|^2$,
 *
 * $$E=\frac{1-\rho_{\max}}4\sum_{l=1}^LR_l,\qquad
 * P_L\circ\dots\circ P_1(1-\tau)\;\le\;1-(1-\bar\rho_{\max})(1+E)\,\tau\qquad\text{for }0<\tau\le\frac1{2+E}.$$
 *
 * The limit $\tau\to0$ is not taken: that the Jacobian of a network tends to the derivative of the limit is what has to be avoided.
 *
 * **Checked.** $(1-\rho_L)/((1-\bar\rho_{\max})\tau)-1$ against $E$, with $\tau$ from $10^{-12}$ of its range to the end of it: for the activation
 * chosen and others to depth $L$, for random power series with biases, and for nearly linear layers. The premise,
 * $e(\tilde P_L\circ\dots\circ\tilde P_1)\ge E$, against roots. $R$ comes from quadrature and two Hermite coefficients, the maps from closed forms
 * where there are any.
 * **Tolerance.** Maps, roots and quadrature state their errors; relative errors of $1-\rho$ add up from layer to layer.
 * **Could miss.** A slightly larger $E$ in deep networks, where the inequality has room: the constant shows in nearly linear layers.
 * **Found.** Holds. The range of $\tau$ matters: nearly linear layers reach the bound at its end and break it beyond. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEPTH = 1024, PLACES = 7 };

/* ## What a chain of layers knows of its past
 * $1-\bar\rho_l$ follows orthogonal inputs, $1-\min\rho_l$ the least correlated ones; maxima of correlations are minima of these. */
struct past {
    struct value bar, least_bar; // 1 - rho_bar_l, 1 - rho_bar_max
    double far, least_far;       // 1 - min rho_l, 1 - rho_max
    struct value R;              // the sum of R_l
};

static const struct past start = {{.x = 1}, {.x = 1}, 2, 2, {.x = 0}};

static void append(struct past *past, struct value bar, double far, struct value R)
{
    past->bar = bar;
    past->far = far;
    past->least_bar = bar.x < past->least_bar.x ? bar : past->least_bar;
    past->least_far = fmin(past->least_far, far);
    past->R = value_add(past->R, R);
}

static struct value capital_E(struct claim *claim, const struct past *past)
{
    double factor = claim_fault(claim, "quarter_forgotten") ? 1 : 0.25;

    return value_mul(
        value_with(exact(factor * past->least_far), past->least_far * value_bound(past->bar) / past->bar.x, ROUNDING),
        past->R);
}

/* ## The inequality at one $\tau$ */
static double distance(struct claim *claim, const struct past *past, int i)
{
    static const double share[PLACES] = {1e-12, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1};
    double E = capital_E(claim, past).x;

    return share[i] / (claim_fault(claim, "wider_range") ? 1 + E / 2 : 2 + E);
}

/* gap is $1-\rho_L$. */
static void compare(struct claim *claim, const struct past *past, double tau, struct value gap)
{
    struct value lower = value_scale(tau, past->least_bar);

    check_at_least(claim, "distance", value_sub(value_div(gap, lower), exact(1)), capital_E(claim, past));
}

/* ## Layers of one activation
 * A chain ends early where a number would leave the range of doubles. */
static void draw(struct claim *claim, const char *label, const struct convex_map *cropped, const struct past *past)
{
    double E = capital_E(claim, past).x, end = 1 / (2 + E);

    for (int i = 0; i <= 40; i++) {
        double tau = i == 40 ? 1 : pow(10, -4 + i / 10.0);
        double bound = tau <= end ? past->least_bar.x * (1 + E) * tau : NAN;

        claim_row(claim, label, tau, past->bar.x * convex_map_gap(cropped, tau), bound);
    }
}

static void chain(struct claim *claim, const char *name, double s, int L, bool tabulate)
{
    struct correlation_map map;
    const struct correlation_map **maps = memory_new((size_t)L, sizeof *maps);
    struct past past = start;
    struct convex_map cropped;
    double slopes = 1;
    char label[64];

    claim_need(claim, correlation_map_find(&map, name, s));
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&map.phi));

    for (int l = 1; l <= L; l++) {
        maps[l - 1] = &map;
        slopes *= correlation_map_slope(&map, 1);
        append(&past, correlation_map_gap_through(&map, past.bar), correlation_map_widest_gap(&map, past.far), R);
        L = slopes < 1e100 && past.bar.x > 1e-100 ? L : l;
        if (l > 8 && l % (L / 8 + 1) != 0 && l != L && 8 * l != L) {
            continue;
        }
        snprintf(label, sizeof label, "%s, s = %.3g, L = %d", name, map.bias, l);
        claim_need(claim, convex_map_chain(&cropped, l, maps, 1));
        claim_case(claim, "%s", label);
        check_at_least(claim, "premise", claim_value(claim, excess_convexity(&cropped)), capital_E(claim, &past));
        for (int i = 0; i < PLACES; i++) {
            double tau = distance(claim, &past, i);
            struct value gap = exact(tau);

            for (int k = 0; k < l; k++) {
                gap = correlation_map_gap_through(&map, gap);
            }
            claim_case(claim, "%s, tau = %.3g", label, tau);
            compare(claim, &past, tau, gap);
        }
        if (tabulate && (l == L || 8 * l == L)) {
            draw(claim, label, &cropped, &past);
        }
    }
    memory_free(maps);
}

/* ## Layers that are power series
 * $P(\rho)=b+(1-b)\sum_kc_k\rho^k$ with $\sum_kc_k=1$: $R=\sum_{k\ge2}c_k/\sum_kkc_k$. The inputs $-1,-\frac34,\dots,0$ stand for all. */
enum { MOST = 8, DEGREE = 16, INPUTS = 5 };

static struct value through_series(const struct convex_map *g, double b, struct value gap)
{
    struct value next = value_scale(1 - b, convex_map_gap_value(g, gap.x));

    return value_with(next, next.x * value_bound(gap) / gap.x, ROUNDING);
}

static double image(const struct convex_map *g, double b, double rho)
{
    double sum = 0;

    for (int k = g->n; k >= 1; k--) {
        sum = (sum + g->c[k - 1]) * rho;
    }
    return b + (1 - b) * sum;
}

static void series(struct claim *claim, const char *label, int L, const struct convex_map g[], const double b[])
{
    struct past past = start;
    double rho[INPUTS] = {-1, -0.75, -0.5, -0.25, 0};

    for (int l = 0; l < L; l++) {
        double nonlinear = 0, slope = 0, far = 0;

        for (int k = g[l].n; k >= 1; k--) {
            nonlinear += k > 1 ? g[l].c[k - 1] : 0;
            slope += k * g[l].c[k - 1];
        }
        for (int i = 0; i < INPUTS; i++) {
            rho[i] = image(&g[l], b[l], rho[i]);
            far = fmax(far, 1 - rho[i]);
        }
        append(&past, through_series(&g[l], b[l], past.bar), far, rounded(nonlinear / slope, 3.0 * g[l].n));
    }
    for (int i = 0; i < PLACES && past.R.x > 0; i++) {
        double tau = distance(claim, &past, i);
        struct value gap = exact(tau);

        for (int l = 0; l < L; l++) {
            gap = through_series(&g[l], b[l], gap);
        }
        claim_case(claim, "%s, L = %d, tau = %.3g", label, L, tau);
        compare(claim, &past, tau, gap);
    }
}

static void random_series(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    struct convex_map g[MOST];
    double b[MOST];
    char label[32];
    int L = 1 + (int)stream_below(&stream, MOST);

    for (int l = 0; l < L; l++) {
        g[l] = convex_map_random_series(&stream, DEGREE);
        b[l] = stream_below(&stream, 2) ? pow(stream_uniform(&stream), 4) : 0;
    }
    snprintf(label, sizeof label, "series %u", number);
    series(claim, label, L, g, b);
}

/* Layers $\rho\mapsto(\rho+\epsilon\rho^2)/(1+\epsilon)$ reach the bound at the end of its range, to first order in $\epsilon$. */
static void nearly_linear(struct claim *claim)
{
    static const double no_bias[4] = {0};
    struct convex_map g[4];
    char label[32];

    for (int k = 3; k <= 20; k++) {
        for (int l = 0; l < 4; l++) {
            claim_need(claim, convex_map_series(&g[l], 2, (double[]){1, ldexp(1, -k)}));
        }
        snprintf(label, sizeof label, "nearly linear, 2^-%d", k);
        series(claim, label, 1, g, no_bias);
        series(claim, label, 4, g, no_bias);
    }
}

static void finite_distance(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L");
    long samples = claim_integer(claim, "samples");

    claim_labels(claim, "series");
    claim_column(claim, "tau", RELATIVE(1e-14), "a logarithmic grid");
    claim_column(claim, "gap", RELATIVE(1e-9), "iterated in 1 - rho: a few ulp a layer, or a quadrature");
    claim_column(claim, "bound", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true}, "as gap; nan beyond its range");
    chain(claim, claim_text(claim, "phi"), claim_real(claim, "s"), L, true);
    chain(claim, "erf", 0, L, false);
    chain(claim, "erf", 0.05, L, false);
    chain(claim, "relu", 0, L, false);
    chain(claim, "abs", 0.1, L, false);
    chain(claim, "h3", 0, L, false);
    for (long i = 0; i < samples; i++) {
        random_series(claim, (uint32_t)i);
    }
    nearly_linear(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|lrelu:0.3|abs|gelu|tanh|sin|silu|exp|relu^2|h3"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer("L", "depth: number of non-linear layers; L/8 is drawn too", 64, 1, DEPTH),
                           integer_by_scale("samples", "compositions of random series", 200, 1000, 100000, 1,
                                            10000000)},
            .faults = {{"quarter_forgotten", "E without its 1/4", "distance premise"},
                       {"wider_range", "tau up to twice the end of its range", "distance"}},
            .run = finite_distance,
        }));
}
