// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch-normalised networks: the normalisation and its derivative, the dense sampler against a network written out entry by entry and its central
 * differences, the conditioned sampler against the dense one in law, and the limit of infinite width. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/evidence/statistics.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/batchnorm_network", 1), 0, sample);
}

/* A covariance of n samples of full rank, entries near 1. */
static void random_covariance(int n, uint32_t sample, double S[])
{
    struct stream stream = open_stream(sample);
    double *X = memory_doubles((size_t)(2 * n * n));

    stream_normals_scaled(&stream, 1 / sqrt(2 * n), (size_t)(2 * n * n), X);
    linear_gram(n, 2 * n, X, S);
    memory_free(X);
}

/* ## The layer */

enum { B = 4, BATCHES = 2, WIDTH = 131, SAMPLES = B * BATCHES };

TEST(neurons_are_normalised_over_each_batch)
{
    double H[SAMPLES * WIDTH], Z[SAMPLES * WIDTH], inverse[BATCHES * WIDTH], epsilon = 0.3;
    struct stream stream = open_stream(1);

    stream_normals(&stream, SAMPLES * WIDTH, H);
    batchnorm_layer_forward(B, BATCHES, WIDTH, epsilon, H, Z, inverse);
    for (int g = 0; g < BATCHES; g++) {
        for (int a = 0; a < WIDTH; a++) {
            double mean = 0, variance = 0;

            for (int i = g * B; i < (g + 1) * B; i++) {
                mean += H[i * WIDTH + a] / B;
                variance += H[i * WIDTH + a] * H[i * WIDTH + a] / B;
            }
            double s = sqrt(variance - mean * mean + epsilon);
            CHECK_RELATIVE(inverse[g * WIDTH + a], 1 / s, 1e-14);
            for (int i = g * B; i < (g + 1) * B; i++) {
                CHECK_ABSOLUTE(Z[i * WIDTH + a], (H[i * WIDTH + a] - mean) / s, 1e-14);
            }
        }
    }
    batchnorm_layer_forward(B, BATCHES, WIDTH, epsilon, H, H, inverse);
    CHECK(memcmp(H, Z, sizeof H) == 0);
}

TEST(constant_neuron_has_no_direction)
{
    double H[B] = {0.5, 0.5, 0.5, 0.5}, Z[B], inverse[1];

    batchnorm_layer_forward(B, 1, 1, 0, H, Z, inverse);
    CHECK(isnan(Z[0]));
    batchnorm_layer_forward(B, 1, 1, 1e-5, H, Z, inverse);
    CHECK_SAME(Z[0], 0);
}

/* c'z and its gradient. */
TEST(derivative_matches_central_differences)
{
    enum { N = 3 };
    double H[SAMPLES * N], D[SAMPLES * N], Z[SAMPLES * N], E[SAMPLES * N], inverse[BATCHES * N], h = 1e-5;
    struct stream stream = open_stream(2);

    stream_normals(&stream, SAMPLES * N, H);
    stream_normals(&stream, SAMPLES * N, D);
    for (int e = 0; e < 2; e++) {
        double epsilon = 0.2 * e;

        batchnorm_layer_forward(B, BATCHES, N, epsilon, H, Z, inverse);
        batchnorm_layer_derivative(B, BATCHES, N, Z, inverse, D, E);
        for (int i = 0; i < SAMPLES * N; i++) {
            double was = H[i], change = 0;

            for (int sign = 1; sign >= -1; sign -= 2) {
                H[i] = was + sign * h;
                batchnorm_layer_forward(B, BATCHES, N, epsilon, H, Z, inverse);
                change += sign * linear_dot(SAMPLES * N, D, Z);
            }
            H[i] = was;
            CHECK_ABSOLUTE(E[i], change / (2 * h), 1e-8); // h^2 and eps / h
        }
    }
}

/* ## The dense sampler against a network written out */

enum { DEPTH = 3, NARROW = 5 };

/* One number of a normalised layer: over the batch of sample i, or over all neurons. */
static double normalised(const struct batchnorm_network *network, const double H[], int i, int a)
{
    bool layer = network->normalisation == NORMALISE_LAYER;
    int count = layer ? NARROW : B, stride = layer ? 1 : NARROW;
    const double *group = H + (layer ? i * NARROW : i / B * B * NARROW + a);
    double mean = 0, variance = network->epsilon;

    for (int k = 0; k < count; k++) {
        mean += group[k * stride] / count;
    }
    for (int k = 0; k < count; k++) {
        variance += pow(group[k * stride] - mean, 2) / count;
    }
    return (H[i * NARROW + a] - mean) / sqrt(variance);
}

/* The network above h^(l), which stands beside X^(l-1): returns <D, X^(depth)>. W are the weights of all layers, DEPTH + 1 matrices. */
static double loss_above(const struct batchnorm_network *network, int l, const double below[], const double h[],
                         const double W[], const double D[])
{
    double H[SAMPLES * NARROW], X[SAMPLES * NARROW], loss = 0;

    memcpy(H, h, sizeof H);
    memcpy(X, below, sizeof X);
    for (;; l++) {
        bool residual = network->residual != 0 && l > 1;

        for (int i = 0; i < SAMPLES; i++) {
            for (int a = 0; a < NARROW; a++) {
                double z = normalised(network, H, i, a),
                       x = activation_value(&network->phi, network->gamma * z + network->beta);

                X[i * NARROW + a] = residual ? X[i * NARROW + a] + network->residual * x : x;
            }
        }
        if (l == network->depth) {
            break;
        }
        for (int i = 0; i < SAMPLES; i++) {
            for (int a = 0; a < NARROW; a++) {
                H[i * NARROW + a] = 0;
                for (int b = 0; b < NARROW; b++) {
                    H[i * NARROW + a] += W[((l + 1) * NARROW + a) * NARROW + b] * X[i * NARROW + b];
                }
            }
        }
    }
    for (int i = 0; i < SAMPLES * NARROW; i++) {
        loss += D[i] * X[i];
    }
    return loss;
}

/* X^(l) from X^(l-1), or from h^(1): one layer of the same, by asking for each entry. */
static void layer_output(const struct batchnorm_network *network, int l, const double below[], const double h[],
                         double X[])
{
    struct batchnorm_network last = *network;
    double D[SAMPLES * NARROW] = {0};

    last.depth = l;
    for (int i = 0; i < SAMPLES * NARROW; i++) {
        D[i] = 1;
        X[i] = loss_above(&last, l, below, h, NULL, D);
        D[i] = 0;
    }
}

static void compare_with_written_out(const struct batchnorm_network *network, uint32_t sample)
{
    enum { MATRIX = SAMPLES * SAMPLES, NUMBERS = SAMPLES * NARROW };
    struct batchnorm_record record;
    struct stream stream = open_stream(sample);
    double S[MATRIX], P[MATRIX], W[(DEPTH + 1) * NARROW * NARROW], D[NUMBERS], H[NUMBERS], X[NUMBERS], dH[NUMBERS],
        below[NUMBERS] = {0}, gram[MATRIX], weight[NARROW * NARROW];

    random_covariance(SAMPLES, sample, S);
    random_covariance(SAMPLES, sample + 1, P);
    CHECK_INT(batchnorm_record_new(&record, network), STATUS_OK);
    CHECK_INT(batchnorm_network_pass(network, S, P, stream, &record), STATUS_OK);
    CHECK_INT(batchnorm_network_first(network, S, stream, H), STATUS_OK);
    CHECK_INT(batchnorm_network_last(network, P, stream, D), STATUS_OK);
    for (int l = 2; l <= DEPTH; l++) {
        CHECK_INT(batchnorm_network_weights(network, stream, l, false, W + l * NARROW * NARROW), STATUS_OK);
    }
    for (int l = 1; l <= DEPTH; l++) {
        const double *forward = batchnorm_record_forward(&record, l), *backward = batchnorm_record_backward(&record, l);
        double scale = exp(record.log_scale[l]);

        if (l > 1) {
            linear_multiply(false, true, SAMPLES, NARROW, NARROW, 1, below, W + l * NARROW * NARROW, 0, H);
        }
        layer_output(network, l, below, H, X);
        linear_gram(SAMPLES, NARROW, X, gram);
        for (int i = 0; i < MATRIX; i++) {
            CHECK_ABSOLUTE(forward[i], gram[i] / NARROW, 1e-12); // entries near 1, some roundings
        }
        for (int i = 0; i < NUMBERS; i++) {
            double was = H[i], h = 1e-5;

            H[i] = was + h;
            dH[i] = loss_above(network, l, below, H, W, D);
            H[i] = was - h;
            dH[i] = (dH[i] - loss_above(network, l, below, H, W, D)) / (2 * h);
            H[i] = was;
        }
        linear_gram(SAMPLES, NARROW, dH, gram);
        double size = linear_dot(NUMBERS, dH, dH) / NARROW;
        for (int i = 0; i < MATRIX; i++) {
            CHECK_ABSOLUTE(scale * backward[i], gram[i] / NARROW, 1e-6 * size);
        }
        if (l > 1) {
            linear_multiply(true, false, NARROW, NARROW, SAMPLES, 1, dH, below, 0, weight);
            CHECK_RELATIVE(exp(batchnorm_record_log_weight_gradient(&record, l)),
                           linear_dot(NARROW * NARROW, weight, weight), 1e-6);
        }
        memcpy(below, X, sizeof below);
    }
    batchnorm_record_free(&record);
}

TEST(dense_gradients_match_central_differences)
{
    struct batchnorm_network network;

    CHECK_INT(batchnorm_network_of("tanh", DEPTH, NARROW, B, &network), STATUS_OK);
    network.batches = BATCHES;
    network.sampler = SAMPLER_DENSE;
    compare_with_written_out(&network, 10);
    network.epsilon = 0.1;
    network.gamma = 1.7;
    network.beta = -0.3;
    compare_with_written_out(&network, 20);
    network.weights = WEIGHTS_ORTHOGONAL;
    compare_with_written_out(&network, 30);
}

TEST(dense_gradients_of_layer_normalised_and_residual_networks_match_central_differences)
{
    struct batchnorm_network network;

    CHECK_INT(batchnorm_network_of("tanh", DEPTH, NARROW, B, &network), STATUS_OK);
    network.batches = BATCHES;
    network.sampler = SAMPLER_DENSE;
    network.beta = 0.2;
    network.residual = 0.7;
    compare_with_written_out(&network, 40);
    network.normalisation = NORMALISE_LAYER;
    compare_with_written_out(&network, 50);
    network.epsilon = 0.1;
    network.residual = 0;
    compare_with_written_out(&network, 60);
}

TEST(orthogonal_weights_are_orthogonal)
{
    struct batchnorm_network network;
    double W[25], gram[25];

    CHECK_INT(batchnorm_network_of("id", DEPTH, NARROW, B, &network), STATUS_OK);
    network.sampler = SAMPLER_DENSE;
    network.weights = WEIGHTS_ORTHOGONAL;
    CHECK_INT(batchnorm_network_weights(&network, open_stream(3), 2, false, W), STATUS_OK);
    linear_gram(NARROW, NARROW, W, gram);
    for (int i = 0; i < 25; i++) {
        CHECK_ABSOLUTE(gram[i], i / 5 == i % 5, 1e-14);
    }
}

/* ## One law
 * Of each small network: gradients of all layers, their share in one direction, weight gradients, forward moments. */
enum { NETWORKS = 3000, LAYERS = 4, FEATURES = 2 + 3 * LAYERS };

static void features_of(const struct batchnorm_record *record, double out[FEATURES])
{
    int n = record->samples;
    const double *top = batchnorm_record_forward(record, LAYERS);

    *out++ = top[0];
    *out++ = top[1];
    for (int l = 1; l <= LAYERS; l++) {
        const double *P = batchnorm_record_backward(record, l);

        *out++ = batchnorm_record_log_gradient(record, l);
        *out++ = log(fabs(P[1] + P[n])) + record->log_scale[l];
        *out++ = log(record->weight_gradient[l] + 1e-9) + record->log_scale[l]; // may be 0: a batch of two clusters
    }
}

/* Features by feature: rows[f * NETWORKS + sample]. */
static double *sample_features(const struct batchnorm_network *network, uint32_t stream, const double S[])
{
    struct batchnorm_record record;
    double *rows = memory_doubles(FEATURES * NETWORKS), out[FEATURES];

    CHECK_INT(batchnorm_record_new(&record, network), STATUS_OK);
    for (uint32_t s = 0; s < NETWORKS; s++) {
        if (batchnorm_network_pass(network, S, NULL, stream_open(7, stream, s), &record) != STATUS_OK) {
            CHECK_TEXT(status_reason(), "");
            break;
        }
        features_of(&record, out);
        for (int f = 0; f < FEATURES; f++) {
            rows[f * NETWORKS + (int)s] = out[f];
        }
    }
    batchnorm_record_free(&record);
    return rows;
}

/* The least p-value of the Kolmogorov-Smirnov distances of all features. */
static double compare_laws(const struct batchnorm_network *a, const struct batchnorm_network *b, uint32_t stream)
{
    double S[64], least = 1, p;

    random_covariance(a->batch * a->batches, 5, S);
    double *x = sample_features(a, stream, S), *y = sample_features(b, stream + 1, S);
    for (int f = 0; f < FEATURES; f++) {
        kolmogorov_smirnov(NETWORKS, x + f * NETWORKS, NETWORKS, y + f * NETWORKS, &p);
        least = fmin(least, p);
    }
    memory_free(x);
    memory_free(y);
    return least;
}

/* One false alarm in 10^4 a feature, 14 features: least p above 1e-4 / 14 in each of the comparisons below. */
static const double P_LEAST = 1e-5;

static void samplers_agree(struct batchnorm_network network, uint32_t stream)
{
    struct batchnorm_network dense = network;

    dense.sampler = SAMPLER_DENSE;
    CHECK_AT_LEAST(compare_laws(&network, &dense, stream), P_LEAST);
}

static struct batchnorm_network small_network(const char *phi, int batch, int batches, int width,
                                              enum batchnorm_weights weights)
{
    struct batchnorm_network network;

    CHECK_INT(batchnorm_network_of(phi, LAYERS, width, batch, &network), STATUS_OK);
    network.batches = batches;
    network.weights = weights;
    return network;
}

static const int widths[] = {18, 6, 3};

TEST(samplers_agree_in_law)
{
    for (enum batchnorm_weights weights = WEIGHTS_GAUSSIAN; weights <= WEIGHTS_ORTHOGONAL; weights++) {
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t stream = 100 + 10 * i + 1000 * weights;
            struct batchnorm_network network = small_network("tanh", 6, 1, widths[i], weights);

            samplers_agree(network, stream);
            network.backward = BACKWARD_FRESH;
            samplers_agree(network, stream + 2);
            samplers_agree(small_network("relu", 6, 1, widths[i], weights), stream + 4);
            // X has rank 6 at most: columns of each batch sum to 0
            samplers_agree(small_network("id", 4, 2, widths[i], weights), stream + 6);
        }
    }
}

TEST(samplers_agree_in_law_for_layer_normalisation_and_residual_layers)
{
    for (uint32_t i = 0; i < 3; i++) {
        struct batchnorm_network layer = small_network("tanh", 6, 1, widths[i], WEIGHTS_GAUSSIAN), residual = layer,
                                 both = layer;

        layer.normalisation = both.normalisation = NORMALISE_LAYER;
        residual.residual = both.residual = 0.8;
        both.weights = WEIGHTS_ORTHOGONAL;
        if (widths[i] == 6) {
            samplers_agree(both, 300);
        } else {
            samplers_agree(layer, 302 + 10 * i);
            samplers_agree(residual, 304 + 10 * i);
        }
    }
}

/* Fewer neurons than samples, and samples that come close to each other: one network in a hundred has a pair so near that a root without exchanges takes a wrong
 * column for one of the three, and gradients of e^24 with it. */
TEST(samples_that_nearly_agree_have_the_gradients_of_their_law)
{
    struct batchnorm_network network = small_network("gelu", 6, 1, 3, WEIGHTS_GAUSSIAN), dense;
    double S[36], largest[2] = {0};

    network.normalisation = NORMALISE_LAYER;
    dense = network;
    dense.sampler = SAMPLER_DENSE;
    random_covariance(6, 5, S);
    double *x = sample_features(&network, 400, S), *y = sample_features(&dense, 401, S);
    largest[0] = quantile_of(NETWORKS, x + 2 * NETWORKS, 0.995); // the first layer's gradient
    largest[1] = quantile_of(NETWORKS, y + 2 * NETWORKS, 0.995);
    CHECK_ABSOLUTE(largest[0], largest[1],
                   3); // 15 networks lie above: their least scatters by a fourth of a tail of some 4
    memory_free(x);
    memory_free(y);
}

/* The comparison sees what it is for: weights reused against fresh ones, and a width of 18 against 20. */
TEST(laws_differ_where_they_should)
{
    struct batchnorm_network reused, other;

    CHECK_INT(batchnorm_network_of("tanh", LAYERS, 6, 6, &reused), STATUS_OK);
    other = reused;
    other.backward = BACKWARD_FRESH;
    CHECK_AT_MOST(compare_laws(&reused, &other, 200), 1e-8);
    reused.width = 18;
    other = reused;
    other.width = 22;
    CHECK_AT_MOST(compare_laws(&reused, &other, 202), 1e-8);
    other = reused;
    other.weights = WEIGHTS_ORTHOGONAL;
    CHECK_AT_MOST(compare_laws(&reused, &other, 204), 1e-8);
    other = reused;
    other.normalisation = NORMALISE_LAYER;
    CHECK_AT_MOST(compare_laws(&reused, &other, 206), 1e-8);
    other = reused;
    reused.residual = 0.8;
    other.residual = 0.7;
    CHECK_AT_MOST(compare_laws(&reused, &other, 208), 1e-8);
}

/* ## Scale, limits, options */

/* id: (B-2)/(B-3) a layer, in the mean. The logarithm's mean is less by half its variance a layer, some 1/N; 5/N is allowed. */
TEST(depth_does_not_overflow)
{
    enum { DEEP = 10000 };
    struct batchnorm_network network;
    struct batchnorm_record record;
    double S[64];

    random_covariance(8, 6, S);
    CHECK_INT(batchnorm_network_of("id", DEEP, 400, 8, &network), STATUS_OK);
    CHECK_INT(batchnorm_record_new(&record, &network), STATUS_OK);
    CHECK_INT(batchnorm_network_pass(&network, S, NULL, open_stream(40), &record), STATUS_OK);
    double grown = batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, DEEP);
    CHECK_ABSOLUTE(grown / (DEEP - 1), log(6.0 / 5), 5.0 / 400);
    for (int l = 1; l <= DEEP; l += 999) {
        double trace = 0;

        for (int i = 0; i < 8; i++) {
            trace += batchnorm_record_backward(&record, l)[9 * i];
        }
        CHECK(trace >= 0.5 && trace < 2);
    }
    batchnorm_record_free(&record);
}

/* 1000 neurons are one block of rows, 3000 are three: what a residual network keeps of them, and sums over all of them, must fit together. relu of a normalised sample
 * has mean square 1/2 and mean 1/sqrt(2 pi), and knows nothing of the neuron's X: that gives X's square. */
TEST(blocks_of_a_residual_network_fit_together)
{
    enum { DEEP = 40, FEW = 8 };
    struct batchnorm_network network;
    struct batchnorm_record record;
    double S[FEW * FEW], mean = 1 / sqrt(2 * M_PI), square = 0.5, mean_X = mean, gradient[2];

    random_covariance(FEW, 6, S);
    CHECK_INT(batchnorm_network_of("relu", DEEP, 1000, FEW, &network), STATUS_OK);
    network.residual = 0.5;
    network.normalisation = NORMALISE_LAYER;
    for (int l = 2; l <= DEEP; l++) {
        square += network.residual * (2 * mean_X * mean + network.residual / 2);
        mean_X += network.residual * mean;
    }
    for (int wide = 0; wide < 2; wide++) {
        network.width = wide ? 3000 : 1000;
        CHECK_INT(batchnorm_record_new(&record, &network), STATUS_OK);
        CHECK_INT(batchnorm_network_pass(&network, S, NULL, open_stream(45), &record), STATUS_OK);
        CHECK_RELATIVE(batchnorm_record_forward(&record, DEEP)[0], square, 0.02);
        gradient[wide] = batchnorm_record_log_gradient(&record, 1);
        batchnorm_record_free(&record);
    }
    CHECK_ABSOLUTE(gradient[1], gradient[0], 0.1);
}

/* Behind one layer of infinite width and id the moments are those of a uniform direction; five standard errors of 10^6 neurons. */
TEST(one_wide_layer_is_its_mean)
{
    enum { N = 1000000 };
    struct batchnorm_network network;
    struct batchnorm_record record;
    double S[36];

    for (int i = 0; i < 36; i++) {
        S[i] = (i % 7 == 0) + 0.5;
    }
    CHECK_INT(batchnorm_network_of("id", 1, N, 6, &network), STATUS_OK);
    CHECK_INT(batchnorm_record_new(&record, &network), STATUS_OK);
    CHECK_INT(batchnorm_network_pass(&network, S, NULL, open_stream(41), &record), STATUS_OK);
    const double *forward = batchnorm_record_forward(&record, 1), *backward = batchnorm_record_backward(&record, 1);
    CHECK_ABSOLUTE(forward[0], 1, 5 * 1.2 / sqrt(N));
    CHECK_ABSOLUTE(forward[1], -1.0 / 5, 5 / sqrt(N));
    CHECK_ABSOLUTE(forward[1] + forward[0] + forward[2] + forward[3] + forward[4] + forward[5], 0, 1e-13);
    // Of each neuron's gradient 4 of 6 directions survive, divided by variance: E B / r^2 = B / (B-3) = 2, whose scatter is large.
    CHECK_RELATIVE(exp(record.log_scale[1]) * backward[0], 4.0 / 6 * 2, 0.05);
    batchnorm_record_free(&record);
}

static double affine_tanh(double x, void *context)
{
    (void)context;
    return tanh(1.5 * x + 0.2);
}

static double affine_tanh_slope(double x, void *context)
{
    double t = affine_tanh(x, context);

    return 1.5 * (1 - t * t);
}

TEST(responses_replace_activations)
{
    struct batchnorm_network network, other;
    struct batchnorm_record a, b;
    struct response response = {{.f = affine_tanh}, {.f = affine_tanh_slope}};
    double S[64];

    random_covariance(8, 6, S);
    CHECK_INT(batchnorm_network_of("tanh", 5, 30, 4, &network), STATUS_OK);
    network.batches = 2;
    network.gamma = 1.5;
    network.beta = 0.2;
    other = network;
    other.gamma = 1;
    other.beta = 0;
    other.response = &response;
    batchnorm_record_new(&a, &network);
    batchnorm_record_new(&b, &other);
    CHECK_INT(batchnorm_network_pass(&network, S, NULL, open_stream(50), &a), STATUS_OK);
    CHECK_INT(batchnorm_network_pass(&other, S, NULL, open_stream(50), &b), STATUS_OK);
    for (int l = 1; l <= 5; l++) {
        CHECK_ABSOLUTE(batchnorm_record_log_gradient(&a, l), batchnorm_record_log_gradient(&b, l), 1e-11);
        CHECK_ABSOLUTE(batchnorm_record_forward(&a, l)[5], batchnorm_record_forward(&b, l)[5], 1e-12);
    }
    CHECK_INT(batchnorm_network_forward(&network, S, open_stream(50), &b), STATUS_OK);
    CHECK(memcmp(a.forward, b.forward, 6 * 64 * sizeof(double)) == 0);
    batchnorm_record_free(&a);
    batchnorm_record_free(&b);
}

/* With a batch of two every neuron is +1 and -1: nothing moves it. */
TEST(two_samples_have_no_gradient)
{
    struct batchnorm_network network;
    struct batchnorm_record record;
    double S[4] = {1, 0.3, 0.3, 2};

    CHECK_INT(batchnorm_network_of("relu", 3, 50, 2, &network), STATUS_OK);
    batchnorm_record_new(&record, &network);
    CHECK_INT(batchnorm_network_pass(&network, S, NULL, open_stream(60), &record), STATUS_OK);
    CHECK_AT_MOST(batchnorm_record_log_gradient(&record, 3), log(1e-25)); // rounding, squared
    batchnorm_record_free(&record);
}

TEST(bad_networks_and_inputs_are_refused)
{
    struct batchnorm_network network;
    struct batchnorm_record record;
    double S[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, flat[16];

    CHECK_INT(batchnorm_network_of("no such", 3, 10, 4, &network), STATUS_RANGE);
    CHECK_INT(batchnorm_network_of("relu", 3, 10, 4, &network), STATUS_OK);
    CHECK_INT(batchnorm_record_new(&record, &network), STATUS_OK);
    for (int i = 0; i < 16; i++) {
        flat[i] = 1;
    }
    CHECK_INT(batchnorm_network_forward(&network, flat, open_stream(1), &record), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "no variance");
    network.epsilon = 1e-3;
    CHECK_INT(batchnorm_network_pass(&network, flat, NULL, open_stream(1), &record), STATUS_OK);
    S[3] = NAN;
    CHECK_INT(batchnorm_network_forward(&network, S, open_stream(1), &record), STATUS_RANGE);
    network.depth = 4;
    CHECK_INT(batchnorm_network_forward(&network, flat, open_stream(1), &record), STATUS_RANGE);
    network.depth = 0;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.depth = 3;
    network.batch = 1;
    CHECK_INT(batchnorm_network_check(&network), STATUS_OK);
    network.epsilon = 0;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.batch = 4;
    network.gamma = 0;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.gamma = 1;
    network.width = 1 << 30;
    network.batches = 1024;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.batches = 1;
    network.normalisation = NORMALISE_LAYER;
    network.width = 1;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.width = 2;
    network.batch = 1;
    CHECK_INT(batchnorm_network_check(&network), STATUS_OK);
    network.residual = NAN;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.residual = 0.5;
    network.batch = 4;
    network.width = 1 << 29;
    CHECK_INT(batchnorm_network_check(&network), STATUS_RANGE);
    network.width = 10;
    memset(S, 0, sizeof S);
    CHECK_INT(batchnorm_network_forward(&network, S, open_stream(1), &record), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "sample 0 has no variance");
    CHECK_INT(batchnorm_network_weights(&network, open_stream(1), 1, false, flat), STATUS_RANGE);
    batchnorm_record_free(&record);
}
