/* # Claim 3.1: the largest eigenvalue of the Fisher matrix is at least the sum of $f_l$
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.3, claim 3.1 and equation (44), fully connected networks. With wide layers the mean of the largest
 * eigenvalue over networks is
 *
 * $$\bar\lambda_{\max}\ge\sum_{l=1}^Lf_l,\qquad f_l=N_{l-1}\,\hat q_{xy}^{l-1}\,\tilde q_{xy}^l,$$
 *
 * from order parameters at infinite width.
 *
 * **Checked.** Random relu networks of the paper's size, without and with batch normalisation, statistics held constant in derivatives as in the paper's derivation, one
 * output: the sum of $f_l$ as a mean over pairs of inputs, and the largest eigenvalue of the dual matrix by Lanczos iteration, against the recursions. How tight the bound is.
 * **Tolerance.** Standard errors over networks. Three sizes of networks, with means and variances from as many inputs, take out what is linear in $1/N$ and $1/M$ and measure what is
 * left; three numbers of inputs do so in $1/m$ for the ratio of the eigenvalue to the quadratic form at the constant vector.
 * **Could miss.** A few percent in networks without batch normalisation, whose eigenvalue scatters by $3/\sqrt N$ from one network to the next. Weights only: see
 * `sec_6_3_other_parameters`. Derivatives through the batch statistics: see `sec_3_3_live_statistics`.
 * **Found.** Holds, and is more than a bound: as $m$ grows the eigenvalue falls to the sum of $f_l$, in both kinds of networks. With batch normalisation the
 * backward recursion has to divide by the variance of $z$. As printed, with $q^l$ in its place (E2), the sum is too small and the inequality holds with room to spare. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

/* ## One network
 * Means and variances come from $M$ inputs, gradients from $m$ others. The sum of $f_l$ is F's mean over pairs of different inputs; the quadratic form at
 * $\mathbf 1/\sqrt m$ counts equal ones too, and $\rho_m\ge1$ is the eigenvalue over that form. F of the first half and quarter of the inputs is a block of F. The eigenvalue for many inputs is the mean over
 * different inputs times $\rho_\infty$, which is $2\rho_m-\rho_{m/2}$, or less well $2\rho_{m/2}-\rho_{m/4}$. */
enum { EIGENVALUE, PAIRS, ALL, WITNESSES, BATCHES = 3, RHO = BATCHES * WITNESSES, RHO_NEAR, RHO_FAR, LARGEST, OUTPUTS };

struct ensemble_of {
    struct feedforward_model model;
    int m, M;
};

/* F's rows of one output, of the first `size` inputs. */
static enum status of_block(int m, int outputs, int output, const double F[], int size, double out[WITNESSES])
{
    double *block = memory_doubles((size_t)size * (size_t)size);
    struct stream start = {.key = {1, 2}};

    for (int i = 0; i < size * size; i++) {
        int row = i / size * outputs + output, column = i % size * outputs + output;

        block[i] = F[row * m * outputs + column] * m / size;
    }
    struct fisher_means means = fisher_means_of(size, block);
    struct value largest = lanczos_largest_of(size, block, &start, 1e-6);
    out[EIGENVALUE] += largest.x / outputs;
    out[PAIRS] += means.pairs / outputs;
    out[ALL] += means.all / outputs;
    memory_free(block);
    return value_ok(largest) ? STATUS_OK : STATUS_CONVERGENCE;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    size_t numbers = (size_t)(of->m + of->M) * (size_t)of->model.channels;
    struct feedforward network;
    enum status status = feedforward_new(&network, &of->model, *stream);

    (void)sample;
    if (status != STATUS_OK) {
        return status;
    }
    int outputs = feedforward_size(&network, of->model.layers), rows = of->m * outputs;
    double *X = memory_doubles(numbers), *F = memory_doubles((size_t)rows * (size_t)rows);
    stream->draw = UINT64_C(1) << 40;
    stream_normals(stream, numbers, X);
    struct feedforward_pass pass;
    status = feedforward_pass_new(&pass, &network, of->m);
    if (status == STATUS_OK) {
        status = feedforward_forward_apart(&network, &pass, of->M, X);
        status =
            status == STATUS_OK ? fisher_dual(&network, &pass, STATISTICS_FROZEN, FISHER_WEIGHTS, outputs, F) : status;
        feedforward_pass_free(&pass);
    }
    memset(out, 0, OUTPUTS * sizeof out[0]);
    for (int i = 0; i < BATCHES * outputs && status == STATUS_OK; i++) {
        int b = i / outputs;

        status = of_block(of->m, outputs, i % outputs, F, of->m >> b, out + b * WITNESSES);
    }
    const double *half = out + WITNESSES, *quarter = half + WITNESSES;
    double rho = out[EIGENVALUE] / out[ALL], rho_half = half[EIGENVALUE] / half[ALL],
           rho_quarter = quarter[EIGENVALUE] / quarter[ALL];
    out[RHO] = rho;
    out[RHO_NEAR] = 2 * rho - rho_half;
    out[RHO_FAR] = 2 * rho_half - rho_quarter;
    out[LARGEST] = out[PAIRS] * out[RHO_NEAR];
    memory_free(X);
    memory_free(F);
    feedforward_free(&network);
    return status;
}

/* ## Many networks of three sizes, and the limit
 * $N$, $N_0$ and $M$, and a half and a quarter of them. Everything is divided by the width. What is linear in their inverses drops out of twice the largest less the middle size.
 * What is quadratic remains, and is a third of how much that differs from the same of the smaller two. */
enum { SIZES = 3 };

static void sample(struct claim *claim, uint32_t stream, double gamma, size_t networks,
                   struct moments out[SIZES][OUTPUTS])
{
    for (int s = 0; s < SIZES; s++) {
        int N = (int)claim_integer(claim, "N") >> s;
        struct ensemble_of of = {.m = (int)claim_integer(claim, "m") / 4 * 4, .M = (int)claim_integer(claim, "M") >> s};

        feedforward_model_dense(&of.model, (int)claim_integer(claim, "N_0") >> s, (int)claim_integer(claim, "L"), N,
                                (int)claim_integer(claim, "N_L"), gamma, claim_real(claim, "sigma_w2"),
                                claim_real(claim, "sigma_b2"));
        struct ensemble ensemble = claim_ensemble(claim, stream + (uint32_t)s, networks << s, OUTPUTS, draw, &of);
        claim_need(claim, ensemble_moments(&ensemble, out[s]));
    }
}

static struct value per_width(struct claim *claim, struct moments at[SIZES][OUTPUTS], int s, int w)
{
    return value_scale(1.0 / (double)(claim_integer(claim, "N") >> s), moments_estimate(at[s][w]));
}

static struct value limit(struct claim *claim, struct moments at[SIZES][OUTPUTS], int w)
{
    struct value whole = per_width(claim, at, 0, w), half = per_width(claim, at, 1, w),
                 quarter = per_width(claim, at, 2, w);

    return value_scale((double)claim_integer(claim, "N"), limit_extrapolated(whole, half, quarter));
}

/* How far the eigenvalue is above the sum of $f_l$ of the same network. */
static struct value tightness(struct claim *claim, struct moments at[SIZES][OUTPUTS])
{
    struct value whole = moments_estimate(at[0][RHO_NEAR]), half = moments_estimate(at[1][RHO_NEAR]),
                 quarter = moments_estimate(at[2][RHO_NEAR]);

    if (claim_fault(claim, "finite_width")) {
        return whole;
    }
    return value_with(limit_extrapolated(whole, half, quarter), whole.x - at[0][RHO_FAR].mean, FINITE_SIZE);
}

/* ## The sum, from the recursions */
static struct value sum_of_f(struct claim *claim, double gamma, enum order_denominator denominator)
{
    struct order_network order;
    struct order_parameters at[ORDER_LAYERS + 1];
    int L = (int)claim_integer(claim, "L") + claim_fault(claim, "one_layer_more");
    double N = (double)claim_integer(claim, "N");
    struct value sum = exact(0);

    order_network_dense(&order, L, (double)claim_integer(claim, "N_0"), N, gamma, claim_real(claim, "sigma_w2"),
                        claim_real(claim, "sigma_b2"));
    order.denominator = denominator;
    claim_need(claim, order_parameters_find(&order, at));
    for (int l = 2; l <= L; l++) { // f_1 = 0: independent inputs have mean 0
        int above = claim_fault(claim, "delta_of_the_layer_below") ? l - 1 : l;

        sum = value_add(sum, value_scale(N, value_mul(at[l - 1].h.pair, at[above].delta.pair)));
    }
    return sum;
}

static void kind(struct claim *claim, const char *name, uint32_t stream, double gamma, size_t networks)
{
    struct moments at[SIZES][OUTPUTS];
    struct value claimed = sum_of_f(claim, gamma, DENOMINATOR_VARIANCE),
                 printed = sum_of_f(claim, gamma, DENOMINATOR_SECOND_MOMENT);

    sample(claim, stream, gamma, networks, at);
    claim_case(claim, "%s, N = %ld", name, claim_integer(claim, "N"));
    check_equal(claim, "sum of f", claimed, limit(claim, at, PAIRS));
    check_at_least(claim, "bound", limit(claim, at, LARGEST), claimed);
    check_equal(claim, "tight", exact(1), tightness(claim, at));
    for (int b = 0; b < BATCHES; b++) {
        const struct moments *of = at[0] + b * WITNESSES;

        claim_row(claim, name, (double)(claim_integer(claim, "m") / 4 * 4 >> b), BOTH(moments_mean(of[EIGENVALUE])),
                  BOTH(moments_mean(of[ALL])), BOTH(moments_mean(of[PAIRS])), claimed.x, printed.x);
    }
}

static void bound(struct claim *claim)
{
    size_t networks = (size_t)claim_integer(claim, "networks");

    claim_labels(claim, "networks");
    claim_column(claim, "m", EXACT, "inputs in a batch");
    claim_column(claim, "eigenvalue", SIGMAS(4), "a mean over networks");
    claim_column(claim, "eigenvalue_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "all", SIGMAS(4), "a mean over networks");
    claim_column(claim, "all_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "pairs", SIGMAS(4), "a mean over networks");
    claim_column(claim, "pairs_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "f", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    kind(claim, "vanilla", 0, 0, networks);
    kind(claim, "batchnorm", 10, claim_real(claim, "gamma"), networks);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 2, 6),
                 integer_by_scale("N", "width; half and a quarter of it measure the bias", 256, 1000, 2000, 256, 10000),
                 integer_by_scale("N_0", "inputs of a network", 128, 784, 784, 128, 10000),
                 integer_by_scale("N_L", "outputs; each is taken alone, and they are averaged", 3, 3, 10, 1, 10),
                 integer_by_scale("m", "batch of a dual matrix; a half and a quarter of it measure the bias", 64, 64,
                                  192, 48, 2000),
                 integer_by_scale(
                     "M", "inputs that means and variances are taken of; a half and a quarter for smaller networks",
                     200, 300, 2000, 200, 10000),
                 integer_by_scale("networks", "how many of each kind; more of the smaller ones", 24, 12, 64, 12, 10000),
                 real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"one_layer_more", "L + 1 layers in the sum", "sum?of?f bound"},
                       {"delta_of_the_layer_below", "the gradients below a layer with its own inputs", "sum?of?f"},
                       {"finite_width", "no step to infinite width", "tight"}},
            .run = bound,
        }));
}
