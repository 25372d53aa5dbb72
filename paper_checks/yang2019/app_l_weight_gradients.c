/* # Appendix L: the size of a weight's gradient is a product of two covariances
 *
 * Yang et al. (2019), appendix L. With $x_{\beta i}^{l-1}=\mathcal B_\phi(h_\beta^{l-1})_i$, the gradient of a weight is $\sum_i\delta_{\alpha i}^lx_{\beta i}^{l-1}$, and if
 * gradients are independent of activations,
 *
 * $$\mathbb E\Big(\frac{\partial\mathcal L}{\partial W_{\alpha\beta}^l}\Big)^2=\langle\Pi^l,\Sigma^{l-1}\rangle
 * =\langle G^{\otimes2}\{\Pi^l\},\Sigma^{l-1}\rangle=\langle\Pi^l,G\Sigma^{l-1}G\rangle\approx\langle\Pi^l,\mu^*G\rangle=\mu^*\operatorname{tr}\Pi^l.$$
 *
 * **Checked.** In one small network: every weight's gradient by central differences, and the mean of their squares against the product of that network's own second
 * moments; there the first equality is algebra. In ensembles of networks that reuse their weights, from inputs of different sizes: the mean squared gradient
 * against the product of the two *means*, layer by layer, which takes the independence; then with $\Sigma$ centred, and with $\mu^*\operatorname{tr}\Pi$ away from
 * the inputs.
 * **Tolerance.** Differences err by their step squared and by rounding over the step. Networks have a standard error, and a bias linear in $1/N$ that is
 * measured by halving the width.
 * **Could miss.** What differs by less than a percent. $B\le5$, where squared gradients have no second moment.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/batchnorm_network.h>
#include <assay/network/dense.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 32, MATRIX = LARGEST * LARGEST, SMALL = 5, LAYERS = 3 };

/* ## One small network
 * The loss is $\langle D,X^L\rangle$ with $D$ the gradient that the library draws. W holds the weights of all layers. */
static double loss(const struct batchnorm_network *network, const double H[], const double W[], const double D[])
{
    double h[LARGEST * SMALL], x[LARGEST * SMALL], inverse[SMALL];
    size_t numbers = (size_t)network->batch * SMALL;

    memcpy(h, H, numbers * sizeof *h);
    for (int l = 1; l <= LAYERS; l++) {
        if (l > 1) {
            dense_forward(network->batch, SMALL, SMALL, 1, x, W + l * SMALL * SMALL, NULL, h);
        }
        batchnorm_layer_forward(network->batch, 1, SMALL, 0, h, h, inverse);
        activation_apply(&network->phi, numbers, h, x, NULL);
    }
    return linear_dot((int)numbers, D, x);
}

static void by_differences(struct claim *claim, struct batchnorm_network network, const double S[])
{
    struct batchnorm_record record;
    struct stream stream = claim_stream(claim, 0, 0);
    double H[LARGEST * SMALL], D[LARGEST * SMALL], W[(LAYERS + 1) * SMALL * SMALL], step = 1e-5;

    network.depth = LAYERS;
    network.width = SMALL;
    network.sampler = SAMPLER_DENSE;
    claim_need(claim, batchnorm_record_new(&record, &network));
    claim_need(claim, batchnorm_network_pass(&network, S, NULL, stream, &record));
    claim_need(claim, batchnorm_network_first(&network, S, stream, H));
    claim_need(claim, batchnorm_network_last(&network, NULL, stream, D));
    for (int l = 2; l <= LAYERS; l++) {
        claim_need(claim, batchnorm_network_weights(&network, stream, l, false, W + l * SMALL * SMALL));
    }
    for (int l = 2; l <= LAYERS; l++) {
        double sum = 0;

        for (int w = l * SMALL * SMALL; w < (l + 1) * SMALL * SMALL; w++) {
            double was = W[w];

            W[w] = was + step;
            double up = loss(&network, H, W, D);
            W[w] = was - step;
            double slope = (up - loss(&network, H, W, D)) / (2 * step);
            W[w] = was;
            sum += slope * slope / (SMALL * SMALL);
        }
        double product = exp(record.log_scale[l]) *
                         linear_dot(network.batch * network.batch, batchnorm_record_backward(&record, l),
                                    batchnorm_record_forward(&record, claim_fault(claim, "same_layer") ? l : l - 1));
        claim_case(claim, "layer %d", l);
        check_equal(claim, "differences", measured(product, 1e-10 * product, ROUNDING),
                    measured(sum, 1e-5 * sum, QUADRATURE));
    }
    batchnorm_record_free(&record);
}

/* ## Ensembles
 * Of each layer: the mean squared gradient of a weight; then $\Sigma^{l-1}$ and $\Pi^l$. */
struct experiment {
    struct batchnorm_network network;
    const double *S;
};

static size_t stride(const struct batchnorm_network *network)
{
    return (size_t)(1 + 2 * network->batch * network->batch);
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);
    int matrix = e->network.batch * e->network.batch, N = e->network.width;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&e->network, e->S, NULL, *stream, &record);
    }
    for (int l = 1; l <= e->network.depth && status == STATUS_OK; l++) {
        double scale = exp(record.log_scale[l]), *row = out + (size_t)(l - 1) * stride(&e->network);

        row[0] = scale * record.weight_gradient[l] / ((double)N * N);
        for (int i = 0; i < matrix; i++) {
            row[1 + i] = batchnorm_record_forward(&record, l - 1)[i];
            row[1 + matrix + i] = scale * batchnorm_record_backward(&record, l)[i];
        }
    }
    batchnorm_record_free(&record);
    return status;
}

static struct moments *networks(struct claim *claim, uint32_t stream, const struct experiment *e, size_t count)
{
    size_t outputs = (size_t)e->network.depth * stride(&e->network);
    struct moments *moments = memory_new(outputs, sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, stream, count, outputs, draw, e);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

static double centred_product(int B, const double S[], const double P[])
{
    double G[MATRIX], sum = 0;

    centre_both(B, S, G);
    for (int i = 0; i < B * B; i++) {
        sum += G[i] * P[i];
    }
    return sum;
}

/* How far the product of the means, plain, centred or with $\mu^*G$, is from the mean of squares, relative to the latter. */
struct excess {
    double plain, centred, fixed;
};

static struct excess excess_of(struct claim *claim, int B, const struct moments row[], double mu)
{
    double S[MATRIX], P[MATRIX], trace = 0;
    int lost = claim_fault(claim, "diagonal_only");

    for (int i = 0; i < B * B; i++) {
        S[i] = lost && i / B != i % B ? 0 : row[1 + i].mean;
        P[i] = row[1 + B * B + i].mean;
        trace += i / B == i % B ? P[i] : 0;
    }
    return (struct excess){linear_dot(B * B, S, P) / row[0].mean - 1, centred_product(B, S, P) / row[0].mean - 1,
                           mu * trace / row[0].mean - 1};
}

/* The mean of squares and the product of means come from the same networks, so their ratio scatters by less than either. Its error: what it is in groups of
 * networks. */
enum { GROUPS = 16 };

static void ratios(struct claim *claim, uint32_t stream, struct experiment e, double mu, struct moments *plain,
                   struct moments *centred, struct moments *fixed, double *gradient, double *product)
{
    int B = e.network.batch, L = e.network.depth;
    size_t count = (size_t)claim_integer(claim, "networks") / GROUPS;

    for (uint32_t g = 0; g < GROUPS; g++) {
        struct moments *rows = networks(claim, stream + g, &e, count);

        for (int l = 0; l < L; l++) {
            const struct moments *row = rows + (size_t)l * stride(&e.network);
            struct excess excess = excess_of(claim, B, row, mu);

            moments_add(&plain[l], excess.plain);
            moments_add(&centred[l], excess.centred);
            moments_add(&fixed[l], excess.fixed);
            gradient[l] += row[0].mean / GROUPS;
            product[l] += (1 + excess.plain) * row[0].mean / GROUPS;
        }
        memory_free(rows);
    }
}

static void by_ensembles(struct claim *claim, struct experiment e, double mu)
{
    int L = e.network.depth, N = e.network.width;
    struct moments *at[2][3];
    double *gradient = memory_doubles((size_t)(4 * L)), *product = gradient + 2 * L;

    for (int half = 0; half < 2; half++) {
        for (int k = 0; k < 3; k++) {
            at[half][k] = memory_new((size_t)L, sizeof(struct moments));
            for (int l = 0; l < L; l++) {
                at[half][k][l] = moments_empty();
            }
        }
        e.network.width = half ? N / 2 : N;
        ratios(claim, (uint32_t)(1 + half * GROUPS), e, mu, at[half][0], at[half][1], at[half][2], gradient + half * L,
               product + half * L);
    }
    for (int l = 0; l < L; l++) {
        claim_case(claim, "layer %d", l + 1);
        check_zero(claim, "product of means", value_with(moments_limit(at[0][0][l], at[1][0][l]), 1e-12, ROUNDING),
                   1); // sampled from layer 2 on
        check_zero(claim, "centred", value_with(moments_limit(at[0][1][l], at[1][1][l]), 1e-12, ROUNDING), 1);
        if (l >= L / 2) {
            struct value ratio = moments_limit(at[0][2][l], at[1][2][l]);

            check_zero(claim, "mu* tr Pi", ratio, 1);
        }
        claim_row(claim, NULL, l + 1, gradient[l], product[l], 1 + at[0][2][l].mean);
    }
    for (int k = 0; k < 6; k++) {
        memory_free(at[k / 3][k % 3]);
    }
    memory_free(gradient);
}

static void weight_gradients(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B"), L = (int)claim_integer(claim, "L");
    struct batchnorm_state state;
    struct stream stream = claim_stream(claim, 100, 0);
    double S[MATRIX], X[2 * MATRIX];
    struct experiment e = {.S = S};

    if (batchnorm_network_of(claim_text(claim, "phi"), L, (int)claim_integer(claim, "N"), B, &e.network) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (activation_homogeneity(&e.network.phi) < 0.75) {
        claim_refuse(claim, "the slope of %s has no fourth moment: a standard error of its square would lie",
                     e.network.phi.name);
    }
    claim_need(claim, batchnorm_state(&e.network.phi, B, &state));
    if (!(state.forward.L.x < 0.9 && state.forward.M.x < 0.9)) {
        claim_refuse(claim, "at B = %d networks of %s don't reach a symmetric fixed point within few layers", B,
                     e.network.phi.name);
    }
    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    for (int i = 0; i < 2 * B * B; i++) {
        X[i] *= 1 + 0.5 * (i / (2 * B)) / B; // samples of different size
    }
    linear_gram(B, 2 * B, X, S);
    claim_column(claim, "layer", EXACT, "an index");
    claim_column(claim, "gradient", RELATIVE(1e-6), "the same draws: only rounding differs");
    claim_column(claim, "product", RELATIVE(1e-6), "the same draws: only rounding differs");
    claim_column(claim, "fixed_point", RELATIVE(1e-6), "the same draws: only rounding differs");
    by_differences(claim, e.network, S);
    by_ensembles(claim, e, claim_fault(claim, "q_star") ? state.fixed.q.x : state.fixed.mu.x);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation that reaches its symmetric fixed point", "tanh"),
                                         integer("B", "batch size", 8, 6, LARGEST), integer("L", "depth", 24, 8, 100),
                                         integer_by_scale("N", "width", 400, 1000, 4000, 200, 1000000),
                                         integer_by_scale("networks", "networks drawn", 64, 160, 1600, 32, 1000000)},
                          .faults = {{"same_layer", "the covariance of the layer itself", "differences"},
                                     {"diagonal_only", "different samples uncorrelated", "product* centred"},
                                     {"q_star", "q* in place of mu*", "mu*"}},
                          .run = weight_gradients,
                      }));
}
