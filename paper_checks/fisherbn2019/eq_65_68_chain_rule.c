/* # Equations (65) to (68): the chain rule holds, and parameters' gradients need another
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, equations (65) to (68). With $\delta^l[i]=\partial f/\partial z^l[i]$,
 *
 * $$\delta^l[i]=\frac{\gamma_l}{s^l[i]}\,\sigma'\big(\gamma_lu^l[i]\big)\sum_kW^{l+1}_{ki}\,\delta^{l+1}[k],$$
 *
 * and in the mean over $W^{l+1}$, independent of the rest,
 *
 * $$\mathbb E\langle\delta^l(x),\delta^l(y)\rangle=\frac{\sigma_w^2}{N_l}\sum_i\frac{\gamma_l^2}{s^l[i]^2}\,\sigma'\sigma'\,\langle\delta^{l+1}(x),\delta^{l+1}(y)\rangle.$$
 *
 * The Fisher matrix (156) to (161) takes $\delta^l$ for the gradient with respect to parameters, $\partial f/\partial b^l=\delta^l$ and $\partial f/\partial W^l=\delta^l\otimes h^{l-1}$.
 *
 * **Corrected.** $\mu^l$ and $s^l$ are functions of the parameters. What one input does to $z^l(x)$ leaves them alone if the data are many; what a parameter does moves them. With $e=\gamma_l\,\sigma'(\gamma_lu)\,W^T\delta$ at all
 * data, the gradient is
 *
 * $$\delta^l_{\text{live}}=\frac1{s^l}\Big(e-\overline e-u^l\;\overline{e\,u^l}\Big),\qquad\text{bars: means over the data.}$$
 *
 * **Checked.** (66) against numerical derivatives of a network above layer $l$, written for the purpose, with given statistics. The live rule against derivatives of the same network that recomputes them. (68) over sampled
 * weights. Gradients of the mean output with respect to the parameters of the whole network, which normalises by its batch as (13) to (15) say: along the printed gradient of each layer's weights and biases.
 * **Tolerance.** Numerical derivatives state their error. Steps are small enough that kinks of relu lie outside.
 * **Could miss.** Other ways to handle statistics, such as running means, which freeze them.
 * **Found.** (66) and (68) hold for given statistics. As gradients of parameters they fail: biases below the last layer have gradient 0, where (66) gives them as much as any. What is left of the bound is in
 * `sec_6_3_live_statistics`. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/order_experiment.h>
#include <assay/numerics/difference.h>
#include <math.h>
#include <string.h>

enum { N = 12, M = 9, LAYERS = 6, SIZE = M * N };

/* ## A small network, its batch, and weights of its outputs */
struct small {
    struct feedforward network;
    struct feedforward_pass pass;
    double X[SIZE], D[M], mean[LAYERS][N], deviation[LAYERS][N];
    int L;
};

static void statistics_of(const double z[], double mean[], double deviation[])
{
    for (int i = 0; i < N; i++) {
        mean[i] = deviation[i] = 0;
        for (int k = 0; k < M; k++) {
            mean[i] += z[k * N + i] / M;
        }
        for (int k = 0; k < M; k++) {
            deviation[i] += (z[k * N + i] - mean[i]) * (z[k * N + i] - mean[i]) / M;
        }
        deviation[i] = sqrt(deviation[i]);
    }
}

static void small_new(struct claim *claim, const char *phi, struct small *small)
{
    struct feedforward_model model;
    struct stream stream = claim_stream(claim, 1, 0);

    small->L = (int)claim_integer(claim, "L");
    feedforward_model_dense(&model, N, small->L, N, 1, claim_real(claim, "gamma"), claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    claim_need(claim, activation_find(phi, &model.phi));
    claim_need(claim, feedforward_new(&small->network, &model, claim_stream(claim, 0, 0)));
    claim_need(claim, feedforward_pass_new(&small->pass, &small->network, M));
    stream_normals(&stream, SIZE, small->X);
    stream_normals(&stream, M, small->D);
    feedforward_forward(&small->network, &small->pass, small->X);
    for (int l = 1; l < small->L; l++) {
        statistics_of(small->pass.z[l], small->mean[l], small->deviation[l]);
    }
}

/* A bound on the rounding of outputs: means are taken from z that may be large. */
static double noise(const struct small *small, double output)
{
    double worst = 1;

    for (int l = 1; l < small->L; l++) {
        for (int i = 0; i < N; i++) {
            worst = fmax(worst, small->network.model.gamma * fabs(small->mean[l][i]) / small->deviation[l][i]);
        }
    }
    return 4e-15 * worst * (1 + fabs(output) + sqrt(small->network.model.sigma_w2));
}

static void small_free(struct small *small)
{
    feedforward_pass_free(&small->pass);
    feedforward_free(&small->network);
}

static const double *weights(const struct small *small, int l)
{
    return small->network.parameter + small->network.offset[l][PART_WEIGHTS];
}

/* ## The network above layer l
 * $\sum_xD(x)f(x)$ as a function of one entry of $z^l$. */
struct above {
    const struct small *small;
    int l, entry;
    bool live;
};

static double above(double shift, void *context)
{
    const struct above *above = context;
    const struct small *small = above->small;
    double z[SIZE], h[SIZE], mean[N], deviation[N], sum = 0;

    memcpy(z, small->pass.z[above->l], sizeof z);
    z[above->entry] += shift;
    for (int l = above->l; l < small->L; l++) {
        int outputs = l + 1 < small->L ? N : 1;
        const double *W = weights(small, l + 1),
                     *b = small->network.parameter + small->network.offset[l + 1][PART_BIASES];

        statistics_of(z, mean, deviation);
        for (int e = 0; e < SIZE; e++) {
            int i = e % N;
            double m = above->live ? mean[i] : small->mean[l][i],
                   s = above->live ? deviation[i] : small->deviation[l][i];

            h[e] = activation_value(&small->network.model.phi, small->network.model.gamma * (z[e] - m) / s);
        }
        for (int k = 0; k < M; k++) {
            for (int o = 0; o < outputs; o++) {
                double total = b[o];

                for (int i = 0; i < N; i++) {
                    total += W[o * N + i] * h[k * N + i];
                }
                z[k * outputs + o] = total;
            }
        }
    }
    for (int k = 0; k < M; k++) {
        sum += small->D[k] * z[k];
    }
    return sum;
}

/* ## The rules
 * delta of layer l from that of layer l + 1, for all samples: (66), and with live statistics. */
static void rule(struct claim *claim, const struct small *small, int l, bool live, const double up[], double delta[])
{
    int outputs = l + 1 < small->L ? N : 1;
    const double *W = weights(small, l + 1);
    double gamma = small->network.model.gamma;

    for (int i = 0; i < N; i++) {
        double e[M], mean = 0, along = 0;

        for (int k = 0; k < M; k++) {
            double u = (small->pass.z[l][k * N + i] - small->mean[l][i]) / small->deviation[l][i], back = 0;

            for (int o = 0; o < outputs; o++) {
                back += W[o * N + i] * up[k * outputs + o];
            }
            e[k] = gamma * activation_slope(&small->network.model.phi, gamma * u) * back;
            mean += live ? e[k] / M : 0;
            along += live && !claim_fault(claim, "mean_only") ? e[k] * u / M : 0;
        }
        for (int k = 0; k < M; k++) {
            double u = (small->pass.z[l][k * N + i] - small->mean[l][i]) / small->deviation[l][i];
            double s = claim_fault(claim, "variance") ? small->deviation[l][i] * small->deviation[l][i]
                                                      : small->deviation[l][i];

            delta[k * N + i] = (e[k] - mean - u * along) / s;
        }
    }
}

static void deltas(struct claim *claim, const struct small *small, const double D[], bool live,
                   double delta[LAYERS][SIZE])
{
    const double *up = D;

    for (int l = small->L - 1; l >= 1; l--) {
        rule(claim, small, l, live, up, delta[l]);
        up = delta[l];
    }
}

/* ## Entry by entry, and along the printed gradient */
static void by_entries(struct claim *claim, struct small *small, const char *phi, double delta[2][LAYERS][SIZE])
{
    double step = strcmp(phi, "relu") == 0 ? 1e-6 : 1e-3;

    for (int l = 1; l < small->L; l++) {
        for (int e = l; e < SIZE; e += 13) {
            for (int live = 0; live < 2; live++) {
                struct above function = {small, l, e, live};
                struct value witness = derivative_by_differences(above, &function, 0, step * small->deviation[l][e % N],
                                                                 noise(small, above(0, &function)));

                claim_case(claim, "%s, l = %d, input %d, unit %d", phi, l, e / N, e % N);
                check_zero(claim, live ? "live rule" : "(66)", value_sub(witness, rounded(delta[live][l][e], 1000)),
                           fabs(delta[live][l][e]) + 1e-3);
            }
        }
    }
}

/* The mean output along a direction of a layer's weights or biases, the whole network with its batch's statistics. */
struct along {
    struct small *small;
    int l;
    enum feedforward_part part;
    const double *direction;
};

static double along(double shift, void *context)
{
    struct along *along = context;
    struct feedforward *network = &along->small->network;
    size_t count = network->count[along->l][along->part];
    double *part = network->parameter + network->offset[along->l][along->part], *kept = memory_copy(count, part),
           mean = 0;

    for (size_t i = 0; i < count; i++) {
        part[i] += shift * along->direction[i];
    }
    feedforward_forward(network, &along->small->pass, along->small->X);
    for (int k = 0; k < M; k++) {
        mean += along->small->pass.z[along->small->L][k] / M;
    }
    memcpy(part, kept, count * sizeof *part);
    memory_free(kept);
    return mean;
}

/* The gradient of the mean output that a rule gives, delta outer h, or delta alone for biases. */
static void gradient(const struct small *small, int l, enum feedforward_part part, const double delta[], double out[])
{
    memset(out, 0, N * N * sizeof *out);
    for (int k = 0; k < M; k++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < (part == PART_WEIGHTS ? N : 1); j++) {
                out[part == PART_WEIGHTS ? i * N + j : i] +=
                    delta[k * N + i] * (part == PART_WEIGHTS ? small->pass.h[l - 1][k * N + j] : 1);
            }
        }
    }
}

static double dot(const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < N * N; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

static void by_parameters(struct claim *claim, struct small *small, const char *phi, double delta[2][LAYERS][SIZE])
{
    double step = strcmp(phi, "relu") == 0 ? 1e-6 : 1e-3, printed[N * N], live[N * N];

    for (int p = 0; p < 2; p++) {
        enum feedforward_part part = p ? PART_BIASES : PART_WEIGHTS;
        char name[32];

        snprintf(name, sizeof name, "%s, %s", phi, p ? "biases" : "weights");
        for (int l = 1; l < small->L; l++) {

            feedforward_forward(&small->network, &small->pass, small->X);
            gradient(small, l, part, delta[0][l], printed);
            gradient(small, l, part, delta[1][l], live);
            double square = dot(printed, printed), size = sqrt(square);
            struct along function = {small, l, part, printed};
            struct value witness = derivative_by_differences(along, &function, 0, step * small->deviation[l][0] / size,
                                                             noise(small, along(0, &function)));
            claim_case(claim, "%s, l = %d", name, l);
            claim_row(claim, name, l, dot(printed, live) / square, witness.x / square);
            check_zero(claim, "parameters, live rule",
                       value_sub(witness, measured(dot(printed, live), 1e-12 * square, ROUNDING)), square);
            check_differs(claim, p ? "printed, biases" : "printed, weights",
                          rounded(claim_fault(claim, "printed_corrected") ? dot(printed, live) : square, 1000),
                          witness);
        }
    }
}

static void chain_rule(struct claim *claim, const char *phi)
{
    static double delta[2][LAYERS][SIZE];
    struct small small;
    double mean_output[M];

    small_new(claim, phi, &small);
    for (int live = 0; live < 2; live++) {
        deltas(claim, &small, small.D, live, delta[live]);
    }
    by_entries(claim, &small, phi, delta);
    for (int k = 0; k < M; k++) {
        mean_output[k] = 1.0 / M;
    }
    for (int live = 0; live < 2; live++) {
        deltas(claim, &small, mean_output, live, delta[live]);
    }
    by_parameters(claim, &small, phi, delta);
    small_free(&small);
}

/* ## (68), over sampled weights
 * a: what multiplies $W^T\delta$, for two inputs; d: $\delta^{l+1}$. */
struct fixed {
    double a[2][N], d[2][N], w2;
};

static enum status draw_weights(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct fixed *fixed = context;
    double W[N * N];

    (void)sample;
    stream_normals_scaled(stream, sqrt(fixed->w2 / N), N * N, W);
    out[0] = 0;
    for (int i = 0; i < N; i++) {
        double back[2] = {0, 0};

        for (int k = 0; k < N; k++) {
            back[0] += W[k * N + i] * fixed->d[0][k];
            back[1] += W[k * N + i] * fixed->d[1][k];
        }
        out[0] += fixed->a[0][i] * back[0] * fixed->a[1][i] * back[1];
    }
    return STATUS_OK;
}

static void over_weights(struct claim *claim)
{
    struct fixed fixed = {.w2 = claim_real(claim, "sigma_w2")};
    struct stream stream = claim_stream(claim, 2, 0);
    struct moments mean;
    double slopes = 0, product = 0;

    stream_normals(&stream, 2 * N, fixed.a[0]);
    stream_normals(&stream, N, fixed.d[0]);
    for (int i = 0; i < N; i++) { // two inputs that have much in common
        fixed.d[1][i] = fixed.d[0][i] + 0.5 * stream_normal(&stream);
        fixed.a[0][i] = fabs(fixed.a[0][i]);
        fixed.a[1][i] = fabs(fixed.a[1][i]);
        slopes += fixed.a[0][i] * fixed.a[1][i];
        product += fixed.d[0][i] * fixed.d[1][i];
    }
    struct ensemble ensemble =
        claim_ensemble(claim, 3, (size_t)claim_integer(claim, "weights"), 1, draw_weights, &fixed);
    claim_need(claim, ensemble_moments(&ensemble, &mean));
    claim_case(claim, "two inputs");
    check_equal(claim, "(68)", rounded(fixed.w2 / (claim_fault(claim, "N_minus_1") ? N - 1 : N) * slopes * product, 40),
                moments_mean(mean));
}

static void chain(struct claim *claim)
{
    claim_labels(claim, "parameters");
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "live", ABSOLUTE(1e-9), "a backward pass by hand");
    claim_column(claim, "measured", ABSOLUTE(1e-5), "numerical derivatives");
    chain_rule(claim, "tanh");
    chain_rule(claim, "relu");
    over_weights(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 3, LAYERS), real("gamma", "batchnorm's factor", 1, 0.1, 10),
                           real("sigma_w2", "variance of weights times width", 2, 0.1, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer_by_scale("weights", "matrices drawn for (68)", 20000, 100000, 1000000, 20000,
                                            100000000)},
            .faults = {{"variance", "s^2 in place of s", "(66) live* parameters*"},
                       {"mean_only", "the live rule without its second mean", "live* parameters*"},
                       {"N_minus_1", "N - 1 in place of N", "(68)"},
                       {"printed_corrected", "the printed gradient is the live one", "printed*"}},
            .errata =
                {{"E3",
                  "(156) to (161) with (66): $\\partial f/\\partial b^l=\\delta^l$, $\\partial f/\\partial "
                  "W^l=\\delta^l\\otimes "
                  "h^{l-1}$ under batchnorm.",
                  "With $\\delta^l_{\\text{live}}=\\big(e-\\overline e-u\\,\\overline{eu}\\big)/s$, "
                  "$e=\\gamma\\,\\sigma'W^T\\delta$, since $\\mu^l$ and $s^l$ depend on the parameters.",
                  "printed*", "live* parameters*",
                  "With statistics as in (13) to (15), which training differentiates, $f_l$ vanishes below the last "
                  "layer "
                  "as data grow, and the bound (44) is $N\\gamma^2/(2\\pi)$. The recursions describe networks whose "
                  "statistics are held constant.",
                  "A bias moves $z^l$ and $\\mu^l$ alike: $\\partial f/\\partial b^l=0$ for $l<L$, while "
                  "$\\delta^l\\ne0$."}},
            .run = chain,
        }));
}
