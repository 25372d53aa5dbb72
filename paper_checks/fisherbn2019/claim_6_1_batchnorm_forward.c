/* # Claim 6.1: the forward recursion of batchnorm, and the steps that lead to it
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, claim 6.1, equations (46) to (50) and (55) to (57). For $0\le l\le L-1$
 *
 * $$q^{l+1}=\sigma_b^2+\sigma_w^2\hat q^l,\qquad q^{l+1}_{xy}=\sigma_b^2+\sigma_w^2\hat q^l_{xy},$$
 *
 * with $\hat q^l=\gamma_l^2/2$ and $\hat q^l_{xy}=\gamma_l^2/(2\pi)$ for $l\ge1$, and $\hat q^0=1$, $\hat q^0_{xy}=0$.
 *
 * **Checked.** Networks whose $\gamma_l$ grow from layer to layer, with inputs of four laws. (46): the covariance of a layer over its own weights, for fixed activations. (56): that normalised pre-activations
 * are nearly Gaussian over the data; the excess kurtosis of layer 2 is derived to first order,
 *
 * $$\frac3N\,\frac{\kappa_4+2v^2-\frac18}{v^2}\approx\frac{10.0}N,\qquad v=\frac12-\frac1{2\pi},$$
 *
 * with $\kappa_4$ the fourth cumulant of $\sigma(Z)$: it comes from the units' own cumulant and from correlations of units of layer 1, $1/N$ in the mean square.
 * **Corrected.** (46) lacks the mean on its right side: with $\mathbb E$ over inputs and all parameters, as in (49), the right side needs it too. It stands as printed if $\mathbb E$ is over the layer's own
 * parameters; (47) likewise.
 * **Tolerance.** Standard errors over networks, and the bias of finite size seen at half and a quarter of it.
 * **Could miss.** Dependent input coordinates. With them $q^1_{xy}$ is still $\sigma_b^2$, but layer 1 need not be Gaussian over the data.
 * **Found.** Holds for all four laws. The Gaussian approximation is good to 1 % in the fourth moment at $N=1000$. */
#include <assay/evidence/claim.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { LAYERS = 5 };

/* ## Networks */
static void factors(struct claim *claim, double gamma[])
{
    for (int l = 1; l < LAYERS; l++) {
        gamma[l] = claim_real(claim, "gamma") * pow(claim_real(claim, "growth"), l - 1);
    }
}

/* Inputs that are not normal: two hidden layers of half the width, as deeper ones see nothing new. */
static int layers(struct claim *claim, enum input_law law)
{
    return law == INPUT_NORMAL ? (int)claim_integer(claim, "L") : 3;
}

static void measure(struct claim *claim, const double gamma[], enum input_law law, struct value out[])
{
    struct order_experiment experiment = {.samples = (int)claim_integer(claim, "m"), .gamma = gamma, .law = law},
                            size[3];
    int N = (int)claim_integer(claim, "N") >> (law == INPUT_NORMAL ? 0 : 1);

    feedforward_model_dense(&experiment.model, N, layers(claim, law), N, 1, 1, claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    order_experiment_sizes(&experiment, size);
    claim_limit(claim, 10 * law, (size_t)claim_integer(claim, "networks"), order_experiment_outputs(&experiment),
                order_experiment_draw, (const void *[]){&size[0], &size[1], &size[2]}, out);
}

static void networks(struct claim *claim, enum input_law law)
{
    double gamma[LAYERS], w2 = claim_real(claim, "sigma_w2"), b2 = claim_real(claim, "sigma_b2");
    struct value out[ORDER_MEASURES * (LAYERS + 1)];

    factors(claim, gamma);
    measure(claim, gamma, law, out);
    for (int l = 1; l < layers(claim, law); l++) {
        const struct value *at = out + ORDER_MEASURES * l;
        double below = claim_fault(claim, "own_factor") ? gamma[l] : gamma[l - 1];
        double h = l > 1 ? below * below / 2 : 1, h_pair = l > 1 ? below * below / (2 * M_PI) : 0;
        double q = b2 + w2 * h, q_pair = b2 + w2 * h_pair, up = gamma[l] * gamma[l];

        claim_case(claim, "%s inputs, l = %d, gamma_l = %.3g", input_law_name(law), l, gamma[l]);
        check_equal(claim, "z", rounded(q, 6), at[MEASURE_Z]);
        check_zero(claim, "z_pair", value_sub(at[MEASURE_Z_PAIR], rounded(q_pair, 6)), q);
        check_equal(claim, "h", rounded(up / 2, 6), at[MEASURE_H]);
        check_equal(claim, "h_pair", rounded(claim_fault(claim, "half_mean") ? up / 8 : up / (2 * M_PI), 6),
                    at[MEASURE_H_PAIR]);
        claim_row(claim, input_law_name(law), l, gamma[l], q, BOTH(at[MEASURE_Z]), q_pair, BOTH(at[MEASURE_Z_PAIR]),
                  up / (2 * M_PI), BOTH(at[MEASURE_H_PAIR]));
    }
}

/* ## One layer over its own weights
 * $z(x)z(y)$, mean over weights and biases for two fixed vectors. */
enum { FEW = 16 };

struct layer {
    double w2, b2, x[FEW], y[FEW];
};

static enum status draw_units(struct stream *stream, size_t sample, double out[], const void *context)
{
    enum { UNITS = 100 };
    const struct layer *layer = context;
    double w[FEW], b;

    (void)sample;
    out[0] = out[1] = 0;
    for (int i = 0; i < UNITS; i++) {
        stream_normals_scaled(stream, sqrt(layer->w2 / FEW), FEW, w);
        stream_normals_scaled(stream, sqrt(layer->b2), 1, &b);
        double zx = b, zy = b;
        for (int j = 0; j < FEW; j++) {
            zx += w[j] * layer->x[j];
            zy += w[j] * layer->y[j];
        }
        out[0] += zx * zx / UNITS;
        out[1] += zx * zy / UNITS;
    }
    return STATUS_OK;
}

static double dot(const double x[], const double y[])
{
    double sum = 0;

    for (int j = 0; j < FEW; j++) {
        sum += x[j] * y[j];
    }
    return sum / FEW;
}

/* The longest of many inputs, and one more: for them the right side of (46) is far from its mean. */
static void draw_vectors(struct claim *claim, struct layer *layer)
{
    struct stream stream = claim_stream(claim, 90, 0);
    double trial[FEW];

    stream_normals(&stream, FEW, layer->y);
    for (int k = 0; k < 200; k++) {
        stream_normals(&stream, FEW, trial);
        if (k == 0 || dot(trial, trial) > dot(layer->x, layer->x)) {
            for (int j = 0; j < FEW; j++) {
                layer->x[j] = trial[j];
            }
        }
    }
}

static void covariance(struct claim *claim)
{
    double w2 = claim_real(claim, "sigma_w2");
    struct layer layer = {.w2 = w2, .b2 = fmin(w2, claim_real(claim, "sigma_b2"))}; // larger ones hide the weights
    struct moments at[2];
    size_t count = (size_t)claim_integer(claim, "units") / 100;

    draw_vectors(claim, &layer);
    struct ensemble ensemble = claim_ensemble(claim, 91, count, 2, draw_units, &layer);
    claim_need(claim, ensemble_moments(&ensemble, at));
    double b2 = claim_fault(claim, "no_biases") ? 0 : layer.b2, same = dot(layer.x, layer.x);
    claim_case(claim, "fixed x, y, |x|^2 / N_0 = %.3g", same);
    check_equal(claim, "own weights, x = y", rounded(b2 + layer.w2 * same, 20), moments_mean(at[0]));
    check_zero(claim, "own weights, x and y",
               value_sub(moments_mean(at[1]), rounded(b2 + layer.w2 * dot(layer.x, layer.y), 20)),
               layer.b2 + layer.w2 * same);

    /* Over inputs too: the left side's mean, where the printed right side still has $x$ in it. */
    struct order_experiment experiment = {.samples = 8};
    struct moments all[3 * ORDER_MEASURES];
    feedforward_model_dense(&experiment.model, FEW, 2, 8, 1, 0, layer.w2, layer.b2);
    ensemble =
        claim_ensemble(claim, 92, count, order_experiment_outputs(&experiment), order_experiment_draw, &experiment);
    claim_need(claim, ensemble_moments(&ensemble, all));
    struct value mean = moments_mean(all[ORDER_MEASURES + MEASURE_Z]);
    claim_case(claim, "|x|^2 / N_0 = %.3g", same);
    check_differs(claim, "printed (46)",
                  rounded(layer.b2 + layer.w2 * (claim_fault(claim, "printed_corrected") ? 1 : same), 20), mean);
    check_equal(claim, "mean of (46)", rounded(layer.b2 + layer.w2, 3), mean);
}

/* ## How Gaussian
 * The excess kurtosis of units of layer 2 over the data, from k-statistics, mean over units, times the width. */
static enum status draw_kurtosis(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct order_experiment *experiment = context;
    struct feedforward network;
    struct feedforward_pass pass;
    int m = experiment->samples, N = experiment->model.layer[2].outputs;
    double sum = 0, n = m;
    enum status status = order_experiment_forward(experiment, *stream, &network, &pass);

    (void)sample;
    if (status != STATUS_OK) {
        return status;
    }
    for (int i = 0; i < N; i++) {
        double fourth = 0;

        for (int k = 0; k < m; k++) {
            double u = pass.u[2][(size_t)k * (size_t)N + (size_t)i], square = u * u;

            fourth += square * square / n;
        }
        sum += (n - 1) * ((n + 1) * fourth - 3 * (n - 1)) /
               ((n - 2) * (n - 3)); // k_4 / k_2^2; the second moment of u is 1
    }
    out[0] = sum;
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return STATUS_OK;
}

static void kurtosis(struct claim *claim)
{
    double p2 = 1 / (2 * M_PI), v = 0.5 - p2, fourth = 1.5 - 5 * p2 - 3 * p2 * p2 - 3 * v * v;
    double derived = (claim_fault(claim, "one_pairing") ? 1 : 3) * (fourth + 2 * v * v - 0.125) / (v * v);
    struct order_experiment size[3];
    const void *context[3];
    struct value found;
    int N = 96;

    for (int s = 0; s < 3; s++) {
        size[s] = (struct order_experiment){.samples = 400};
        feedforward_model_dense(&size[s].model, N >> s, 3, N >> s, 1, 1, 2, 0);
        context[s] = &size[s];
    }
    claim_limit(claim, 93, (size_t)claim_integer(claim, "small"), 1, draw_kurtosis, context, &found);
    claim_case(claim, "N = %d, layer 2", N);
    check_equal(claim, "kurtosis", rounded(derived, 20), found);
}

static void forward(struct claim *claim)
{
    claim_labels(claim, "inputs");
    claim_column(claim, "l", EXACT, "a layer");
    claim_column(claim, "gamma", RELATIVE(1e-14), "a parameter's power");
    claim_column(claim, "q", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "z", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "z_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "q_xy", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "z_pair", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "z_pair_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    claim_column(claim, "h_xy", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "h_pair", SIGMAS(0.1), "sampled; the same draws");
    claim_column(claim, "h_pair_err", RELATIVE(0.05), "a standard error and a bias of few networks");
    for (int law = 0; law < INPUT_LAWS; law++) {
        networks(claim, (enum input_law)law);
    }
    covariance(claim);
    kurtosis(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 3, LAYERS), real("gamma", "batchnorm's factor in layer 1", 0.5, 0.01, 100),
                 real("growth", "gamma of a layer over that of the layer below", 2, 0.25, 4),
                 real("sigma_w2", "variance of weights times width", 2, 0.01, 100),
                 real("sigma_b2", "variance of biases", 0.5, 0, 100),
                 integer_by_scale("N", "width and inputs; half of it for inputs that are not normal", 400, 1000, 2000,
                                  400, 3000),
                 integer_by_scale("m", "samples of a batch", 64, 100, 400, 64, 600),
                 integer_by_scale("networks",
                                  "how many are drawn; 4 and 16 times as many at half and a quarter of the size", 8, 8,
                                  24, 8, 10000),
                 integer_by_scale("small", "networks of width 96 for the kurtosis", 130, 300, 2000, 130, 100000),
                 integer_by_scale("units", "weight vectors for (46)", 40000, 400000, 10000000, 40000, 1000000000)},
            .faults = {{"own_factor", "gamma_l in place of gamma_(l-1)", "z z_pair"},
                       {"half_mean", "gamma^2 / 8 for two inputs", "h_pair"},
                       {"no_biases", "no bias in (46)", "own*"},
                       {"one_pairing", "one pairing of four weights, of three", "kurtosis"},
                       {"printed_corrected", "the mean of |x|^2 on the right", "printed*"}},
            .errata =
                {{"E9c",
                  "(46): $\\frac1{N_{l+1}}\\mathbb E\\langle "
                  "z^{l+1}(x),z^{l+1}(y)\\rangle=\\sigma_b^2+\\frac{\\sigma_w^2}{N_l}\\langle "
                  "h^l(x),h^l(y)\\rangle$.",
                  "With $\\mathbb E\\langle h^l(x),h^l(y)\\rangle$ on the right.", "printed*", "mean* own*",
                  "None: (49) has the mean. The notation is loose rather than wrong if $\\mathbb E$ in (46) and (47) "
                  "is "
                  "over the layer's own parameters.",
                  "$l=0$, $y=x$: the left side is $\\sigma_b^2+\\sigma_w^2$, the right one contains $\\|x\\|^2$."}},
            .run = forward,
        }));
}
