/* # Equation (A.10): how a residual block changes the correlation of two inputs
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 3 and appendix A.2. A block normalises a random linear
 * image of its input, applies $\phi$, adds a random linear image of variance $\sigma^2$ of that to its input and normalises the sum. When
 * its widths $n$ and $m$ grow,
 *
 * $$\rho\;\mapsto\;P(\rho)=\frac{\rho+\sigma^2C[\phi\,|\,\rho]}{1+\sigma^2\|\phi\|^2},$$
 *
 * the denominator being the mean square of the sum, which the block divides by.
 *
 * **Checked.** Correlations after each of $L$ blocks of finite width, averaged over networks, against $P$ iterated, with $C$ from quadrature; the
 * sum's mean square against the denominator; for the block chosen and others, hidden widths other than $n$ among them.
 * **Tolerance.** Standard error over networks, widened for their number; the bias of finite width, measured by halving both widths. Quadrature states
 * its error.
 * **Could miss.** Deviations of $1-\rho$ below two percent where it is best known, below thirty where least.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <assay/network/residual_network.h>
#include <assay/random/haar.h>
#include <math.h>

enum { PAIRS = 5, DEEPEST = 64 };

struct experiment {
    const char *phi;
    double sigma2;
    int width, hidden, depth;
};

static double correlation(int pair)
{
    return -0.8 + 0.4 * pair;
}

/* ## One network
 * After each block the correlation of each pair, and the mean square of the sums. */
static enum status record(const struct layer_state *state, void *context)
{
    double *out = (double *)context + state->layer * (PAIRS + 1);

    for (int p = 0; p < PAIRS; p++) {
        const double *z = state->Z + (size_t)(2 * p * state->width);

        out[p] = 1 - propagation_gap(state->width, z, z + state->width);
    }
    for (int i = 0; state->rms != NULL && i < state->samples; i++) {
        out[PAIRS] += state->rms[i] * state->rms[i] / state->samples;
    }
    return STATUS_OK;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct residual_block *block = memory_new((size_t)e->depth, sizeof *block);
    struct residual_network network = {e->width, e->depth, block};
    double *X = memory_doubles((size_t)(2 * PAIRS * e->width));
    enum status status = STATUS_OK;

    (void)sample;
    for (int l = 0; status == STATUS_OK && l < e->depth; l++) {
        block[l] = (struct residual_block){.hidden = e->hidden, .branch_sd = sqrt(e->sigma2)};
        status = activation_find(e->phi, &block[l].phi);
    }
    for (int p = 0; status == STATUS_OK && p < PAIRS; p++) {
        double *x = X + (size_t)(2 * p * e->width);

        status = sphere_pair(stream, e->width, sqrt(e->width), correlation(p), x, x + e->width);
    }
    if (status == STATUS_OK) {
        for (int i = 0; i < (e->depth + 1) * (PAIRS + 1); i++) {
            out[i] = 0;
        }
        status = residual_propagate(&network, *stream, 2 * PAIRS, X, 0, NULL, record, out);
    }
    memory_free(block);
    memory_free(X);
    return status;
}

/* ## The map
 * The error of $C$ is multiplied by $\sigma^2$ over the norm; where a correlation already has one, by $P'\le P'(1)$, which is computed. */
static struct value map(struct claim *claim, const struct activation *phi, double sigma2, struct value rho)
{
    struct value C = claim_value(claim, covariance_quadrature(phi, rho.x));
    struct value norm2 = claim_value(claim, covariance_quadrature(phi, 1)),
                 slope = claim_value(claim, activation_slope_norm2(phi));
    double variance = claim_fault(claim, "standard_deviation") ? sqrt(sigma2) : sigma2;
    struct value sum = value_add(exact(1), value_scale(variance * (claim_fault(claim, "norm_doubled") ? 2 : 1), norm2));
    struct value image = value_div(value_add(exact(rho.x), value_scale(variance, C)), sum);

    return value_with(image, (1 + variance * slope.x) / sum.x * value_bound(rho), ROUNDING);
}

static void compare(struct claim *claim, const char *series, uint32_t stream, const struct experiment *e)
{
    struct activation phi;
    struct moments wide[(DEEPEST + 1) * (PAIRS + 1)], narrow[(DEEPEST + 1) * (PAIRS + 1)];
    struct experiment half = *e;
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = (size_t)((e->depth + 1) * (PAIRS + 1));
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, outputs, draw, e);

    claim_need(claim, activation_find(e->phi, &phi));
    claim_need(claim, ensemble_moments(&ensemble, wide));
    half.width /= 2;
    half.hidden /= 2;
    ensemble = claim_ensemble(claim, stream + 1, 2 * networks, outputs, draw, &half);
    claim_need(claim, ensemble_moments(&ensemble, narrow));
    for (int p = 0; p < PAIRS; p++) {
        struct value rho = exact(correlation(p));

        claim_row(claim, series, 0, correlation(p), rho.x, rho.x, 0);
        for (int l = 1; l <= e->depth; l++) {
            int i = l * (PAIRS + 1) + p;

            rho = map(claim, &phi, e->sigma2, rho);
            claim_case(claim, "%s, rho_0 = %.1f, block %d", series, correlation(p), l);
            check_equal(claim, "correlation", value_sub(exact(1), rho),
                        value_sub(exact(1), moments_limit(wide[i], narrow[i])));
            claim_row(claim, series, l, correlation(p), rho.x, BOTH(moments_mean(wide[i])));
        }
    }
    double norm2 = activation_norm2(&phi).x;
    for (int l = 1; l <= e->depth; l++) {
        int i = l * (PAIRS + 1) + PAIRS;
        double factor = claim_fault(claim, "norm_doubled") ? 2 : 1;

        claim_case(claim, "%s, block %d", series, l);
        check_equal(claim, "mean square", rounded(1 + factor * e->sigma2 * norm2, 8),
                    moments_limit(wide[i], narrow[i]));
    }
}

static void residual_map(struct claim *claim)
{
    int n = (int)claim_integer(claim, "n"), m = (int)claim_integer(claim, "m"), L = (int)claim_integer(claim, "L");
    struct experiment chosen = {claim_text(claim, "phi"), claim_real(claim, "sigma2"), n, m, L};
    struct experiment erf = {"erf", 2, n, n, L}, wide = {"abs", 1, n, 2 * n, L}, narrow = {"tanh", 1, n, n / 2, L};

    claim_labels(claim, "series");
    claim_column(claim, "block", EXACT, "a number");
    claim_column(claim, "rho_0", EXACT, "a grid");
    claim_column(claim, "theory", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "rho", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "rho_err", RELATIVE(0.05), "a standard error");
    compare(claim, "chosen", 0, &chosen);
    compare(claim, "erf, sigma^2 = 2", 2, &erf);
    compare(claim, "abs, m = 2 n", 4, &wide);
    compare(claim, "tanh, m = n/2", 6, &narrow);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice(
                               "phi", "activation",
                               "relu|erf|tanh|abs|sin|gelu|silu|elu|selu|softplus|sigmoid|lrelu:0.2|lrelu:0.5|id|bump"),
                           real("sigma2", "variance of the branch", 0.5, 0, 1000),
                           integer_by_scale("n", "width of the network", 64, 512, 1500, 64, 8192),
                           integer_by_scale("m", "width of the branch", 64, 512, 1500, 64, 8192),
                           integer("L", "blocks", 4, 1, DEEPEST),
                           integer_by_scale("networks", "how many are drawn", 192, 32, 32, 8, 100000)},
            .faults = {{"norm_doubled", "the branch counted twice in the norm", "correlation mean?square"},
                       {"standard_deviation", "sigma in place of sigma squared", "correlation"}},
            .run = residual_map,
        }));
}
