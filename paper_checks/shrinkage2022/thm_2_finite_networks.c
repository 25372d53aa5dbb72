/* # Theorem 2 in finite networks: Jacobians against the bound
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3, theorem 2, and (A.10). For $L$ equal residual blocks the theorem
 * bounds $\|\partial z^{(L)}/\partial z^{(0)}\|_{op}^2$ from below by
 * $\frac18(1-\rho_{\max})^2L\,\sigma^2\|\phi-\bar\phi\|^2/(1+\sigma^2\|\phi'\|^2)$ when all widths grow. Its proof puts
 * $\prod_lP_l'(1)=\big((1+\sigma^2\|\phi'\|^2)/(1+\sigma^2\|\phi\|^2)\big)^L$ between the two.
 *
 * **Checked.** Jacobians of networks by automatic differentiation: the mean of $|Jv|^2/n$ over directions $v$ with $|v|^2=n$, tangent to the sphere of
 * inputs, against the product, and its largest value against the bound. For all directions: of the block chosen, of branches twice as wide and half
 * as wide as the network, and of strong branches of sines, which come nearest the bound. For the latter also in the span of three directions, a
 * part of the operator norm that stays near the product.
 * **Tolerance.** Standard error over networks, widened for their number. Width brings a bias of order $L/n$, measured by halving both widths.
 * **Could miss.** A constant of the bound that is too large by less than a factor of some 20.
 * **Found.** Holds. Over all directions the largest value is far above the product, over three it is close to it. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/residual_network.h>
#include <assay/random/haar.h>
#include <math.h>

struct experiment {
    const char *phi;
    double sigma2;
    int width, hidden, depth, directions;
};

/* ## One network
 * After each block two numbers: the mean of $|Jv|^2/n$ over the directions carried, and its largest value in their span. Unlike a layer, the first
 * block sees the length of its input. So input and directions are columns of one random frame: all directions are tangent to the sphere. */
static enum status record(const struct layer_state *state, void *context)
{
    struct jacobian jacobian;
    double *out = (double *)context + 2 * state->layer;
    enum status status = jacobian_of_state(state, &jacobian, NULL);

    out[0] = jacobian.mean_square * state->width / state->tangents;
    out[1] = jacobian.largest * jacobian.largest;
    return status;
}

static enum status carry(const struct residual_network *network, int directions, struct stream *stream, double out[])
{
    int n = network->width, k = directions + 1;
    double *frame = memory_doubles((size_t)(n * k)), *rows = memory_doubles((size_t)(n * k));
    enum status status = haar_frame(stream, n, k, frame);

    for (int i = 0; i < n * k; i++) {
        rows[i] = frame[i % n * k + i / n] * (i < n ? sqrt(n) : 1);
    }
    if (status == STATUS_OK) {
        status = residual_propagate(network, *stream, 1, rows, directions, rows + n, record, out);
    }
    memory_free(frame);
    memory_free(rows);
    return status;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct residual_block *block = memory_new((size_t)e->depth, sizeof *block);
    struct residual_network network = {e->width, e->depth, block};
    enum status status = STATUS_OK;

    (void)sample;
    for (int l = 0; status == STATUS_OK && l < e->depth; l++) {
        block[l] = (struct residual_block){.hidden = e->hidden, .branch_sd = sqrt(e->sigma2)};
        status = activation_find(e->phi, &block[l].phi);
    }
    if (status == STATUS_OK) {
        status = carry(&network, e->directions, stream, out);
    }
    memory_free(block);
    return status;
}

static struct moments *draw_networks(struct claim *claim, uint32_t stream, const struct experiment *e, size_t networks)
{
    size_t outputs = 2 * ((size_t)e->depth + 1);
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
    half.hidden /= 2;
    half.directions = e->directions == e->width - 1 ? half.width - 1 : e->directions;
    struct moments *wide = draw_networks(claim, stream, e, networks),
                   *narrow = draw_networks(claim, stream + 1, &half, 2 * networks);

    claim_need(claim, activation_find(e->phi, &phi));
    claim_need(claim, correlation_map_residual(&map, &phi, e->sigma2));
    double above = 1 + e->sigma2 * map.slope_norm2, below = 1 + e->sigma2 * map.norm2;
    for (int l = 1; l <= e->depth; l++) {
        const struct moments *at = wide + 2 * l;
        double slopes = pow(above / below, claim_fault(claim, "one_block_more") ? l + 1 : l);
        struct value directional = moments_estimate(at[0]), norm = moments_estimate(at[1]);

        gap = correlation_map_gap(&map, gap);
        least_gap = fmin(least_gap, gap);
        double bound = least_gap * least_gap / 8 * l * e->sigma2 * map.nonlinearity2 / above;
        double factor = claim_fault(claim, "constant_four") ? 32 : 1;
        claim_case(claim, "%s, sigma^2 = %.4g, n = %d, m = %d, %d directions, L = %d", e->phi, e->sigma2, e->width,
                   e->hidden, e->directions, l);
        check_equal(claim, "directional", rounded(slopes, 4.0 * l),
                    value_with(directional, fabs(directional.x - narrow[2 * l].mean), FINITE_SIZE));
        check_at_least(claim, "operator norm", norm, rounded(factor * bound, 20.0 * l));
        claim_row(claim, series, l, slopes, bound, BOTH(moments_mean(at[0])), BOTH(moments_mean(at[1])));
    }
    memory_free(wide);
    memory_free(narrow);
}

static void jacobians(struct claim *claim)
{
    int n = (int)claim_integer(claim, "n"), m = (int)claim_integer(claim, "m"), L = (int)claim_integer(claim, "L");
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct experiment chosen = {claim_text(claim, "phi"), claim_real(claim, "sigma2"), n, m, L, n - 1};
    struct experiment wide = {"relu", 1, n, 2 * n, L, n - 1}, narrow = {"tanh", 0.25, n, n / 2, L, n - 1};
    struct experiment sine = {"sin", 4, n, n, L, n - 1}, few = sine;

    few.directions = 3;
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a depth");
    claim_column(claim, "slopes", RELATIVE(1e-12), "a power of a closed form");
    claim_column(claim, "bound", RELATIVE(1e-11), "iterated in 1 - rho: rounding grows by a few ulp a block");
    claim_column(claim, "directional", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "directional_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "operator", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "operator_err", RELATIVE(0.05), "a standard error");
    compare(claim, "chosen", 0, &chosen, networks);
    compare(claim, "relu, m = 2 n", 2, &wide, networks);
    compare(claim, "tanh, m = n/2", 4, &narrow, networks);
    compare(claim, "sin", 6, &sine, networks);
    compare(claim, "sin, three directions", 8, &few, 16 * networks);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|tanh|sin|id|lrelu:0.2|lrelu:0.5|softplus|elu|selu"),
                           real("sigma2", "variance of the branch", 1, 0, 1000),
                           integer_by_scale("L", "blocks", 4, 8, 32, 1, 256),
                           integer_by_scale("n", "width of the network", 64, 128, 1024, 16, 8192),
                           integer_by_scale("m", "width of the branch", 64, 128, 1024, 16, 8192),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the widths", 16, 16,
                                            20, 2, 100000)},
            .faults = {{"one_block_more", "one slope too many in the product", "directional"},
                       {"constant_four", "the constant 4 in place of 1/8", "operator?norm"}},
            .run = jacobians,
        }));
}
