/* # Figure 3a: critical erf networks send all inputs into a narrow cone
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3a. In a critical erf network,
 * $P'(1)=1$, the gap $1-\rho_l$ of any two inputs falls with depth. Red: pairs in networks of finite width. Black: infinite width. Blue: the
 * bound (4.2) on $1-\rho_{\max}$,
 *
 * $$\frac{4}{\sqrt{(\arctan\frac2{\sqrt5}-\frac23)\sqrt5}}\;\frac1{\sqrt L}.$$
 *
 * $L$ counts non-linear layers; the embedding stands before them.
 *
 * **Checked.** The geometric mean over networks against the infinite-width map, for antipodal, orthogonal and close inputs. Theory against the
 * bound. That the gap shrinks with every layer.
 * **Tolerance.** Gaps of deep networks scatter like a log-normal law, so logarithms are averaged. Standard error over networks, widened for their small
 * number; the bias of finite width, linear in $L/N$, by halving the width, with its own standard error. The map is iterated in $1-\rho$, $8$ ulp a layer.
 * Deeper than $8N$ layers the gaps of narrow networks are lost in rounding, and not compared.
 * **Could miss.** A wrong exponent in the bound that only deep networks show: it is slack by a factor of six at best.
 * **Found.** Holds. The gap falls like $2.5/l$, faster than the bound. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { PAIRS = 3, COMPARED = 8 }; // networks are compared to a depth of 8 N

static const double rho_0[PAIRS] = {-1, 0, 0.9};
static const char *const pair_name[PAIRS] = {"rho_0 = -1", "rho_0 = 0", "rho_0 = 0.9"};

struct figure {
    int L, width;
    double bias_ratio;
};

/* ## Three pairs in one network
 * The outputs are the logarithms of the gaps after $0$ to $L$ non-linear layers. */
static enum status draw_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    double *X = memory_doubles(2 * PAIRS * (size_t)N), *gap = memory_doubles(PAIRS * (size_t)(depth + 1));
    enum status status = layernorm_layers(depth, N, "erf", 1, sqrt(figure->bias_ratio), layer);

    (void)sample;
    for (int i = 0; status == STATUS_OK && i < PAIRS; i++) {
        double *x = X + (size_t)(2 * i * N);

        status = sphere_pair(stream, N, sqrt(N), rho_0[i], x, x + N);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&(struct layernorm_network){N, depth, layer}, *stream, 2 * PAIRS, X, 0, NULL,
                                     propagation_record_gaps, gap);
    }
    for (int i = 0; i < PAIRS * depth; i++) {
        out[i] = log(gap[PAIRS + i]);
    }
    memory_free(layer);
    memory_free(X);
    memory_free(gap);
    return status;
}

/* ## Infinite width and the bound
 * gap[l * PAIRS + i] is $1-\rho_l$ of pair i. Antipodal inputs stay the least correlated pair. */
static double bound_at(int L)
{
    return 4 / sqrt((atan(2 / sqrt(5)) - 2.0 / 3) * sqrt(5)) / sqrt(L);
}

static void follow(struct claim *claim, const struct correlation_map *map, int L, double gap[])
{
    for (int i = 0; i < PAIRS; i++) {
        gap[i] = 1 - rho_0[i];
    }
    for (int l = 1; l <= L; l++) {
        double *above = gap + (ptrdiff_t)l * PAIRS, *below = above - PAIRS;

        for (int i = 0; i < PAIRS; i++) {
            above[i] = correlation_map_gap(map, below[i]);
        }
        struct value lost = value_sub(rounded(below[0], 8.0 * l), rounded(above[0], 8.0 * l));
        double bound = bound_at(l), upside_down = 1 / (bound * l);

        claim_case(claim, "L = %d", l);
        check_at_most(claim, "bound", rounded(above[0], 8.0 * l),
                      rounded(claim_fault(claim, "upside_down") ? upside_down : bound, 16));
        check_shape(claim, "shrinks", claim_fault(claim, "widens") ? value_scale(-1, lost) : lost, below[0]);
    }
}

/* ## Points beside theory, at depths $2^{k/2}$ */
static int depth_at(int k)
{
    return (int)lround(exp2(k / 2.0));
}

static void compare(struct claim *claim, int L, int N, const double gap[], const struct moments wide[],
                    const struct moments half[])
{
    for (int i = 0; i < PAIRS; i++) {
        for (int k = 0; depth_at(k) <= L; k++) {
            int l = depth_at(k), at = l * PAIRS + i, used = claim_fault(claim, "one_layer_less") ? at - PAIRS : at;
            struct value theory = rounded(gap[used], 8.0 * l), network = moments_limit(wide[at], half[at]);

            claim_case(claim, "%s, L = %d", pair_name[i], l);
            if (l <= COMPARED * N) {
                check_zero(claim, "networks", value_sub(network, value_through(theory, log(theory.x), 1 / theory.x)),
                           1);
            }
            network = moments_mean(wide[at]);
            claim_row(claim, pair_name[i], l, gap[at], bound_at(l), BOTH(network));
        }
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {.L = (int)claim_integer(claim, "L"), .width = (int)claim_integer(claim, "N")};
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = PAIRS * (size_t)(figure.L + 1);
    struct moments *wide = memory_new(2 * outputs, sizeof *wide), *half = wide + outputs;
    double *gap = memory_doubles(outputs);

    claim_need(claim, activation_find("erf", &erf));
    figure.bias_ratio = claim_value(claim, critical_bias_ratio(&erf)).x;
    claim_need(claim, correlation_map_layer(&map, &erf, figure.bias_ratio));
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "bound", RELATIVE(1e-13), "a closed form of a few roundings");
    claim_column(claim, "log_network", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_network_err", RELATIVE(0.05), "a standard error");

    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_pairs, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    struct figure narrow = figure;
    narrow.width /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, outputs, draw_pairs, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    follow(claim, &map, figure.L, gap);
    compare(claim, figure.L, figure.width, gap, wide, half);
    memory_free(wide);
    memory_free(gap);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("L", "depth: number of non-linear layers", 64, 256, 512, 1, 4096),
                           integer_by_scale("N", "width", 64, 512, 1024, 64, 16384),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 64, 16,
                                            50, 16, 100000)},
            .faults = {{"one_layer_less", "the map applied once too few", "networks"},
                       {"widens", "the gap's change from layer to layer with the wrong sign", "shrinks"},
                       {"upside_down", "the bound with its constant inverted", "bound"}},
            .scaled = "Networks of width 512: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
