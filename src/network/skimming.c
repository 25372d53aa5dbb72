// SPDX-License-Identifier: GPL-3.0-or-later
/* Skimmed networks.
 *
 * A classifier keeps its parameters in one block, layer after layer, so the shared ones are two pieces of the full
 * block: what stands before the first replaced layer, and what stands after the last one, read-out included. */
#include <assay/base/memory.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/skimming.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum status skimming_alternate(int depth, int width, int kinds, const char *const activation[],
                               struct layernorm_layer layer[])
{
    enum status status = layernorm_layers(1, width, "id", 1, 0, layer);

    for (int l = 1; status == STATUS_OK && l < depth; l++) {
        layer[l] = (struct layernorm_layer){.width = width, .weight_sd = 1};
        status = activation_find(activation[(l - 1) % kinds], &layer[l].phi);
        if (status == STATUS_OK) {
            struct value ratio = critical_bias_ratio(&layer[l].phi);

            layer[l].bias_sd = sqrt(ratio.x);
            status = value_ok(ratio) ? STATUS_OK : STATUS_RANGE;
        }
    }
    return status;
}

int skimming_layer(int first, int last, int l)
{
    return l < first ? l : l > last ? l - (last - first) : 0;
}

enum status skimming_classifier(struct classifier *skimmed, const struct classifier *full, int first, int last,
                                struct layernorm_layer layer[], struct stream stream)
{
    const struct layernorm_network *from = &full->model.network;
    int depth = from->depth - (last - first);

    if (first < 1 || first > last || last > from->depth) {
        return status_fail(STATUS_RANGE, "skimming: layers %d to %d of %d", first, last, from->depth);
    }
    for (int l = 1; l <= from->depth; l++) {
        if (skimming_layer(first, last, l) > 0) {
            layer[skimming_layer(first, last, l) - 1] = from->layer[l - 1];
        }
    }
    enum status status = layernorm_layers(1, layernorm_width(from, last), "id", 1, 0, layer + (first - 1));
    if (status == STATUS_OK) {
        status =
            classifier_new(skimmed, &(struct layernorm_network){from->inputs, depth, layer}, full->classes, 0, stream);
    }
    if (status == STATUS_OK) {
        size_t before = layernorm_offset(from, first), after = layernorm_offset(from, last + 1);
        size_t to = layernorm_offset(&skimmed->model.network, first + 1);

        memcpy(skimmed->parameter, full->parameter, before * sizeof full->parameter[0]);
        memcpy(skimmed->parameter + to, full->parameter + after,
               (full->parameters - after) * sizeof full->parameter[0]);
    }
    return status;
}

/* What a pass shall leave behind: the mean of the last layer's rows, and its tangents. */
struct capture {
    int depth;
    double *mean, *tangent; // tangent may be NULL
};

static enum status keep(const struct layer_state *state, void *context)
{
    struct capture *capture = context;

    if (state->layer == capture->depth) {
        for (int i = 0; i < state->samples; i++) {
            linear_axpy(state->width, 1.0 / state->samples, state->Z + (ptrdiff_t)i * state->width, capture->mean);
        }
        if (capture->tangent != NULL) {
            memcpy(capture->tangent, state->T,
                   (size_t)state->tangents * (size_t)state->width * sizeof capture->tangent[0]);
        }
    }
    return STATUS_OK;
}

/* Column j of W is sqrt(n) F'(m) e_j, as the layer divides by sqrt(n); the bias is F(m) - F'(m) m. */
static void set_tangent(double W[], double b[], int inputs, int outputs, const double m[], const double F[],
                        const double tangent[])
{
    memcpy(b, F, (size_t)outputs * sizeof b[0]);
    for (int j = 0; j < inputs; j++) {
        const double *column = tangent + (ptrdiff_t)j * outputs;

        linear_axpy(outputs, -m[j], column, b);
        for (int i = 0; i < outputs; i++) {
            W[(ptrdiff_t)i * inputs + j] = sqrt(inputs) * column[i];
        }
    }
}

enum status skimming_linearise(struct classifier *skimmed, const struct classifier *full, int first, int last,
                               int samples, const double X[])
{
    struct layernorm_model block = layernorm_part(&full->model, first, last);
    int inputs = block.network.inputs, outputs = layernorm_width(&full->model.network, last);
    double *m = memory_doubles((size_t)inputs + (size_t)outputs), *F = m + inputs;
    double *directions = memory_doubles((size_t)inputs * (size_t)inputs);
    double *tangent = memory_doubles((size_t)inputs * (size_t)outputs);
    struct layernorm_model head = full->model;

    head.network.depth = first > 1 ? first - 1 : 1;
    enum status status =
        layernorm_model_propagate(&head, samples, X, 0, NULL, keep, &(struct capture){first - 1, m, NULL});
    if (status == STATUS_OK) {
        jacobian_directions(inputs, directions);
        status = layernorm_model_propagate(&block, 1, m, inputs, directions, keep,
                                           &(struct capture){block.network.depth, F, tangent});
    }
    if (status == STATUS_OK) {
        set_tangent(layernorm_weight(&skimmed->model, first), layernorm_bias(&skimmed->model, first), inputs, outputs,
                    m, F, tangent);
    }
    memory_free(m);
    memory_free(directions);
    memory_free(tangent);
    return status;
}
