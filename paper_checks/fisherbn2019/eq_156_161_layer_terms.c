/* # Equations (156)-(161): a layer's share of the bound, step by step
 *
 * Mean-Field Analysis of Batch Normalization (2019), appendix 6.3. The share of layer $l$ in the quadratic form at the constant vector,
 *
 * $$f_l=\frac1{m^2}\sum_{x,y}\Big[\langle\partial_{b_l}f(x),\partial_{b_l}f(y)\rangle+\langle\partial_{W_l}f(x),\partial_{W_l}f(y)\rangle+\dots\Big],$$
 *
 * becomes the weights' part alone (158), which is $\langle h^{l-1}(x),h^{l-1}(y)\rangle\langle\delta^l(x),\delta^l(y)\rangle$ (159); the mean of the product becomes the product of
 * means (160); and those become order parameters, $f_l=N_{l-1}\hat q_{xy}^{l-1}\tilde q_{xy}^l$ (161).
 *
 * **Checked.** Every step by itself, in every layer, without and with batch normalisation, statistics held constant in derivatives. (159) for every pair of inputs, with each
 * input's whole gradient at hand. (160) as the ratio of its two sides over pairs of different inputs, and (161) against the recursions, in networks of three sizes. How much
 * (158) drops is in the table; `sec_6_3_other_parameters` has the rest.
 * **Tolerance.** Rounding in (159). Elsewhere standard errors over networks; networks of a half and a quarter of the size take out what is linear in $1/N$ and measure what is left.
 * **Could miss.** A percent in (160), and ten in one layer of (161).
 * **Found.** (159) is exact, (160) and (161) hold as the width grows. As printed the sums count $x=y$: that adds $1/m$ times the terms of equal inputs. (158) fails in the first layer, whatever the
 * width: inputs have mean 0, so the weights' part is nothing and all that is left is the others'. That share is of order 1 and small beside the other layers. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/feedforward.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## Equation (159), one pair of inputs at a time
 * Each input's gradient as a whole, against products of what one backward pass leaves behind. */
static void one_pair(struct claim *claim, const struct feedforward *network, const struct feedforward_pass *pass, int l,
                     const double at_x[], const double at_y[], int x, int y)
{
    int below = feedforward_size(network, l - 1), size = feedforward_size(network, l);
    size_t from = network->offset[l][PART_WEIGHTS];
    double hh = linear_dot(below, pass->h[l - 1] + x * below, pass->h[l - 1] + y * below),
           dd = linear_dot(size, pass->delta[l] + x * size, pass->delta[l] + y * size),
           whole = linear_dot((int)network->count[l][PART_WEIGHTS], at_x + from, at_y + from),
           norms = linear_norm((int)network->count[l][PART_WEIGHTS], at_x + from) *
                   linear_norm((int)network->count[l][PART_WEIGHTS], at_y + from);

    check_equal(claim, "outer product",
                measured(hh * dd + (claim_fault(claim, "bias_as_weight") ? dd : 0), 0, ROUNDING),
                measured(whole, 4 * (below + size) * DBL_EPSILON * norms, ROUNDING));
}

static void pair_by_pair(struct claim *claim, double gamma)
{
    enum { M = 6 };
    struct feedforward_model model;
    struct feedforward network;
    struct feedforward_pass pass;
    int L = (int)claim_integer(claim, "L");
    double X[M * 20], D[M];
    struct stream inputs = claim_stream(claim, 901, 0);

    feedforward_model_dense(&model, 20, L, 16, 1, gamma, claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    claim_need(claim, feedforward_new(&network, &model, claim_stream(claim, 900, 0)));
    claim_need(claim, feedforward_pass_new(&pass, &network, M));
    stream_normals(&inputs, M * 20, X);
    for (int i = 0; i < M; i++) {
        D[i] = 1;
    }
    feedforward_forward(&network, &pass, X);
    feedforward_backward(&network, &pass, STATISTICS_FROZEN, D);
    double *g = memory_doubles(2 * network.parameters);
    for (int x = 0; x < M; x++) {
        for (int y = 0; y < M; y++) {
            feedforward_gradient_of(&network, &pass, x, g);
            feedforward_gradient_of(&network, &pass, y, g + network.parameters);
            for (int l = 1; l <= L; l++) {
                claim_case(claim, "layer %d, inputs %d and %d", l, x, y);
                one_pair(claim, &network, &pass, l, g, g + network.parameters, x, y);
            }
        }
    }
    memory_free(g);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

/* ## The terms of one network
 * Means over pairs of different inputs, and over outputs, each taken alone. */
enum { EVERYTHING, WEIGHTS, PRODUCT, RATIO, TERMS, LAYERS = 8 };

struct ensemble_of {
    struct feedforward_model model;
    int m, M;
    bool equal_inputs; // a planted fault
};

static double mean_of_products(int m, const double G[], const double H[])
{
    double sum = 0;

    for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
            sum += i != j ? G[i * m + j] * H[i * m + j] : 0;
        }
    }
    return sum / m / (m - 1);
}

/* The gradient with respect to gamma: that with respect to gamma u + beta, times u. */
static double of_gamma(int m, int size, const double pre[], const double u[])
{
    double *row = memory_doubles((size_t)m * (size_t)size);

    for (int i = 0; i < m * size; i++) {
        row[i] = pre[i] * u[i];
    }
    double pair = pair_means_of(m, 1, size, row).pair;
    memory_free(row);
    return pair;
}

static void of_layer(const struct ensemble_of *of, const struct feedforward *network,
                     const struct feedforward_pass *pass, int l, double out[TERMS])
{
    int m = of->m, below = feedforward_size(network, l - 1), size = feedforward_size(network, l),
        outputs = feedforward_size(network, of->model.layers);
    double *G = memory_doubles((size_t)m * (size_t)m), *H = memory_doubles((size_t)m * (size_t)m);
    struct pair_means h = pair_means_of(m, 1, below, pass->h[l - 1]), delta = pair_means_of(m, 1, size, pass->delta[l]);

    linear_gram(m, below, pass->h[l - 1], G);
    linear_gram(m, size, pass->delta[l], H);
    double weights = mean_of_products(m, G, H), others = delta.pair,
           product = (of->equal_inputs ? h.same : h.pair) * delta.pair;
    if (of->model.batchnorm && l < of->model.layers) {
        others += pair_means_of(m, 1, size, pass->pre[l]).pair + of_gamma(m, size, pass->pre[l], pass->u[l]);
    }
    out[EVERYTHING] += (weights + others) / outputs;
    out[WEIGHTS] += weights / outputs;
    out[PRODUCT] += product / outputs;
    out[RATIO] = out[WEIGHTS] / out[PRODUCT];
    memory_free(G);
    memory_free(H);
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    int L = of->model.layers, outputs = of->model.layer[L].outputs;
    size_t numbers = (size_t)(of->m + of->M) * (size_t)of->model.channels;
    struct feedforward network;
    struct feedforward_pass pass;
    enum status status = feedforward_new(&network, &of->model, *stream);

    (void)sample;
    if (status != STATUS_OK || (status = feedforward_pass_new(&pass, &network, of->m)) != STATUS_OK) {
        return status;
    }
    double *X = memory_doubles(numbers), *D = memory_doubles((size_t)of->m * (size_t)outputs);
    stream->draw = UINT64_C(1) << 40;
    stream_normals(stream, numbers, X);
    memset(out, 0, LAYERS * TERMS * sizeof out[0]);
    status = feedforward_forward_apart(&network, &pass, of->M, X);
    for (int k = 0; k < outputs && status == STATUS_OK; k++) {
        for (int i = 0; i < of->m * outputs; i++) {
            D[i] = i % outputs == k;
        }
        feedforward_backward(&network, &pass, STATISTICS_FROZEN, D);
        for (int l = 1; l <= L; l++) {
            of_layer(of, &network, &pass, l, out + (l - 1) * TERMS);
        }
    }
    memory_free(X);
    memory_free(D);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## Networks of three sizes, and the limit
 * $N$, $N_0$ and $M$, and a half and a quarter of them. What is linear in their inverses drops out of twice the largest less the middle size. What is quadratic remains, and is a third of how much
 * that differs from the same of the smaller two. */
enum { SIZES = 3 };

static struct value limit(struct moments at[SIZES][LAYERS * TERMS], int term, double scale)
{
    struct value whole = value_scale(scale, moments_estimate(at[0][term])),
                 half = value_scale(2 * scale, moments_estimate(at[1][term])),
                 quarter = value_scale(4 * scale, moments_estimate(at[2][term]));

    if (term % TERMS == RATIO) {
        half = value_scale(0.5, half);
        quarter = value_scale(0.25, quarter);
    }
    return limit_extrapolated(whole, half, quarter);
}

static void sample(struct claim *claim, uint32_t stream, double gamma, struct moments at[SIZES][LAYERS * TERMS])
{
    for (int s = 0; s < SIZES; s++) {
        struct ensemble_of of = {.m = (int)claim_integer(claim, "m"),
                                 .M = (int)claim_integer(claim, "M") >> s,
                                 .equal_inputs = claim_fault(claim, "equal_inputs")};

        feedforward_model_dense(&of.model, (int)claim_integer(claim, "N_0") >> s, (int)claim_integer(claim, "L"),
                                (int)claim_integer(claim, "N") >> s, (int)claim_integer(claim, "N_L"), gamma,
                                claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
        struct ensemble ensemble = claim_ensemble(
            claim, stream + (uint32_t)s, (size_t)claim_integer(claim, "networks") << s, LAYERS * TERMS, draw, &of);
        claim_need(claim, ensemble_moments(&ensemble, at[s]));
    }
}

static void kind(struct claim *claim, const char *name, uint32_t stream, double gamma)
{
    struct moments at[SIZES][LAYERS * TERMS];
    struct order_network order;
    struct order_parameters theory[ORDER_LAYERS + 1];
    int L = (int)claim_integer(claim, "L");
    double N = (double)claim_integer(claim, "N");

    order_network_dense(&order, L, (double)claim_integer(claim, "N_0"), N, gamma, claim_real(claim, "sigma_w2"),
                        claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&order, theory));
    sample(claim, stream, gamma, at);
    for (int l = 1; l <= L; l++) {
        const struct moments *here = at[0] + (l - 1) * TERMS;
        struct value delta = claim_fault(claim, "same_delta") ? theory[l].delta.same : theory[l].delta.pair,
                     f = value_scale(N, value_mul(theory[l - 1].h.pair, delta));

        claim_case(claim, "%s, layer %d", name, l);
        if (l > 1 && l < L) { // at l = L delta is 1, and (160) says nothing
            check_equal(claim, "product of means", exact(1), limit(at, (l - 1) * TERMS + RATIO, 1));
        }
        if (l > 1) {
            check_equal(claim, "order parameters", f, limit(at, (l - 1) * TERMS + WEIGHTS, 1));
        } else {
            check_zero(claim, "first layer", limit(at, WEIGHTS, 1), order_parameters_bound(&order, theory).x);
        }
        claim_row(claim, name, l, BOTH(moments_mean(here[EVERYTHING])), BOTH(moments_mean(here[WEIGHTS])),
                  BOTH(moments_mean(here[PRODUCT])), f.x);
    }
}

static void layer_terms(struct claim *claim)
{
    claim_labels(claim, "networks");
    claim_column(claim, "l", EXACT, "the layer");
    claim_column(claim, "all", SIGMAS(4), "a mean over networks");
    claim_column(claim, "all_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "weights", SIGMAS(4), "a mean over networks");
    claim_column(claim, "weights_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "product", SIGMAS(4), "a mean over networks");
    claim_column(claim, "product_err", RELATIVE(0.5), "a standard error");
    claim_column(claim, "f", RELATIVE(1e-12), "a recursion of closed forms");
    pair_by_pair(claim, 0);
    pair_by_pair(claim, claim_real(claim, "gamma"));
    kind(claim, "vanilla", 0, 0);
    kind(claim, "batchnorm", 10, claim_real(claim, "gamma"));
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
                 integer_by_scale("m", "inputs whose pairs are taken", 48, 64, 192, 32, 2000),
                 integer_by_scale(
                     "M", "inputs that means and variances are taken of; a half and a quarter for smaller networks",
                     200, 256, 2000, 200, 10000),
                 integer_by_scale("networks", "how many of each kind; more of the smaller ones", 32, 12, 64, 12, 10000),
                 real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"bias_as_weight", "the bias counted among the weights", "outer?product"},
                       {"equal_inputs", "a second moment in place of a mean over different inputs", "product*"},
                       {"same_delta", "gradients at equal inputs in place of different ones", "order*"}},
            .run = layer_terms,
        }));
}
