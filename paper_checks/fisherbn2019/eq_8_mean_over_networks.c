/* # Equation (8): the eigenvalue of one network in place of the mean over networks
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1, equation (8), and appendix 6.3, equations (154) and (155). The paper estimates
 *
 * $$\bar\lambda_{\max}=\mathbb E_\theta\,\lambda_{\max}(I_\theta)$$
 *
 * and uses it for the network that is trained: a single draw of $\theta$.
 *
 * **Checked.** How far one network is from the mean. The relative spread falls at least as $N^{-1/2}$. With batch normalisation it has a floor. To leading order the gradient $\delta^l$ is $\delta^{l+1}$ times a Gaussian
 * matrix, so each weight matrix above layer $l$ multiplies $f_l$ by an independent $1+\sqrt{2/N}\,g_k$, and
 *
 * $$N\,\mathrm{Var}\,\frac{\lambda_{\max}}{\bar\lambda_{\max}}\ge2\sum_{k=1}^{L-1}A_k^2,\qquad A_k=\frac{f_1+\dots+f_{L-k}}{f_1+\dots+f_L},$$
 *
 * with equality for wide networks and many inputs. That (154), whose right side is one network's, needs a mean over networks there too.
 * **Tolerance.** Standard errors over networks, outputs taken alone.
 * **Could miss.** A tenth of the spread. What training does to the eigenvalue: figure 2 is about that.
 * **Found.** The mean is a fair stand-in: by this law the eigenvalue scatters by 3 percent at $N=1000$ with batch normalisation, by 8 without. (154) is false for single networks. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <math.h>

/* ## One network
 * For each output the sum of $f_l$, F's mean over pairs of different inputs, and the eigenvalue for many inputs: that sum times $\rho_\infty$, $\rho_m$ being the eigenvalue over the quadratic form at the
 * constant unit vector, and $\rho_\infty=2\rho_m-\rho_{m/2}$. Means and variances come from $M$ other inputs. */
enum { OUTPUTS = 4, EIGENVALUE = 0, FORM = OUTPUTS, NUMBERS = 2 * OUTPUTS };

struct ensemble_of {
    struct feedforward_model model;
    int m, M;
};

/* rho of the first `size` inputs, and the mean over their pairs. */
static double rho_of(int m, int k, int size, const double F[], double *pairs)
{
    double *own = memory_doubles((size_t)size * (size_t)size);
    struct stream start = {.key = {1, 2}};

    for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
            own[i * size + j] = F[(i * OUTPUTS + k) * m * OUTPUTS + j * OUTPUTS + k] * m / size;
        }
    }
    struct value largest = lanczos_largest_of(size, own, &start, 1e-6);
    struct fisher_means means = fisher_means_of(size, own);
    memory_free(own);
    *pairs = means.pairs;
    return largest.x / means.all;
}

static enum status of_output(int m, int k, const double F[], double out[NUMBERS])
{
    double half, rho_half = rho_of(m, k, m / 2, F, &half), rho = rho_of(m, k, m, F, &out[FORM + k]);

    out[EIGENVALUE + k] = out[FORM + k] * (2 * rho - rho_half);
    return isfinite(out[EIGENVALUE + k]) ? STATUS_OK : STATUS_CONVERGENCE;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    int rows = of->m * OUTPUTS;
    size_t numbers = (size_t)(of->m + of->M) * (size_t)of->model.channels;
    struct feedforward network;
    struct feedforward_pass pass;
    enum status status = feedforward_new(&network, &of->model, *stream);

    (void)sample;
    if (status != STATUS_OK || (status = feedforward_pass_new(&pass, &network, of->m)) != STATUS_OK) {
        return status;
    }
    double *X = memory_doubles(numbers), *F = memory_doubles((size_t)rows * (size_t)rows);
    stream->draw = UINT64_C(1) << 40;
    stream_normals(stream, numbers, X);
    status = feedforward_forward_apart(&network, &pass, of->M, X);
    status = status == STATUS_OK ? fisher_dual(&network, &pass, STATISTICS_FROZEN, FISHER_WEIGHTS, OUTPUTS, F) : status;
    for (int k = 0; k < OUTPUTS && status == STATUS_OK; k++) {
        status = of_output(of->m, k, F, out);
    }
    memory_free(X);
    memory_free(F);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## The spread over networks */
struct spread {
    struct value mean, squared, form; // of the eigenvalue, its relative variance times N, of the sum of f_l
    double highest_form, jensen;      // E lambda E 1/lambda
};

static struct spread spread_of(struct claim *claim, uint32_t stream, const struct ensemble_of *of, size_t networks)
{
    double *rows = memory_doubles(networks * NUMBERS), inverse = 0;
    struct moments mean = moments_empty(), squared = moments_empty(), form = moments_empty();
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, NUMBERS, draw, of);
    struct spread spread = {.highest_form = 0};

    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (size_t i = 0; i < networks * OUTPUTS; i++) {
        const double *at = rows + i / OUTPUTS * NUMBERS + i % OUTPUTS;

        moments_add(&mean, at[EIGENVALUE]);
        moments_add(&form, at[FORM]);
        inverse += 1 / at[EIGENVALUE] / (double)(networks * OUTPUTS);
    }
    for (size_t i = 0; i < networks; i++) {
        double sum = 0;

        for (int k = 0; k < OUTPUTS; k++) {
            sum += pow(rows[i * NUMBERS + (size_t)k] / mean.mean - 1, 2) / OUTPUTS;
        }
        moments_add(&squared, sum * of->model.layer[1].outputs);
    }
    spread.mean = moments_mean(mean);
    spread.form = moments_mean(form);
    spread.highest_form = form.most;
    spread.squared = moments_estimate(squared);
    spread.jensen = inverse * mean.mean;
    memory_free(rows);
    return spread;
}

/* ## The closed form */
static struct value claimed_spread(struct claim *claim, double gamma)
{
    struct order_network order;
    struct order_parameters at[ORDER_LAYERS + 1];
    int L = (int)claim_integer(claim, "L");
    struct value squares = exact(0);

    order_network_dense(&order, L, 1, 1, gamma, claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&order, at));
    for (int k = 1; k < L; k++) {
        struct value below = exact(0);

        for (int l = 1; l <= L - k; l++) {
            below = value_add(below, at[l].f);
        }
        struct value A = value_div(below, order_parameters_bound(&order, at));
        squares = value_add(squares, claim_fault(claim, "every_matrix_in_full") ? exact(1) : value_mul(A, A));
    }
    return value_scale(2, squares);
}

enum { SIZES = 3 };

static struct value root(struct value v)
{
    return value_through(v, sqrt(v.x), 0.5 / sqrt(v.x));
}

/* Four times the width has half the spread, or less. */
static void falls(struct claim *claim, const struct spread at[SIZES])
{
    double power = claim_fault(claim, "three_times_the_power") ? 0.25 : 1; // both sides are times the root of N already

    check_at_most(claim, "falls as a root", root(at[0].squared), value_scale(power, root(at[2].squared)));
}

static void kind(struct claim *claim, const char *name, uint32_t stream, double gamma)
{
    struct spread at[SIZES];

    for (int s = 0; s < SIZES; s++) {
        int N = (int)claim_integer(claim, "N") >> s;
        struct ensemble_of of = {.m = (int)claim_integer(claim, "m") / 2 * 2, .M = (int)claim_integer(claim, "M") >> s};

        feedforward_model_dense(&of.model, N, (int)claim_integer(claim, "L"), N, OUTPUTS, gamma,
                                claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
        at[s] = spread_of(claim, stream + (uint32_t)s, &of, (size_t)claim_integer(claim, "networks") << s);
        claim_case(claim, "%s, N = %d", name, N);
        check_not_at_least(claim, "(154) without a mean", at[s].mean, exact(at[s].highest_form));
        check_at_least(claim, "(154) of means", at[s].mean, at[s].form);
        claim_row(claim, name, N, BOTH(value_scale(1.0 / N, at[s].mean)),
                  BOTH(root(value_scale(1.0 / N, at[s].squared))),
                  gamma > 0 ? sqrt(claimed_spread(claim, gamma).x / N) : NAN, at[s].jensen);
    }
    claim_case(claim, "%s", name);
    falls(claim, at);
    if (gamma > 0) {
        check_at_least(claim, "spread", root(at[0].squared), root(claimed_spread(claim, gamma)));
    }
}

static void mean_over_networks(struct claim *claim)
{
    struct tolerance or_nan = {TOLERANCE_RELATIVE, 1e-12, true};

    claim_labels(claim, "networks");
    claim_column(claim, "N", EXACT, "a width");
    claim_column(claim, "mean", RELATIVE(0.05),
                 "over N; a mean over networks, of which other rounding changes none by much");
    claim_column(claim, "mean_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "spread", RELATIVE(0.05), "a standard deviation over mean, over networks");
    claim_column(claim, "spread_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "theory", or_nan, "a closed form, with batch normalisation only");
    claim_column(claim, "jensen", RELATIVE(0.01), "E lambda E 1/lambda");
    kind(claim, "vanilla", 0, 0);
    kind(claim, "batchnorm", 10, claim_real(claim, "gamma"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 3, 6),
                 integer_by_scale("N", "width, and inputs of a network; half and a quarter of it, too", 128, 200, 1000,
                                  128, 4000),
                 integer_by_scale("m", "inputs of a dual matrix; half of them give the step to many", 24, 48, 96, 16,
                                  2000),
                 integer_by_scale(
                     "M", "inputs that means and variances are taken of; a half and a quarter for smaller networks",
                     128, 200, 1000, 128, 10000),
                 integer_by_scale("networks", "how many of each kind, with four outputs each; more of the smaller ones",
                                  64, 100, 400, 64, 100000),
                 real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"every_matrix_in_full", "each weight matrix in all layers' shares", "spread"},
                       {"three_times_the_power", "a spread that falls as N^-3/2", "falls*"}},
            .errata = {{"E9p",
                        "(154), (155): "
                        "$\\bar\\lambda_{\\max}(I_\\theta)\\ge\\frac1{m^2}\\sum_{(x,y)}\\sum_l\\langle\\nabla_{\\theta_"
                        "l}f_\\theta(x),"
                        "\\nabla_{\\theta_l}f_\\theta(y)\\rangle$, for a network $\\theta$.",
                        "The right side is to be a mean over $\\theta$, as the left one is; or the left side is "
                        "$\\lambda_{\\max}$ of the "
                        "same network.",
                        "(154)?without*", "(154)?of*",
                        "None for claim 3.1, whose $f_l$ are means over networks. A missing $\\mathbb E_\\theta$.",
                        "Any network whose eigenvalue is above the mean by more than the sandwich is wide."}},
            .run = mean_over_networks,
        }));
}
