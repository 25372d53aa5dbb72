// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of drawn networks. */
#include <assay/base/memory.h>
#include <assay/network/order_experiment.h>
#include <math.h>

/* ## Inputs */

static const char *const law_names[INPUT_LAWS] = {"normal", "uniform", "signs", "exponential"};

const char *input_law_name(enum input_law law)
{
    return law_names[law];
}

void input_draw(enum input_law law, struct stream *stream, size_t n, double X[])
{
    if (law == INPUT_NORMAL) {
        stream_normals(stream, n, X);
        return;
    }
    stream_uniforms(stream, n, X);
    for (size_t i = 0; i < n; i++) {
        double u = X[i];

        X[i] = law == INPUT_UNIFORM ? sqrt(12) * (u - 0.5) : law == INPUT_SIGNS ? (u < 0.5 ? -1 : 1) : -log(u) - 1;
    }
}

/* ## One network */

static void set_gamma(struct feedforward *network, const double gamma[])
{
    for (int l = 1; gamma != NULL && l < network->model.layers; l++) {
        double *part = network->parameter + network->offset[l][PART_GAMMA];

        for (size_t i = 0; i < network->count[l][PART_GAMMA]; i++) {
            part[i] = gamma[l];
        }
    }
}

static void store(struct pair_means means, double scale, double out[2])
{
    out[0] = scale * means.same;
    out[1] = scale * means.pair;
}

/* What makes the read-out's squared length its mean, sigma_w2. */
static double readout_factor(const struct feedforward *network)
{
    int L = network->model.layers;
    size_t inputs = (size_t)feedforward_size(network, L - 1);
    const double *w = network->parameter + network->offset[L][PART_WEIGHTS];
    double square = 0;

    for (size_t i = 0; i < inputs; i++) {
        square += w[i] * w[i];
    }
    return square > 0 ? network->model.sigma_w2 / square : 0;
}

static void measure(const struct feedforward *network, const struct feedforward_pass *pass, double out[])
{
    int L = network->model.layers, m = pass->samples;
    double readout = readout_factor(network);

    for (int l = 0; l <= L; l++) {
        double *at = out + ORDER_MEASURES * l;
        int units = feedforward_size(network, l);

        for (int k = 0; k < ORDER_MEASURES; k++) {
            at[k] = 0;
        }
        if (l < L) {
            store(pair_means_of(m, 1, units, pass->h[l]), 1.0 / units, at + MEASURE_H);
        }
        if (l > 0) {
            store(pair_means_of(m, 1, units, pass->z[l]), 1.0 / units, at + MEASURE_Z);
            store(pair_means_of(m, 1, units, pass->delta[l]), l < L ? readout : 1, at + MEASURE_DELTA);
        }
    }
}

enum status order_experiment_forward(const struct order_experiment *experiment, struct stream stream,
                                     struct feedforward *network, struct feedforward_pass *pass)
{
    enum status status = feedforward_new(network, &experiment->model, stream);

    if (status != STATUS_OK) {
        return status;
    }
    status = feedforward_pass_new(pass, network, experiment->samples);
    if (status != STATUS_OK) {
        feedforward_free(network);
        return status;
    }
    size_t size = (size_t)experiment->samples * (size_t)feedforward_size(network, 0);
    double *X = memory_doubles(size);
    set_gamma(network, experiment->gamma);
    stream.draw += network->parameters + network->parameters % 2; // beyond the network's own draws
    input_draw(experiment->law, &stream, size, X);
    feedforward_forward(network, pass, X);
    memory_free(X);
    return STATUS_OK;
}

/* Deltas of output 0, one a sample. */
static void backward(const struct feedforward *network, struct feedforward_pass *pass)
{
    size_t outputs = (size_t)feedforward_size(network, network->model.layers);
    double *D = memory_doubles((size_t)pass->samples * outputs);

    for (size_t i = 0; i < (size_t)pass->samples * outputs; i++) {
        D[i] = i % outputs == 0;
    }
    feedforward_backward(network, pass, STATISTICS_FROZEN, D);
    memory_free(D);
}

enum status order_experiment_draw(struct stream *stream, size_t sample, double out[], const void *experiment)
{
    struct feedforward network;
    struct feedforward_pass pass;
    enum status status = order_experiment_forward(experiment, *stream, &network, &pass);

    (void)sample;
    if (status != STATUS_OK) {
        return status;
    }
    backward(&network, &pass);
    measure(&network, &pass, out);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return STATUS_OK;
}

size_t order_experiment_outputs(const struct order_experiment *experiment)
{
    return (size_t)ORDER_MEASURES * (size_t)(experiment->model.layers + 1);
}

/* ## Sizes */

void order_experiment_sizes(const struct order_experiment *experiment, struct order_experiment sizes[3])
{
    for (int s = 0; s < 3; s++) {
        struct feedforward_model *model = &sizes[s].model;

        sizes[s] = *experiment;
        sizes[s].samples >>= s;
        model->channels >>= s;
        for (int l = 1; l < model->layers; l++) {
            model->layer[l].outputs >>= s;
        }
    }
}
