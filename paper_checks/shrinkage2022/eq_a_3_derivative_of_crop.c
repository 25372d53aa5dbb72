/* # Equation (A.3): cropping divides the slope at 1 by what is left of the range
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. With $\bar\rho_l=P_l\circ\dots\circ P_1(0)$ the
 * first $L$ layers map $[0,1]$ onto $[\bar\rho_L,1]$. Each layer's map, cropped to what it meets and rescaled to $[0,1]$, is called $\tilde P_l$, and
 *
 * $$(P_L\circ\dots\circ P_1)'(1)=(1-\bar\rho_L)\,(\tilde P_L\circ\dots\circ\tilde P_1)'(1).$$
 *
 * **Checked.** Left: the product of the layers' slopes $\sigma_w^2\|\phi'\|^2/(\sigma_b^2+\sigma_w^2\|\phi\|^2)$, both norms from quadrature of
 * $\phi$ and $\phi'$. Right: no derivative at all, but the cropped maps one after the other at a point next to 1, as the slope of the chord to 1. For
 * the activation chosen, for eight more, for relu and erf in turn, and for random Hermite series with random biases.
 * **Tolerance.** The chord starts so near to 1 that it stays straight through every layer; what it lacks is measured by a much
 * longer one. Quadrature states its error, each layer's map its rounding.
 * **Could miss.** Activations without a finite $\|\phi'\|$, where both sides are infinite.
 * **Found.** Holds as printed. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/convex_map.h>
#include <math.h>

#define LONGER 1e50 // the second chord, by which the first one's bend is measured

/* ## Layers
 * Two maps in turn. The left side multiplies their slopes, by Price's theorem $P'(1)=\|\phi'\|^2/(s+\|\phi\|^2)$ with
 * $s=\sigma_b^2/\sigma_w^2$, both norms by quadrature. */
struct layers {
    const char *name;
    struct correlation_map map[2];
};

/* ## Right: the chord
 * One layer takes the gap $u=1-t$ to $1-\tilde P_l(1-u)$ and $1-\bar\rho_{l-1}$ to $1-\bar\rho_l$. */
struct state {
    struct value u, longer; // two chords
    double gap_bar;
};

static void advance(struct claim *claim, const struct correlation_map *map, struct state *state)
{
    struct convex_map crop;
    double u = state->u.x, relative = u > 0 ? value_error(state->u) / u : 0;

    claim_need(claim, convex_map_crop(&crop, map, state->gap_bar));
    state->u = convex_map_gap_value(&crop, u);
    state->u = value_with(state->u, relative * state->u.x, ROUNDING);
    state->longer = convex_map_gap_value(&crop, state->longer.x);
    state->gap_bar = fmin(correlation_map_gap(map, state->gap_bar), 1); // rounding may pass 1
}

static struct value chord_slope(const struct state *state, double length)
{
    struct value slope = value_scale(1 / length, state->u);

    return value_with(slope, fabs(slope.x - state->longer.x / (LONGER * length)), FINITE_SIZE);
}

/* ## Layer by layer
 * The run ends early where slopes pass $10^{90}$ or the range falls below $10^{-100}$: beyond, the chords leave the range of doubles. */
static void follow(struct claim *claim, const struct layers *layers, long L, bool tabulate)
{
    struct value slope[2] = {correlation_map_slope_by_quadrature(&layers->map[0]),
                             correlation_map_slope_by_quadrature(&layers->map[1])};
    struct value product = exact(1);
    double steepest = fmax(fmax(slope[0].x, slope[1].x), 1), most = fmin((double)L, 90 / log10(steepest)), next = 1;
    double length = 1e-100 / pow(steepest, most);
    struct state state = {exact(length), exact(LONGER * length), 1};

    for (long l = 1; (double)l <= most && state.gap_bar > 1e-100; l++) {
        double before = state.gap_bar;

        product = value_mul(product, slope[(l - 1) % 2]);
        advance(claim, &layers->map[(l - 1) % 2], &state);
        struct value chord = chord_slope(&state, length);
        double range = claim_fault(claim, "previous_layer") ? before : state.gap_bar;

        claim_case(claim, "%s, s = %.3g, l = %ld", layers->name, layers->map[0].bias, l);
        check_equal(claim, "slope", product, value_mul(rounded(range, 8 * (double)l), chord));
        if (tabulate && ((double)l >= next || l == L)) {
            claim_row(claim, layers->name, (double)l, product.x, state.gap_bar, chord.x);
            next = fmax(next * 1.1, (double)l + 1);
        }
    }
}

static void compare(struct claim *claim, const char *name, const char *even, double s, long L, bool tabulate)
{
    struct layers layers = {.name = name == even ? name : "relu and erf in turn"};

    claim_need(claim, correlation_map_find(&layers.map[0], name, s));
    claim_need(claim, correlation_map_find(&layers.map[1], even, s));
    claim_need(claim, correlation_map_sloped(&layers.map[0]));
    follow(claim, &layers, L, tabulate);
}

/* ## Random layers
 * $C[\phi\,|\,\rho]=\sum_k\phi_k^2\rho^k$ with random $\phi_k^2$, and a bias that brings $P(0)$ to $p$: the crop needs neither. */
static void random_chain(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    double product = 1, gap_bar = 1, before = 1, u = 1e-100, longer = LONGER * u;

    for (int l = 1; l <= 12; l++) {
        struct convex_map g = convex_map_random_series(&stream, 24);
        double p = stream_below(&stream, 2) == 0 ? 0 : stream_uniform(&stream), whole = convex_map_gap(&g, gap_bar);

        product *= (1 - p) * convex_map_slope_at_one(&g);
        u = convex_map_gap(&g, gap_bar * u) / whole;
        longer = convex_map_gap(&g, gap_bar * longer) / whole;
        before = gap_bar;
        gap_bar = (1 - p) * whole;
    }
    if (claim_fault(claim, "previous_layer")) {
        gap_bar = before;
    }
    claim_case(claim, "chain %u of random series", number);
    /* Three sums of 24 positive terms a layer, four roundings each. */
    struct value chord = rounded(gap_bar * u / 1e-100, 12 * 300);
    check_equal(claim, "random series", rounded(product, 12 * 100),
                value_with(chord, fabs(chord.x - gap_bar * longer / (LONGER * 1e-100)), FINITE_SIZE));
}

static void derivative_of_crop(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "erf", "sin", "gelu", "h2", "h5", "relu^2", "tanh"};
    const char *phi = claim_text(claim, "phi");
    long L = claim_integer(claim, "L"), chains = claim_integer(claim, "chains");

    claim_labels(claim, "series");
    claim_column(claim, "l", EXACT, "a parameter");
    claim_column(claim, "slope", RELATIVE(1e-11), "a product of quadratures");
    claim_column(claim, "range", RELATIVE(1e-11), "iterated in 1 - rho: a few ulp a layer");
    claim_column(claim, "cropped_slope", RELATIVE(1e-11), "a chord, straight to 1e-20");
    compare(claim, phi, phi, claim_real(claim, "s"), L, true);
    compare(claim, "relu", "erf", 0.05, L, true);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        compare(claim, names[i], names[i], 0, 16, false);
        compare(claim, names[i], names[i], 0.4, 16, false);
    }
    for (long i = 0; i < chains; i++) {
        random_chain(claim, (uint32_t)i);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", 0.05, -1, 100),
                           integer("L", "depth: number of non-linear layers", 200, 1, 2000),
                           integer_by_scale("chains", "random chains", 50, 300, 3000, 1, 100000)},
            .faults = {{"previous_layer", "1 - rho_bar of the layer before in place of the last one's",
                        "slope random*"}},
            .run = derivative_of_crop,
        }));
}
