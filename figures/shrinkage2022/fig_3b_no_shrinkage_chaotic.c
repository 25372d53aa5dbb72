/* # Figure 3b: chaotic erf networks keep all different inputs apart
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3b. In a chaotic erf network, $P'(1)>1$, the
 * correlation of any two different inputs approaches the fixed point $\rho_{\rm fp}<1$ of $P$: neighbours are pulled apart, and nothing
 * shrinks. Red: pairs in networks of finite width. Black: infinite width. The text gives no variances; $s=\sigma_b^2/\sigma_w^2=0.05$ here, and
 * `--set s=` takes any other, ordered ones too.
 *
 * **Checked.** The mean over networks of $\ln(1-\rho_l)$ against the infinite-width map, for four pairs. The limit: the map iterated from both
 * sides against the fixed point found as a root. That $\rho_{\rm fp}<1$ at five chaotic ratios.
 * **Tolerance.** Standard error over networks, widened for their small number; the bias of finite width, by halving the width, with its own standard error. The iterates from
 * the two sides enclose the limit. Gaps below $10^{-20}$, which ordered networks reach, are rounding and not compared.
 * **Could miss.** A second attracting fixed point between the two starts would widen the enclosure, not turn it red.
 * **Found.** Holds: at $s=0.05$ the correlation settles near $0.67$ within some 40 layers. One exception that the text
 * passes over: without bias ($s=0$) erf is odd, and antipodal inputs stay antipodal. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { PAIRS = 4 };

static const double rho_0[PAIRS] = {-1, 0, 0.9, 0.999};
static const char *const pair_name[PAIRS] = {"rho_0 = -1", "rho_0 = 0", "rho_0 = 0.9", "rho_0 = 0.999"};
static const double rounding_gap = 1e-20;

struct figure {
    int L, width;
    double bias_ratio;
};

/* ## Four pairs in one network
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
        out[i] = log(fmax(gap[PAIRS + i], rounding_gap));
    }
    memory_free(layer);
    memory_free(X);
    memory_free(gap);
    return status;
}

/* ## The limit
 * From a gap of $1.999$ and from one of $10^{-9}$ the iterates move towards the fixed point, one from above and one from below, if $1$ repels.
 * If it attracts, the lower ones fall to zero: then zero is the lower end. */
static struct value check_limit(struct claim *claim, double s, bool chaotic)
{
    struct activation erf;
    struct correlation_map map;
    double above = 1.999, below = 1e-9;

    claim_need(claim, activation_find("erf", &erf));
    claim_need(claim, correlation_map_layer(&map, &erf, s));
    struct value root = claim_value(claim, correlation_map_fixed_gap(&map));
    for (int l = 1; l <= 20000; l++) {
        above = correlation_map_gap(&map, above);
        below = correlation_map_gap(&map, below);
    }
    below = below < 1e-9 ? 0 : below;
    struct value limit = measured((above + below) / 2, fabs(above - below) / 2 + 1e-12 * above, QUADRATURE);

    claim_case(claim, "s = %.4g", s);
    check_zero(claim, "limit", value_sub(limit, claim_fault(claim, "halved") ? value_scale(0.5, root) : root), 1);
    if (chaotic) {
        check_shape(claim, "apart", claim_fault(claim, "at_one") ? value_sub(root, root) : root, 1);
    }
    return root;
}

/* ## Points beside theory, at depths $2^{k/2}$ */
static int depth_at(int k)
{
    return (int)lround(exp2(k / 2.0));
}

static void compare(struct claim *claim, const struct correlation_map *map, double limit, int pair, int L,
                    const struct moments wide[], const struct moments half[])
{
    double gap = 1 - rho_0[pair], before, amplification = 1;

    for (int l = 1, k = 0; l <= L; l++) {
        amplification =
            1 + amplification * fmax(1, correlation_map_slope(map, 1 - gap) * gap / correlation_map_gap(map, gap));
        before = gap;
        gap = correlation_map_gap(map, gap);
        if (l != depth_at(k)) {
            continue;
        }
        int at = l * PAIRS + pair;
        struct value network = moments_limit(wide[at], half[at]),
                     theory = rounded(claim_fault(claim, "one_layer_less") ? before : gap, 8 * amplification);

        claim_case(claim, "%s, l = %d", pair_name[pair], l);
        if (gap > 1e3 * rounding_gap) {
            check_zero(claim, "networks", value_sub(network, value_through(theory, log(theory.x), 1 / theory.x)), 1);
        }
        network = moments_mean(wide[at]);
        claim_row(claim, pair_name[pair], l, gap, limit, BOTH(network));
        k = k == 0 ? 2 : k + 1;
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {(int)claim_integer(claim, "L"), (int)claim_integer(claim, "N"), claim_real(claim, "s")};
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = PAIRS * (size_t)(figure.L + 1);
    struct moments *wide = memory_new(2 * outputs, sizeof *wide), *half = wide + outputs;

    claim_need(claim, activation_find("erf", &erf));
    claim_need(claim, correlation_map_layer(&map, &erf, figure.bias_ratio));
    double critical = claim_value(claim, critical_bias_ratio(&erf)).x;
    claim_labels(claim, "series");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "limit", ABSOLUTE(1e-11), "the fixed point's gap, a root");
    claim_column(claim, "log_network", ABSOLUTE(0.01), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_network_err", ABSOLUTE(0.01), "a standard error");

    double limit =
        check_limit(claim, figure.bias_ratio, map.slope_norm2 > map.norm2 + figure.bias_ratio * (1 + 1e-9)).x;
    for (int i = 0; i < 5; i++) {
        check_limit(claim, i * critical / 5, true);
    }
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_pairs, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    figure.width /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, outputs, draw_pairs, &figure);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int i = 0; i < PAIRS; i++) {
        compare(claim, &map, limit, i, figure.L, wide, half);
    }
    memory_free(wide);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 10),
                           integer_by_scale("L", "depth: number of non-linear layers", 32, 64, 256, 1, 4096),
                           integer_by_scale("N", "width", 128, 512, 1024, 128, 16384),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 100, 64,
                                            64, 64, 100000)},
            .faults = {{"one_layer_less", "the map applied once too few", "networks"},
                       {"halved", "half the distance of the fixed point from one", "limit"},
                       {"at_one", "the fixed point taken to be one", "apart"}},
            .scaled = "Networks of width 512: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
