// SPDX-License-Identifier: GPL-3.0-or-later
/* Feed-forward networks: the model, its parameters and room for passes. The passes themselves are in feedforward_pass.c. */
#include <assay/base/memory.h>
#include <assay/network/feedforward.h>
#include <math.h>
#include <string.h>

void feedforward_model_dense(struct feedforward_model *model, int inputs, int layers, int width, int outputs,
                             double gamma, double sigma_w2, double sigma_b2)
{
    *model = (struct feedforward_model){.height = 1,
                                        .width = 1,
                                        .channels = inputs,
                                        .layers = layers,
                                        .batchnorm = gamma > 0,
                                        .gamma = gamma,
                                        .sigma_w2 = sigma_w2,
                                        .sigma_b2 = sigma_b2};
    activation_find("relu", &model->phi);
    for (int l = 1; l <= layers && l <= FEEDFORWARD_LAYERS; l++) {
        model->layer[l].outputs = l < layers ? width : outputs;
    }
}

/* ## Shapes and the block of parameters */

static enum status check_numbers(const struct feedforward_model *model)
{
    const double number[] = {model->epsilon, model->sigma_w2, model->sigma_b2};

    for (int i = 0; i < 3; i++) {
        if (!(number[i] >= 0 && isfinite(number[i]))) {
            return status_fail(STATUS_RANGE, "feedforward: epsilon %g, sigma_w2 %g, sigma_b2 %g", number[0], number[1],
                               number[2]);
        }
    }
    if (!isfinite(model->gamma) || !isfinite(model->beta)) {
        return status_fail(STATUS_RANGE, "feedforward: gamma %g, beta %g", model->gamma, model->beta);
    }
    if (model->layers < 1 || model->layers > FEEDFORWARD_LAYERS) {
        return status_fail(STATUS_RANGE, "feedforward: %d layers, 1 to %d", model->layers, FEEDFORWARD_LAYERS);
    }
    return STATUS_OK;
}

static enum status shape_layer(struct feedforward *network, int l)
{
    const struct feedforward_layer *layer = &network->model.layer[l];
    struct convolution *shape = &network->shape[l], *below = &network->shape[l - 1];
    int height = l == 1 ? network->model.height : convolution_height(below),
        width = l == 1 ? network->model.width : convolution_width(below),
        channels = l == 1 ? network->model.channels : network->model.layer[l - 1].outputs;

    if (layer->outputs < 1) {
        return status_fail(STATUS_RANGE, "feedforward: %d outputs in layer %d", layer->outputs, l);
    }
    *shape = layer->kernel == 0
                 ? (struct convolution){1, 1, height * width * channels, 1, 1, 0}
                 : (struct convolution){height, width, channels, layer->kernel, layer->stride, layer->padding};
    return convolution_check(shape);
}

static size_t place_layer(struct feedforward *network, int l, size_t at)
{
    size_t outputs = (size_t)network->model.layer[l].outputs,
           normalised = network->model.batchnorm && l < network->model.layers ? outputs : 0;
    const size_t count[PARTS] = {[PART_WEIGHTS] = outputs * (size_t)convolution_columns(&network->shape[l]),
                                 [PART_BIASES] = outputs,
                                 [PART_GAMMA] = normalised,
                                 [PART_BETA] = normalised};

    for (int part = 0; part < PARTS; part++) {
        network->offset[l][part] = at;
        network->count[l][part] = count[part];
        at += count[part];
    }
    return at;
}

static void fill(size_t n, double value, double out[])
{
    for (size_t i = 0; i < n; i++) {
        out[i] = value;
    }
}

static void draw_layer(struct feedforward *network, int l, struct stream *stream)
{
    const struct feedforward_model *model = &network->model;
    double *part[PARTS];

    for (int p = 0; p < PARTS; p++) {
        part[p] = network->parameter + network->offset[l][p];
    }
    stream_normals_scaled(stream, sqrt(model->sigma_w2 / convolution_columns(&network->shape[l])),
                          network->count[l][PART_WEIGHTS], part[PART_WEIGHTS]);
    stream_normals_scaled(stream, sqrt(model->sigma_b2), network->count[l][PART_BIASES], part[PART_BIASES]);
    fill(network->count[l][PART_GAMMA], model->gamma, part[PART_GAMMA]);
    fill(network->count[l][PART_BETA], model->beta, part[PART_BETA]);
}

enum status feedforward_new(struct feedforward *network, const struct feedforward_model *model, struct stream stream)
{
    size_t at = 0;

    *network = (struct feedforward){.model = *model};
    enum status status = check_numbers(model);
    for (int l = 1; status == STATUS_OK && l <= model->layers; l++) {
        status = shape_layer(network, l);
        at = status == STATUS_OK ? place_layer(network, l, at) : 0;
    }
    if (status != STATUS_OK) {
        return status;
    }
    network->parameters = at;
    network->parameter = memory_doubles(at);
    for (int l = 1; l <= model->layers; l++) {
        draw_layer(network, l, &stream);
    }
    return STATUS_OK;
}

void feedforward_free(struct feedforward *network)
{
    memory_free(network->parameter);
    network->parameter = NULL;
}

int feedforward_sites(const struct feedforward *network, int l)
{
    return l == 0 ? network->model.height * network->model.width : convolution_sites(&network->shape[l]);
}

int feedforward_channels(const struct feedforward *network, int l)
{
    return l == 0 ? network->model.channels : network->model.layer[l].outputs;
}

int feedforward_size(const struct feedforward *network, int l)
{
    return feedforward_sites(network, l) * feedforward_channels(network, l);
}

/* ## Room for passes */

static void layer_room(struct feedforward_pass *pass, const struct feedforward *network, int l)
{
    size_t samples = (size_t)pass->samples, size = samples * (size_t)feedforward_size(network, l);

    pass->patches[l] = convolution_is_identity(&network->shape[l])
                           ? pass->h[l - 1]
                           : memory_doubles(samples * (size_t)feedforward_sites(network, l) *
                                            (size_t)convolution_columns(&network->shape[l]));
    pass->z[l] = memory_doubles(size);
    pass->delta[l] = memory_doubles(size);
    if (l == network->model.layers) {
        return;
    }
    pass->h[l] = memory_doubles(size);
    pass->slope[l] = memory_doubles(size);
    pass->u[l] = network->model.batchnorm ? memory_doubles(size) : pass->z[l];
    pass->pre[l] = network->model.batchnorm ? memory_doubles(size) : pass->delta[l];
    pass->inverse[l] = network->model.batchnorm ? memory_doubles((size_t)feedforward_size(network, l)) : NULL;
}

enum status feedforward_pass_new(struct feedforward_pass *pass, const struct feedforward *network, int samples)
{
    size_t most = (size_t)feedforward_size(network, 0);

    *pass = (struct feedforward_pass){.samples = samples};
    if (samples < (network->model.batchnorm ? 2 : 1)) {
        return status_fail(STATUS_RANGE, "feedforward: a pass over %d samples", samples);
    }
    pass->h[0] = memory_doubles((size_t)samples * most);
    for (int l = 1; l <= network->model.layers; l++) {
        size_t patches = (size_t)feedforward_sites(network, l) * (size_t)convolution_columns(&network->shape[l]),
               size = (size_t)feedforward_size(network, l);

        layer_room(pass, network, l);
        most = patches > most ? patches : most;
        most = size > most ? size : most;
    }
    for (int i = 0; i < 3; i++) {
        pass->scratch[i] = memory_doubles((size_t)samples * most);
    }
    return STATUS_OK;
}

void feedforward_pass_free(struct feedforward_pass *pass)
{
    for (int l = FEEDFORWARD_LAYERS; l >= 0; l--) {
        if (l > 0 && pass->patches[l] != pass->h[l - 1]) {
            memory_free(pass->patches[l]);
        }
        if (pass->inverse[l] != NULL) {
            memory_free(pass->u[l]);
            memory_free(pass->pre[l]);
        }
        memory_free(pass->h[l]);
        memory_free(pass->z[l]);
        memory_free(pass->slope[l]);
        memory_free(pass->inverse[l]);
        memory_free(pass->delta[l]);
    }
    for (int i = 0; i < 3; i++) {
        memory_free(pass->scratch[i]);
    }
    *pass = (struct feedforward_pass){0};
}
