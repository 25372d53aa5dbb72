// SPDX-License-Identifier: GPL-3.0-or-later
/* Feed-forward networks: gradients and tangents against finite differences, frozen ones against those of a network with given statistics; samples that don't see each other; a dense network by hand; pair means; refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/feedforward.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { SAMPLES = 6 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/feedforward", 1), 0, sample);
}

static struct feedforward_model dense_model(const char *phi, double gamma)
{
    struct feedforward_model model;

    feedforward_model_dense(&model, 5, 4, 7, 3, gamma, 2, 0.5);
    model.beta = 0.1;
    CHECK_INT(activation_find(phi, &model.phi), STATUS_OK);
    return model;
}

/* Two convolutions, one of them padded, and a flattening read-out. */
static struct feedforward_model convolutional_model(const char *phi, double gamma, bool over_sites)
{
    struct feedforward_model model = {.height = 7,
                                      .width = 6,
                                      .channels = 2,
                                      .layers = 3,
                                      .layer = {{0}, {3, 3, 2, 1}, {4, 2, 1, 0}, {2, 0, 0, 0}},
                                      .batchnorm = gamma > 0,
                                      .over_sites = over_sites,
                                      .gamma = gamma,
                                      .beta = -0.1,
                                      .epsilon = 1e-3,
                                      .sigma_w2 = 2,
                                      .sigma_b2 = 0.5};

    CHECK_INT(activation_find(phi, &model.phi), STATUS_OK);
    return model;
}

struct trial {
    struct feedforward network;
    struct feedforward_pass pass, given;
    double *X, *D, *gradient;
    bool frozen;
};

static void trial_new(struct trial *trial, const struct feedforward_model *model, bool frozen)
{
    *trial = (struct trial){.frozen = frozen};
    CHECK_INT(feedforward_new(&trial->network, model, open_stream(1)), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&trial->pass, &trial->network, SAMPLES), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&trial->given, &trial->network, SAMPLES), STATUS_OK);
    size_t inputs = (size_t)(SAMPLES * feedforward_size(&trial->network, 0)),
           outputs = (size_t)(SAMPLES * feedforward_size(&trial->network, model->layers));
    struct stream stream = open_stream(2);

    trial->X = memory_doubles(inputs);
    trial->D = memory_doubles(outputs);
    trial->gradient = memory_doubles(trial->network.parameters);
    stream_normals(&stream, inputs, trial->X);
    stream_normals(&stream, outputs, trial->D);
    feedforward_forward(&trial->network, &trial->given, trial->X);
}

static void trial_free(struct trial *trial)
{
    feedforward_pass_free(&trial->pass);
    feedforward_pass_free(&trial->given);
    feedforward_free(&trial->network);
    memory_free(trial->X);
    memory_free(trial->D);
    memory_free(trial->gradient);
}

/* sum D output: of the network as it is, or normalised by the statistics that it had at first. */
static double objective(struct trial *trial)
{
    int L = trial->network.model.layers;

    if (trial->frozen) {
        feedforward_forward_given(&trial->network, &trial->pass, trial->X, &trial->given);
    } else {
        feedforward_forward(&trial->network, &trial->pass, trial->X);
    }
    return linear_dot(SAMPLES * feedforward_size(&trial->network, L), trial->D, trial->pass.z[L]);
}

static enum statistics statistics_of(const struct trial *trial)
{
    return trial->frozen ? STATISTICS_FROZEN : STATISTICS_LIVE;
}

/* The largest error of the gradient, in units of its largest entry, and of the tangent along the gradient in those of itself. */
static void compare_derivatives(const struct feedforward_model *model, bool frozen)
{
    struct trial trial;
    double worst = 0, largest = 0, h = 1e-5;

    trial_new(&trial, model, frozen);
    objective(&trial);
    feedforward_backward(&trial.network, &trial.pass, statistics_of(&trial), trial.D);
    feedforward_gradient(&trial.network, &trial.pass, trial.gradient);
    size_t outputs = (size_t)(SAMPLES * feedforward_size(&trial.network, model->layers));
    double *T = memory_doubles(outputs);
    feedforward_tangent(&trial.network, &trial.pass, statistics_of(&trial), trial.gradient, T);
    CHECK_RELATIVE(linear_dot((int)outputs, trial.D, T),
                   linear_dot((int)trial.network.parameters, trial.gradient, trial.gradient), 1e-12);
    for (size_t i = 0; i < trial.network.parameters; i++) {
        double *at = &trial.network.parameter[i], was = *at, side[2];

        for (int up = 0; up < 2; up++) {
            *at = was + (up ? h : -h);
            side[up] = objective(&trial);
        }
        *at = was;
        worst = fmax(worst, fabs((side[1] - side[0]) / (2 * h) - trial.gradient[i]));
        largest = fmax(largest, fabs(trial.gradient[i]));
    }
    CHECK_AT_MOST(worst, 1e-7 * largest);
    memory_free(T);
    trial_free(&trial);
}

TEST(dense_gradients_are_finite_differences)
{
    for (int frozen = 0; frozen < 2; frozen++) {
        struct feedforward_model batchnorm = dense_model("gelu", 1.3), vanilla = dense_model("tanh", 0);

        compare_derivatives(&batchnorm, frozen);
        compare_derivatives(&vanilla, frozen);
    }
}

TEST(convolutional_gradients_are_finite_differences)
{
    for (int kind = 0; kind < 4; kind++) {
        struct feedforward_model model = convolutional_model("silu", 0.8, kind & 1);

        compare_derivatives(&model, kind & 2);
    }
    struct feedforward_model vanilla = convolutional_model("erf", 0, false);
    compare_derivatives(&vanilla, false);
}

/* With frozen statistics the rows of one backward pass are what each sample would have alone; with live ones they aren't. */
TEST(frozen_gradients_are_sample_by_sample)
{
    struct feedforward_model model = convolutional_model("relu", 1, false);
    struct trial trial;

    trial_new(&trial, &model, true);
    size_t n = trial.network.parameters;
    double *sum = memory_doubles(n), *own = memory_doubles(n);
    objective(&trial);
    feedforward_backward(&trial.network, &trial.pass, STATISTICS_FROZEN, trial.D);
    feedforward_gradient(&trial.network, &trial.pass, trial.gradient);
    for (int i = 0; i < SAMPLES; i++) {
        feedforward_gradient_of(&trial.network, &trial.pass, i, own);
        linear_axpy((int)n, 1, own, sum);
    }
    linear_axpy((int)n, -1, trial.gradient, sum);
    CHECK_AT_MOST(linear_norm((int)n, sum), 1e-13 * linear_norm((int)n, trial.gradient));
    memset(trial.D + 2, 0, (size_t)(2 * (SAMPLES - 1)) * sizeof(double));
    feedforward_backward(&trial.network, &trial.pass, STATISTICS_FROZEN, trial.D);
    feedforward_gradient_of(&trial.network, &trial.pass, 1, own);
    CHECK_SAME(linear_norm((int)n, own), 0);
    feedforward_backward(&trial.network, &trial.pass, STATISTICS_LIVE, trial.D);
    feedforward_gradient_of(&trial.network, &trial.pass, 1, own);
    CHECK_AT_LEAST(linear_norm((int)n, own), 1e-3);
    memory_free(sum);
    memory_free(own);
    trial_free(&trial);
}

/* One layer below a read-out, followed by hand. */
TEST(a_dense_network_is_what_it_says)
{
    struct feedforward_model model;
    struct feedforward network;
    struct feedforward_pass pass;
    const double X[] = {1, 2, -1, 0.5, 3, 1};

    feedforward_model_dense(&model, 2, 2, 1, 1, 2, 2, 0.5);
    model.beta = 0.25;
    CHECK_INT(feedforward_new(&network, &model, open_stream(3)), STATUS_OK);
    CHECK_INT(network.parameters, 2 + 1 + 1 + 1 + 1 + 1);
    CHECK_INT(feedforward_pass_new(&pass, &network, 3), STATUS_OK);
    feedforward_forward(&network, &pass, X);
    double z[3], mean = 0, square = 0;
    const double *p = network.parameter;
    for (int i = 0; i < 3; i++) {
        z[i] = p[0] * X[2 * i] + p[1] * X[2 * i + 1] + p[2];
        mean += z[i] / 3;
    }
    for (int i = 0; i < 3; i++) {
        square += (z[i] - mean) * (z[i] - mean) / 3;
    }
    for (int i = 0; i < 3; i++) {
        double y = 2 * (z[i] - mean) / sqrt(square) + 0.25;

        CHECK_RELATIVE(pass.z[2][i], p[5] * (y > 0 ? y : 0) + p[6], 1e-13);
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

/* Variances of the parameters drawn. */
TEST(weights_have_the_variance_of_their_fan_in)
{
    struct feedforward_model model = {.height = 8,
                                      .width = 8,
                                      .channels = 5,
                                      .layers = 2,
                                      .layer = {{0}, {200, 3, 2, 0}, {400, 0, 0, 0}},
                                      .sigma_w2 = 2,
                                      .sigma_b2 = 0.5};
    struct feedforward network;

    CHECK_INT(activation_find("relu", &model.phi), STATUS_OK);
    CHECK_INT(feedforward_new(&network, &model, open_stream(4)), STATUS_OK);
    for (int l = 1; l <= 2; l++) {
        double fan_in = l == 1 ? 45 : 9 * 200, n = (double)network.count[l][PART_WEIGHTS],
               norm = linear_norm((int)n, network.parameter + network.offset[l][PART_WEIGHTS]);

        CHECK_RELATIVE(n, fan_in * model.layer[l].outputs, 0);
        CHECK_RELATIVE(norm * norm / n, 2 / fan_in, 5 * sqrt(2 / n));
        norm = linear_norm(model.layer[l].outputs, network.parameter + network.offset[l][PART_BIASES]);
        CHECK_RELATIVE(norm * norm / model.layer[l].outputs, 0.5, 5 * sqrt(2.0 / model.layer[l].outputs));
    }
    feedforward_free(&network);
}

TEST(pair_means_are_those_of_a_double_loop)
{
    enum { M = 3, K = 4, C = 2 };
    double A[M * K * C], same = 0, pair = 0, across = 0;
    struct stream stream = open_stream(5);

    stream_normals(&stream, M * K * C, A);
    for (int i = 0; i < M * K; i++) {
        for (int j = 0; j < M * K; j++) {
            double dot = linear_dot(C, A + i * C, A + j * C);

            same += i == j ? dot : 0;
            pair += i / K != j / K && i % K == j % K ? dot : 0;
            across += i / K != j / K && i % K != j % K ? dot : 0;
        }
    }
    struct pair_means means = pair_means_of(M, K, C, A);
    CHECK_RELATIVE(means.same, same / (M * K), 1e-13);
    CHECK_ABSOLUTE(means.pair, pair / (M * (M - 1) * K), 1e-14);
    CHECK_ABSOLUTE(means.across, across / (M * (M - 1) * K * (K - 1)), 1e-14);
    CHECK(isnan(pair_means_of(1, K, C, A).pair));
    CHECK(isnan(pair_means_of(M * K, 1, C, A).across));
}

TEST(statistics_of_others)
{
    enum { OTHERS = 7, OWN = 3, INPUTS = 4 };
    struct feedforward_model model;
    struct feedforward network;
    struct feedforward_pass own, whole, statistics;
    double X[(OTHERS + OWN) * INPUTS];
    struct stream stream = open_stream(7);

    for (int gamma = 0; gamma <= 1; gamma++) {
        feedforward_model_dense(&model, INPUTS, 3, 5, 1, gamma, 2, 0.5);
        stream_normals(&stream, sizeof X / sizeof *X, X);
        CHECK_INT(feedforward_new(&network, &model, open_stream(8)), STATUS_OK);
        CHECK_INT(feedforward_pass_new(&own, &network, OWN), STATUS_OK);
        CHECK_INT(feedforward_pass_new(&statistics, &network, OTHERS), STATUS_OK);
        CHECK_INT(feedforward_pass_new(&whole, &network, OTHERS + OWN), STATUS_OK);
        CHECK_INT(feedforward_forward_apart(&network, &own, OTHERS, X), STATUS_OK);
        feedforward_forward(&network, &statistics, X);
        if (gamma > 0) {
            feedforward_forward_given(&network, &whole, X, &statistics);
        } else {
            feedforward_forward(&network, &whole, X);
        }
        for (int i = 0; i < OWN; i++) {
            CHECK_ABSOLUTE(own.z[3][i], whole.z[3][OTHERS + i], 1e-13);
        }
        CHECK_INT(feedforward_forward_apart(&network, &own, 1, X), gamma > 0 ? STATUS_RANGE : STATUS_OK);
        feedforward_pass_free(&own);
        feedforward_pass_free(&whole);
        feedforward_pass_free(&statistics);
        feedforward_free(&network);
    }
}

TEST(bad_models_are_refused)
{
    struct feedforward_model good = convolutional_model("relu", 1, false);
    struct feedforward network;
    struct feedforward_pass pass;

    for (int fault = 0; fault < 6; fault++) {
        struct feedforward_model bad = good;

        bad.layers = fault == 0 ? 0 : fault == 1 ? FEEDFORWARD_LAYERS + 1 : bad.layers;
        bad.layer[2].outputs = fault == 2 ? 0 : bad.layer[2].outputs;
        bad.layer[2].kernel = fault == 3 ? 9 : bad.layer[2].kernel;
        bad.sigma_w2 = fault == 4 ? -1 : bad.sigma_w2;
        bad.gamma = fault == 5 ? NAN : bad.gamma;
        CHECK_INT(feedforward_new(&network, &bad, open_stream(6)), STATUS_RANGE);
    }
    CHECK_INT(feedforward_new(&network, &good, open_stream(6)), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&pass, &network, 1), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "1 samples");
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}
