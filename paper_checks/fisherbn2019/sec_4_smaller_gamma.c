/* # Section 4: smaller $\gamma$ gives lower losses, and good rates lie below $\eta_*$
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 4. Two observations of the experiments: after a fixed number of epochs networks that begin with a smaller $\gamma$ have a lower test loss,
 * and the best rates lie in a strip around $\frac12\eta_*$.
 *
 * Here on ten clusters: Gaussian points around random centres, so that there is something to learn and nothing else. The paper's fully connected network, $L=4$, batch normalisation, squared loss, five epochs with
 * momentum.
 *
 * **Checked.** The slope of the logarithm of the test loss against $\log\gamma$, at an eighth of each $\gamma$'s $\eta_*$, is positive, and the smallest $\gamma$ beats the largest. In the mean over $\gamma$, losses at $\frac18\eta_*$ are lower than at
 * a quarter and a sixteenth of that rate. The table has $\frac12\eta_*$, too. $\eta_*$ is that of gradients through the batch statistics, with all parameters:
 *
 * $$\eta_*=2(1+\mu)\Big/\Big(\frac{N\gamma^2}{2\pi}+\frac32+\frac1\pi\Big).$$
 *
 * **Tolerance.** The scatter over networks.
 * **Could miss.** Why. A network with larger $\gamma$ begins with larger outputs, $\mathbb E f^2=\sigma_b^2+\frac12\sigma_w^2\gamma^2$, and so with a larger loss: part of the effect is that start and not the curvature.
 * **Found.** The first holds. The second holds loosely: at $\gamma\ge2$ half of $\eta_*$ is as good as an eighth or better; at smaller $\gamma$, where the read-out's biases and $\beta$ set $\eta_*$, an
 * eighth is better by a third to a half, and half of $\eta_*$ loses much of what smaller $\gamma$ gains. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/experiment/momentum_sweep.h>
#include <math.h>
#include <stdio.h>

enum { CLASSES = 10, GAMMAS = 5, RATES = 4 };

static const double gammas[GAMMAS] = {0.1, 0.3, 1, 2, 4}, fractions[RATES] = {0.125, 0.5, 0.03125, 0.0078125};

struct experiment {
    struct images train, test;
    struct feedforward_model model;
    struct momentum_training training;
    int networks;
};

/* ## Ten clusters */
static void draw_clusters(struct claim *claim, size_t count, size_t features, uint32_t sample, struct images *images)
{
    struct stream centres = claim_stream(claim, 1, 0), stream = claim_stream(claim, 2, sample);
    double *centre = memory_doubles(CLASSES * features);

    *images = (struct images){.count = count, .features = features, .classes = CLASSES};
    images->pixels = memory_doubles(count * features);
    images->label = memory_new(count, sizeof images->label[0]);
    stream_normals_scaled(&centres, sqrt(0.3), CLASSES * features, centre);
    stream_normals_scaled(&stream, sqrt(0.7), count * features, images->pixels);
    for (size_t i = 0; i < count; i++) {
        images->label[i] = (int)stream_below(&stream, CLASSES);
        for (size_t j = 0; j < features; j++) {
            images->pixels[i * features + j] += centre[(size_t)images->label[i] * features + j];
        }
    }
    memory_free(centre);
}

/* ## One network
 * A sample is a $\gamma$, a fraction of $\eta_*$ and a network. A loss above 10, and none, count as 10. */
static enum status train(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    struct examples train = examples_of_images(&experiment->train), test = examples_of_images(&experiment->test);
    struct feedforward_model model = experiment->model;
    struct momentum_training training = experiment->training;
    struct momentum_outcome outcome;
    size_t cell = sample / (size_t)experiment->networks;

    model.gamma = gammas[cell / RATES];
    struct value lambda = momentum_bound_live(&model);
    training.rate = fractions[cell % RATES] * 2 * (1 + training.momentum) / lambda.x;
    enum status status = momentum_training_trial(&model, &train, &test, &training, *stream, &outcome);
    out[0] = outcome.end.test_loss < 10 ? log10(outcome.end.test_loss) : 1;
    return status;
}

static double *cell_of(const struct experiment *experiment, double rows[], int gamma, int rate)
{
    return rows + (gamma * RATES + rate) * experiment->networks;
}

/* ## What was observed */
static void check_gamma(struct claim *claim, const struct experiment *experiment, double rows[])
{
    int n = experiment->networks;
    double *x = memory_doubles((size_t)(2 * GAMMAS * n)), *y = x + GAMMAS * n;
    double sign = claim_fault(claim, "gamma_reversed") ? -1 : 1;
    struct line line;

    for (int i = 0; i < GAMMAS * n; i++) {
        x[i] = sign * log10(gammas[i / n]);
        y[i] = cell_of(experiment, rows, i / n, 0)[i % n];
    }
    claim_need(claim, line_fit((size_t)(GAMMAS * n), x, y, NULL, &line));
    claim_case(claim, "log10 loss against log10 gamma");
    check_shape(claim, "smaller gamma, lower loss: slope", line.slope, 1);
    struct value least = moments_estimate(moments_of((size_t)n, y, 1)),
                 most = moments_estimate(moments_of((size_t)n, y + (GAMMAS - 1) * n, 1));
    claim_case(claim, "gamma = %g and %g", gammas[0], gammas[GAMMAS - 1]);
    check_shape(claim, "smaller gamma, lower loss: ends", value_scale(sign, value_sub(most, least)), 1);
    memory_free(x);
}

static void check_rates(struct claim *claim, const struct experiment *experiment, double rows[])
{
    int n = experiment->networks;

    for (int rate = 2; rate < RATES; rate++) {
        struct moments gain = moments_empty();

        for (int k = 0; k < n; k++) {
            double mean = 0;

            for (int g = 0; g < GAMMAS; g++) {
                mean += (cell_of(experiment, rows, g, rate)[k] - cell_of(experiment, rows, g, 0)[k]) / GAMMAS;
            }
            moments_add(&gain, claim_fault(claim, "rates_reversed") ? -mean : mean);
        }
        claim_case(claim, "eta_* / %g", 1 / fractions[rate]);
        check_shape(claim, "an eighth of eta_* is better", moments_estimate(gain), 1);
    }
}

static void smaller_gamma(struct claim *claim)
{
    struct experiment experiment = {.networks = (int)claim_integer(claim, "networks")};
    size_t samples = (size_t)(GAMMAS * RATES * experiment.networks), inputs = (size_t)claim_integer(claim, "N0");
    double *rows = memory_doubles(samples);
    long images = claim_integer(claim, "images"), minibatch = claim_integer(claim, "minibatch");

    if (minibatch > images) {
        claim_refuse(claim, "minibatches of %ld out of %ld images", minibatch, images);
    }
    draw_clusters(claim, (size_t)images, inputs, 0, &experiment.train);
    draw_clusters(claim, 512, inputs, 1, &experiment.test);
    feedforward_model_dense(&experiment.model, (int)inputs, 4, (int)claim_integer(claim, "N"), CLASSES, 1, 2, 0.5);
    experiment.training = (struct momentum_training){.loss = LOSS_SQUARED,
                                                     .epochs = (int)claim_integer(claim, "epochs"),
                                                     .minibatch = (int)minibatch,
                                                     .momentum = claim_real(claim, "mu"),
                                                     .explosion = 1e6};
    struct ensemble ensemble = claim_ensemble(claim, 0, samples, 1, train, &experiment);

    claim_need(claim, ensemble_rows(&ensemble, rows));
    claim_column(claim, "gamma", EXACT, "a setting");
    claim_column(claim, "fraction", EXACT, "of eta_*, a setting");
    claim_column(claim, "log_loss", ABSOLUTE(0.4), "training amplifies rounding, and may diverge at half of eta_*");
    claim_column(claim, "log_loss_err", ABSOLUTE(0.4), "as log_loss");
    for (int i = 0; i < GAMMAS * RATES; i++) {
        claim_row(claim, NULL, gammas[i / RATES], fractions[i % RATES],
                  BOTH(moments_mean(
                      moments_of((size_t)experiment.networks, cell_of(&experiment, rows, i / RATES, i % RATES), 1))));
    }
    check_gamma(claim, &experiment, rows);
    check_rates(claim, &experiment, rows);
    memory_free(rows);
    images_free(&experiment.train);
    images_free(&experiment.test);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("N", "width", 48, 64, 256, 16, 1000),
                                         integer_by_scale("N0", "inputs", 32, 32, 100, 8, 1000),
                                         integer_by_scale("images", "training points", 512, 1024, 8192, 256, 100000),
                                         integer_by_scale("minibatch", "points for each step", 32, 64, 64, 16, 256),
                                         integer("epochs", "passes over the points", 5, 1, 20),
                                         integer_by_scale("networks", "for each cell", 8, 8, 20, 8, 1000),
                                         real("mu", "momentum", 0.9, 0.8, 0.92)},
                          .faults = {{"gamma_reversed", "gamma from large to small", "smaller*"},
                                     {"rates_reversed", "slow rates in the place of an eighth of eta_*", "an*"}},
                          .run = smaller_gamma,
                      }));
}
