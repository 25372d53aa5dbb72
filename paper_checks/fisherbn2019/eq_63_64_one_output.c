/* # Equations (63)-(64): what is lost with the outputs that are left out
 *
 * Mean-Field Analysis of Batch Normalization (2019), appendix 6.1, equations (63) and (64). The backward order parameters are vectors with one component for each of the $N_L$ outputs, all equal, and the
 * paper goes on with the first one alone, without loss of generality. Its networks have $N_L=10$.
 *
 * **Checked.** The largest eigenvalue with all outputs against that of one. For many inputs they are the largest and the mean eigenvalue of the $N_L\times N_L$ matrix
 *
 * $$K_{kk'}=\mathbb E_{x,y}\langle\nabla f_k(x),\nabla f_{k'}(y)\rangle=\sum_lf_l\,G^l_{kk'},\qquad G^L=1,$$
 *
 * where going down a layer multiplies the outputs' gradients by a Gaussian matrix: $G^l=R\,S\,R^T$ with $RR^T=G^{l+1}$ and $S$ the sample covariance of $N$ normal vectors. Without batch normalisation the vectors have
 * weights $p_j^2$, with $p_j$ the share of inputs at which unit $j$ is active. The ratio of the two in networks against samples of this chain of small
 * matrices, which knows nothing of networks.
 * **Tolerance.** Standard errors on both sides; networks of half the width measure the bias in $1/N$.
 * **Could miss.** A tenth of what the largest eigenvalue has more than the mean.
 * **Found.** Nothing is lost at infinite width. At finite width the outputs' gradients are not quite orthogonal, and the largest eigenvalue with ten outputs lies above the sum of $f_l$ by about $3.4/\sqrt N$ of it with
 * batch normalisation, 11 percent at $N=1000$, and a little more without: so much lower is the critical rate. The claimed bound stays a bound. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { MOST_OUTPUTS = 20 };

/* ## One network
 * The largest eigenvalue of K over the mean one, with what is linear in $1/m$ taken out by the first half of the inputs, and how far the largest eigenvalue of the whole dual matrix is above that of its form
 * at vectors constant over inputs. */
enum { LARGEST, ABOVE, NUMBERS };

struct ensemble_of {
    struct feedforward_model model;
    int m, M;
};

/* Of the first `inputs` of m: means over pairs of different ones, or over all pairs. */
static void outputs_matrix(int m, int n, const double F[], int inputs, bool different, double K[])
{
    double norm = (double)m / inputs / (different ? inputs - 1 : inputs);

    memset(K, 0, (size_t)(n * n) * sizeof K[0]);
    for (int a = 0; a < inputs * n; a++) {
        for (int b = 0; b < inputs * n; b++) {
            if (!different || a / n != b / n) {
                K[a % n * n + b % n] += norm * F[a * m * n + b];
            }
        }
    }
}

static enum status extremes(int n, const double K[], double *mean, double *largest)
{
    double eigenvalue[MOST_OUTPUTS] = {0};
    enum status status = linear_symmetric_eigen(n, K, eigenvalue, NULL);

    *mean = 0;
    for (int k = 0; k < n; k++) {
        *mean += K[k * n + k] / n;
    }
    *largest = eigenvalue[n - 1];
    return status;
}

static enum status of_dual(int m, int n, const double F[], double out[NUMBERS])
{
    double K[MOST_OUTPUTS * MOST_OUTPUTS], largest, mean;
    struct stream start = {.key = {1, 2}};

    outputs_matrix(m, n, F, m / 2, true, K);
    enum status status = extremes(n, K, &mean, &largest);
    out[LARGEST] = -largest / mean;
    outputs_matrix(m, n, F, m, true, K);
    status = status == STATUS_OK ? extremes(n, K, &mean, &largest) : status;
    out[LARGEST] += 2 * largest / mean;
    outputs_matrix(m, n, F, m, false, K);
    status = status == STATUS_OK ? extremes(n, K, &mean, &largest) : status;
    struct value whole = lanczos_largest_of(m * n, F, &start, 1e-6);
    out[ABOVE] = whole.x / largest - 1;
    return value_ok(whole) ? status : STATUS_CONVERGENCE;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    int n = of->model.layer[of->model.layers].outputs, rows = of->m * n;
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
    status = status == STATUS_OK ? fisher_dual(&network, &pass, STATISTICS_FROZEN, FISHER_WEIGHTS, n, F) : status;
    status = status == STATUS_OK ? of_dual(of->m, n, F, out) : status;
    memory_free(X);
    memory_free(F);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## The chain of small matrices
 * Activity $p_j=\Phi(\sqrt{c/(1-c)}\,Z_j)$ of unit $j$, with $c$ the correlation of two inputs; one half for every unit with batch normalisation. */
struct chain {
    int L, n, N;
    bool batchnorm, reversed; // reversed: a planted fault
    struct order_parameters at[ORDER_LAYERS + 1];
};

static void covariance(struct stream *stream, const struct chain *chain, int l, double S[])
{
    int n = chain->n, N = chain->N;
    double *X = memory_doubles((size_t)n * (size_t)N), *Z = memory_doubles((size_t)N), weight = 0,
           c = chain->at[l].z.pair.x / chain->at[l].z.same.x;

    stream_normals(stream, (size_t)n * (size_t)N, X);
    stream_normals(stream, (size_t)N, Z);
    for (int j = 0; j < N; j++) {
        double p = chain->batchnorm ? 0.5 : normal_cdf(sqrt(c / (1 - c)) * Z[j]);

        for (int k = 0; k < n; k++) {
            X[k * N + j] *= p;
        }
        weight += p * p;
    }
    linear_gram(n, N, X, S);
    for (int i = 0; i < n * n; i++) {
        S[i] /= weight;
    }
    memory_free(X);
    memory_free(Z);
}

static enum status draw_chain(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct chain *chain = context;
    int n = chain->n;
    double K[MOST_OUTPUTS * MOST_OUTPUTS] = {0}, G[MOST_OUTPUTS * MOST_OUTPUTS] = {0}, S[MOST_OUTPUTS * MOST_OUTPUTS],
                            R[MOST_OUTPUTS * MOST_OUTPUTS], T[MOST_OUTPUTS * MOST_OUTPUTS], largest = NAN, mean = NAN;
    enum status status = STATUS_OK;

    (void)sample;
    for (int k = 0; k < n; k++) {
        G[k * n + k] = 1;
    }
    for (int l = chain->L; l >= 1 && status == STATUS_OK; l--) {
        for (int i = 0; i < n * n; i++) {
            K[i] += chain->at[chain->reversed ? chain->L + 1 - l : l].f.x * G[i];
        }
        if (l > 1) {
            covariance(stream, chain, l - 1, S);
            status = linear_cholesky(n, G, R);
            linear_multiply(false, false, n, n, n, 1, R, S, 0, T);
            linear_multiply(false, true, n, n, n, 1, T, R, 0, G);
        }
    }
    status = status == STATUS_OK ? extremes(n, K, &mean, &largest) : status;
    out[0] = largest / mean;
    return status;
}

static struct value largest_of_chain(struct claim *claim, uint32_t stream, struct chain *chain, int N)
{
    struct moments largest;

    chain->N = claim_fault(claim, "quarter_of_the_vectors") ? N / 4 : N;
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "chains"), 1, draw_chain, chain);
    claim_need(claim, ensemble_moments(&ensemble, &largest));
    return moments_mean(largest);
}

/* ## Networks of three widths against it */
enum { SIZES = 3 };

static void sample(struct claim *claim, uint32_t stream, double gamma, int s, struct moments out[NUMBERS])
{
    int N = (int)claim_integer(claim, "N") >> s;
    struct ensemble_of of = {.m = (int)claim_integer(claim, "m") / 2 * 2, .M = (int)claim_integer(claim, "M") >> s};

    feedforward_model_dense(&of.model, N, (int)claim_integer(claim, "L"), N, (int)claim_integer(claim, "N_L"), gamma,
                            claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "networks"), NUMBERS, draw, &of);
    claim_need(claim, ensemble_moments(&ensemble, out));
}

static void kind(struct claim *claim, const char *name, uint32_t stream, double gamma)
{
    struct moments at[SIZES][NUMBERS];
    struct value ratio[SIZES];
    struct order_network order;
    struct chain chain = {.L = (int)claim_integer(claim, "L"),
                          .n = (int)claim_integer(claim, "N_L"),
                          .batchnorm = gamma > 0,
                          .reversed = claim_fault(claim, "layers_reversed")};

    order_network_dense(&order, chain.L, 1, 1, gamma, claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&order, chain.at));
    for (int s = 0; s < SIZES; s++) {
        int N = (int)claim_integer(claim, "N") >> s;
        struct value chained = largest_of_chain(claim, stream + 10 + (uint32_t)s, &chain, N);

        sample(claim, stream + (uint32_t)s, gamma, s, at[s]);
        ratio[s] = value_div(moments_estimate(at[s][LARGEST]), chained);
        claim_case(claim, "%s, N = %d", name, N);
        check_at_least(claim, "whole dual matrix", value_add(exact(1), moments_mean(at[s][ABOVE])), exact(1));
        claim_row(claim, name, N, BOTH(moments_mean(at[s][LARGEST])), BOTH(chained));
    }
    for (int N = 1000; N <= 4000; N *= 2) {
        claim_row(claim, name, N, NAN, NAN, BOTH(largest_of_chain(claim, stream + 20, &chain, N)));
    }
    claim_case(claim, "%s", name);
    check_equal(claim, "largest over mean", exact(1), limit_of_widths(ratio[0], ratio[1]));
}

static void one_output(struct claim *claim)
{
    struct tolerance sampled = {TOLERANCE_SIGMAS, 4, true}, error = {TOLERANCE_RELATIVE, 0.5, true};

    claim_labels(claim, "networks");
    claim_column(claim, "N", EXACT, "a width");
    claim_column(claim, "largest", sampled, "a mean over networks");
    claim_column(claim, "largest_err", error, "a standard error");
    claim_column(claim, "chain", SIGMAS(4), "a mean over samples of small matrices");
    claim_column(claim, "chain_err", RELATIVE(0.5), "a standard error");
    kind(claim, "vanilla", 0, 0);
    kind(claim, "batchnorm", 40, claim_real(claim, "gamma"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 3, 6), integer("N_L", "outputs", 10, 2, MOST_OUTPUTS),
                 integer_by_scale("N", "width, and inputs of a network; half and a quarter of it are tried, too", 192,
                                  192, 1000, 128, 4000),
                 integer_by_scale("m", "inputs whose pairs are taken", 16, 32, 64, 16, 1000),
                 integer_by_scale(
                     "M", "inputs that means and variances are taken of; a half and a quarter for smaller networks",
                     192, 192, 1000, 128, 10000),
                 integer_by_scale("networks", "how many of each kind and size", 20, 48, 64, 20, 100000),
                 integer_by_scale("chains", "samples of the chain of small matrices", 200, 300, 4000, 100, 1000000),
                 real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"quarter_of_the_vectors", "a fourth of the normal vectors in a covariance", "largest*"},
                       {"layers_reversed", "the layers' shares in reverse order", "largest*"}},
            .run = one_output,
        }));
}
