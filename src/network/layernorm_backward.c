// SPDX-License-Identifier: GPL-3.0-or-later
/* Backpropagation through layer-normalised networks.
 *
 * With delta = dLoss/dz^(l), one layer back is
 *     dy = (delta - z (z'delta) / N_l) / rms,
 *     dW = N^{-1/2} dy' phi(x),    db = sum of dy's rows,    dx = N^{-1/2} (dy W) phi'(x),
 * with x = z^(l-1), N = N_{l-1} and the last product entry by entry. Two buffers hold delta and dy by turns. phi and
 * phi' are kept from the forward pass: the error function and its derivative cost more than the memory. */
#include <assay/base/memory.h>
#include <assay/network/dense.h>
#include <assay/network/layernorm.h>
#include <assay/network/layernorm_backward.h>
#include <assay/numerics/linear.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Cuts n doubles off the front of a block. */
static double *cut(double **block, size_t n)
{
    double *front = *block;

    *block += n;
    return front;
}

enum status layernorm_trace_new(struct layernorm_trace *trace, const struct layernorm_network *network, int capacity)
{
    enum status status = layernorm_network_check(network);

    *trace = (struct layernorm_trace){.capacity = capacity};
    if (status != STATUS_OK) {
        return status;
    }
    size_t layers = (size_t)network->depth + 1, B = (size_t)(capacity > 0 ? capacity : 1), widths = 0, widest = 0;

    for (int l = 0; l <= network->depth; l++) {
        size_t n = (size_t)layernorm_width(network, l);

        widths += n;
        widest = n > widest ? n : widest;
    }
    if (capacity < 1 || widest > INT_MAX / B) {
        return status_fail(STATUS_RANGE, "layernorm trace: %d samples of %zu units", capacity, widest);
    }
    double **pointers = memory_new(4 * layers, sizeof pointers[0]);
    trace->output = pointers;
    trace->input = pointers + layers;
    trace->slope = pointers + 2 * layers;
    trace->rms = pointers + 3 * layers;
    trace->block = memory_doubles(B * (3 * widths + 2 * widest + layers));
    double *rest = trace->block;
    for (size_t l = 0; l < layers; l++) {
        size_t below = l == 0 ? 0 : (size_t)layernorm_width(network, (int)l - 1);

        trace->output[l] = cut(&rest, B * (size_t)layernorm_width(network, (int)l));
        trace->input[l] = cut(&rest, B * below);
        trace->slope[l] = cut(&rest, B * below);
        trace->rms[l] = cut(&rest, B);
    }
    trace->delta[0] = cut(&rest, B * widest);
    trace->delta[1] = cut(&rest, B * widest);
    return STATUS_OK;
}

void layernorm_trace_free(struct layernorm_trace *trace)
{
    memory_free(trace->block);
    memory_free(trace->output);
    *trace = (struct layernorm_trace){0};
}

void layernorm_trace_forward(struct layernorm_trace *trace, const struct layernorm_model *model, int samples,
                             const double X[])
{
    const struct layernorm_network *network = &model->network;

    trace->samples = samples;
    memcpy(trace->output[0], X, (size_t)samples * (size_t)network->inputs * sizeof X[0]);
    for (int l = 1; l <= network->depth; l++) {
        int inputs = layernorm_width(network, l - 1), outputs = layernorm_width(network, l);
        double *Z = trace->output[l];

        activation_apply(&network->layer[l - 1].phi, (size_t)samples * (size_t)inputs, trace->output[l - 1],
                         trace->input[l], trace->slope[l]);
        dense_forward(samples, inputs, outputs, 1 / sqrt(inputs), trace->input[l], layernorm_weight(model, l),
                      layernorm_bias(model, l), Z);
        layernorm_forward(samples, outputs, Z, Z, trace->rms[l]);
    }
}

/* delta[0] = dLoss/dz^(l) becomes dLoss/dz^(l-1). The last product is only done when somebody below asks for it. */
static void back(struct layernorm_trace *trace, const struct layernorm_model *model, int l,
                 const struct layernorm_gradient *gradient, bool below)
{
    int B = trace->samples, inputs = layernorm_width(&model->network, l - 1),
        outputs = layernorm_width(&model->network, l);
    double *dy = trace->delta[1], *delta = trace->delta[0], scale = 1 / sqrt(inputs);

    layernorm_derivative(B, 1, outputs, trace->output[l], trace->rms[l], delta, dy);
    if (gradient->parameter != NULL) {
        double *dW = gradient->parameter + layernorm_offset(&model->network, l);

        dense_gradient(B, inputs, outputs, scale, dy, trace->input[l], gradient->factor, gradient->keep, dW,
                       dW + (ptrdiff_t)outputs * inputs);
    }
    if (below) {
        dense_backward(B, inputs, outputs, scale, dy, layernorm_weight(model, l), delta);
        propagation_scale(B, 1, inputs, trace->slope[l], delta);
    }
}

void layernorm_trace_backward(struct layernorm_trace *trace, const struct layernorm_model *model,
                              const double dOutput[], const struct layernorm_gradient *gradient)
{
    const struct layernorm_network *network = &model->network;
    size_t B = (size_t)trace->samples;
    double *delta = trace->delta[0];

    memcpy(delta, dOutput, B * (size_t)layernorm_width(network, network->depth) * sizeof delta[0]);
    for (int l = network->depth; l >= 1; l--) {
        if (gradient->norm2 != NULL) {
            int n = trace->samples * layernorm_width(network, l);
            gradient->norm2[l] = linear_dot(n, delta, delta);
        }
        back(trace, model, l, gradient, l > 1 || gradient->input != NULL || gradient->norm2 != NULL);
    }
    if (gradient->norm2 != NULL) {
        gradient->norm2[0] = linear_dot(trace->samples * network->inputs, delta, delta);
    }
    if (gradient->input != NULL) {
        memcpy(gradient->input, delta, B * (size_t)network->inputs * sizeof delta[0]);
    }
}
