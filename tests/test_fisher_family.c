// SPDX-License-Identifier: GPL-3.0-or-later
/* Dual Fisher matrices at every gamma against networks drawn there; the quadratic form at the constant vector; refusals. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/network/fisher_family.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { SAMPLES = 6 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/fisher_family", 1), 0, sample);
}

struct trial {
    struct feedforward network;
    struct feedforward_pass pass;
};

static void trial_new(struct trial *trial, bool convolutional, double gamma)
{
    struct feedforward_model model;
    struct stream stream = open_stream(2);

    feedforward_model_dense(&model, convolutional ? 2 : 6, 4, 7, 1, gamma, 2, 0.5);
    if (convolutional) {
        model.height = model.width = 7;
        model.layer[1] = (struct feedforward_layer){3, 3, 2, 1};
        model.layer[2] = (struct feedforward_layer){4, 2, 1, 0};
    }
    CHECK_INT(feedforward_new(&trial->network, &model, open_stream(1)), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&trial->pass, &trial->network, SAMPLES), STATUS_OK);
    size_t inputs = (size_t)(SAMPLES * feedforward_size(&trial->network, 0));
    double *X = memory_doubles(inputs);
    stream_normals(&stream, inputs, X);
    feedforward_forward(&trial->network, &trial->pass, X);
    memory_free(X);
}

static void trial_free(struct trial *trial)
{
    feedforward_pass_free(&trial->pass);
    feedforward_free(&trial->network);
}

static struct fisher_numbers numbers_at(struct trial *trial, double gamma)
{
    struct fisher_family family;

    CHECK_INT(fisher_family_new(&family, &trial->network, &trial->pass), STATUS_OK);
    struct fisher_numbers numbers = fisher_family_at(&family, gamma);
    fisher_family_free(&family);
    return numbers;
}

TEST(one_network_serves_for_every_gamma)
{
    for (int convolutional = 0; convolutional < 2; convolutional++) {
        for (double gamma = 0.1; gamma < 10; gamma *= 3) {
            struct trial at_one, at_gamma;

            trial_new(&at_one, convolutional, 0.8);
            trial_new(&at_gamma, convolutional, gamma);
            struct fisher_numbers scaled = numbers_at(&at_one, gamma), direct = numbers_at(&at_gamma, gamma);
            CHECK_RELATIVE(scaled.largest, direct.largest, 1e-11);
            CHECK_RELATIVE(scaled.weights, direct.weights, 1e-10);
            CHECK_RELATIVE(scaled.others, direct.others, 1e-10);
            trial_free(&at_one);
            trial_free(&at_gamma);
        }
    }
}

TEST(numbers_are_those_of_the_matrix)
{
    for (int bn = 0; bn < 2; bn++) {
        struct trial trial;
        double F[SAMPLES * SAMPLES], values[SAMPLES];

        trial_new(&trial, false, bn ? 0.7 : 0);
        struct fisher_numbers numbers = numbers_at(&trial, bn ? 0.7 : 3);
        CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_FROZEN, FISHER_ALL, 1, F), STATUS_OK);
        CHECK_INT(linear_symmetric_eigen(SAMPLES, F, values, NULL), STATUS_OK);
        CHECK_RELATIVE(numbers.largest, values[SAMPLES - 1], 1e-12);
        CHECK_RELATIVE(numbers.weights + numbers.others, fisher_means_of(SAMPLES, F).pairs, 1e-11);
        CHECK_RELATIVE(fisher_constant_form(&trial.network, &trial.pass, STATISTICS_FROZEN, FISHER_ALL),
                       fisher_means_of(SAMPLES, F).all, 1e-12);
        CHECK_INT(fisher_dual(&trial.network, &trial.pass, STATISTICS_LIVE, FISHER_WEIGHTS, 1, F), STATUS_OK);
        CHECK_RELATIVE(fisher_constant_form(&trial.network, &trial.pass, STATISTICS_LIVE, FISHER_WEIGHTS),
                       fisher_means_of(SAMPLES, F).all, 1e-11);
        trial_free(&trial);
    }
}

TEST(gamma_is_set_everywhere)
{
    struct trial set, drawn;

    trial_new(&set, true, 0.8);
    trial_new(&drawn, true, 1.7);
    feedforward_set_gamma(&set.network, 1.7);
    for (size_t i = 0; i < set.network.parameters; i++) {
        CHECK_SAME(set.network.parameter[i], drawn.network.parameter[i]);
    }
    trial_free(&set);
    trial_free(&drawn);
}

TEST(only_degree_one_scales)
{
    struct trial trial;
    struct fisher_family family;

    trial_new(&trial, false, 1);
    CHECK_INT(activation_find("tanh", &trial.network.model.phi), STATUS_OK);
    CHECK_INT(fisher_family_new(&family, &trial.network, &trial.pass), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "tanh");
    fisher_family_free(&family);
    trial_free(&trial);
}
