/* # Claim 6.2: the backward recursion, layer by layer and for any factors
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, claim 6.2, equations (69) to (74). For $1\le l\le L-1$, from $\tilde q^L=\tilde q^L_{xy}=1$,
 *
 * $$\tilde q^l=\frac{\gamma_l^2\sigma_w^2}2\,\frac{\tilde q^{l+1}}{q^l},\qquad\tilde q^l_{xy}=\frac{\gamma_l^2\sigma_w^2}4\,\frac{\tilde q^{l+1}_{xy}}{q^l}\qquad\text{(as printed).}$$
 *
 * **Corrected.** With $(s^l)^2=q^l-q^l_{xy}$ for $q^l$. From (23) and (24), $(s^1)^2=\sigma_w^2$ and $(s^l)^2=\frac{\sigma_w^2\gamma_{l-1}^2}2\big(1-\frac1\pi\big)$ for $l\ge2$. The product telescopes:
 *
 * $$\tilde q^l=\Big(\frac{\gamma_{L-1}}{\gamma_{l-1}}\Big)^2\Big(\frac\pi{\pi-1}\Big)^{L-l}\ (l\ge2),\qquad\tilde q^1=\frac{\gamma_{L-1}^2}2\Big(\frac\pi{\pi-1}\Big)^{L-2},\qquad\tilde q^l_{xy}=2^{l-L}\,\tilde q^l.$$
 *
 * Neither variance is left in it, and of the factors only two.
 *
 * **Checked.** The step where the print goes wrong, by three witnesses. One hidden layer, where the mean over weights is exact: $\mathbb E|w|^{-2}$ of a Gaussian vector makes
 * $\tilde q^1=\frac{\gamma^2}2\frac{N_0}{N_0-2}$ at every $N_0$. New biases in one and the same network, which change no gradient, and the printed value by a factor. The identity of mean unit variance and
 * $q-q_{xy}$ on a batch, unit by unit. Then the telescoped form against the corrected recursion, and against networks whose $\gamma_l$ grow from layer to layer; the rate a layer; the integrals of (70) and (73).
 * **Tolerance.** Rounding, quadrature; for networks standard errors and the bias seen at half and a quarter of the size.
 * **Could miss.** Gradients through the statistics: `eq_65_68_chain_rule`.
 * **Found.** False as printed; the corrected form holds. The rate a layer is $\pi/(\pi-1)$ times $(\gamma_l/\gamma_{l-1})^2$, where the printed one tends to 1 from below for large $\gamma$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/order_experiment.h>
#include <float.h>
#include <math.h>

enum { LAYERS = 8 };

/* ## Telescoped
 * factors: $\gamma_l$, $l=1,\dots,L-1$. */
static void factors(struct claim *claim, double gamma[])
{
    for (int l = 1; l < LAYERS; l++) {
        gamma[l] = claim_real(claim, "gamma") * pow(claim_real(claim, "growth"), l - 1);
    }
}

static struct value telescoped(struct claim *claim, const double gamma[], int L, int l)
{
    double rate = M_PI / (M_PI - 1), below = claim_fault(claim, "own_factor") ? gamma[l] : gamma[l - 1];

    return l == 1 ? rounded(gamma[L - 1] * gamma[L - 1] / 2 * pow(rate, L - 2), 4.0 * L)
                  : rounded(pow(gamma[L - 1] / below, 2) * pow(rate, L - l), 4.0 * L);
}

static struct value for_pairs(struct value same, int L, int l)
{
    return value_scale(ldexp(1, l - L), same);
}

static void recursion(struct claim *claim, const double gamma[], int L, double sigma_b2,
                      enum order_denominator denominator, struct order_parameters at[])
{
    struct order_network network;

    order_network_dense(&network, L, 1000, 1000, 1, claim_real(claim, "sigma_w2"), sigma_b2);
    for (int l = 1; l < L; l++) {
        network.gamma[l] = gamma[l];
    }
    network.denominator = denominator;
    claim_need(claim, order_parameters_find(&network, at));
}

/* ## One hidden layer
 * Given the first weights $w$ and exact statistics, the mean over read-outs of $\delta(x)\delta(y)$ is $\sigma_w^2\gamma^2\,\sigma'(u(x))\sigma'(u(y))/s^2$ a unit, with $u=w\cdot x/|w|$, $s=|w|$. */
struct hidden {
    int inputs;
    double gamma, sigma_w2;
};

static enum status draw_units(struct stream *stream, size_t sample, double out[], const void *context)
{
    enum { UNITS = 50 };
    const struct hidden *hidden = context;
    size_t n = (size_t)hidden->inputs;
    double *w = memory_doubles(3 * n), *x = w + n, *y = x + n;

    (void)sample;
    out[0] = out[1] = 0;
    for (int i = 0; i < UNITS; i++) {
        double s2 = 0, ux = 0, uy = 0;

        stream_normals_scaled(stream, sqrt(hidden->sigma_w2 / (double)n), n, w);
        stream_normals(stream, 2 * n, x);
        for (size_t j = 0; j < n; j++) {
            s2 += w[j] * w[j];
            ux += w[j] * x[j];
            uy += w[j] * y[j];
        }
        double share = hidden->sigma_w2 * hidden->gamma * hidden->gamma / (UNITS * s2);
        out[0] += ux > 0 ? share : 0;
        out[1] += ux > 0 && uy > 0 ? share : 0;
    }
    memory_free(w);
    return STATUS_OK;
}

static void one_hidden_layer(struct claim *claim)
{
    double gamma2 = pow(claim_real(claim, "gamma"), 2), b2 = claim_real(claim, "sigma_b2");
    struct hidden hidden = {.gamma = claim_real(claim, "gamma"), .sigma_w2 = claim_real(claim, "sigma_w2")};

    for (uint32_t k = 0; k < 3; k++) {
        struct moments at[2];

        hidden.inputs = 10 << k;
        double N0 = hidden.inputs, exact_factor = N0 / (N0 - (claim_fault(claim, "one_dimension") ? 1 : 2));
        struct ensemble ensemble =
            claim_ensemble(claim, 100 + k, (size_t)claim_integer(claim, "units") / 50, 2, draw_units, &hidden);
        claim_need(claim, ensemble_moments(&ensemble, at));
        claim_case(claim, "N_0 = %d", hidden.inputs);
        check_equal(claim, "one hidden layer, same input", rounded(gamma2 / 2 * exact_factor, 4), moments_mean(at[0]));
        check_equal(claim, "one hidden layer, two inputs", rounded(gamma2 / 4 * exact_factor, 4), moments_mean(at[1]));
        if (b2 > 0.1 * hidden.sigma_w2) {
            check_differs(claim, "printed, one hidden layer",
                          rounded(gamma2 / 2 * hidden.sigma_w2 / (hidden.sigma_w2 + b2), 5), moments_mean(at[0]));
        }
    }
}

/* ## One network, looked at twice
 * The mean over units of the unbiased variance is what two inputs do not share; new biases leave it and every gradient alone. */
static void variance(struct claim *claim, const struct feedforward *network, const struct feedforward_pass *pass)
{
    int m = pass->samples;

    for (int l = 1; l < network->model.layers; l++) {
        int units = feedforward_size(network, l);
        struct pair_means z = pair_means_of(m, 1, units, pass->z[l]);
        double mean = 0;

        for (int i = 0; i < units; i++) {
            mean += pow(pass->inverse[l][i], -2) * m / (m - (claim_fault(claim, "biased") ? 0 : 1)) / units;
        }
        claim_case(claim, "l = %d", l);
        check_equal(claim, "s^2 = q - q_xy", measured((z.same - z.pair) / units, 64 * DBL_EPSILON * z.same, ROUNDING),
                    rounded(mean, 64));
    }
}

static void squares(const struct feedforward *network, struct feedforward_pass *pass, const double X[], double out[])
{
    double *ones = memory_doubles((size_t)pass->samples);

    for (int i = 0; i < pass->samples; i++) {
        ones[i] = 1;
    }
    feedforward_forward(network, pass, X);
    feedforward_backward(network, pass, STATISTICS_FROZEN, ones);
    for (int l = 1; l < network->model.layers; l++) {
        out[l] = pair_means_of(pass->samples, 1, feedforward_size(network, l), pass->delta[l]).same;
    }
    memory_free(ones);
}

static void new_biases(struct claim *claim)
{
    enum { N = 40, M = 24, L = 4 };
    double gamma[LAYERS], X[M * N], before[L], after[L], b2 = claim_real(claim, "sigma_b2");
    struct order_parameters here[L + 1], there[L + 1];
    struct feedforward_model model;
    struct feedforward network;
    struct feedforward_pass pass;
    struct stream stream = claim_stream(claim, 90, 0);

    factors(claim, gamma);
    recursion(claim, gamma, L, b2, DENOMINATOR_SECOND_MOMENT, here);
    recursion(claim, gamma, L, b2 + 10 * claim_real(claim, "sigma_w2") * (1 + gamma[1] * gamma[1]),
              DENOMINATOR_SECOND_MOMENT, there);
    feedforward_model_dense(&model, N, L, N, 1, gamma[1], claim_real(claim, "sigma_w2"), b2);
    claim_need(claim, feedforward_new(&network, &model, stream));
    claim_need(claim, feedforward_pass_new(&pass, &network, M));
    stream = claim_stream(claim, 91, 0);
    stream_normals(&stream, M * N, X);
    squares(&network, &pass, X, before);
    variance(claim, &network, &pass);
    for (int l = 1; l < L; l++) {
        stream_normals_scaled(&stream, 3, N, network.parameter + network.offset[l][PART_BIASES]);
    }
    squares(&network, &pass, X, after);
    for (int l = 1; l < L; l++) {
        struct value ratio = rounded(after[l] / before[l], 1e5);

        claim_case(claim, "l = %d", l);
        check_equal(claim, "new biases", exact(claim_fault(claim, "biases_count") ? 1.001 : 1), ratio);
        check_differs(claim, "printed, new biases", value_div(there[l].delta.same, here[l].delta.same), ratio);
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

/* ## Networks with a factor of its own in every layer */
static void measure(struct claim *claim, const double gamma[], int L, struct value out[])
{
    struct order_experiment experiment = {.samples = (int)claim_integer(claim, "m"), .gamma = gamma}, size[3];
    int N = (int)claim_integer(claim, "N");

    feedforward_model_dense(&experiment.model, N, L, N, 1, 1, claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    order_experiment_sizes(&experiment, size);
    claim_limit(claim, 0, (size_t)claim_integer(claim, "networks"), order_experiment_outputs(&experiment),
                order_experiment_draw, (const void *[]){&size[0], &size[1], &size[2]}, out);
}

/* The geometric mean, over layers $2,\dots,L-2$, of the factor by which the gradient grows, without $(\gamma_l/\gamma_{l-1})^2$. */
static struct value rate(const double gamma[], int L, struct value second, struct value last)
{
    struct value ratio = value_scale(pow(gamma[1] / gamma[L - 2], 2), value_div(second, last));
    double power = 1.0 / (L - 3), root = pow(ratio.x, power);

    return value_through(ratio, root, power * root / ratio.x);
}

static void networks(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L");
    double gamma[LAYERS], printed_rate = claim_fault(claim, "printed_corrected") ? M_PI / (M_PI - 1) : 0;
    struct order_parameters printed[LAYERS + 1], right[LAYERS + 1];
    struct value out[ORDER_MEASURES * (LAYERS + 1)], *delta = out + MEASURE_DELTA;

    factors(claim, gamma);
    recursion(claim, gamma, L, claim_real(claim, "sigma_b2"), DENOMINATOR_VARIANCE, right);
    recursion(claim, gamma, L, claim_real(claim, "sigma_b2"), DENOMINATOR_SECOND_MOMENT, printed);
    measure(claim, gamma, L, out);
    for (int l = 1; l < L; l++) {
        struct value same = telescoped(claim, gamma, L, l), pair = for_pairs(same, L, l);
        struct value measured_pair = out[ORDER_MEASURES * l + MEASURE_DELTA_PAIR];

        claim_case(claim, "l = %d, gamma_l = %g", l, gamma[l]);
        check_equal(claim, "recursion", value_add(same, pair), value_add(right[l].delta.same, right[l].delta.pair));
        check_equal(claim, "networks, same input", same, delta[ORDER_MEASURES * l]);
        check_equal(claim, "networks, two inputs", pair, measured_pair);
        claim_row(claim, NULL, l, gamma[l], printed[l].delta.same.x, same.x, BOTH(delta[ORDER_MEASURES * l]),
                  printed[l].delta.pair.x, pair.x, BOTH(measured_pair));
    }
    claim_case(claim, "layers 2 to %d", L - 2);
    struct value found = rate(gamma, L, delta[ORDER_MEASURES * 2], delta[ORDER_MEASURES * (L - 1)]);
    check_equal(claim, "rate", rounded(M_PI / (M_PI - 1), 3), found);
    check_differs(claim, "printed, rate",
                  printed_rate > 0 ? exact(printed_rate)
                                   : rate(gamma, L, printed[2].delta.same, printed[L - 1].delta.same),
                  found);
}

/* ## The integrals */
static double slope(double z, void *context)
{
    (void)context;
    return z > 0;
}

static void integrals(struct claim *claim)
{
    static const double kink[] = {0};
    struct piecewise step = {slope, NULL, 1, kink};

    check_equal(claim, "integral (70)", exact(0.5), gaussian_mean(&step));
    check_equal(claim, "integral (73)", exact(claim_fault(claim, "slopes_agree") ? 0.5 : 0.25),
                gaussian_product(&step, &step, 0));
}

static void backward(struct claim *claim)
{
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "gamma", RELATIVE(1e-14), "a parameter's power");
    claim_column(claim, "printed", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "corrected", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "measured", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "measured_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "printed_pair", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "corrected_pair", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "pair", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "pair_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    integrals(claim);
    one_hidden_layer(claim);
    new_biases(claim);
    networks(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 5, 4, 7), real("gamma", "batchnorm's factor in layer 1", 1, 0.05, 20),
                 real("growth", "gamma of a layer over that of the layer below", 1.25, 0.5, 2),
                 real("sigma_w2", "variance of weights times width", 2, 0.01, 100),
                 real("sigma_b2", "variance of biases", 0.5, 0, 100),
                 integer_by_scale("N", "width and inputs", 400, 1000, 2000, 400, 3000),
                 integer_by_scale("m", "samples of a batch", 128, 160, 400, 128, 600),
                 integer_by_scale("networks",
                                  "how many are drawn; 4 and 16 times as many at half and a quarter of the size", 12,
                                  12, 24, 12, 10000),
                 integer_by_scale("units", "hidden units of the exact case", 10000, 40000, 1000000, 10000, 100000000)},
            .faults = {{"own_factor", "gamma_l in place of gamma_(l-1)", "recursion networks*"},
                       {"one_dimension", "N_0 / (N_0 - 1)", "one?hidden*"},
                       {"biased", "the batch's variance with 1/m", "s^2*"},
                       {"biases_count", "gradients change by a thousandth with the biases", "new*"},
                       {"slopes_agree", "1/2 for the integral over two inputs", "integral*73*"},
                       {"printed_corrected", "the printed rate is the right one", "printed,?rate"}},
            .errata = {{"E2",
                        "Claim 6.2: $\\tilde q^l=\\frac{\\gamma_l^2\\sigma_w^2}2\\frac{\\tilde q^{l+1}}{q^l}$, "
                        "$\\tilde q^l_{xy}=\\frac{\\gamma_l^2\\sigma_w^2}4\\frac{\\tilde q^{l+1}_{xy}}{q^l}$.",
                        "With $(s^l)^2=q^l-q^l_{xy}$ in place of $q^l$.", "printed*",
                        "networks* one?hidden* rate new* s^2*",
                        "See equation (25). The slip is between (68), which has $s^l[i]^2$, and (70), which has $q_l$.",
                        "New biases move $z^l$ and $\\mu^l$ alike, so no gradient depends on $\\sigma_b$; the printed "
                        "$q^l=\\sigma_b^2+\\sigma_w^2\\hat q^{l-1}$ does."}},
            .run = backward,
        }));
}
