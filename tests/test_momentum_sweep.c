// SPDX-License-Identifier: GPL-3.0-or-later
/* Bounds of models against those of order parameters set up by hand, and against closed forms. */
#include "assay_test.h"

#include <assay/experiment/momentum_sweep.h>
#include <math.h>

static struct feedforward_model model_of(int side, int channels, double gamma)
{
    struct feedforward_model model = {
        .height = side, .width = side, .channels = channels, .sigma_w2 = 2, .sigma_b2 = 0.5, .gamma = gamma};

    model.batchnorm = gamma > 0;
    activation_find("relu", &model.phi);
    return model;
}

TEST(bounds_of_dense_models)
{
    struct feedforward_model model = model_of(28, 1, 0.7);
    struct order_network network;
    double r = M_PI / (2 * (M_PI - 1)), base = 1000 * 0.49 / (2 * M_PI), x = 0.49 * 2 / (4 * (0.5 + 0.49));

    momentum_sweep_dense(&model, 4, 1000, 10);
    CHECK_RELATIVE(momentum_bound_frozen(&model).x, base * (1 + r + r * r), 1e-12);
    CHECK_RELATIVE(momentum_bound_second_moment(&model).x, base * (1 + x + x * x), 1e-12);
    CHECK_RELATIVE(momentum_bound_live(&model).x, base + 1.5 + 1 / M_PI, 1e-12);
    CHECK_RELATIVE(momentum_bound_frozen_all(&model).x - momentum_bound_frozen(&model).x,
                   (1 + r + r * r) * (1.5 + 1 / M_PI) + r * r * 0.49 / 4, 1e-9);
    model.batchnorm = false;
    order_network_dense(&network, 4, 784, 1000, 0, 2, 0.5);
    CHECK_RELATIVE(momentum_bound_frozen(&model).x, order_bound(&network).x, 1e-14);
}

/* 28 -> 13 -> 6 -> 2 sites a side: the read-out sees 4 x 90 numbers. */
TEST(bounds_of_convolutions)
{
    struct feedforward_model model = model_of(28, 1, 1);
    struct order_network network;

    momentum_sweep_convolutions(&model, 4, 30, 10);
    momentum_sweep_order(&model, &network);
    CHECK_RELATIVE(network.layer[1].sites, 169, 0);
    CHECK_RELATIVE(network.layer[3].sites, 4, 0);
    CHECK_RELATIVE(network.layer[3].channels, 90, 0);
    CHECK_RELATIVE(network.layer[4].taps, 4, 0);
    CHECK_RELATIVE(network.layer[2].taps, 9, 0);
    CHECK_RELATIVE(momentum_bound_live(&model).x, 360 / (2 * M_PI) + 1.5 + 1 / M_PI, 1e-12);
    CHECK_AT_LEAST(momentum_bound_second_moment(&model).x, 20 * momentum_bound_frozen(&model).x);
    CHECK(!value_ok(momentum_bound_live(&(struct feedforward_model){.layers = 0})));
}
