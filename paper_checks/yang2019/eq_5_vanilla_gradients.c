/* # Equations (4) to (6): gradients of a network without normalisation, sample by sample
 *
 * Yang et al. (2019), section 3. With $\delta_i^l=\nabla_{h_i^l}\mathcal L$,
 *
 * $$\frac{\partial\mathcal L}{\partial W^l}=\sum_i\delta_i^l\,\phi(h_i^{l-1})^T,\qquad
 * \delta_{\alpha i}^l=\phi'(h_{\alpha i}^l)\sum_\beta W_{\beta\alpha}^{l+1}\delta_{\beta i}^{l+1},\tag{4}$$
 *
 * and if the weights of the way back were independent of the forward ones, $\Pi_{ij}^l=\mathbb E\,\delta_{\alpha i}^l\delta_{\alpha j}^l$ would follow
 *
 * $$\Pi^l=\sigma_w^2V_{\phi'}(\Sigma^l)\odot\Pi^{l+1}\approx\sigma_w^2V_{\phi'}(\Sigma^*)\odot\Pi^{l+1},\tag{5, 6}$$
 *
 * entry by entry: no sample's gradient feeds another's.
 *
 * **Checked.** (4) in one network against central differences in every pre-activation and every weight. (5) entry by entry against networks that go
 * back through the very weights they came by. (6) as powers of one number on the diagonal and another off it,
 * in networks that start at $\Sigma^*$.
 * **Tolerance.** Differences err by their step squared and by rounding over the step. Networks have a standard error, and a bias linear in $1/N$ that is measured by
 * halving the width.
 * **Could miss.** What differs by less than a percent.
 * **Found.** Holds. Reused weights cost a bias of order $1/N$ and nothing else. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/response.h>
#include <assay/network/vanilla_network.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 8, DEEPEST = 16, SETTLE = 400 };

/* ## Equation (4)
 * The loss is $\sum_{i\alpha}\delta_{\alpha i}^Lh_{\alpha i}^L$. To move $W_{\alpha\beta}^l$ by $\epsilon$ is to move $h_{\alpha i}^l$ by
 * $\epsilon\,\phi(h_{\beta i}^{l-1})$ for every sample. */
static double loss(const struct vanilla_network *network, int l, struct stream stream, const double top[],
                   struct vanilla_record *record)
{
    vanilla_forward_from(network, l, stream, record);
    return linear_dot(network->samples * network->width, top, record->h[network->depth]);
}

/* The derivative of the loss along a change of $h^l$. */
static double along(const struct vanilla_network *network, int l, struct stream stream, const double top[],
                    const double change[], struct vanilla_record *record)
{
    int n = network->samples * network->width;
    double step = 1e-5;

    linear_axpy(n, step, change, record->h[l]);
    double up = loss(network, l, stream, top, record);
    linear_axpy(n, -2 * step, change, record->h[l]);
    double down = loss(network, l, stream, top, record);
    linear_axpy(n, step, change, record->h[l]);
    return (up - down) / (2 * step);
}

static void backpropagation(struct claim *claim, struct vanilla_network network, const double S[], const double P[])
{
    struct vanilla_record record, moved;
    struct stream stream = claim_stream(claim, 0, 0);
    int N = network.width = 6, B = network.samples, L = network.depth = 4;
    double *change = memory_doubles((size_t)(N * B));

    claim_need(claim, vanilla_record_new(&record, &network));
    claim_need(claim, vanilla_record_new(&moved, &network));
    claim_need(claim, vanilla_pass(&network, S, P, stream, &record));
    claim_need(claim, vanilla_pass(&network, S, NULL, stream, &moved));
    double size = linear_norm(N * B, record.delta[1]) + linear_norm(N * B, record.delta[L]), error = 1e-7 * size;
    for (int l = 1; l < L; l++) {
        for (int i = 0; i < N * B; i++) {
            change[i] = 1;
            claim_case(claim, "layer %d, sample %d, neuron %d", l, i / N, i % N);
            check_zero(claim, "pre-activations",
                       measured(along(&network, l, stream, record.delta[L], change, &moved) - record.delta[l][i], error,
                                QUADRATURE),
                       size);
            change[i] = 0;
        }
        for (int w = 0; l > 1 && w < N * N; w++) {
            int alpha = w / N, beta = w % N;
            double formula = 0;

            for (int i = 0; i < B; i++) {
                change[i * N + alpha] = activation_value(&network.phi, record.h[l - 1][i * N + beta]);
                formula += record.delta[l][i * N + alpha] * change[i * N + alpha] /
                           (claim_fault(claim, "mean_over_batch") ? B : 1);
            }
            claim_case(claim, "layer %d, weight %d, %d", l, alpha, beta);
            check_zero(
                claim, "weights",
                measured(along(&network, l, stream, record.delta[L], change, &moved) - formula, error, QUADRATURE),
                size);
            memset(change, 0, (size_t)(N * B) * sizeof *change);
        }
        vanilla_forward_from(&network, l, stream, &moved);
    }
    memory_free(change);
    vanilla_record_free(&record);
    vanilla_record_free(&moved);
}

/* ## The two maps
 * $\sigma_w^2V_\phi(\Sigma)+\sigma_b^2\mathbf 1\mathbf 1^T$ and $\sigma_w^2V_{\phi'}(\Sigma)$. */
static void map_once(const struct vanilla_network *network, bool slope, const double S[], double out[])
{
    int B = network->samples;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            struct affine_activation x = {network->phi, sqrt(S[i * B + i]), 0, {0}},
                                     y = {network->phi, sqrt(S[j * B + j]), 0, {0}};
            struct response f = response_affine(&x), g = response_affine(&y);
            double c = i == j ? 1 : fmin(1, fmax(-1, S[i * B + j] / (x.gain * y.gain)));
            double mean = slope ? gaussian_product(&f.slope, &g.slope, c).x / (x.gain * y.gain)
                                : gaussian_product(&f.value, &g.value, c).x;

            out[i * B + j] = out[j * B + i] =
                network->sigma_w * network->sigma_w * mean + (slope ? 0 : network->sigma_b * network->sigma_b);
        }
    }
}

/* ## Networks
 * Of each layer, products of gradients $\frac1N\sum_\alpha\delta_{\alpha i}^l\delta_{\alpha j}^l$, then their means on the diagonal and off it. */
static size_t outputs_of(const struct vanilla_network *network)
{
    return (size_t)(network->samples * network->samples + 2);
}

struct experiment {
    struct vanilla_network network;
    const double *S, *P;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct vanilla_record record;
    enum status status = vanilla_record_new(&record, &e->network);
    int B = e->network.samples, N = e->network.width;

    (void)sample;
    if (status == STATUS_OK) {
        status = vanilla_pass(&e->network, e->S, e->P, *stream, &record);
    }
    for (int l = 1; l <= e->network.depth && status == STATUS_OK; l++) {
        double *products = out + (size_t)(l - 1) * outputs_of(&e->network), *means = products + B * B;

        linear_multiply(false, true, B, B, N, 1.0 / N, record.delta[l], record.delta[l], 0, products);
        means[0] = means[1] = 0;
        for (int i = 0; i < B * B; i++) {
            means[i / B != i % B] += products[i] / (i / B != i % B ? B * (B - 1) : B);
        }
    }
    vanilla_record_free(&record);
    return status;
}

static struct moments *networks(struct claim *claim, uint32_t stream, struct experiment e, bool half)
{
    size_t outputs = (size_t)e.network.depth * outputs_of(&e.network);
    size_t count = (size_t)claim_integer(claim, "networks") * (half ? 2 : 1);
    struct moments *moments = memory_new(outputs, sizeof *moments);

    e.network.width /= half ? 2 : 1;
    struct ensemble ensemble = claim_ensemble(claim, stream, count, outputs, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

/* Equation (5), from a random covariance and a random $\Pi^L$. */
static void layer_by_layer(struct claim *claim, const struct experiment *e)
{
    int B = e->network.samples, L = e->network.depth, stride = (int)outputs_of(&e->network);
    double S[DEEPEST][LARGEST * LARGEST], slope[LARGEST * LARGEST], Pi[DEEPEST][LARGEST * LARGEST];
    struct moments *at = networks(claim, 1, *e, false), *half = networks(claim, 2, *e, true);

    memcpy(S[0], e->S, (size_t)(B * B) * sizeof(double));
    memcpy(Pi[L - 1], e->P, (size_t)(B * B) * sizeof(double));
    for (int l = 1; l < L; l++) {
        map_once(&e->network, false, S[l - 1], S[l]);
    }
    for (int l = L - 2; l >= 0; l--) {
        map_once(&e->network, true, S[l], slope);
        for (int i = 0; i < B * B; i++) {
            Pi[l][i] = slope[claim_fault(claim, "diagonal") ? 0 : i] * Pi[l + 1][i] /
                       (claim_fault(claim, "weight_sd") ? e->network.sigma_w : 1);
        }
    }
    for (int i = 0; i < B; i++) {
        for (int l = 0; l < L; l++) {
            struct value limit = moments_limit(at[l * stride + i], half[l * stride + i]);

            claim_case(claim, "layer %d, entry 0, %d", l + 1, i);
            check_zero(claim, "equation (5)", value_sub(exact(Pi[l][i]), limit), Pi[l][0]);
            if (i < 2) {
                claim_row(claim, i == 0 ? "variance" : "covariance", l + 1, Pi[l][i],
                          BOTH(moments_mean(at[l * stride + i])));
            }
        }
    }
    memory_free(at);
    memory_free(half);
}

/* Equation (6): the ratio over all layers, per layer. */
static void near_the_fixed_point(struct claim *claim, struct experiment e)
{
    int B = e.network.samples, L = e.network.depth;
    double S[2][LARGEST * LARGEST], slope[LARGEST * LARGEST], P[LARGEST * LARGEST], change = INFINITY;

    memcpy(S[0], e.S, (size_t)(B * B) * sizeof(double));
    for (int l = 0; l < SETTLE && change > 1e-6 * S[0][0]; l++) {
        map_once(&e.network, false, S[l % 2], S[1 - l % 2]);
        change = 0;
        for (int i = 0; i < B * B; i++) {
            change = fmax(change, fabs(S[1][i] - S[0][i]));
        }
    }
    if (!(change <= 1e-6 * S[0][0])) {
        claim_refuse(claim, "the covariance does not settle in %d layers", SETTLE);
    }
    for (int i = 0; i < B * B; i++) {
        P[i] = i / B == i % B ? 1 : 0.5;
    }
    e.S = S[0];
    e.P = P;
    map_once(&e.network, true, S[0], slope);
    struct moments *at = networks(claim, 3, e, false), *half = networks(claim, 4, e, true);
    for (int l = 0; l < L; l++) {
        double steps = claim_fault(claim, "one_layer_more") ? L - l : L - 1 - l, size = pow(slope[0], L - 1 - l);

        for (int off = 0; off < 2; off++) {
            double claimed = (off == 0 ? 1 : 0.5) * pow(slope[off], steps), error = 1e-4 * (L - l) * claimed;
            int at_l = l * (int)outputs_of(&e.network) + B * B + off;

            claim_case(claim, "layer %d, %s", l + 1, off == 0 ? "diagonal" : "off the diagonal");
            check_zero(claim, "equation (6)",
                       value_sub(measured(claimed, error, QUADRATURE), moments_limit(at[at_l], half[at_l])), size);
        }
    }
    memory_free(at);
    memory_free(half);
}

static void vanilla_gradients(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B"), L = (int)claim_integer(claim, "L");
    struct vanilla_network network = {L, (int)claim_integer(claim, "N"), B,
                                      .sigma_w = sqrt(claim_real(claim, "weight_variance")),
                                      .sigma_b = sqrt(claim_real(claim, "bias_variance"))};
    struct stream stream = claim_stream(claim, 5, 0);
    double X[2 * LARGEST * LARGEST], S[LARGEST * LARGEST], P[LARGEST * LARGEST];

    claim_labels(claim, "entry");
    claim_column(claim, "layer", EXACT, "an index");
    claim_column(claim, "map", RELATIVE(1e-9), "products of quadratures");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.05), "a standard error");
    if (8 * L > network.width) {
        claim_refuse(claim, "L = %d needs a width of at least %d: fluctuations grow like L/N", L, 8 * L);
    }
    if (activation_find(claim_text(claim, "phi"), &network.phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (!(fmax(fabs(activation_slope(&network.phi, 1e3)), fabs(activation_slope(&network.phi, -1e3))) < 10 &&
          fabs(activation_slope(&network.phi, 1e-12)) < 10)) {
        claim_refuse(
            claim,
            "%s has slopes without bound: mean products of gradients would have tails that spoil a standard error",
            network.phi.name);
    }
    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, S);
    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, P);
    const double *kink;
    if (activation_kinks(&network.phi, &kink) == 0) {
        backpropagation(claim, network, S, P);
    } else {
        struct vanilla_network smooth = network;

        claim_need(claim, activation_find("softplus", &smooth.phi)); // differences across a kink say nothing
        backpropagation(claim, smooth, S, P);
    }
    struct experiment e = {network, S, P};
    layer_by_layer(claim, &e);
    near_the_fixed_point(claim, e);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation with bounded slope", "tanh"),
                           integer("B", "batch size", 3, 2, LARGEST), integer("L", "depth", 6, 2, DEEPEST),
                           real("weight_variance", "sigma_w^2", 4, 0.01, 10),
                           real("bias_variance", "sigma_b^2", 0.3, 0.001, 10),
                           integer_by_scale("N", "width", 96, 256, 1024, 64, 8192),
                           integer_by_scale("networks", "networks drawn; twice as many of half the width", 150, 400,
                                            1000, 50, 100000)},
            .faults = {{"mean_over_batch", "the weight gradient averaged over samples", "weights"},
                       {"weight_sd", "sigma_w in place of its square", "equation?(5)"},
                       {"diagonal", "all entries with the slope of the first variance", "equation?(5)"},
                       {"one_layer_more", "one power more of the slope", "equation?(6)"}},
            .run = vanilla_gradients,
        }));
}
