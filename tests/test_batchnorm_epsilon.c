// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch normalisation with epsilon: the identity in closed form, epsilon to 0, networks, the transition, refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/quadrature.h>
#include <math.h>

/* For the identity, with s^2 = r^2 + B epsilon: m = B/(B-1) E r^2/s^2, rate = B/(B-1) E [(B-2)/s^2 + (B epsilon)^2/s^6], r^2/(2m) a Gamma variable. */
TEST(identity_is_its_closed_form)
{
    static const double epsilons[] = {0.01, 0.1, 0.5, 0.9};
    struct affine_activation id = {.gain = 1};

    CHECK_INT(activation_find("id", &id.phi), STATUS_OK);
    struct response response = response_affine(&id);
    for (int B = 6; B <= 96; B *= 4) {
        struct rule rule;

        CHECK_INT(rule_laguerre(&rule, 150, (B - 3) / 2.0), STATUS_OK);
        for (int k = 0; k < 4; k++) {
            struct value m, rate;
            double forward = 0, backward = 0, total = 0, Be = B * epsilons[k];

            CHECK_INT(batchnorm_epsilon(&response, B, epsilons[k], &m, &rate), STATUS_OK);
            for (int i = 0; i < rule.n; i++) {
                double r2 = 2 * m.x * rule.x[i], s2 = r2 + Be;

                total += rule.w[i];
                forward += rule.w[i] * r2 / s2;
                backward += rule.w[i] * ((B - 2) / s2 + Be * Be / (s2 * s2 * s2));
            }
            CHECK_ABSOLUTE(m.x, forward / total * B / (B - 1), 3 * value_bound(m) + 1e-12);
            CHECK_ABSOLUTE(rate.x, backward / total * B / (B - 1), 3 * value_bound(rate) + 1e-12);
            CHECK_AT_MOST(value_bound(rate), B == 6 ? 0.05 : 1e-5); // heavy tails of 1/r
        }
        rule_free(&rule);
    }
}

TEST(small_epsilon_is_none)
{
    const char *const phi[] = {"tanh", "relu", "gelu"};

    for (int k = 0; k < 3; k++) {
        struct affine_activation affine = {.gain = 1.5, .shift = 0.4};
        struct batchnorm_state state;
        struct value m, rate;

        CHECK_INT(activation_find(phi[k], &affine.phi), STATUS_OK);
        struct response response = response_affine(&affine);
        CHECK_INT(batchnorm_state_sphere(&response, 20, &state), STATUS_OK);
        CHECK_INT(batchnorm_epsilon(&response, 20, 1e-7, &m, &rate), STATUS_OK);
        CHECK_RELATIVE(m.x, state.fixed.mu.x, 2e-6);
        CHECK_RELATIVE(rate.x, state.backward.G.x, 1e-5);
    }
}

/* Growth of the gradient a layer in wide networks that start at the fixed point: another route to both numbers. */
TEST(wide_networks_agree)
{
    enum { B = 12, L = 14, N = 40000 };
    static const double epsilons[] = {0.05, 0.4};

    for (int k = 0; k < 2; k++) {
        struct affine_activation affine = {.gain = 1, .shift = 0.7};
        struct batchnorm_network network;
        struct batchnorm_record record;
        struct value m, rate;
        double S[B * B] = {0}, trace = 0, all = 0;

        CHECK_INT(activation_find("relu", &affine.phi), STATUS_OK);
        struct response response = response_affine(&affine);
        CHECK_INT(batchnorm_epsilon(&response, B, epsilons[k], &m, &rate), STATUS_OK);
        CHECK_INT(batchnorm_network_of("relu", L, N, B, &network), STATUS_OK);
        network.beta = 0.7;
        network.epsilon = epsilons[k];
        CHECK_INT(batchnorm_record_new(&record, &network), STATUS_OK);
        for (int i = 0; i < B; i++) {
            S[i * B + i] = m.x;
        }
        struct stream stream = stream_open(stream_key("test/batchnorm_epsilon", 1), 0, (uint32_t)k);
        CHECK_INT(batchnorm_network_pass(&network, S, NULL, stream, &record), STATUS_OK);
        for (int i = 0; i < B * B; i++) {
            all += batchnorm_record_forward(&record, L)[i];
            trace += i % (B + 1) == 0 ? batchnorm_record_forward(&record, L)[i] : 0;
        }
        CHECK_RELATIVE((trace - all / B) / (B - 1), m.x, 0.02);
        double growth =
            (batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, L - 3)) / (L - 4);
        CHECK_RELATIVE(exp(growth), rate.x, 0.01);
        batchnorm_record_free(&record);
    }
}

/* Beyond phi'(0)^2 tanh's signals die out and gradients shrink by phi'(0)^2 / epsilon a layer. */
TEST(transition_of_tanh_is_at_one)
{
    struct affine_activation tanh_of = {.gain = 1};
    struct value m, rate;

    CHECK_INT(activation_find("tanh", &tanh_of.phi), STATUS_OK);
    struct response response = response_affine(&tanh_of);
    CHECK_INT(batchnorm_epsilon(&response, 10, 0.97, &m, &rate), STATUS_OK);
    CHECK_AT_LEAST(m.x, 1e-3);
    CHECK_AT_LEAST(rate.x, 1);
    CHECK_INT(batchnorm_epsilon(&response, 10, 1.25, &m, &rate), STATUS_OK);
    CHECK_SAME(m.x, 0);
    CHECK_RELATIVE(rate.x, 0.8, 1e-7);
}

TEST(bad_arguments_are_refused)
{
    struct affine_activation id = {.gain = 1};
    struct value m, rate;

    CHECK_INT(activation_find("id", &id.phi), STATUS_OK);
    struct response response = response_affine(&id);
    CHECK_INT(batchnorm_epsilon(&response, 3, 0.1, &m, &rate), STATUS_RANGE);
    CHECK_INT(batchnorm_epsilon(&response, 301, 0.1, &m, &rate), STATUS_RANGE);
    CHECK_INT(batchnorm_epsilon(&response, 10, 0, &m, &rate), STATUS_RANGE);
    CHECK_INT(batchnorm_epsilon(&response, 10, NAN, &m, &rate), STATUS_RANGE);
    CHECK(!value_ok(m));
}
