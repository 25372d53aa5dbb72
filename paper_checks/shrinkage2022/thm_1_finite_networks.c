/* # Theorem 1 in finite networks: Jacobians against the bound
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, theorem 1, and (A.1). The theorem bounds
 * $\|\partial z^{(L)}/\partial z^{(0)}\|_{op}^2$ from below by $\frac18(1-\rho_{\max})^2LR$, $R=\|\phi-\bar\phi\|^2/\|\phi'\|^2$, when all widths
 * but the input's grow. Its proof puts $\prod_lP_l'(1)$ between the two.
 *
 * **Checked.** Jacobians of networks by automatic differentiation, behind the embedding and $L$ equal layers: the mean of $|Jv|^2/N$ over tangent
 * directions $v$ with $|v|^2=N_0$ against $\prod_lP_l'(1)$, and $\|J\|_{op}^2$, from singular values, against the bound: with as many inputs as
 * neurons for the activation chosen, and with few inputs for chaotic erf, where the bound is nearest.
 * **Tolerance.** Standard error over networks, widened for their number. Width brings a bias of order $L/N$, measured by halving $N$.
 * **Could miss.** The constant of the bound, which finite networks leave behind by a factor above ten.
 * **Found.** Holds. With $N_0=N$ the operator norm is far above $\prod_lP_l'(1)$, with $N_0=3$ close to it. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <math.h>

struct experiment {
    const char *phi;
    double s;
    int inputs, width, depth; // of the input, of every layer, non-linear layers
};

/* ## One network
 * For each layer $l\ge1$ two numbers: the directional mean square, and the squared operator norm. */
static enum status record(const struct layer_state *state, void *context)
{
    struct jacobian jacobian;
    double *out = (double *)context + 2 * state->layer;

    if (state->layer == 0) {
        return STATUS_OK;
    }
    enum status status = jacobian_of_state(state, &jacobian, NULL);
    out[0] = jacobian.tangent_mean_square;
    out[1] = jacobian.operator_norm * jacobian.operator_norm;
    return status;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    size_t inputs = (size_t)e->inputs;
    struct layernorm_layer *layers = memory_new((size_t)e->depth + 1, sizeof *layers);
    struct layernorm_network network = {e->inputs, e->depth + 1, layers};
    double *x = memory_doubles(inputs), *T = memory_doubles(inputs * inputs);
    enum status status = layernorm_layers(network.depth, e->width, e->phi, 1, sqrt(e->s), layers);

    (void)sample;
    sphere_uniform(stream, e->inputs, sqrt(e->inputs), x);
    jacobian_directions(e->inputs, T);
    if (status == STATUS_OK) {
        status = layernorm_propagate(&network, *stream, 1, x, e->inputs, T, record, out);
    }
    memory_free(layers);
    memory_free(x);
    memory_free(T);
    return status;
}

static struct moments *draw_networks(struct claim *claim, uint32_t stream, const struct experiment *e, size_t networks)
{
    size_t outputs = 2 * ((size_t)e->depth + 2);
    struct moments *moments = memory_new(outputs, sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, outputs, draw, e);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

/* ## Against infinite width
 * The activations offered are odd or increasing, so antipodal inputs stay the least correlated pair. */
static void compare(struct claim *claim, const char *series, uint32_t stream, const struct experiment *e,
                    size_t networks)
{
    struct activation phi;
    struct correlation_map map;
    struct experiment half = *e;
    double gap = 2, least_gap = 2;

    half.width /= 2;
    half.inputs = e->inputs == e->width ? half.width : e->inputs;
    struct moments *wide = draw_networks(claim, stream, e, networks),
                   *narrow = draw_networks(claim, stream + 1, &half, 2 * networks);

    claim_need(claim, activation_find(e->phi, &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, e->s));
    double R = map.nonlinearity2 / map.slope_norm2, slope = correlation_map_slope(&map, 1);
    for (int l = 1; l <= e->depth; l++) {
        const struct moments *at = wide + 2 * (l + 1);
        double product = pow(slope, claim_fault(claim, "one_layer_more") ? l + 1 : l);
        struct value norm = moments_estimate(at[1]);

        gap = correlation_map_gap(&map, gap);
        least_gap = fmin(least_gap, gap);
        double bound = least_gap * least_gap / 8 * l * R, factor = claim_fault(claim, "constant_sixteen") ? 128 : 1;
        claim_case(claim, "%s, s = %.4g, N_0 = %d, L = %d", e->phi, e->s, e->inputs, l);
        check_equal(claim, "directional", rounded(product, 2.0 * l), moments_limit(at[0], narrow[2 * (l + 1)]));
        check_at_least(claim, "operator norm", norm, rounded(factor * bound, 20.0 * l));
        claim_row(claim, series, l, pow(slope, l), bound, BOTH(moments_mean(at[0])), BOTH(moments_mean(at[1])));
    }
    memory_free(wide);
    memory_free(narrow);
}

static void networks(struct claim *claim)
{
    int N = (int)claim_integer(claim, "N"), L = (int)claim_integer(claim, "L");
    struct experiment chosen = {claim_text(claim, "phi"), claim_real(claim, "s"), N, N, L}, few = {"erf", 0, 3, N, L};
    struct activation phi;

    claim_need(claim, activation_find(chosen.phi, &phi));
    chosen.s = chosen.s < 0 ? critical_bias_ratio(&phi).x : chosen.s;
    if (isnan(chosen.s)) {
        claim_refuse(claim, "phi = %s has no critical bias ratio: give s", chosen.phi);
    }
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a depth");
    claim_column(claim, "slopes", RELATIVE(1e-12), "a power of a closed form");
    claim_column(claim, "bound", RELATIVE(1e-11), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "directional", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "directional_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "operator", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "operator_err", RELATIVE(0.05), "a standard error");
    compare(claim, "as many inputs as neurons", 0, &chosen, (size_t)claim_integer(claim, "networks"));
    compare(claim, "three inputs", 2, &few, (size_t)(64 * claim_integer(claim, "networks")));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|tanh|sin|id|lrelu:0.2|lrelu:0.5|softplus|elu|selu"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer_by_scale("L", "non-linear layers", 4, 5, 32, 1, 256),
                           integer_by_scale("N", "width", 64, 256, 1024, 64, 8192),
                           integer_by_scale("networks", "how many are drawn; 64 times as many with three inputs", 16,
                                            20, 20, 2, 100000)},
            .faults = {{"one_layer_more", "one slope too many in the product", "directional"},
                       {"constant_sixteen", "the constant 16 in place of 1/8", "operator?norm"}},
            .run = networks,
        }));
}
