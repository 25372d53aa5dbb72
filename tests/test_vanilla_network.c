// SPDX-License-Identifier: GPL-3.0-or-later
/* Networks without normalisation: each layer written out, gradients against central differences, moments of the first layer. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/vanilla_network.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { DEPTH = 4, WIDTH = 6, SAMPLES = 3, NUMBERS = SAMPLES * WIDTH };

static struct vanilla_network small_network(void)
{
    struct vanilla_network network = {DEPTH, WIDTH, SAMPLES, .sigma_w = 1.3, .sigma_b = 0.4};

    CHECK_INT(activation_find("tanh", &network.phi), STATUS_OK);
    return network;
}

static const double S[] = {1, 0.3, -0.2, 0.3, 2, 0.1, -0.2, 0.1, 0.5}, P[] = {1, 0.5, 0, 0.5, 1, 0, 0, 0, 2};

TEST(layers_are_the_formula)
{
    struct vanilla_network network = small_network();
    struct vanilla_record record;
    struct stream stream = stream_open(stream_key("test/vanilla_network", 1), 0, 0);
    double W[WIDTH * WIDTH], b[WIDTH];

    CHECK_INT(vanilla_record_new(&record, &network), STATUS_OK);
    CHECK_INT(vanilla_pass(&network, S, P, stream, &record), STATUS_OK);
    for (int l = 2; l <= DEPTH; l++) {
        vanilla_weights(&network, stream, l, W, b);
        for (int i = 0; i < SAMPLES; i++) {
            for (int a = 0; a < WIDTH; a++) {
                double sum = 0.4 * b[a];

                for (int c = 0; c < WIDTH; c++) {
                    sum += 1.3 / sqrt(WIDTH) * W[a * WIDTH + c] * tanh(record.h[l - 1][i * WIDTH + c]);
                }
                CHECK_ABSOLUTE(record.h[l][i * WIDTH + a], sum, 1e-14);
            }
        }
    }
    vanilla_record_free(&record);
}

TEST(gradients_match_central_differences)
{
    struct vanilla_network network = small_network();
    struct vanilla_record record, moved;
    struct stream stream = stream_open(stream_key("test/vanilla_network", 1), 0, 1);
    double h = 1e-5;

    CHECK_INT(vanilla_record_new(&record, &network), STATUS_OK);
    CHECK_INT(vanilla_record_new(&moved, &network), STATUS_OK);
    CHECK_INT(vanilla_pass(&network, S, P, stream, &record), STATUS_OK);
    CHECK_INT(vanilla_pass(&network, S, NULL, stream, &moved), STATUS_OK);
    for (int l = 1; l < DEPTH; l++) {
        for (int i = 0; i < NUMBERS; i++) {
            double was = moved.h[l][i], change = 0;

            for (int sign = 1; sign >= -1; sign -= 2) {
                moved.h[l][i] = was + sign * h;
                vanilla_forward_from(&network, l, stream, &moved);
                change += sign * linear_dot(NUMBERS, record.delta[DEPTH], moved.h[DEPTH]);
            }
            moved.h[l][i] = was;
            CHECK_ABSOLUTE(record.delta[l][i], change / (2 * h), 1e-8);
        }
        vanilla_forward_from(&network, l, stream, &moved);
    }
    vanilla_record_free(&record);
    vanilla_record_free(&moved);
}

/* Five standard errors of 10^5 neurons. */
TEST(first_layer_has_the_moments_asked_for)
{
    struct vanilla_network network = small_network();
    struct vanilla_record record;
    double gram[SAMPLES * SAMPLES];

    network.depth = 1;
    network.width = 3000;
    CHECK_INT(vanilla_record_new(&record, &network), STATUS_OK);
    CHECK_INT(vanilla_pass(&network, S, P, stream_open(5, 0, 0), &record), STATUS_OK);
    for (int side = 0; side < 2; side++) {
        const double *moments = side == 0 ? S : P;

        linear_gram(SAMPLES, network.width, side == 0 ? record.h[1] : record.delta[1], gram);
        for (int i = 0; i < SAMPLES * SAMPLES; i++) {
            double size = sqrt(moments[i / SAMPLES * (SAMPLES + 1)] * moments[i % SAMPLES * (SAMPLES + 1)]);

            CHECK_ABSOLUTE(gram[i] / network.width, moments[i], 5 * sqrt(2.0 / network.width) * size);
        }
    }
    vanilla_record_free(&record);
}

TEST(bad_networks_are_refused)
{
    struct vanilla_network network = small_network();
    struct vanilla_record record;

    network.sigma_w = NAN;
    CHECK_INT(vanilla_record_new(&record, &network), STATUS_RANGE);
    network = small_network();
    network.width = 0;
    CHECK_INT(vanilla_record_new(&record, &network), STATUS_RANGE);
}
