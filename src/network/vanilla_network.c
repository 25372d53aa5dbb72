// SPDX-License-Identifier: GPL-3.0-or-later
/* Networks without normalisation: what batch normalisation is compared with. */
#include <assay/network/vanilla_network.h>

#include <assay/base/memory.h>
#include <assay/network/dense.h>
#include <assay/network/propagation.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

static size_t numbers(const struct vanilla_network *network)
{
    return (size_t)network->samples * (size_t)network->width;
}

enum status vanilla_record_new(struct vanilla_record *record, const struct vanilla_network *network)
{
    const struct vanilla_network *n = network;

    *record = (struct vanilla_record){0};
    if (n->depth < 1 || n->width < 1 || n->samples < 1 ||
        !(n->sigma_w >= 0 && n->sigma_b >= 0 && isfinite(n->sigma_w + n->sigma_b))) {
        return status_fail(STATUS_RANGE, "vanilla network: depth %d, width %d, samples %d, sigma_w %g, sigma_b %g",
                           n->depth, n->width, n->samples, n->sigma_w, n->sigma_b);
    }
    size_t layers = (size_t)n->depth + 1;
    record->h = memory_new(2 * layers, sizeof *record->h);
    record->delta = record->h + layers;
    record->block = memory_doubles(2 * layers * numbers(n));
    for (size_t l = 0; l < layers; l++) {
        record->h[l] = record->block + 2 * l * numbers(n);
        record->delta[l] = record->h[l] + numbers(n);
    }
    return STATUS_OK;
}

void vanilla_record_free(struct vanilla_record *record)
{
    memory_free(record->h);
    memory_free(record->block);
    *record = (struct vanilla_record){0};
}

/* Layer l's draws begin here: the inputs' and the gradient's stand in the places of layers 1 and 0. */
static struct stream place(struct stream stream, int l)
{
    stream.draw += ((uint64_t)l + 1) << 40;
    return stream;
}

void vanilla_weights(const struct vanilla_network *network, struct stream stream, int l, double W[], double b[])
{
    size_t N = (size_t)network->width;

    stream = place(stream, l);
    stream_normals(&stream, N * N, W);
    stream_normals(&stream, N, b);
}

/* Rows of covariance S, as samples x width. */
static enum status draw_rows(const struct vanilla_network *network, const double S[], struct stream stream, double H[])
{
    int n = network->samples, rank, *pivot = memory_new((size_t)n, sizeof *pivot);
    double *R = memory_doubles((size_t)n * (size_t)n), *Z = memory_doubles(numbers(network));
    enum status status = linear_semidefinite_root(n, S, 1e-14, R, pivot, &rank);

    stream_normals(&stream, numbers(network), Z);
    linear_multiply(false, false, n, network->width, n, 1, R, Z, 0, H);
    memory_free(pivot);
    memory_free(R);
    memory_free(Z);
    return status;
}

void vanilla_forward_from(const struct vanilla_network *network, int first, struct stream stream,
                          struct vanilla_record *record)
{
    int N = network->width, n = network->samples;
    double *X = memory_doubles(numbers(network)), *W = memory_doubles((size_t)N * (size_t)N),
           *b = memory_doubles((size_t)N);

    for (int l = first + 1; l <= network->depth; l++) {
        vanilla_weights(network, stream, l, W, b);
        for (int a = 0; a < N; a++) {
            b[a] *= network->sigma_b;
        }
        activation_apply(&network->phi, numbers(network), record->h[l - 1], X, NULL);
        dense_forward(n, N, N, network->sigma_w / sqrt(N), X, W, b, record->h[l]);
    }
    memory_free(X);
    memory_free(W);
    memory_free(b);
}

static void backward(const struct vanilla_network *network, struct stream stream, struct vanilla_record *record)
{
    int N = network->width, n = network->samples;
    double *X = memory_doubles(2 * numbers(network)), *W = memory_doubles((size_t)N * (size_t)N),
           *b = memory_doubles((size_t)N);
    double *slope = X + numbers(network);

    for (int l = network->depth; l > 1; l--) {
        vanilla_weights(network, stream, l, W, b);
        dense_backward(n, N, N, network->sigma_w / sqrt(N), record->delta[l], W, record->delta[l - 1]);
        activation_apply(&network->phi, numbers(network), record->h[l - 1], X, slope);
        propagation_scale(n, 1, N, slope, record->delta[l - 1]);
    }
    memory_free(X);
    memory_free(W);
    memory_free(b);
}

enum status vanilla_pass(const struct vanilla_network *network, const double S[], const double P[],
                         struct stream stream, struct vanilla_record *record)
{
    enum status status = draw_rows(network, S, place(stream, 1), record->h[1]);

    if (status == STATUS_OK) {
        vanilla_forward_from(network, 1, stream, record);
    }
    if (status == STATUS_OK && P != NULL) {
        status = draw_rows(network, P, place(stream, 0), record->delta[network->depth]);
        backward(network, stream, record);
    }
    return status;
}
