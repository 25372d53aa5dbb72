/* # Figure 1: the correlation of two outputs as a function of the correlation of the inputs
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, figure 1. In an infinitely wide layer-normalised
 * network the cosine of two inputs goes through one convex map a layer, $\rho_L=P_L\circ\dots\circ P_1(\rho_0)$. With depth the
 * composition grows flat over most of $[0,1]$ and steep at $1$. The figure shows it for erf with networks of width 1024 (red), the
 * infinite-width map (black) and the bound of Remark 2 (blue). Only the panel $L=8$ is legible in the text; here $L$, $4L$ and $16L$ share one picture.
 *
 * **Checked.** The mean over networks against the map at every $\rho_0$ and depth; the map against the bound.
 * **Tolerance.** Standard error over networks, widened for their small number; the bias of finite width, measured by halving the width. The map's
 * own rounding is $8$ ulp a layer. Corrections grow like depth over width: beyond $1/8$ the networks are drawn and not compared.
 * **Could miss.** A deviation smaller than the scatter of the networks, about $0.01$ to $0.03$ in $\rho$ for one network.
 * **Found.** Holds. The variances that the paper used are not given: the critical ones are the default, `--set s=` takes any. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { PANELS = 3, GRID = 21 };

struct figure {
    int depth[PANELS]; // non-linear layers
    int width;
    double bias_ratio;
};

static double input_correlation(int i)
{
    return -1 + 2.0 * i / (GRID - 1);
}

/* ## One network
 * The first layer is the embedding, without activation; pairs of inputs with given cosines go through the same weights. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->depth[PANELS - 1] + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_network network = {N, depth, layer};
    double *X = memory_doubles((size_t)(2 * GRID * N)), *gap = memory_doubles((size_t)((depth + 1) * GRID));
    enum status status = layernorm_layers(depth, N, "erf", 1, sqrt(figure->bias_ratio), layer);

    (void)sample;
    for (int i = 0; status == STATUS_OK && i < GRID; i++) {
        double *x = X + (size_t)(2 * i * N);

        status = sphere_pair(stream, N, sqrt(N), input_correlation(i), x, x + N);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&network, *stream, 2 * GRID, X, 0, NULL, propagation_record_gaps, gap);
    }
    for (int p = 0; p < PANELS; p++) {
        for (int i = 0; i < GRID; i++) {
            out[p * GRID + i] = 1 - gap[(figure->depth[p] + 1) * GRID + i];
        }
    }
    memory_free(layer);
    memory_free(X);
    memory_free(gap);
    return status;
}

/* ## Infinite width, and the bound of Remark 2
 * Cropped to $[\bar\rho_L,1]$ the composition has excess convexity at least $C=\frac12\sum_l(1-\bar\rho_{l-1})R_l$, so it lies below
 * the two segments that meet on the antidiagonal. */
struct limit {
    struct correlation_map map;
    double rho_bar, C;
};

static struct limit limit_at(const struct correlation_map *map, int depth)
{
    struct limit limit = {.map = *map};
    double gap = 1;

    for (int l = 1; l <= depth; l++) {
        limit.C += gap / 2 * map->nonlinearity2 / map->slope_norm2;
        gap = correlation_map_gap(map, gap);
    }
    limit.rho_bar = 1 - gap;
    return limit;
}

static double bound_at(const struct limit *limit, double t)
{
    double C = limit->C, cropped = t <= 1 - 1 / (2 + C) ? t / (1 + C) : (1 + C) * t - C;

    return t < 0 ? NAN : limit->rho_bar + (1 - limit->rho_bar) * cropped;
}

static double follow(const struct correlation_map *map, double rho, int depth)
{
    double gap = 1 - rho;

    for (int l = 1; l <= depth; l++) {
        gap = correlation_map_gap(map, gap);
    }
    return 1 - gap;
}

/* ## The two together */
static void compare(struct claim *claim, const struct figure *figure, const struct limit *limit, int panel,
                    const struct moments wide[], const struct moments half[])
{
    int L = figure->depth[panel];
    char series[32];

    snprintf(series, sizeof series, "L = %d", L);
    for (int i = 0; i < GRID; i++) {
        double t = input_correlation(i), rho = follow(&limit->map, t, claim_fault(claim, "one_layer_less") ? L - 1 : L);
        struct value theory = rounded(rho, 8.0 * L), network = moments_mean(wide[panel * GRID + i]);
        double bound = bound_at(limit, t);

        claim_case(claim, "rho_0 = %g, L = %d", t, L);
        if (i < GRID - 1 && 8 * L <= figure->width) {
            check_equal(claim, "networks", theory, moments_limit(wide[panel * GRID + i], half[panel * GRID + i]));
        }
        if (t > 0 && t < 1) { // at 0 the two meet by construction
            check_at_most(claim, "bound", theory, rounded(bound, 8.0 * L));
        }
        claim_row(claim, series, t, rho, bound, BOTH(network));
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct moments wide[PANELS * GRID], half[PANELS * GRID];
    int L = (int)claim_integer(claim, "L"), N = (int)claim_integer(claim, "N");
    struct figure figure = {{L, 4 * L, 16 * L}, N, claim_real(claim, "s")};
    size_t networks = (size_t)claim_integer(claim, "networks");

    claim_need(claim, activation_find("erf", &erf));
    if (figure.bias_ratio < 0) {
        figure.bias_ratio = claim_value(claim, critical_bias_ratio(&erf)).x;
    }
    claim_need(claim, correlation_map_layer(&map, &erf, figure.bias_ratio));
    claim_labels(claim, "series");
    claim_column(claim, "rho_0", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-9), "the map is steep: rounding grows with depth in the chaotic phase");
    claim_column(claim, "bound", (struct tolerance){TOLERANCE_RELATIVE, 1e-11, true},
                 "a closed form; nan where it says nothing");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.05), "a standard error");

    struct ensemble ensemble = claim_ensemble(claim, 0, networks, PANELS * GRID, draw_network, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    struct figure narrow = figure;
    narrow.width = N / 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, PANELS * GRID, draw_network, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int panel = 0; panel < PANELS; panel++) {
        struct limit limit = limit_at(&map, figure.depth[panel]);

        compare(claim, &figure, &limit, panel, wide, half);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale(
                               "L", "non-linear layers of the first panel; the others have 4 and 16 times as many", 2,
                               8, 8, 1, 1024),
                           integer_by_scale("N", "width", 128, 1024, 1024, 128, 16384),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer_by_scale("networks", "how many are drawn", 24, 8, 50, 6, 100000)},
            .faults = {{"one_layer_less", "the map applied once too few", "networks"}},
            .run = draw_figure,
        }));
}
