// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch-normalised networks with their weights drawn: the witness of batchnorm_conditioned.c.
 *
 * On the way forward each layer keeps z and 1/s, from which the way back makes everything but W, and W is drawn again. */
#include "batchnorm_pass.h"

#include <assay/base/memory.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/dense.h>
#include <assay/network/propagation.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

struct dense {
    const struct batchnorm_network *network;
    struct stream stream;
    struct batchnorm_record *record;
    int n, N;          // samples, width
    size_t kept;       // numbers of z a layer, 0 if the way back is not taken: then all layers share one place
    double *z, *scale; // samples x N and batches x N (layer normalisation: two samples) for each layer
    double *X, *slope, *D, *stream_gradient, *W, *work; // the last but two: with respect to X of a residual layer
};

static double *z_of(const struct dense *dense, int l)
{
    return dense->z + (size_t)(l - 1) * dense->kept;
}

static size_t scales(const struct batchnorm_network *network)
{
    return network->normalisation == NORMALISE_LAYER ? 2 * (size_t)network->batch * (size_t)network->batches
                                                     : (size_t)network->batches * (size_t)network->width;
}

static double *scale_of(const struct dense *dense, int l)
{
    return dense->scale + (dense->kept > 0 ? (size_t)(l - 1) * scales(dense->network) : 0);
}

/* h becomes z. */
static void normalise(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
    double *z = z_of(dense, l), *scale = scale_of(dense, l);
    int n = dense->n;

    if (network->normalisation == NORMALISE_BATCH) {
        batchnorm_layer_forward(network->batch, network->batches, dense->N, network->epsilon, z, z, scale);
        return;
    }
    memset(scale, 0, 2 * (size_t)n * sizeof *scale);
    layer_sums_add(n, dense->N, z, z, scale, scale + n);
    layer_statistics(n, dense->N, network->epsilon, scale, scale + n);
    layer_normalise(n, dense->N, scale, scale + n, z);
}

/* The gradient with respect to z becomes that with respect to h. */
static void derivative(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
    const double *z = z_of(dense, l), *scale = scale_of(dense, l);
    int n = dense->n;

    if (network->normalisation == NORMALISE_BATCH) {
        batchnorm_layer_derivative(network->batch, network->batches, dense->N, z, scale, dense->D, dense->D);
        return;
    }
    double *mean = memory_doubles(2 * (size_t)n), *along = mean + n;
    layer_sums_add(n, dense->N, dense->D, z, mean, along);
    for (int i = 0; i < 2 * n; i++) {
        mean[i] /= dense->N;
    }
    layer_derivative(n, dense->N, mean, along, scale + n, z, dense->D);
    memory_free(mean);
}

/* X^(l-1) becomes X^(l). */
static enum status forward(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
    size_t numbers = (size_t)dense->n * (size_t)dense->N;
    double *z = z_of(dense, l), *moments = dense->record->forward + (ptrdiff_t)l * dense->n * dense->n;
    enum status status;

    if (l == 1) {
        status = batchnorm_network_first(network, dense->record->forward, dense->stream, z);
    } else {
        status = batchnorm_network_weights(network, dense->stream, l, false, dense->W);
        dense_forward(dense->n, dense->N, dense->N, 1, dense->X, dense->W, NULL, z);
    }
    if (status != STATUS_OK) {
        return status;
    }
    normalise(dense, l);
    if (batchnorm_is_residual(network, l)) {
        batchnorm_activate(network, numbers, z, dense->slope, NULL);
        linear_axpy((int)numbers, network->residual, dense->slope, dense->X);
    } else {
        batchnorm_activate(network, numbers, z, dense->X, NULL);
    }
    memset(moments, 0, (size_t)dense->n * (size_t)dense->n * sizeof *moments);
    batchnorm_add_gram(dense->n, dense->N, 1.0 / dense->N, dense->X, moments, dense->work);
    return batchnorm_moments_check(network, l, moments);
}

/* The gradient with respect to X^(l) becomes that with respect to h^(l), then, below it, X^(l-1). */
static enum status backward(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
    bool residual = batchnorm_is_residual(network, l);
    size_t numbers = (size_t)dense->n * (size_t)dense->N;
    double *moments = dense->record->backward + (ptrdiff_t)l * dense->n * dense->n, factor;

    batchnorm_activate(network, numbers, z_of(dense, l), dense->X, dense->slope);
    if (residual) {
        memcpy(dense->stream_gradient, dense->D, numbers * sizeof *dense->D);
        for (size_t i = 0; i < numbers; i++) {
            dense->D[i] *= network->residual;
        }
    }
    propagation_scale(dense->n, 1, dense->N, dense->slope, dense->D);
    derivative(dense, l);
    memset(moments, 0, (size_t)dense->n * (size_t)dense->n * sizeof *moments);
    batchnorm_add_gram(dense->n, dense->N, 1.0 / dense->N, dense->D, moments, dense->work);
    enum status status = batchnorm_record_rescale(dense->record, l, &factor);
    if (status == STATUS_OK && l > 1) {
        status = batchnorm_network_weights(network, dense->stream, l, network->backward == BACKWARD_FRESH, dense->W);
        dense_backward(dense->n, dense->N, dense->N, factor, dense->D, dense->W, dense->X);
        memcpy(dense->D, dense->X, numbers * sizeof *dense->X);
        if (residual) {
            linear_axpy((int)numbers, factor, dense->stream_gradient, dense->D);
        }
    }
    return status;
}

enum status batchnorm_dense_pass(const struct batchnorm_network *network, const double P[], struct stream stream,
                                 bool back, struct batchnorm_record *record)
{
    int n = record->samples, N = network->width;
    size_t numbers = (size_t)n * (size_t)N, layers = back ? (size_t)network->depth : 1;
    struct dense dense = {
        .network = network, .stream = stream, .record = record, .n = n, .N = N, .kept = back ? numbers : 0};
    enum status status = STATUS_OK;

    dense.z = memory_doubles(layers * numbers);
    dense.scale = memory_doubles(layers * scales(network));
    dense.X = memory_doubles(4 * numbers);
    dense.slope = dense.X + numbers;
    dense.D = dense.slope + numbers;
    dense.stream_gradient = dense.D + numbers;
    dense.W = memory_doubles((size_t)N * (size_t)N);
    dense.work = memory_doubles((size_t)n * (size_t)n);
    for (int l = 1; l <= network->depth && status == STATUS_OK; l++) {
        status = forward(&dense, l);
    }
    if (back && status == STATUS_OK) {
        status = batchnorm_network_last(network, P, stream, dense.D);
    }
    for (int l = network->depth; l >= 1 && back && status == STATUS_OK; l--) {
        status = backward(&dense, l);
    }
    memory_free(dense.z);
    memory_free(dense.scale);
    memory_free(dense.X);
    memory_free(dense.W);
    memory_free(dense.work);
    return status;
}
