/* # Section 6.3: biases, $\gamma$ and $\beta$ do count when $\gamma$ is small
 *
 * Mean-Field Analysis of Batch Normalization (2019), appendix 6.3, below (161). Of each layer's share only the weights' part is kept, because the terms of $b$, $\gamma$ and $\beta$ are said to be $N_l$ times smaller. The critical
 * rate $\eta_*=2(1+\mu)/\bar\lambda_{\max}$ then grows like $\gamma^{-2}$ without end.
 *
 * The others' terms are of order one whatever $\gamma$; the weights' are of order $N\gamma^2$. With statistics held constant in derivatives, as in the paper, the others add
 *
 * $$\sum_{l=1}^L\tilde q_{xy}^l+\sigma_w^2\Big(\frac14+\frac1{2\pi}\Big)\sum_{l=2}^L\tilde q_{xy}^l,$$
 *
 * the first sum from biases, the second from $\beta_{l-1}$ and $\gamma_{l-1}$. With derivatives through the statistics only the terms next to the output are left, $1+\sigma_w^2(\frac14+\frac1{2\pi})$.
 *
 * **Checked.** Both formulas, and that the bound without the others is false at small $\gamma$, in networks, at scales from a fourth to four times the one at which weights and others are equal. Without batch
 * normalisation the biases' terms against $\sum_l\tilde q_{xy}^l$.
 * **Tolerance.** Standard errors over networks; three sizes take out what is linear in $1/N$ and $1/M$ and measure what is left.
 * **Could miss.** A tenth.
 * **Found.** The approximation holds where $N\gamma^2\gg1$. At $N=1000$ weights and others are equal at $\gamma\approx0.11$, and $\eta_*$ never exceeds 0.92, or 2.1 with derivatives through the statistics
 * ($\mu=0.9$). Without batch normalisation biases are negligible. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { GAMMAS = 10, SIZES = 3 };

/* ## One network at every scale
 * Means over pairs of different inputs with statistics of $M$ others held constant, and the squared gradient of the mean output over $M$ inputs through their own statistics. */
enum { WEIGHTS, OTHERS, LIVE_WEIGHTS, LIVE_OTHERS, TERMS };

struct ensemble_of {
    struct feedforward_model model;
    double gamma[GAMMAS];
    int m, M, scales;
};

static double pairs_of(int m, int outputs, int k, const double F[])
{
    double sum = 0;

    for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
            sum += i != j ? F[(i * outputs + k) * m * outputs + j * outputs + k] : 0;
        }
    }
    return sum / (m - 1);
}

/* All but the last bias's term, which is 1, is proportional to the squared length of the output's weights, whose direction is independent of it: in its mean's place it would only add noise. */
static double at_mean_length(const struct feedforward *network, int k, double others)
{
    int L = network->model.layers, n = convolution_columns(&network->shape[L]);
    const double *w = network->parameter + network->offset[L][PART_WEIGHTS] + (size_t)k * (size_t)n;

    return 1 + (others - 1) * network->model.sigma_w2 / linear_dot(n, w, w);
}

/* Each output taken alone, and their mean. */
static enum status frozen(const struct feedforward *network, struct feedforward_pass *pass, int m, double out[TERMS])
{
    int outputs = feedforward_size(network, network->model.layers), n = m * outputs;
    double *W = memory_doubles((size_t)n * (size_t)n), *F = memory_doubles((size_t)n * (size_t)n);
    enum status status = fisher_dual(network, pass, STATISTICS_FROZEN, FISHER_WEIGHTS, outputs, W);
    struct fisher_parameters others = {FISHER_ALL.parts & ~FISHER_WEIGHTS.parts, 0};

    status = status == STATUS_OK ? fisher_dual(network, pass, STATISTICS_FROZEN, others, outputs, F) : status;
    for (int k = 0; k < outputs && status == STATUS_OK; k++) {
        out[WEIGHTS] += pairs_of(m, outputs, k, W) / outputs;
        out[OTHERS] += at_mean_length(network, k, pairs_of(m, outputs, k, F)) / outputs;
    }
    memory_free(W);
    memory_free(F);
    return status;
}

static void live(const struct feedforward *network, struct feedforward_pass *pass, int M, double out[TERMS])
{
    int outputs = feedforward_size(network, network->model.layers);
    double *D = memory_doubles((size_t)M * (size_t)outputs), *gradient = memory_doubles(network->parameters),
           square[PARTS] = {0};

    for (int i = 0; i < M; i++) {
        D[i * outputs] = 1.0 / M;
    }
    feedforward_backward(network, pass, STATISTICS_LIVE, D);
    feedforward_gradient(network, pass, gradient);
    for (int l = 1; l <= network->model.layers; l++) {
        for (int part = 0; part < PARTS; part++) {
            int count = (int)network->count[l][part];
            const double *g = gradient + network->offset[l][part];

            square[part] += count > 0 ? linear_dot(count, g, g) : 0;
        }
    }
    out[LIVE_WEIGHTS] = square[PART_WEIGHTS];
    out[LIVE_OTHERS] = at_mean_length(network, 0, square[PART_BIASES] + square[PART_GAMMA] + square[PART_BETA]);
    memory_free(D);
    memory_free(gradient);
}

static void set_gamma(struct feedforward *network, double gamma)
{
    for (int l = 1; l < network->model.layers; l++) {
        for (size_t i = 0; i < network->count[l][PART_GAMMA]; i++) {
            network->parameter[network->offset[l][PART_GAMMA] + i] = gamma;
        }
    }
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    size_t inputs = (size_t)of->model.channels, numbers = (size_t)(of->m + of->M) * inputs;
    struct feedforward network;
    struct feedforward_pass pass, batch;
    enum status status = feedforward_new(&network, &of->model, *stream);

    (void)sample;
    if (status != STATUS_OK || (status = feedforward_pass_new(&pass, &network, of->m)) != STATUS_OK ||
        (status = feedforward_pass_new(&batch, &network, of->M)) != STATUS_OK) {
        return status;
    }
    double *X = memory_doubles(numbers);
    stream->draw = UINT64_C(1) << 40;
    stream_normals(stream, numbers, X);
    memset(out, 0, GAMMAS * TERMS * sizeof out[0]);
    for (int g = 0; g < of->scales && status == STATUS_OK; g++) {
        set_gamma(&network, of->gamma[g]);
        if (of->model.batchnorm) {
            feedforward_forward(&network, &batch, X);
            feedforward_forward_given(&network, &pass, X + (size_t)of->M * inputs, &batch);
            live(&network, &batch, of->M, out + g * TERMS);
        } else {
            feedforward_forward(&network, &pass, X + (size_t)of->M * inputs);
        }
        status = frozen(&network, &pass, of->m, out + g * TERMS);
    }
    memory_free(X);
    feedforward_pass_free(&pass);
    feedforward_pass_free(&batch);
    feedforward_free(&network);
    return status;
}

/* ## Networks of three sizes, and the limit
 * $N$, $N_0$ and $M$, and a half and a quarter of them. The weights' terms are divided by the width. What is linear in the inverse sizes drops out of twice the largest less the middle one; what is quadratic remains, and is
 * a third of how much that differs from the same of the smaller two. */
static void sample(struct claim *claim, uint32_t stream, bool batchnorm, int scales, const double gamma[],
                   struct moments at[SIZES][GAMMAS * TERMS])
{
    for (int s = 0; s < SIZES; s++) {
        int N = (int)claim_integer(claim, "N") >> s;
        struct ensemble_of of = {
            .m = (int)claim_integer(claim, "m"), .M = (int)claim_integer(claim, "M") >> s, .scales = scales};

        memcpy(of.gamma, gamma, (size_t)scales * sizeof gamma[0]);
        feedforward_model_dense(&of.model, N, (int)claim_integer(claim, "L"), N, (int)claim_integer(claim, "N_L"),
                                batchnorm ? 1 : 0, claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
        struct ensemble ensemble = claim_ensemble(claim, stream + (uint32_t)s,
                                                  (size_t)claim_integer(claim, "networks") << (batchnorm ? s : s + 1),
                                                  GAMMAS * TERMS, draw, &of);
        claim_need(claim, ensemble_moments(&ensemble, at[s]));
    }
}

static struct value limit(struct moments at[SIZES][GAMMAS * TERMS], int g, int term)
{
    bool wide = term == WEIGHTS || term == LIVE_WEIGHTS;
    int k = g * TERMS + term;
    struct value whole = moments_estimate(at[0][k]), half = value_scale(wide ? 2 : 1, moments_estimate(at[1][k])),
                 quarter = value_scale(wide ? 4 : 1, moments_estimate(at[2][k]));

    return limit_extrapolated(whole, half, quarter);
}

/* ## Theory */
struct prediction {
    struct value weights, others, live_weights, live_others;
};

static struct prediction predict(struct claim *claim, double gamma)
{
    struct order_network order;
    struct order_parameters at[ORDER_LAYERS + 1];
    int L = (int)claim_integer(claim, "L");
    double N = (double)claim_integer(claim, "N"), sigma_w2 = claim_real(claim, "sigma_w2"),
           of_slopes = claim_fault(claim, "no_gamma") ? 0.25 : 0.25 + 0.5 / M_PI;
    struct value biases = exact(0), all;

    order_network_dense(&order, L, N, N, gamma, sigma_w2, claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&order, at));
    for (int l = 1; l <= L; l++) {
        biases = value_add(biases, at[l].delta.pair);
    }
    all = value_add(biases, value_scale(sigma_w2 * of_slopes, value_sub(biases, at[1].delta.pair)));
    return (struct prediction){.weights = order_parameters_bound(&order, at),
                               .others = gamma > 0 ? all : biases,
                               .live_weights = gamma > 0 ? order_bound_live(&order, false) : exact(0),
                               .live_others =
                                   rounded((claim_fault(claim, "no_bias") ? 0 : 1) + sigma_w2 * of_slopes, 8)};
}

static void batch_normalised(struct claim *claim)
{
    struct moments at[SIZES][GAMMAS * TERMS];
    struct prediction one = predict(claim, 1);
    int points = (int)claim_integer(claim, "points");
    double cross = sqrt(one.others.x / one.weights.x), gamma[GAMMAS] = {claim_real(claim, "gamma")};

    for (int i = 0; i < points; i++) {
        gamma[1 + i] = cross * pow(4, 2.0 * i / (points - 1) - 1);
    }
    sample(claim, 0, true, 1 + points, gamma, at);
    for (int g = 0; g <= points; g++) {
        struct prediction theory = predict(claim, gamma[g]);
        struct value all = value_add(limit(at, g, WEIGHTS), limit(at, g, OTHERS));
        double rate = 2 * (1 + claim_real(claim, "mu"));

        claim_case(claim, "gamma = %.3g", gamma[g]);
        check_equal(claim, "others, frozen", theory.others, limit(at, g, OTHERS));
        check_equal(claim, "others, live", theory.live_others, limit(at, g, LIVE_OTHERS));
        if (g > 0 && gamma[g] < 0.6 * cross) {
            check_differs(claim, "weights for everything", theory.weights, all);
        }
        if (g > 0) {
            struct value live_all = value_add(limit(at, g, LIVE_WEIGHTS), limit(at, g, LIVE_OTHERS));

            claim_row(claim, NULL, gamma[g], BOTH(all), BOTH(live_all), theory.weights.x,
                      theory.weights.x + theory.others.x, theory.live_weights.x + theory.live_others.x,
                      rate / theory.weights.x, rate / (theory.weights.x + theory.others.x),
                      rate / (theory.live_weights.x + theory.live_others.x));
        }
    }
}

static void vanilla(struct claim *claim)
{
    struct moments at[SIZES][GAMMAS * TERMS];
    struct prediction theory = predict(claim, 0);

    sample(claim, 10, false, 1, (double[]){0}, at);
    claim_case(claim, "without batch normalisation");
    check_equal(claim, "others, frozen", theory.others, limit(at, 0, OTHERS));
}

static void other_parameters(struct claim *claim)
{
    claim_column(claim, "gamma", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "frozen", SIGMAS(4), "a mean over networks");
    claim_column(claim, "frozen_err", RELATIVE(0.5), "an error");
    claim_column(claim, "live", SIGMAS(4), "a mean over networks");
    claim_column(claim, "live_err", RELATIVE(0.5), "an error");
    claim_column(claim, "weights", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "all", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "live_all", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "eta_weights", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "eta_all", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "eta_live", RELATIVE(1e-12), "a closed form");
    batch_normalised(claim);
    vanilla(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 2, 6),
                 integer_by_scale("N", "width, and inputs of a network; half and a quarter of it measure the bias", 200,
                                  400, 1000, 200, 10000),
                 integer_by_scale("N_L", "outputs; each is taken alone, and they are averaged", 4, 4, 10, 1, 10),
                 integer_by_scale("m", "inputs whose pairs are taken", 24, 24, 96, 16, 1000),
                 integer_by_scale(
                     "M", "inputs that means and variances are taken of; a half and a quarter for smaller networks",
                     200, 200, 1000, 200, 10000),
                 integer_by_scale("networks", "how many of each kind; more of the smaller ones", 20, 12, 32, 12, 10000),
                 integer_by_scale("points", "scales around the one at which weights and others are equal", 2, 5, 9, 2,
                                  GAMMAS - 1),
                 real("gamma", "one more scale of batch normalisation", 1, 0.01, 100),
                 real("mu", "momentum", 0.9, 0, 0.999), real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"no_gamma", "the gradients with respect to gamma left out", "others*"},
                       {"no_bias", "the last bias left out", "others,?live"}},
            .errata = {{"E6",
                        "In (158) \"we use the fact that the terms with respect to $b,\\gamma,\\beta$ are $N_l$ times "
                        "smaller than the term with respect to $W$\".",
                        "They are of order 1 and the weights' terms of order $N\\gamma^2$: the others may be left out "
                        "where $N\\gamma^2\\gg1$. With them the bound is "
                        "$\\sum_lf_l+\\sum_{l\\ge1}\\tilde "
                        "q_{xy}^l+\\sigma_w^2(\\frac14+\\frac1{2\\pi})\\sum_{l\\ge2}\\tilde q_{xy}^l$.",
                        "weights?for*", "others,?frozen",
                        "The eigenvalue does not vanish with $\\gamma$, and the critical rate of small $\\gamma$ is "
                        "finite: figures 1b, 1d and 2 and the advice to start with a "
                        "small $\\gamma$ overstate it below $\\gamma\\approx0.1$ at $N=1000$.",
                        "The output's own bias has the gradient 1 at every input: it adds exactly 1 to the quadratic "
                        "form, for every $\\gamma$. The last weights add $N\\gamma^2/2\\pi$, which is below 1 "
                        "for $\\gamma<\\sqrt{2\\pi/N}$."}},
            .run = other_parameters,
        }));
}
