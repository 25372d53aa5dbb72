/* # Inequality (A.8): the difference quotient of a wide network is bounded from below
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1.1. Take $x_\alpha,x_\beta$ on the sphere $\|x\|^2=n_0$ with
 * $x_\alpha\cdot x_\beta/n_0=1-\tau$, $0<\tau\le1/(2+E)$ and $E=\frac{1-\rho_{\max}}4\sum_l\|\phi_l-\bar\phi_l\|^2/\|\phi_l'\|^2$. As the widths grow,
 *
 * $$\frac{n_L^{-1}\|z^{(L)}(x_\alpha)-z^{(L)}(x_\beta)\|^2}{n_0^{-1}\|x_\alpha-x_\beta\|^2}\;\to\;\frac{1-P_L\circ\dots\circ P_1(1-\tau)}\tau
 *   \;\ge\;(1-\bar\rho_{\max})(1+E)\;\ge\;(1-\bar\rho_{\max})E\;\ge\;\frac{1-\rho_{\max}}2E .$$
 *
 * (A.8) prints the third of these; the text leaves open whether $\rho_{\max}$ has its bar. (A.9) goes on with the last.
 *
 * **Checked.** The limit: the mean quotient of finite networks against the map. The three bounds: the map's quotient at seven $\tau$, for the
 * activation chosen and others. That the bar cannot be dropped: $(1-\rho_{\max})E$ is no lower bound.
 * **Tolerance.** Maps and quadrature state their errors. Networks bring a standard error, widened for their small number. Their bias of order $1/N$ is
 * extrapolated away with the help of networks of half the width; what doing so from $N/2$ and $N/4$ changes is allowed.
 * **Could miss.** A limit off by less than a tenth. Convergence in the strong sense of the proof (almost surely): the checks see means.
 * **Found.** Holds with $1-\bar\rho_{\max}$, in all three forms. Without the bar it fails: for odd $\phi$ without bias $\rho_{\max}=-1$, and the
 * quotient is at most $1/\tau=2+E$ at the end of the range, less than $2E$ in deep networks. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <math.h>

enum { PLACES = 7, PAIRS = 4 };

static const double share[PLACES] = {0.01,  0.1,  0.5, 1,
                                     1e-12, 1e-6, 0.9}; // of the range of tau; networks see the first ones

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

/* A quarter of $(1-\rho_{\max})\sum_lR_l$. */
static struct value capital_E(const struct past *past)
{
    double relative = value_bound(past->bar) / past->bar.x;

    return value_mul(measured(past->least_far / 4, relative * past->least_far, ROUNDING), past->R);
}

/* ## Layers of one activation */
static struct past past_of(struct claim *claim, const struct correlation_map *map, int L)
{
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&map->phi));
    struct past past = start;

    for (int l = 1; l <= L; l++) {
        append(&past, correlation_map_gap_through(map, past.bar), correlation_map_widest_gap(map, past.far), R);
    }
    return past;
}

static struct value quotient(const struct correlation_map *map, int L, double tau)
{
    struct value gap = exact(tau);

    for (int l = 1; l <= L; l++) {
        gap = correlation_map_gap_through(map, gap);
    }
    return value_scale(1 / tau, gap);
}

/* ## The three bounds */
static void bounds(struct claim *claim, const char *name, double s, int L)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, s));
    struct past past = past_of(claim, &map, L);
    struct value E = capital_E(&past), far = rounded(past.least_far, 16.0 * L);
    struct value barred = claim_fault(claim, "bar_lost") ? far : past.least_bar;
    double one = claim_fault(claim, "two_plus_E") ? 2 : 1, half = claim_fault(claim, "half_forgotten") ? 1 : 0.5;

    for (int i = 0; i < PLACES; i++) {
        double tau = share[i] / (2 + E.x);
        struct value q = quotient(&map, L, tau);

        claim_case(claim, "%s, s = %.3g, L = %d, tau = %.3g", name, map.bias, L, tau);
        check_at_least(claim, "with 1 + E", q, value_mul(past.least_bar, value_add(exact(one), E)));
        check_at_least(claim, "with E", q, value_mul(barred, E));
        check_at_least(claim, "with E over 2", q, value_scale(half, value_mul(far, E)));
    }
}

/* ## Without its bar the bound is false
 * erf without bias, two hundred layers, at the end of the range. */
static void without_bar(struct claim *claim)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, "erf", 0));
    struct past past = past_of(claim, &map, 200);
    struct value E = capital_E(&past), far = rounded(past.least_far, 1600);
    double tau = 1 / (2 + E.x);

    claim_case(claim, "erf, s = 0, L = 200, tau = %.3g", tau);
    check_at_most(claim, "bar dropped", quotient(&map, 200, tau),
                  value_scale(claim_fault(claim, "half_kept") ? 0.5 : 1, value_mul(far, E)));
}

/* ## Finite networks
 * Pairs of inputs at PAIRS distances go through the same weights, first through the embedding. The mean differs from the limit by $a/N+b/N^2+\dots$;
 * twice the mean at $N$ less the mean at $N/2$ is rid of the first term, and the same one halving earlier says what is left. */
enum { WIDTHS = 3 };

struct experiment {
    struct activation phi;
    int width, L;
    double s, cosine[PAIRS]; // the cosine is 1 - tau
};

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    int N = experiment->width, depth = experiment->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_network network = {N, depth, layer};
    double *gap = memory_doubles((size_t)((depth + 1) * PAIRS));
    enum status status = layernorm_layers(depth, N, experiment->phi.name, 1, sqrt(experiment->s), layer);

    (void)sample;
    if (status == STATUS_OK) {
        status = layernorm_pairs(&network, stream, PAIRS, experiment->cosine, gap);
    }
    for (int i = 0; i < PAIRS; i++) {
        out[i] = gap[depth * PAIRS + i] / gap[i];
    }
    memory_free(layer);
    memory_free(gap);
    return status;
}

static void networks(struct claim *claim, const char *name, double s, int L)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, s));
    struct past past = past_of(claim, &map, L);
    struct experiment wide = {.phi = map.phi, .width = (int)claim_integer(claim, "N"), .L = L, .s = map.bias};
    struct moments at[WIDTHS][PAIRS]; // N, N/2, N/4
    double E = capital_E(&past).x;
    size_t count = (size_t)claim_integer(claim, "networks");

    for (int i = 0; i < PAIRS; i++) {
        wide.cosine[i] = 1 - share[i] / (2 + E);
    }
    for (uint32_t w = 0; w < WIDTHS; w++) {
        struct experiment narrow = wide;

        narrow.width >>= w;
        struct ensemble ensemble = claim_ensemble(claim, w, count << w, PAIRS, draw_network, &narrow);
        claim_need(claim, ensemble_moments(&ensemble, at[w]));
    }
    for (int i = 0; i < PAIRS; i++) {
        struct value mean = moments_estimate(at[0][i]), half = moments_estimate(at[1][i]);
        struct value beyond = value_sub(value_scale(2, mean), half);
        double tau = share[i] / (2 + E), standard = moments_mean(at[0][i]).err[SAMPLING],
               before = 2 * half.x - at[2][i].mean;
        struct value limit = quotient(&map, L, tau);

        if (claim_fault(claim, "not_squared")) {
            limit = value_through(limit, sqrt(limit.x), 0.5 / sqrt(limit.x));
        }
        claim_case(claim, "%s, s = %.3g, L = %d, tau = %.3g", name, map.bias, L, tau);
        check_equal(claim, "limit", limit, value_with(beyond, fabs(beyond.x - before), FINITE_SIZE));
        claim_row(claim, "networks", tau, NAN, NAN, NAN, mean.x, standard);
    }
    for (int i = 0; i <= 40; i++) {
        double tau = pow(10, i / 20.0 - 2) / (2 + E);

        claim_row(claim, "infinite width", tau, quotient(&map, L, tau).x, past.least_bar.x * (1 + E),
                  past.least_far / 2 * E, NAN, NAN);
    }
}

static void difference_quotient(struct claim *claim)
{
    struct tolerance or_nan = RELATIVE(1e-9), sigmas = SIGMAS(0.1), error = RELATIVE(0.05);
    static const char *const others[] = {"erf", "relu", "lrelu:0.5", "abs", "sin", "h3", "gelu"};
    const char *phi = claim_text(claim, "phi");
    double s = claim_real(claim, "s");
    int L = (int)claim_integer(claim, "L");

    or_nan.nan_equal = sigmas.nan_equal = error.nan_equal = true;
    claim_labels(claim, "series");
    claim_column(claim, "tau", RELATIVE(1e-9), "a share of 1/(2 + E)");
    claim_column(claim, "quotient", or_nan, "iterated in 1 - rho; nan for networks");
    claim_column(claim, "one_plus_E", or_nan, "as quotient");
    claim_column(claim, "E_over_2", or_nan, "as quotient");
    claim_column(claim, "network", sigmas, "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", error, "a standard error");
    bounds(claim, phi, s, L);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        for (int depth = 1; depth <= 256; depth *= 4) {
            bounds(claim, others[i], 0, depth);
            bounds(claim, others[i], 0.05, depth);
        }
    }
    without_bar(claim);
    networks(claim, phi, s, L);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|lrelu:0.3|gelu|tanh|sin"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 1),
                           integer("L", "depth: number of non-linear layers", 8, 1, 16),
                           integer_by_scale("N", "width of the networks", 128, 256, 1024, 128, 8192),
                           integer_by_scale("networks", "how many are drawn", 1536, 1024, 1024, 512, 100000)},
            .faults = {{"two_plus_E", "2 + E in place of 1 + E", "with?1*"},
                       {"bar_lost", "1 - rho_max in place of 1 - rho_bar_max", "with?E"},
                       {"half_forgotten", "1 - rho_max without its half", "with?E?over*"},
                       {"half_kept", "the bound without its bar, halved", "bar*"},
                       {"not_squared", "the limit of distances in place of their squares", "limit"}},
            .run = difference_quotient,
        }));
}
