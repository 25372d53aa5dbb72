/* # Inequality (4.3): the Jacobian of a chaotic erf network grows at least like $\sqrt L$
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1. Where $P'(1)>1$ every correlation tends to the fixed
 * point $\rho_{\mathrm{fp}}<1$. With $\rho_{\max}\approx\rho_{\mathrm{fp}}$ Theorem 1 predicts
 *
 * $$\Big\|\frac{\partial z^{(L)}}{\partial z^{(0)}}\Big\|_{\mathrm{op}}\;\ge\;\frac{\sqrt{\big(\arctan\frac{2}{\sqrt5}-\frac23\big)\sqrt5}}{4}\,
 * (1-\rho_{\mathrm{fp}})\,\sqrt L.$$
 *
 * **Checked.** The constant against $\sqrt{R/8}$ from quadrature. The true growth $P'(1)^{L/2}$, in closed form, against how far two nearly equal
 * inputs move apart, and against derivatives of finite networks along random directions. The inequality at every depth for that root mean square over
 * directions, which the operator norm exceeds. That putting $\rho_{\mathrm{fp}}$ for $\rho_{\max}$ only weakens Theorem 1.
 * **Tolerance.** Quadrature and the root state their errors; $8$ half ulps a layer for iterations. Near inputs leave the linear regime by a computed
 * bound. Networks bring a standard error, widened for their small number, and a bias of order $1/N$, measured by halving the width.
 * **Could miss.** A constant too large by up to seven times, were it not compared with $R$: the bound grows like $\sqrt L$, the Jacobian exponentially.
 * **Found.** Holds. At $s=0$ the map is odd and antipodal inputs stay antipodal: $\rho_{\max}=-1$, and Theorem 1 gives twice as much. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { DEPTHS = 8, INPUTS = 4, DIRECTIONS = 4 };

/* ## The constant, and the bound as printed */
static double constant(double two_thirds)
{
    return sqrt((atan(2 / sqrt(5)) - two_thirds) * sqrt(5)) / 4;
}

static void check_constant(struct claim *claim, const struct activation *phi)
{
    struct value R8 = value_scale(0.125, claim_value(claim, activation_nonlinearity_ratio(phi)));
    double printed = constant(claim_fault(claim, "one_third") ? 1.0 / 3 : 2.0 / 3);

    claim_case(claim, "erf");
    check_equal(claim, "constant", rounded(printed, 8 + 3 * 12), value_through(R8, sqrt(R8.x), 0.5 / sqrt(R8.x)));
}

/* ## How fast the Jacobian grows
 * $P'(1)=\|\phi'\|^2/(s+\|\phi\|^2)$ with $\|\mathrm{erf}'\|^2=4/(\pi\sqrt5)$ and $\|\mathrm{erf}\|^2=\frac2\pi\arctan\frac2{\sqrt5}$. */
static double slope_at_one(double s)
{
    return 4 / (M_PI * sqrt(5)) / (s + 2 / M_PI * atan(2 / sqrt(5)));
}

/* Two inputs end $10^{-14}$ apart: the map's curvature changes each step by less than that times $P''(1)/2$. */
static void separate(struct claim *claim, const struct correlation_map *map, double s, long L)
{
    double slope = slope_at_one(s), start = 1e-14 * pow(slope, -(double)L), gap = start;

    for (long l = 1; l <= L; l++) {
        gap = correlation_map_gap(map, gap);
    }
    double bias = 1e-14 * (double)L * correlation_map_curvature(map, 1) / 2, factor = gap / start;
    long power = claim_fault(claim, "one_layer_more") ? L + 1 : L;

    claim_case(claim, "s = %.4g, L = %ld", s, L);
    check_equal(claim, "growth", rounded(pow(slope, (double)power), 16 * (double)L + 16),
                value_with(rounded(factor, 8 * (double)L + 8), bias * factor, FINITE_SIZE));
}

/* ## The inequality
 * $1-\rho_l$ from antipodal inputs falls to $1-\rho_{\mathrm{fp}}$, so that $1-\rho_{\max}$ is never less. */
static void follow(struct claim *claim, const struct activation *phi, double s, long L, bool tabulate)
{
    struct correlation_map map;
    double gap = claim_fault(claim, "near_inputs") ? 1e-3 : 2, next = 1, slope = slope_at_one(s);

    claim_need(claim, correlation_map_layer(&map, phi, s));
    struct value fixed = claim_value(claim, correlation_map_fixed_gap(&map));
    double shrunk = claim_fault(claim, "divided") ? 1 / fixed.x : fixed.x;

    separate(claim, &map, s, L);
    for (long l = 1; l <= L; l++) {
        double growth = pow(slope, 0.5 * (double)l), bound = constant(2.0 / 3) * shrunk * sqrt((double)l);

        gap = fmin(2, correlation_map_gap(&map, gap));
        claim_case(claim, "s = %.4g, L = %ld", s, l);
        check_at_least(claim, "bound", rounded(growth, 8 * (double)l), rounded(bound, 64));
        check_at_least(claim, "substitution", rounded(gap, 8 * (double)l), fixed);
        if (tabulate && ((double)l >= next || l == L)) {
            claim_row(claim, "infinite width", (double)l, growth, bound, NAN, NAN);
            next = fmax(next * 1.08, (double)l + 1);
        }
    }
}

/* ## Finite networks
 * The first layer is the embedding: depth $l+1$ has $l$ non-linear layers. The mean square derivative is taken along random tangents of the sphere. */
struct experiment {
    int width;
    double s;
};

static enum status record(const struct layer_state *state, void *context)
{
    ((double *)context)[state->layer] = jacobian_directional(state);
    return STATUS_OK;
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    int N = experiment->width;
    struct layernorm_layer layer[DEPTHS + 1];
    struct layernorm_network network = {N, DEPTHS + 1, layer};
    double mean_square[DEPTHS + 2], *X = memory_doubles((size_t)(INPUTS * (1 + DIRECTIONS) * N)),
                                    *T = X + (ptrdiff_t)INPUTS * N;
    enum status status = layernorm_layers(DEPTHS + 1, N, "erf", 1, sqrt(experiment->s), layer);

    (void)sample;
    for (int i = 0; i < INPUTS * DIRECTIONS; i++) {
        double *x = X + (ptrdiff_t)(i / DIRECTIONS) * N;

        if (i % DIRECTIONS == 0) {
            sphere_uniform(stream, N, sqrt(N), x);
        }
        propagation_tangent(stream, N, x, T + (ptrdiff_t)i * N);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&network, *stream, INPUTS, X, DIRECTIONS, T, record, mean_square);
    }
    for (int l = 1; l <= DEPTHS; l++) {
        out[l - 1] = mean_square[l + 1];
    }
    memory_free(X);
    return status;
}

static void compare(struct claim *claim, double s)
{
    struct experiment wide = {(int)claim_integer(claim, "N"), s}, narrow = {wide.width / 2, s};
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct moments at_width[DEPTHS], at_half[DEPTHS];
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, DEPTHS, draw_network, &wide);

    claim_need(claim, ensemble_moments(&ensemble, at_width));
    ensemble = claim_ensemble(claim, 1, 2 * networks, DEPTHS, draw_network, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, at_half));
    for (int l = 1; l <= DEPTHS; l++) {
        struct value mean = moments_mean(at_width[l - 1]);
        double theory = pow(slope_at_one(s), claim_fault(claim, "squared_twice") ? 2 * l : l);
        double root = sqrt(mean.x);

        claim_case(claim, "s = %.4g, L = %d", s, l);
        check_equal(claim, "networks", rounded(theory, 32), moments_limit(at_width[l - 1], at_half[l - 1]));
        claim_row(claim, "networks", l, NAN, NAN, root, mean.err[SAMPLING] / (2 * root));
    }
}

static void chaos(struct claim *claim)
{
    static const double others[] = {0, 0.02, 0.05, 0.08, 0.1};
    struct activation erf;
    struct tolerance or_nan = RELATIVE(1e-10), sigmas = SIGMAS(0.1), error = RELATIVE(0.05);
    double s = claim_real(claim, "s");
    long L = claim_integer(claim, "L");

    or_nan.nan_equal = sigmas.nan_equal = error.nan_equal = true;
    claim_need(claim, activation_find("erf", &erf));
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "growth", or_nan, "a power of a closed form; nan for networks");
    claim_column(claim, "bound", or_nan, "a closed form and a root; nan for networks");
    claim_column(claim, "network", sigmas, "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", error, "a standard error");
    check_constant(claim, &erf);
    follow(claim, &erf, s, L, true);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        follow(claim, &erf, others[i], 200, false);
    }
    compare(claim, s);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("s", "sigma_b^2 / sigma_w^2, below the critical 0.10485", 0.05, 0, 0.1048),
                           integer("L", "depth: number of non-linear layers", 100, 1, 3000),
                           integer_by_scale("N", "width of the networks", 128, 256, 1024, 128, 8192),
                           integer_by_scale("networks", "how many are drawn", 64, 64, 256, 48, 100000)},
            .faults = {{"one_third", "the constant with 1/3 in place of 2/3", "constant"},
                       {"divided", "the bound divided by 1 - rho_fp", "bound"},
                       {"near_inputs", "rho_max of inputs that are close to start with", "substitution"},
                       {"one_layer_more", "one slope too many", "growth"},
                       {"squared_twice", "mean squares growing like the square of the slope", "networks"}},
            .run = chaos,
        }));
}
