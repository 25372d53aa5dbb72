// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch-normalised networks: what a network is, what a pass leaves behind, and which numbers it draws. */
#include "batchnorm_pass.h"

#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MOST = 1 << 20, WIDTH_MOST = 1 << 30, DENSE_WIDTH_MOST = 1 << 15, SAMPLES_MOST = 4096 };

/* A batch whose numbers vary by less than this share of their mean square has lost its digits to rounding. */
static const double VARIANCE_LEAST = 1e-12;

/* A layer and direction has so many draws to itself. */
static const uint64_t DRAWS_MOST = UINT64_C(1) << 40;

/* So many numbers of a layer are kept at most. */
static const uint64_t KEPT_MOST = UINT64_C(1) << 30;

static size_t square(int n)
{
    return (size_t)n * (size_t)n;
}

/* ## A network */

enum status batchnorm_network_of(const char *phi, int depth, int width, int batch, struct batchnorm_network *network)
{
    *network = (struct batchnorm_network){.depth = depth, .width = width, .batch = batch, .batches = 1, .gamma = 1};
    return activation_find(phi, &network->phi);
}

enum status batchnorm_network_check(const struct batchnorm_network *network)
{
    const struct batchnorm_network *n = network;
    bool layer = n->normalisation == NORMALISE_LAYER;
    int widest = n->sampler == SAMPLER_DENSE ? DENSE_WIDTH_MOST : WIDTH_MOST, narrowest = layer ? 2 : 1,
        least = layer || n->epsilon > 0 ? 1 : 2;

    if (n->depth < 1 || n->depth > DEPTH_MOST || n->width < narrowest || n->width > widest) {
        return status_fail(STATUS_RANGE,
                           "batchnorm network: depth to %d and width from %d to %d wanted, %d and %d given", DEPTH_MOST,
                           narrowest, widest, n->depth, n->width);
    }
    if (n->batch < least || n->batches < 1 || n->batches > SAMPLES_MOST / n->batch) {
        return status_fail(STATUS_RANGE,
                           "batchnorm network: batches of at least %d, %d samples at most; %d of %d given", least,
                           SAMPLES_MOST, n->batches, n->batch);
    }
    if ((uint64_t)n->width * (uint64_t)(n->batch * n->batches) > (n->residual != 0 ? KEPT_MOST : DRAWS_MOST)) {
        return status_fail(STATUS_RANGE,
                           "batchnorm network: %d neurons on %d samples are more than a layer's place in the %s",
                           n->width, n->batch * n->batches, n->residual != 0 ? "memory" : "stream");
    }
    if (!(n->epsilon >= 0 && isfinite(n->epsilon) && n->gamma != 0 && isfinite(n->gamma) && isfinite(n->beta) &&
          isfinite(n->residual))) {
        return status_fail(STATUS_RANGE, "batchnorm network: epsilon = %g, gamma = %g, beta = %g, residual = %g",
                           n->epsilon, n->gamma, n->beta, n->residual);
    }
    if (n->response == NULL && n->phi.kind == NULL) {
        return status_fail(STATUS_RANGE, "batchnorm network: no activation");
    }
    return STATUS_OK;
}

/* ## What a pass leaves behind */

enum status batchnorm_record_new(struct batchnorm_record *record, const struct batchnorm_network *network)
{
    enum status status = batchnorm_network_check(network);
    size_t layers = (size_t)network->depth + 1;

    *record = (struct batchnorm_record){0};
    if (status != STATUS_OK) {
        return status;
    }
    record->depth = network->depth;
    record->width = network->width;
    record->samples = network->batch * network->batches;
    record->forward = memory_doubles(layers * square(record->samples));
    record->backward = memory_doubles(layers * square(record->samples));
    record->log_scale = memory_doubles(layers);
    record->weight_gradient = memory_doubles(layers);
    return STATUS_OK;
}

void batchnorm_record_free(struct batchnorm_record *record)
{
    memory_free(record->forward);
    memory_free(record->backward);
    memory_free(record->log_scale);
    memory_free(record->weight_gradient);
    *record = (struct batchnorm_record){0};
}

const double *batchnorm_record_forward(const struct batchnorm_record *record, int l)
{
    return record->forward + (size_t)l * square(record->samples);
}

const double *batchnorm_record_backward(const struct batchnorm_record *record, int l)
{
    return record->backward + (size_t)l * square(record->samples);
}

static double trace(int n, const double A[])
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        sum += A[i * n + i];
    }
    return sum;
}

double batchnorm_record_log_gradient(const struct batchnorm_record *record, int l)
{
    return log(trace(record->samples, batchnorm_record_backward(record, l))) + record->log_scale[l];
}

double batchnorm_record_log_weight_gradient(const struct batchnorm_record *record, int l)
{
    return log(record->weight_gradient[l]) + record->log_scale[l];
}

enum status batchnorm_record_rescale(struct batchnorm_record *record, int l, double *factor)
{
    int n = record->samples, exponent = 0;
    double *P = record->backward + (size_t)l * square(n), size = trace(n, P),
           before = l < record->depth ? record->log_scale[l + 1] : 0;

    if (!isfinite(size)) {
        return status_fail(STATUS_RANGE, "batchnorm network: the gradient of layer %d is not finite", l);
    }
    if (size > 0) {
        exponent = ilogb(size);
        exponent += exponent & 1; // even: its root is a power of two as well
    }
    for (size_t i = 0; i < square(n); i++) {
        P[i] = ldexp(P[i], -exponent);
    }
    *factor = ldexp(1, -exponent / 2);
    record->log_scale[l] = before + exponent * M_LN2;
    // |D X'|^2 is the trace of D'D X'X; where it is 0, rounding may make it less.
    double both = linear_dot((int)square(n), P, batchnorm_record_forward(record, l - 1));
    record->weight_gradient[l] = (double)record->width * record->width * fmax(both, 0);
    return STATUS_OK;
}

/* The variance of batch g, B times, and its sum of squares; of sample g, both its square, where neurons are normalised over. */
static double variance_of(const struct batchnorm_network *network, int g, const double S[], double *squares)
{
    bool layer = network->normalisation == NORMALISE_LAYER;
    int B = layer ? 1 : network->batch, n = network->batch * network->batches;
    double sum = 0;

    *squares = 0;
    for (int i = g * B; i < (g + 1) * B; i++) {
        *squares += S[i * n + i];
        for (int j = g * B; j < (g + 1) * B; j++) {
            sum += S[i * n + j];
        }
    }
    return layer ? *squares : *squares - sum / B;
}

enum status batchnorm_moments_check(const struct batchnorm_network *network, int l, const double S[])
{
    bool layer = network->normalisation == NORMALISE_LAYER;
    int groups = layer ? network->batch * network->batches : network->batches;
    double squares;

    if (!isfinite(linear_dot((int)square(network->batch * network->batches), S, S))) {
        return status_fail(STATUS_RANGE, "batchnorm network: the second moments of layer %d are not finite", l);
    }
    for (int g = 0; g < groups && network->epsilon == 0 && l < network->depth; g++) {
        double variance = variance_of(network, g, S, &squares);

        if (!(variance > VARIANCE_LEAST * squares)) {
            return status_fail(STATUS_RANGE, "batchnorm network: %s %d has no variance behind layer %d",
                               layer ? "sample" : "batch", g, l);
        }
    }
    return STATUS_OK;
}

/* ## Activations and moments */

static void respond(const struct response *response, size_t n, double X[], double slope[])
{
    for (size_t i = 0; i < n; i++) {
        double x = X[i];

        X[i] = response->value.f(x, response->value.context);
        if (slope != NULL) {
            slope[i] = response->slope.f(x, response->slope.context);
        }
    }
}

void batchnorm_activate(const struct batchnorm_network *network, size_t n, const double Z[], double X[], double slope[])
{
    bool plain = network->gamma == 1 && network->beta == 0;

    for (size_t i = 0; i < n && (!plain || network->response != NULL); i++) {
        X[i] = network->gamma * Z[i] + network->beta;
    }
    if (network->response != NULL) {
        respond(network->response, n, X, slope);
    } else {
        activation_apply(&network->phi, n, plain ? Z : X, X, slope);
    }
    for (size_t i = 0; i < n && slope != NULL && network->gamma != 1; i++) {
        slope[i] *= network->gamma;
    }
}

void batchnorm_add_gram(int n, int m, double factor, const double X[], double sum[], double work[])
{
    linear_gram(n, m, X, work);
    linear_axpy((int)square(n), factor, work, sum);
}

/* ## What is drawn */

struct stream batchnorm_place(struct stream stream, int l, enum use use, size_t offset)
{
    stream.draw += (2 * (uint64_t)l + (use == BACKWARD)) * DRAWS_MOST + offset;
    return stream;
}

/* n x N: rows of covariance S, or of covariance 1 if S is NULL. */
static enum status draw_rows(const struct batchnorm_network *network, const double S[], struct stream stream,
                             double H[])
{
    int n = network->batch * network->batches, rank, *pivot = memory_new((size_t)n, sizeof *pivot);
    size_t numbers = (size_t)n * (size_t)network->width;
    double *R = memory_doubles(square(n)), *Z = memory_doubles(numbers);
    enum status status = S == NULL ? STATUS_OK : linear_semidefinite_root(n, S, BATCHNORM_CUTOFF, R, pivot, &rank);

    stream_normals(&stream, numbers, S == NULL ? H : Z);
    if (S != NULL && status == STATUS_OK) {
        linear_multiply(false, false, n, network->width, n, 1, R, Z, 0, H);
    }
    memory_free(pivot);
    memory_free(R);
    memory_free(Z);
    return status;
}

enum status batchnorm_network_first(const struct batchnorm_network *network, const double S[], struct stream stream,
                                    double H[])
{
    return draw_rows(network, S, batchnorm_place(stream, 1, FORWARD, 0), H);
}

enum status batchnorm_network_last(const struct batchnorm_network *network, const double P[], struct stream stream,
                                   double D[])
{
    return draw_rows(network, P, batchnorm_place(stream, network->depth, BACKWARD, 0), D);
}

/* The fresh copy of W^(l) makes the gradient of layer l - 1: its draws are that layer's. */
enum status batchnorm_network_weights(const struct batchnorm_network *network, struct stream stream, int l, bool fresh,
                                      double W[])
{
    int N = network->width;
    struct stream place = fresh ? batchnorm_place(stream, l - 1, BACKWARD, 0) : batchnorm_place(stream, l, FORWARD, 0);

    if (l < 2 || l > network->depth) {
        return status_fail(STATUS_RANGE, "batchnorm_network_weights: layers 2 to %d have them, not %d", network->depth,
                           l);
    }
    if (network->weights == WEIGHTS_ORTHOGONAL) {
        return haar_orthogonal(&place, N, W);
    }
    stream_normals_scaled(&place, 1 / sqrt(N), square(N), W);
    return STATUS_OK;
}

/* ## Passes */

static enum status run(const struct batchnorm_network *network, const double S[], const double P[],
                       struct stream stream, bool back, struct batchnorm_record *record)
{
    enum status status = batchnorm_network_check(network);
    int n = network->batch * network->batches;

    if (status != STATUS_OK) {
        return status;
    }
    if (record->depth != network->depth || record->samples != n) {
        return status_fail(STATUS_RANGE, "batchnorm network: a record of %d layers and %d samples for %d and %d",
                           record->depth, record->samples, network->depth, n);
    }
    record->width = network->width;
    memcpy(record->forward, S, square(n) * sizeof *S);
    status = batchnorm_moments_check(network, 0, S);
    if (status != STATUS_OK) {
        return status;
    }
    return (network->sampler == SAMPLER_DENSE ? batchnorm_dense_pass : batchnorm_conditioned_pass)(network, P, stream,
                                                                                                   back, record);
}

enum status batchnorm_network_forward(const struct batchnorm_network *network, const double S[], struct stream stream,
                                      struct batchnorm_record *record)
{
    return run(network, S, NULL, stream, false, record);
}

enum status batchnorm_network_pass(const struct batchnorm_network *network, const double S[], const double P[],
                                   struct stream stream, struct batchnorm_record *record)
{
    return run(network, S, P, stream, true, record);
}
