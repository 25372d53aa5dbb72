// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of drawn networks: laws of inputs, layers whose means are known exactly at any width, scalings that hold draw by draw, sizes. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/evidence/ensemble.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { OUTPUTS = 5 * ORDER_MEASURES };

static struct order_experiment small(double gamma, double sigma_b2)
{
    struct order_experiment experiment = {.samples = 8};

    feedforward_model_dense(&experiment.model, 12, 4, 16, 3, gamma, 2, sigma_b2);
    return experiment;
}

static void draw(const struct order_experiment *experiment, uint32_t sample, double out[])
{
    struct stream stream = stream_open(stream_key("test/order_experiment", 1), 0, sample);

    CHECK_INT(order_experiment_outputs(experiment), OUTPUTS);
    CHECK_INT(order_experiment_draw(&stream, sample, out, experiment), STATUS_OK);
}

/* Third moments 0, 0, 0, 2 and fourth moments 3, 9/5, 1, 9 tell the laws apart. */
TEST(inputs_have_mean_0_and_variance_1)
{
    static const double third[INPUT_LAWS] = {0, 0, 0, 2}, fourth[INPUT_LAWS] = {3, 1.8, 1, 9};
    size_t n = 200000;
    double *X = memory_doubles(n);

    for (int law = 0; law < INPUT_LAWS; law++) {
        struct stream stream = stream_open(1, (uint32_t)law, 0);
        double moment[5] = {0};

        input_draw((enum input_law)law, &stream, n, X);
        CHECK_INT(stream.draw, n);
        for (size_t i = 0; i < n; i++) {
            for (int k = 1; k <= 4; k++) {
                moment[k] += pow(X[i], k) / (double)n;
            }
        }
        CHECK_ABSOLUTE(moment[1], 0, 0.01);
        CHECK_ABSOLUTE(moment[2], 1, 0.03);
        CHECK_ABSOLUTE(moment[3], third[law], 0.3);
        CHECK_ABSOLUTE(moment[4], fourth[law], 0.1 * fourth[law] + 0.5);
    }
    memory_free(X);
}

/* At any width E z^2 = sigma_b2 + sigma_w2 E h^2 below, and relu halves it; statistics of the batch make the mean of gamma^2 u^2 equal to gamma^2. */
TEST(means_known_at_any_width)
{
    struct order_experiment vanilla = small(0, 0.5);
    struct moments at[OUTPUTS];
    struct ensemble ensemble = {.key = 7,
                                .samples = 2000,
                                .outputs = OUTPUTS,
                                .threads = 1,
                                .draw = order_experiment_draw,
                                .context = &vanilla};

    CHECK_INT(ensemble_moments(&ensemble, at), STATUS_OK);
    for (int l = 1; l <= 4; l++) {
        struct value z = moments_mean(at[ORDER_MEASURES * l + MEASURE_Z]);

        CHECK_ABSOLUTE(z.x, 2.5 + 0.5 * (l - 1), 4.5 * z.err[SAMPLING]);
    }
    struct value delta = moments_mean(at[ORDER_MEASURES * 1 + MEASURE_DELTA]);
    CHECK_ABSOLUTE(delta.x, 1, 4.5 * delta.err[SAMPLING]);
    CHECK_SAME(at[ORDER_MEASURES * 4 + MEASURE_DELTA].mean, 1);
    CHECK_SAME(at[ORDER_MEASURES * 4 + MEASURE_DELTA_PAIR].mean, 1);
}

/* One hidden layer without normalisation: delta is the read-out where units are active, and half of its squared length in the mean over inputs that come in pairs x, -x without bias. */
TEST(readout_has_its_mean_length)
{
    struct order_experiment experiment = {.samples = 400};
    double out[3 * ORDER_MEASURES];
    struct stream stream = stream_open(3, 0, 0);

    feedforward_model_dense(&experiment.model, 50, 2, 30, 1, 0, 2, 0);
    CHECK_INT(order_experiment_draw(&stream, 0, out, &experiment), STATUS_OK);
    CHECK_ABSOLUTE(out[ORDER_MEASURES + MEASURE_DELTA], 1, 0.05);
}

/* With gammas of their own h scales with gamma_l, and delta with gamma_3 / gamma_(l-1), whatever the biases. */
TEST(scaling_and_biases_draw_by_draw)
{
    static const double gamma[] = {1, 2, 5, 3};
    struct order_experiment one = small(1, 0), other = small(1, 0.5);
    double a[OUTPUTS], b[OUTPUTS];

    other.gamma = gamma;
    for (uint32_t sample = 0; sample < 3; sample++) {
        draw(&one, sample, a);
        draw(&other, sample, b);
        for (int l = 1; l <= 3; l++) {
            int h = ORDER_MEASURES * l + MEASURE_H_PAIR, delta = ORDER_MEASURES * l + MEASURE_DELTA_PAIR;

            CHECK_RELATIVE(b[h], pow(gamma[l], 2) * a[h], 1e-11);
            CHECK_RELATIVE(b[delta], pow(gamma[3] / gamma[l - 1], 2) * a[delta], 1e-10);
        }
    }
}

TEST(sizes_are_halved)
{
    struct order_experiment full = small(1, 0.5), size[3];

    order_experiment_sizes(&full, size);
    CHECK_INT(size[0].samples, 8);
    CHECK_INT(size[2].samples, 2);
    CHECK_INT(size[2].model.channels, 3);
    CHECK_INT(size[1].model.layer[3].outputs, 8);
    CHECK_INT(size[2].model.layer[4].outputs, 3);
}

TEST(bad_experiments_are_refused)
{
    struct order_experiment bad = small(1, 0.5);
    struct stream stream = stream_open(1, 0, 0);
    double out[OUTPUTS];

    bad.samples = 1;
    CHECK_INT(order_experiment_draw(&stream, 0, out, &bad), STATUS_RANGE);
    bad = small(1, -1);
    CHECK_INT(order_experiment_draw(&stream, 0, out, &bad), STATUS_RANGE);
}
