// SPDX-License-Identifier: GPL-3.0-or-later
/* Measured order parameters: double sums written out against the sums that the module takes, and closed forms of the first layer. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/fisher.h>
#include <assay/network/order_sample.h>
#include <math.h>
#include <string.h>

enum { LAYERS = 3, NUMBERS = (LAYERS + 1) * ORDER_NUMBERS };

static struct order_sample small_sample(double gamma)
{
    struct order_sample sample = {
        .samples = 3, .outputs = 2, .pair = 0.6, .across = 0.2, .ratio = 1.5, .gradients = true};

    feedforward_model_convolutions(&sample.model, 7, 2, LAYERS, 3, 3, 2, 0, 2, gamma, 2, 0.5);
    return sample;
}

static void signs(struct stream *stream, double scale, int n, double out[])
{
    for (int i = 0; i < n; i++) {
        out[i] = stream_bits(stream) >> 63 ? scale : -scale;
    }
}

/* The dual Fisher matrix of one layer's weights, between the first sample and the two others, output by output. */
static void check_f(double gamma)
{
    struct order_sample sample = small_sample(gamma);
    struct stream stream = stream_open(stream_key("test/order_sample", 1), 0, 0), inputs = stream;
    double out[NUMBERS], F[36];
    struct feedforward network;
    struct feedforward_pass pass;

    CHECK_INT(order_sample_numbers(&sample), NUMBERS);
    CHECK_INT(order_sample_draw(&sample, stream, out), STATUS_OK);
    CHECK_INT(feedforward_new(&network, &sample.model, stream), STATUS_OK);
    for (size_t i = 0; i < network.count[2][PART_GAMMA]; i++) {
        network.parameter[network.offset[2][PART_GAMMA] + i] *= 1.5;
    }
    CHECK_INT(feedforward_pass_new(&pass, &network, 3), STATUS_OK);
    inputs.stream++;
    double *X = memory_doubles(3 * 98), *part = memory_doubles(98);
    stream_normals_scaled(&inputs, sqrt(0.4), 3 * 98, X);
    signs(&inputs, sqrt(0.2), 2, part);
    for (int i = 0; i < 3 * 98; i++) {
        X[i] += part[i % 2];
    }
    signs(&inputs, sqrt(0.4), 98, part);
    for (int i = 0; i < 3 * 98; i++) {
        X[i] += part[i % 98];
    }
    feedforward_forward(&network, &pass, X);
    for (int l = 1; l <= LAYERS; l++) {
        double f = 0;

        CHECK_INT(
            fisher_dual(&network, &pass, STATISTICS_FROZEN, (struct fisher_parameters){1u << PART_WEIGHTS, l}, 2, F),
            STATUS_OK);
        for (int k = 0; k < 2; k++) {
            for (int j = 1; j < 3; j++) {
                f += 3 * F[k * 6 + 2 * j + k] / 4;
            }
        }
        CHECK_ABSOLUTE(out[l * ORDER_NUMBERS + F_PAIR], f / convolution_columns(&network.shape[l]), 1e-13);
        struct pair_means z =
            pair_means_of(3, feedforward_sites(&network, l), feedforward_channels(&network, l), pass.z[l]);
        CHECK_ABSOLUTE(out[l * ORDER_NUMBERS + Z_PAIR], z.pair / feedforward_channels(&network, l), 1e-13);
        CHECK_ABSOLUTE(out[l * ORDER_NUMBERS + Z_ACROSS],
                       isnan(z.across) ? 0 : z.across / feedforward_channels(&network, l), 1e-13);
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    memory_free(X);
    memory_free(part);
}

TEST(sums_are_the_double_sums)
{
    check_f(0);
    check_f(1.25);
}

TEST(first_layer_has_the_inputs_products)
{
    struct order_sample sample = small_sample(0);
    double out[NUMBERS], sum[3] = {0};
    const double expected[] = {2.5, 0.5 + 2 * 0.6, 0.5 + 2 * 0.2};

    sample.model.layer[1].outputs = 30;
    for (uint32_t i = 0; i < 100; i++) {
        CHECK_INT(order_sample_draw(&sample, stream_open(stream_key("test/order_sample", 1), 2, i), out), STATUS_OK);
        CHECK_SAME(out[Z_SAME], 0);
        CHECK_SAME(out[LAYERS * ORDER_NUMBERS + H_SAME], 0);
        CHECK_SAME(out[LAYERS * ORDER_NUMBERS + DELTA_SAME], 1);
        CHECK_SAME(out[LAYERS * ORDER_NUMBERS + DELTA_ACROSS], 0);
        for (int k = 0; k < 3; k++) {
            sum[k] += out[ORDER_NUMBERS + Z_SAME + k] / 100;
        }
    }
    for (int k = 0; k < 3; k++) {
        CHECK_ABSOLUTE(sum[k], expected[k], 0.12);
    }
}

/* Means stay, and the scatter falls. */
TEST(noise_is_taken_off)
{
    static const int number[] = {Z_PAIR, H_PAIR, Z_SAME, F_PAIR};
    double out[NUMBERS], mean[2][4] = {{0}}, square[2][4] = {{0}};
    enum { NETWORKS = 300 };

    for (int controlled = 0; controlled < 2; controlled++) {
        struct order_sample sample = small_sample(0);

        sample.controlled = controlled;
        for (int l = 1; l < LAYERS; l++) {
            sample.model.layer[l].outputs = 20;
        }
        for (uint32_t i = 0; i < NETWORKS; i++) {
            CHECK_INT(order_sample_draw(&sample, stream_open(stream_key("test/order_sample", 1), 4, i), out),
                      STATUS_OK);
            for (int k = 0; k < 4; k++) {
                double x = out[2 * ORDER_NUMBERS + number[k]];

                mean[controlled][k] += x / NETWORKS;
                square[controlled][k] += x * x / NETWORKS;
            }
        }
    }
    for (int k = 0; k < 4; k++) {
        double raw = square[0][k] - mean[0][k] * mean[0][k], left = square[1][k] - mean[1][k] * mean[1][k];

        CHECK_AT_MOST(left, (k == 0 ? 0.5 : 0.95) * raw);
        CHECK_ABSOLUTE(mean[1][k], mean[0][k], 4.5 * sqrt((raw + left) / NETWORKS));
    }
}

TEST(bad_samples_are_refused)
{
    struct order_sample sample = small_sample(1);
    struct stream stream = stream_open(1, 0, 0);
    double out[NUMBERS];

    sample.samples = 1;
    CHECK_INT(order_sample_draw(&sample, stream, out), STATUS_RANGE);
    sample = small_sample(1);
    sample.outputs = 3;
    CHECK_INT(order_sample_draw(&sample, stream, out), STATUS_RANGE);
    sample = small_sample(1);
    sample.across = 0.7;
    CHECK_INT(order_sample_draw(&sample, stream, out), STATUS_RANGE);
    sample = small_sample(1);
    sample.model.height = 2;
    CHECK_INT(order_sample_draw(&sample, stream, out), STATUS_RANGE);
}
