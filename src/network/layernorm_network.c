// SPDX-License-Identifier: GPL-3.0-or-later
/* Forward passes of layer-normalised networks, with weights drawn as they are needed or stored.
 *
 * One routine carries samples and tangents through a layer; where W comes from is its only other question. With B
 * samples and k tangents each, drawing costs N^2 normals a layer and the products 2 B (1 + k) N^2 flops: for a few
 * samples drawing dominates, for a Jacobian (k = N) the products do. Nothing is copied: the weights are drawn at
 * their final place and the products write into the two halves of a pair of buffers in turn. */
#include <assay/base/memory.h>
#include <assay/network/dense.h>
#include <assay/network/layernorm.h>
#include <assay/network/layernorm_network.h>
#include <assay/random/haar.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Where a layer's parameters come from: a stored block, or else the stream. */
struct source {
    const double *stored;
    struct stream stream;
    double *drawn;
};

/* The state of one pass: activations z, phi(z) and phi'(z); tangents and the room for their successors. */
struct pass {
    int samples, tangents;
    double *Z, *A, *slope, *rms;
    double *T, *next;
    struct layer_state state; // what the visitor sees
};

enum status layernorm_layers(int depth, int width, const char *activation, double weight_sd, double bias_sd,
                             struct layernorm_layer layer[])
{
    struct layernorm_layer embedding = {.width = width, .weight_sd = weight_sd, .bias_sd = 0};
    struct layernorm_layer other = {.width = width, .weight_sd = weight_sd, .bias_sd = bias_sd};
    enum status status = activation_find("id", &embedding.phi);

    if (status == STATUS_OK) {
        status = activation_find(activation, &other.phi);
    }
    for (int l = 0; status == STATUS_OK && l < depth; l++) {
        layer[l] = l == 0 ? embedding : other;
    }
    return status;
}

enum status layernorm_network_check(const struct layernorm_network *network)
{
    if (network->inputs < 1 || network->depth < 1) {
        return status_fail(STATUS_RANGE, "layernorm network: inputs and depth must be at least 1, %d and %d given",
                           network->inputs, network->depth);
    }
    for (int l = 1; l <= network->depth; l++) {
        const struct layernorm_layer *layer = &network->layer[l - 1];

        if (layer->width < 1) {
            return status_fail(STATUS_RANGE, "layernorm network: layer %d has width %d", l, layer->width);
        }
        if (!(layer->weight_sd >= 0 && layer->bias_sd >= 0 && isfinite(layer->weight_sd + layer->bias_sd))) {
            return status_fail(STATUS_RANGE, "layernorm network: layer %d has standard deviations %g and %g", l,
                               layer->weight_sd, layer->bias_sd);
        }
    }
    return STATUS_OK;
}

int layernorm_width(const struct layernorm_network *network, int l)
{
    return l == 0 ? network->inputs : network->layer[l - 1].width;
}

/* W and b of layer l. */
static size_t layer_parameters(const struct layernorm_network *network, int l)
{
    return (size_t)layernorm_width(network, l) * ((size_t)layernorm_width(network, l - 1) + 1);
}

size_t layernorm_offset(const struct layernorm_network *network, int l)
{
    size_t sum = 0;

    for (int k = 1; k < l; k++) {
        sum += layer_parameters(network, k);
    }
    return sum;
}

/* The parameters of layer l: stands in their draws' place in the stream, whoever came before. */
static void draw_layer(const struct layernorm_network *network, int l, struct stream stream, double parameter[])
{
    const struct layernorm_layer *layer = &network->layer[l - 1];
    size_t outputs = (size_t)layer->width, weights = outputs * (size_t)layernorm_width(network, l - 1);

    stream.draw += layernorm_offset(network, l);
    stream_normals_scaled(&stream, layer->weight_sd, weights, parameter);
    stream_normals_scaled(&stream, layer->bias_sd, outputs, parameter + weights);
}

static const double *source_layer(const struct source *source, const struct layernorm_network *network, int l)
{
    if (source->stored != NULL) {
        return source->stored + layernorm_offset(network, l);
    }
    draw_layer(network, l, source->stream, source->drawn);
    return source->drawn;
}

/* (Z, T) at layer l - 1 becomes (Z, T) at layer l. */
static void advance(struct pass *pass, const struct layernorm_network *network, int l, const double parameter[])
{
    int inputs = layernorm_width(network, l - 1), outputs = layernorm_width(network, l), rows = pass->tangents;
    const double *W = parameter, *b = W + (ptrdiff_t)outputs * inputs;
    double scale = 1 / sqrt(inputs);

    activation_apply(&network->layer[l - 1].phi, (size_t)pass->samples * (size_t)inputs, pass->Z, pass->A,
                     rows > 0 ? pass->slope : NULL);
    dense_forward(pass->samples, inputs, outputs, scale, pass->A, W, b, pass->Z);
    layernorm_forward(pass->samples, outputs, pass->Z, pass->Z, pass->rms);
    pass->state.layer = l;
    pass->state.width = outputs;
    pass->state.rms = pass->rms;
    if (rows == 0) {
        return;
    }
    propagation_scale(pass->samples, rows, inputs, pass->slope, pass->T);
    dense_forward(pass->samples * rows, inputs, outputs, scale, pass->T, W, NULL, pass->next);
    layernorm_derivative(pass->samples, rows, outputs, pass->Z, pass->rms, pass->next, pass->next);
    double *swap = pass->T;
    pass->T = pass->next;
    pass->next = swap;
    pass->state.T = pass->T;
}

/* The largest width, and the largest layer's parameters. */
static void largest(const struct layernorm_network *network, size_t *width, size_t *parameters)
{
    *width = (size_t)network->inputs;
    *parameters = 0;
    for (int l = 1; l <= network->depth; l++) {
        size_t n = (size_t)layernorm_width(network, l), p = layer_parameters(network, l);

        *width = n > *width ? n : *width;
        *parameters = p > *parameters ? p : *parameters;
    }
}

static void pass_open(struct pass *pass, size_t width)
{
    size_t B = (size_t)pass->samples, k = (size_t)pass->tangents;
    double *block = memory_doubles(B * width * (k > 0 ? 3 + 2 * k : 2) + B);

    pass->Z = block;
    pass->A = pass->Z + B * width;
    pass->rms = pass->A + B * width;
    pass->slope = pass->rms + B;
    pass->T = pass->slope + B * width;
    pass->next = pass->T + B * k * width;
}

static enum status propagate(const struct layernorm_network *network, struct source *source, int samples,
                             const double X[], int tangents, const double T[], layer_visit *visit, void *context)
{
    enum status status = layernorm_network_check(network);

    if (status != STATUS_OK) {
        return status;
    }
    if (samples < 1 || tangents < 0 || (int64_t)samples * (tangents + 1LL) > INT_MAX) {
        return status_fail(STATUS_RANGE, "layernorm propagate: %d samples with %d tangents each", samples, tangents);
    }
    struct pass pass = {.samples = samples, .tangents = tangents};
    size_t width, parameters, start = (size_t)samples * (size_t)network->inputs;

    largest(network, &width, &parameters);
    pass_open(&pass, width);
    double *block = pass.Z;
    source->drawn = source->stored == NULL ? memory_doubles(parameters) : NULL;
    memcpy(pass.Z, X, start * sizeof X[0]);
    pass.state = (struct layer_state){.samples = samples, .width = network->inputs, .Z = pass.Z, .tangents = tangents};
    if (tangents > 0) {
        memcpy(pass.T, T, start * (size_t)tangents * sizeof T[0]);
        pass.state.T = pass.T;
    }
    status = visit(&pass.state, context);
    for (int l = 1; status == STATUS_OK && l <= network->depth; l++) {
        advance(&pass, network, l, source_layer(source, network, l));
        status = visit(&pass.state, context);
    }
    memory_free(source->drawn);
    memory_free(block);
    return status;
}

enum status layernorm_propagate(const struct layernorm_network *network, struct stream stream, int samples,
                                const double X[], int tangents, const double T[], layer_visit *visit, void *context)
{
    return propagate(network, &(struct source){.stream = stream}, samples, X, tangents, T, visit, context);
}

enum status layernorm_pairs(const struct layernorm_network *network, struct stream *stream, int pairs,
                            const double cosine[], double gap[])
{
    int n = network->inputs;
    double *X = memory_doubles((size_t)pairs * 2 * (size_t)n);
    enum status status = STATUS_OK;

    for (int p = 0; status == STATUS_OK && p < pairs; p++) {
        double *x = X + (ptrdiff_t)2 * p * n;

        status = sphere_pair(stream, n, sqrt(n), cosine[p], x, x + n);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(network, *stream, 2 * pairs, X, 0, NULL, propagation_record_gaps, gap);
    }
    memory_free(X);
    return status;
}

enum status layernorm_model_propagate(const struct layernorm_model *model, int samples, const double X[], int tangents,
                                      const double T[], layer_visit *visit, void *context)
{
    struct source source = {.stored = model->parameter};

    return propagate(&model->network, &source, samples, X, tangents, T, visit, context);
}

void layernorm_draw(const struct layernorm_network *network, struct stream stream, double parameter[])
{
    for (int l = 1; l <= network->depth; l++) {
        draw_layer(network, l, stream, parameter + layernorm_offset(network, l));
    }
}

enum status layernorm_model_new(struct layernorm_model *model, const struct layernorm_network *network,
                                struct stream stream)
{
    enum status status = layernorm_network_check(network);

    *model = (struct layernorm_model){.network = *network};
    if (status == STATUS_OK) {
        model->parameter = memory_doubles(layernorm_offset(network, network->depth + 1));
        layernorm_draw(network, stream, model->parameter);
    }
    return status;
}

void layernorm_model_free(struct layernorm_model *model)
{
    memory_free(model->parameter);
    model->parameter = NULL;
}

double *layernorm_weight(const struct layernorm_model *model, int l)
{
    return model->parameter + layernorm_offset(&model->network, l);
}

double *layernorm_bias(const struct layernorm_model *model, int l)
{
    const struct layernorm_network *network = &model->network;

    return layernorm_weight(model, l) + (ptrdiff_t)layernorm_width(network, l) * layernorm_width(network, l - 1);
}

struct layernorm_model layernorm_part(const struct layernorm_model *model, int first, int last)
{
    return (struct layernorm_model){
        .network = {.inputs = layernorm_width(&model->network, first - 1),
                    .depth = last - first + 1,
                    .layer = model->network.layer + (first - 1)},
        .parameter = layernorm_weight(model, first),
    };
}
