/* # Section 5.1: where depth and width grow together, the first $\log L$ layers already shrink
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 5.1. In a network of $L$ layers whose widths grow with $L$,
 * the first $\log L$ layers follow infinite-width theory, and the composed map $P_{\log L}$ of that block becomes as pathological as in figure 1:
 * flat on $[0,1)$ and steep at $1$. Critical variances do not avert it.
 *
 * **Checked.** Critical networks of width $N=L$: the correlation of inputs after the first $\ln L$ layers against the infinite-width map. That the
 * map of $\ln L$ layers grows flat with $L$: how far apart it sends $0$ and $\frac12$ decreases at every doubling of $\ln L$, for any critical
 * activation, and for erf like $(\ln L)^{-2}$.
 * **Tolerance.** Networks bring a standard error, widened for their small number, and a bias of order $\ln L/N$, measured by halving the width. The
 * map is iterated in $1-\rho$: $8$ half ulps a layer. The fitted exponent differs from its limit by a term of order $\ln n/n$, $n=\ln L$; halving $n$
 * measures it, twice that is allowed.
 * **Could miss.** How flat is pathological: the paper does not say, and $\ln L$ grows slowly.
 * **Found.** Holds. With $L=512$ the block has $6$ layers and orthogonal inputs leave it with correlation $0.62$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <math.h>

enum { MOST = 16, GRID = 11 };

struct experiment {
    const char *phi;
    double s;
    int L, N; // the block's layers, and the width
};

static double input_correlation(int i)
{
    return i / (double)GRID;
}

/* ## The block at finite width
 * Behind the embedding; pairs of inputs with given cosines go through the same weights. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    int N = experiment->N, depth = experiment->L + 1;
    struct layernorm_layer layer[MOST + 1];
    struct layernorm_network network = {N, depth, layer};
    double cosine[GRID], gap[(MOST + 2) * GRID] = {0};
    enum status status = layernorm_layers(depth, N, experiment->phi, 1, sqrt(experiment->s), layer);

    (void)sample;
    for (int i = 0; i < GRID; i++) {
        cosine[i] = input_correlation(i);
    }
    if (status == STATUS_OK) {
        status = layernorm_pairs(&network, stream, GRID, cosine, gap);
    }
    for (int i = 0; i < GRID; i++) {
        out[i] = gap[depth * GRID + i];
    }
    return status;
}

static double follow(const struct correlation_map *map, double gap, int layers)
{
    for (int l = 1; l <= layers; l++) {
        gap = correlation_map_gap(map, gap);
    }
    return gap;
}

static void compare(struct claim *claim, const struct experiment *experiment, const struct correlation_map *map)
{
    struct moments wide[GRID], half[GRID];
    struct experiment narrow = *experiment;
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, GRID, draw_network, experiment);
    int layers = claim_fault(claim, "base_two") ? (int)log2(experiment->N) : experiment->L;

    claim_need(claim, ensemble_moments(&ensemble, wide));
    narrow.N /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, GRID, draw_network, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int i = 0; i < GRID; i++) {
        struct value gap = rounded(follow(map, 1 - input_correlation(i), layers), 8.0 * layers),
                     mean = moments_mean(wide[i]);

        claim_case(claim, "rho_0 = %.3g, L = N = %d, first %d layers", input_correlation(i), experiment->N, layers);
        check_equal(claim, "networks", gap, moments_limit(wide[i], half[i]));
        claim_row(claim, "networks", input_correlation(i), 1 - gap.x, 1 - mean.x, mean.err[SAMPLING]);
    }
}

/* ## The block as $L$ grows
 * Near $1$ a smooth critical map sends $\epsilon$ to $\epsilon-\frac12P''(1)\epsilon^2$: $1/\epsilon$ grows by the same amount for every pair, so that
 * differences fall like the square of the number of layers. */
static double spread(const struct correlation_map *map, int layers)
{
    return follow(map, 1, layers) - follow(map, 0.5, layers);
}

static void flatten(struct claim *claim, const struct correlation_map *map, bool smooth)
{
    for (int n = 1; n <= 512; n *= 2) {
        double now = spread(map, n), later = spread(map, claim_fault(claim, "not_deeper") ? n : 2 * n);

        claim_case(claim, "%s, ln L from %d to %d", map->phi.name, n, 2 * n);
        check_shape(claim, "flatter", measured(now - later, 1e-15 * n, ROUNDING), now);
    }
    if (smooth) {
        double slope = log2(spread(map, 32768) / spread(map, 16384)),
               earlier = log2(spread(map, 16384) / spread(map, 8192));

        claim_case(claim, "%s, ln L from 16384 to 32768", map->phi.name);
        check_rate(claim, "rate", exact(claim_fault(claim, "as_the_gap") ? -1 : -2),
                   value_with(exact(slope), 2 * fabs(slope - earlier), FINITE_SIZE));
    }
}

static void logarithmic(struct claim *claim)
{
    static const char *const names[] = {"erf", "sin", "relu", "abs"};
    static const int blocks[] = {2, 4, 8, 16, 32, 64};
    struct correlation_map map;
    struct experiment experiment = {.phi = claim_text(claim, "phi"), .N = (int)claim_integer(claim, "N")};

    claim_labels(claim, "series");
    claim_column(claim, "rho_0", EXACT, "a grid");
    claim_column(claim, "rho", RELATIVE(1e-10), "iterated in 1 - rho");
    claim_column(claim, "network", (struct tolerance){TOLERANCE_SIGMAS, 0.1, true},
                 "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", (struct tolerance){TOLERANCE_RELATIVE, 0.05, true},
                 "a standard error; nan for the map alone");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        claim_need(claim, correlation_map_find(&map, names[i], -1));
        flatten(claim, &map, i < 2);
    }
    claim_need(claim, correlation_map_find(&map, experiment.phi, -1));
    experiment.s = map.bias;
    experiment.L = (int)log(experiment.N);
    compare(claim, &experiment, &map);
    for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++) {
        char series[32];

        snprintf(series, sizeof series, "ln L = %d", blocks[k]);
        for (int i = 0; i <= 4 * GRID; i++) {
            double rho_0 = i / (4.0 * GRID);

            claim_row(claim, series, rho_0, 1 - follow(&map, 1 - rho_0, blocks[k]), NAN, NAN);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {choice("phi", "activation", "erf|tanh|sin|relu|abs"),
                                         integer_by_scale("N", "width and depth", 128, 512, 2048, 128, 16384),
                                         integer_by_scale("networks", "how many are drawn", 160, 64, 128, 64, 100000)},
                          .faults = {{"base_two", "the map of log_2 L layers", "networks"},
                                     {"not_deeper", "a block that does not grow with L", "flatter"},
                                     {"as_the_gap", "differences falling like 1 - rho itself", "rate"}},
                          .run = logarithmic,
                      }));
}
