/* # Remark 2: the blue curve of figure 1, two segments above the composed map
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1, remark 2. With $\bar\rho_l=P_l\circ\dots\circ P_1(0)$
 * and $R_l=\|\phi_l-\bar\phi_l\|^2/\|\phi_l'\|^2$ the cropped composition lies below two segments on all of $[0,1]$,
 *
 * $$P_L\circ\dots\circ P_1(t)\le\bar\rho_L+(1-\bar\rho_L)\max\Big\{\frac t{1+C},\,(1+C)t-C\Big\},\qquad C=\frac{1-\bar\rho_{\max}}2\sum_{l=1}^LR_l,$$
 *
 * and also with the larger $C=\frac12\sum_l(1-\bar\rho_{l-1})R_l$, before the layers are lumped together.
 *
 * **Checked.** How far the cropped composition sags below the diagonal against how far the segments do, from $t$ next to 0 to $t$ next to 1 and where
 * the segments meet, for both $C$, at all small depths and some to $L$. The map is a closed form where there is one; $R$ comes from quadrature and
 * two Hermite coefficients. Further: compositions of random power series with random biases (Hermite series of random activations), and of nearly
 * linear layers.
 * **Tolerance.** Maps and quadrature state their errors; relative errors of $1-\rho$ add up from layer to layer.
 * **Could miss.** An error in the second $C$ that is small at small depth: in deep networks the curve is far from the map.
 * **Found.** Holds for both $C$. It is sharp for nearly linear layers, where they agree to first order; for critical erf the true excess convexity is
 * twelve times $C$ at $L=128$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEPTH = 1024, PLACES = 16 };

/* ## What a chain of layers knows of its past */
struct past {
    struct value gap, least_gap; // 1 - rho_bar_l, and the least of them: 1 - rho_bar_max
    struct value R, weighted;    // the sum of R_l, and of (1 - rho_bar_{l-1}) R_l
};

static const struct past start = {{.x = 1}, {.x = 1}, {.x = 0}, {.x = 0}};

static void append(struct past *past, struct value R, struct value next)
{
    past->R = value_add(past->R, R);
    past->weighted = value_add(past->weighted, value_mul(past->gap, R));
    past->gap = next;
    past->least_gap = next.x < past->least_gap.x ? next : past->least_gap;
}

static struct value lumped(struct claim *claim, const struct past *past)
{
    struct value shrunk = claim_fault(claim, "no_shrinkage") ? exact(1) : past->least_gap;

    return value_scale(claim_fault(claim, "half_forgotten") ? 1 : 0.5, value_mul(shrunk, past->R));
}

static struct value per_layer(struct claim *claim, const struct past *past)
{
    return value_scale(claim_fault(claim, "half_forgotten") ? 1 : 0.5, past->weighted);
}

/* ## The two segments
 * At $t=1-h$ the left one sags by $tC/(1+C)$, the right one by $hC$, and their maximum by the smaller of the two. */
static struct value segments_sag(struct value C, double h)
{
    double rise = 1 + C.x;
    struct value left = value_through(C, (1 - h) * C.x / rise, (1 - h) / (rise * rise)), right = value_scale(h, C);

    return left.x < right.x ? value_with(left, 2.2e-16 * left.x, ROUNDING) : right;
}

/* G is $1-\tilde P_L\circ\dots\circ\tilde P_1(1-h)$. */
static void compare(struct claim *claim, const struct past *past, struct value G, double h)
{
    struct value sag = value_sub(G, exact(h));

    check_at_least(claim, "rho_bar max", sag, segments_sag(lumped(claim, past), h));
    check_at_least(claim, "per layer", sag, segments_sag(per_layer(claim, past), h));
}

/* The places $h$: where the segments meet, then from next to 1 to next to 0. */
static double place(struct claim *claim, const struct past *past, int i)
{
    static const double h[PLACES] = {0,    1e-12, 1e-6, 1e-3, 0.01, 0.05,  0.1,      0.2,
                                     0.35, 0.5,   0.65, 0.8,  0.95, 0.999, 1 - 1e-6, 1 - 1e-12};

    return i == 0 ? 1 / (2 + per_layer(claim, past).x) : h[i];
}

/* ## Layers of one activation
 * A chain ends early where a number would leave the range of doubles. */
static void draw(struct claim *claim, const struct past *past, const struct convex_map *cropped, int L)
{
    char series[32];

    snprintf(series, sizeof series, "L = %d", L);
    for (int i = 0; i <= 50; i++) {
        double h = 1 - i / 50.0, gap = past->gap.x;

        claim_row(claim, series, i / 50.0, 1 - gap * convex_map_gap(cropped, h),
                  1 - gap * (h + segments_sag(lumped(claim, past), h).x),
                  1 - gap * (h + segments_sag(per_layer(claim, past), h).x));
    }
}

static void chain(struct claim *claim, const char *name, double s, int L, bool tabulate)
{
    struct correlation_map map;
    const struct correlation_map **maps = memory_new((size_t)L, sizeof *maps);
    struct past past = start;
    struct convex_map cropped;
    double slopes = 1;

    claim_need(claim, correlation_map_find(&map, name, s));
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&map.phi));

    for (int l = 1; l <= L; l++) {
        maps[l - 1] = &map;
        slopes *= correlation_map_slope(&map, 1);
        append(&past, R, correlation_map_gap_through(&map, past.gap));
        L = slopes < 1e100 && past.gap.x > 1e-100 ? L : l;
        if (l > 16 && l % (L / 16 + 1) != 0 && l != L && 4 * l != L) {
            continue;
        }
        claim_need(claim, convex_map_chain(&cropped, l, maps, 1));
        for (int i = 0; i < PLACES; i++) {
            double h = place(claim, &past, i);

            claim_case(claim, "%s, s = %.3g, L = %d, 1 - t = %.3g", name, map.bias, l, h);
            compare(claim, &past, convex_map_gap_value(&cropped, h), h);
        }
        if (tabulate && (l == L || 4 * l == L || 16 * l == L)) {
            draw(claim, &past, &cropped, l);
        }
    }
    memory_free(maps);
}

/* ## Layers that are power series
 * $P_l(\rho)=b+(1-b)\sum_kc_k\rho^k$ with $\sum_kc_k=1$ and the bias in $b$: $R=\sum_{k\ge2}c_k/\sum_kkc_k$. */
static struct value series_layer(const struct convex_map *g, double b, struct value gap)
{
    struct value next = value_scale(1 - b, convex_map_gap_value(g, gap.x));

    return value_with(next, next.x * value_bound(gap) / gap.x, ROUNDING);
}

static void series(struct claim *claim, const char *label, int L, const struct convex_map g[], const double b[])
{
    struct past past = start;

    for (int l = 0; l < L; l++) {
        double nonlinear = 0, slope = 0;

        for (int k = g[l].n; k >= 1; k--) {
            nonlinear += k > 1 ? g[l].c[k - 1] : 0;
            slope += k * g[l].c[k - 1];
        }
        append(&past, rounded(nonlinear / slope, 3.0 * g[l].n), series_layer(&g[l], b[l], past.gap));
    }
    for (int i = 0; i < PLACES && past.R.x > 0; i++) {
        double h = place(claim, &past, i);
        struct value gap = exact(h);

        for (int l = 0; l < L; l++) {
            gap = series_layer(&g[l], b[l], gap);
        }
        claim_case(claim, "%s, L = %d, 1 - t = %.3g", label, L, h);
        compare(claim, &past, value_div(gap, past.gap), h);
    }
}

static void random_series(struct claim *claim, uint32_t number)
{
    enum { MOST = 8 };
    struct stream stream = claim_stream(claim, 0, number);
    struct convex_map g[MOST];
    double b[MOST];
    char label[32];
    int L = 1 + (int)stream_below(&stream, MOST);

    for (int l = 0; l < L; l++) {
        g[l] = convex_map_random_series(&stream, 32);
        b[l] = stream_below(&stream, 2) ? pow(stream_uniform(&stream), 4) : 0;
    }
    snprintf(label, sizeof label, "series %u", number);
    series(claim, label, L, g, b);
}

/* Layers $\rho\mapsto(\rho+\epsilon\rho^2)/(1+\epsilon)$: the segments touch the map to first order in $\epsilon$. */
static void nearly_linear(struct claim *claim)
{
    static const double no_bias[4] = {0};
    struct convex_map g[4];
    char label[32];

    for (int k = 1; k <= 20; k++) {
        for (int l = 0; l < 4; l++) {
            claim_need(claim, convex_map_series(&g[l], 2, (double[]){1, ldexp(1, -k)}));
        }
        snprintf(label, sizeof label, "nearly linear, 2^-%d", k);
        series(claim, label, 1, g, no_bias);
        series(claim, label, 4, g, no_bias);
    }
}

static void upper_bound(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L");
    long samples = claim_integer(claim, "samples");

    claim_labels(claim, "series");
    claim_column(claim, "t", EXACT, "a grid");
    claim_column(claim, "rho", RELATIVE(1e-9), "the map is steep: rounding grows with depth in the chaotic phase");
    claim_column(claim, "lumped", RELATIVE(1e-10), "iterated in 1 - rho, and a quadrature");
    claim_column(claim, "per_layer", RELATIVE(1e-10), "iterated in 1 - rho, and a quadrature");
    chain(claim, claim_text(claim, "phi"), claim_real(claim, "s"), L, true);
    chain(claim, "erf", -1, L, false);
    chain(claim, "erf", 0.05, L, false);
    chain(claim, "erf", 0, L, false);
    chain(claim, "relu", 0, L, false);
    chain(claim, "abs", 0.1, L, false);
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
                           integer_by_scale("L", "depth: number of non-linear layers; L/4 and L/16 are drawn too", 64,
                                            128, 512, 1, DEPTH),
                           integer_by_scale("samples", "compositions of random series", 200, 1000, 100000, 1,
                                            10000000)},
            .faults = {{"half_forgotten", "C twice as large: Property 7 without its 1/2", "rho_bar* per*"},
                       {"no_shrinkage", "the sum of R_l / 2 without the factor 1 - rho_bar_max", "rho_bar*"}},
            .run = upper_bound,
        }));
}
