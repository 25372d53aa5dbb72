// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch-normalised networks with their weights drawn: the witness of batchnorm_conditioned.c, and the only way for orthogonal weights.
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
    double *z, *scale; // samples x N and batches x N for each layer
    double *X, *slope, *D, *W, *work;
};

static double *z_of(const struct dense *dense, int l)
{
    return dense->z + (size_t)(l - 1) * dense->kept;
}

static double *scale_of(const struct dense *dense, int l)
{
    return dense->scale + (size_t)(l - 1) * (dense->kept / (size_t)dense->network->batch);
}

/* X^(l-1) becomes X^(l). */
static enum status forward(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
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
    batchnorm_layer_forward(network->batch, network->batches, dense->N, network->epsilon, z, z, scale_of(dense, l));
    batchnorm_activate(network, (size_t)dense->n * (size_t)dense->N, z, dense->X, NULL);
    memset(moments, 0, (size_t)dense->n * (size_t)dense->n * sizeof *moments);
    batchnorm_add_gram(dense->n, dense->N, 1.0 / dense->N, dense->X, moments, dense->work);
    return batchnorm_moments_check(network, l, moments);
}

/* The gradient with respect to X^(l) becomes that with respect to h^(l), then, below it, X^(l-1). */
static enum status backward(struct dense *dense, int l)
{
    const struct batchnorm_network *network = dense->network;
    size_t numbers = (size_t)dense->n * (size_t)dense->N;
    double *moments = dense->record->backward + (ptrdiff_t)l * dense->n * dense->n, factor;

    batchnorm_activate(network, numbers, z_of(dense, l), dense->X, dense->slope);
    propagation_scale(dense->n, 1, dense->N, dense->slope, dense->D);
    batchnorm_layer_derivative(network->batch, network->batches, dense->N, z_of(dense, l), scale_of(dense, l), dense->D,
                               dense->D);
    memset(moments, 0, (size_t)dense->n * (size_t)dense->n * sizeof *moments);
    batchnorm_add_gram(dense->n, dense->N, 1.0 / dense->N, dense->D, moments, dense->work);
    enum status status = batchnorm_record_rescale(dense->record, l, &factor);
    if (status == STATUS_OK && l > 1) {
        status = batchnorm_network_weights(network, dense->stream, l, network->backward == BACKWARD_FRESH, dense->W);
        dense_backward(dense->n, dense->N, dense->N, factor, dense->D, dense->W, dense->X);
        memcpy(dense->D, dense->X, numbers * sizeof *dense->X);
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
    dense.scale = memory_doubles(layers * (size_t)network->batches * (size_t)N);
    dense.X = memory_doubles(3 * numbers);
    dense.slope = dense.X + numbers;
    dense.D = dense.slope + numbers;
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
