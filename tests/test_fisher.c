// SPDX-License-Identifier: GPL-3.0-or-later
/* The dual Fisher matrix against the whole Jacobian, frozen and live, by part and layer; what it does to a vector; its largest eigenvalue without it; bounds; refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/fisher.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { SAMPLES = 5, OUTPUTS = 2 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/fisher", 1), 0, sample);
}

struct trial {
    struct feedforward network;
    struct feedforward_pass pass;
    double *J, *F, *G;
};

static void model_of(struct feedforward_model *model, bool convolutional, double gamma)
{
    feedforward_model_dense(model, convolutional ? 2 : 6, 3, 5, OUTPUTS, gamma, 2, 0.5);
    if (convolutional) {
        model->height = 6;
        model->width = 5;
        model->layer[1] = (struct feedforward_layer){3, 3, 2, 1};
        model->layer[2] = (struct feedforward_layer){4, 2, 1, 0};
    }
}

static void trial_new(struct trial *trial, bool convolutional, double gamma)
{
    struct feedforward_model model;
    struct stream stream = open_stream(2);

    model_of(&model, convolutional, gamma);
    CHECK_INT(feedforward_new(&trial->network, &model, open_stream(1)), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&trial->pass, &trial->network, SAMPLES), STATUS_OK);
    size_t inputs = (size_t)(SAMPLES * feedforward_size(&trial->network, 0)), n = SAMPLES * OUTPUTS;
    double *X = memory_doubles(inputs);
    stream_normals(&stream, inputs, X);
    feedforward_forward(&trial->network, &trial->pass, X);
    memory_free(X);
    trial->J = memory_doubles(n * trial->network.parameters);
    trial->F = memory_doubles(n * n);
    trial->G = memory_doubles(n * n);
}

static void trial_free(struct trial *trial)
{
    feedforward_pass_free(&trial->pass);
    feedforward_free(&trial->network);
    memory_free(trial->J);
    memory_free(trial->F);
    memory_free(trial->G);
}

/* JJ'/m over the columns that count. */
static double entry_of(const struct trial *trial, struct fisher_parameters which, int a, int b)
{
    const struct feedforward *network = &trial->network;
    const double *row = trial->J + (size_t)a * network->parameters, *other = trial->J + (size_t)b * network->parameters;
    double sum = 0;

    for (int l = 1; l <= network->model.layers; l++) {
        for (int part = 0; part < PARTS; part++) {
            size_t at = network->offset[l][part];

            if (which.parts >> part & 1 && (which.layer == 0 || which.layer == l)) {
                sum += linear_dot((int)network->count[l][part], row + at, other + at);
            }
        }
    }
    return sum / SAMPLES;
}

static void compare(struct trial *trial, enum statistics statistics, struct fisher_parameters which)
{
    enum { N = SAMPLES * OUTPUTS };
    double x[N], y[N], scale = 0, *gradient = memory_doubles(trial->network.parameters);
    struct stream stream = open_stream(3);

    fisher_jacobian(&trial->network, &trial->pass, statistics, OUTPUTS, trial->J);
    CHECK_INT(fisher_dual(&trial->network, &trial->pass, statistics, which, OUTPUTS, trial->F), STATUS_OK);
    for (int i = 0; i < N; i++) {
        scale = fmax(scale, trial->F[i * N + i]);
    }
    for (int i = 0; i < N * N; i++) {
        CHECK_ABSOLUTE(trial->F[i], entry_of(trial, which, i / N, i % N), 1e-13 * scale);
    }
    stream_normals(&stream, N, x);
    fisher_apply(&trial->network, &trial->pass, statistics, which, OUTPUTS, x, gradient, y);
    for (int i = 0; i < N; i++) {
        CHECK_ABSOLUTE(y[i], linear_dot(N, trial->F + i * N, x), 1e-12 * scale);
    }
    memory_free(gradient);
}

TEST(dual_is_the_jacobians_gram_matrix)
{
    for (int kind = 0; kind < 8; kind++) {
        struct trial trial;
        enum statistics statistics = kind & 2 ? STATISTICS_LIVE : STATISTICS_FROZEN;

        trial_new(&trial, kind & 1, kind & 4 ? 0 : 1.2);
        compare(&trial, statistics, FISHER_ALL);
        compare(&trial, statistics, FISHER_WEIGHTS);
        compare(&trial, statistics, (struct fisher_parameters){1u << PART_GAMMA | 1u << PART_BIASES, 2});
        trial_free(&trial);
    }
}

TEST(frozen_and_live_differ)
{
    struct trial trial;
    enum { N = SAMPLES * OUTPUTS };

    trial_new(&trial, false, 1);
    CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_FROZEN, FISHER_ALL, OUTPUTS, trial.F), STATUS_OK);
    CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_LIVE, FISHER_ALL, OUTPUTS, trial.G), STATUS_OK);
    CHECK_AT_LEAST(fabs(trial.F[1] - trial.G[1]), 1e-3);
    trial_free(&trial);
}

TEST(largest_eigenvalue_without_the_matrix)
{
    enum { N = SAMPLES * OUTPUTS };

    for (int live = 0; live < 2; live++) {
        struct trial trial;
        struct stream stream = open_stream(4);
        double eigenvalue[N];
        enum statistics statistics = live ? STATISTICS_LIVE : STATISTICS_FROZEN;

        trial_new(&trial, true, 0.9);
        struct value largest =
            fisher_largest(&trial.network, &trial.pass, statistics, FISHER_ALL, OUTPUTS, &stream, 1e-10);
        CHECK_INT(fisher_dual(&trial.network, &trial.pass, statistics, FISHER_ALL, OUTPUTS, trial.F), STATUS_OK);
        CHECK_INT(linear_symmetric_eigen(N, trial.F, eigenvalue, NULL), STATUS_OK);
        CHECK_ABSOLUTE(largest.x, eigenvalue[N - 1], value_error(largest) + 1e-12 * largest.x);
        CHECK_RELATIVE(largest.x, eigenvalue[N - 1], 1e-9);
        trial_free(&trial);
    }
}

TEST(means_bound_the_largest_eigenvalue)
{
    struct trial trial;
    double eigenvalue[SAMPLES];

    trial_new(&trial, false, 1);
    CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_FROZEN, FISHER_ALL, 1, trial.F), STATUS_OK);
    CHECK_INT(linear_symmetric_eigen(SAMPLES, trial.F, eigenvalue, NULL), STATUS_OK);
    struct fisher_means means = fisher_means_of(SAMPLES, trial.F);
    CHECK_AT_MOST(means.all, eigenvalue[SAMPLES - 1]);
    CHECK_AT_MOST(eigenvalue[SAMPLES - 1], means.diagonal);
    CHECK_RELATIVE(means.diagonal, linear_dot(SAMPLES, eigenvalue, (const double[]){1, 1, 1, 1, 1}), 1e-12);
    CHECK_RELATIVE(means.all, means.diagonal / SAMPLES + means.pairs * (SAMPLES - 1) / SAMPLES, 1e-13);
    trial_free(&trial);
}

TEST(what_is_not_there_is_refused)
{
    struct trial trial;

    trial_new(&trial, false, 1);
    CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_FROZEN, FISHER_ALL, OUTPUTS + 1, trial.F),
              STATUS_RANGE);
    CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_FROZEN, (struct fisher_parameters){1, 4}, 1, trial.F),
              STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "layer 4 of 3");
    trial_free(&trial);
}
