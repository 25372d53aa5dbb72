// SPDX-License-Identifier: GPL-3.0-or-later
/* Training with momentum: the update rule against a heavy ball written by hand, divergence on both sides of the critical rate of a linear model, orders and epochs, bits, refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/momentum_training.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2, SAMPLES = 8 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/momentum_training", 1), 0, sample);
}

/* A model without a hidden layer is linear regression; with one, a small normalised network. */
static struct feedforward_model small_model(int layers)
{
    struct feedforward_model model;

    feedforward_model_dense(&model, INPUTS, layers, 4, OUTPUTS, layers > 1 ? 1 : 0, 2, 0.5);
    return model;
}

struct sample_set {
    double X[SAMPLES * INPUTS], Y[SAMPLES * OUTPUTS];
    int label[SAMPLES];
};

static struct examples make_examples(struct sample_set *set, bool labels)
{
    struct stream stream = open_stream(7);

    stream_normals(&stream, SAMPLES * INPUTS, set->X);
    stream_normals(&stream, SAMPLES * OUTPUTS, set->Y);
    for (int i = 0; i < SAMPLES; i++) {
        set->label[i] = i % OUTPUTS;
    }
    return (struct examples){SAMPLES, set->X, labels ? NULL : set->Y, labels ? set->label : NULL};
}

static struct momentum_training plain(double rate)
{
    return (struct momentum_training){.epochs = 1, .rate = rate, .momentum = 0.9, .explosion = 1e6};
}

/* y = W x + b by hand: theta(t+1) = theta(t) - rate (gradient + decay theta) + mu (theta(t) - theta(t-1)). */
static void step_by_hand(const struct sample_set *set, double rate, double mu, double decay, double theta[],
                         double before[])
{
    enum { WEIGHTS = OUTPUTS * INPUTS, ALL = WEIGHTS + OUTPUTS };
    double gradient[ALL] = {0};

    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < OUTPUTS; k++) {
            double f = theta[WEIGHTS + k];

            for (int j = 0; j < INPUTS; j++) {
                f += theta[k * INPUTS + j] * set->X[i * INPUTS + j];
            }
            double d = (f - set->Y[i * OUTPUTS + k]) / SAMPLES;
            gradient[WEIGHTS + k] += d;
            for (int j = 0; j < INPUTS; j++) {
                gradient[k * INPUTS + j] += d * set->X[i * INPUTS + j];
            }
        }
    }
    for (int i = 0; i < ALL; i++) {
        double next = theta[i] - rate * (gradient[i] + decay * theta[i]) + mu * (theta[i] - before[i]);

        before[i] = theta[i];
        theta[i] = next;
    }
}

TEST(descent_is_the_heavy_ball_of_its_definition)
{
    enum { ALL = OUTPUTS * INPUTS + OUTPUTS, STEPS = 20 };
    struct feedforward_model model = small_model(1);
    struct feedforward network;
    struct sample_set set;
    struct examples examples = make_examples(&set, false);
    struct momentum_training training = plain(0.1);
    struct momentum_outcome outcome;
    double theta[ALL], before[ALL];

    training.epochs = STEPS;
    training.decay = 0.02;
    CHECK_INT(feedforward_new(&network, &model, open_stream(1)), STATUS_OK);
    CHECK_INT(network.parameters, ALL);
    memcpy(theta, network.parameter, sizeof theta);
    memcpy(before, theta, sizeof before);
    CHECK_INT(momentum_training_run(&network, &examples, NULL, &training, open_stream(2), NULL, NULL, &outcome),
              STATUS_OK);
    for (int t = 0; t < STEPS; t++) {
        step_by_hand(&set, training.rate, training.momentum, training.decay, theta, before);
    }
    CHECK_INT(outcome.steps, STEPS);
    for (int i = 0; i < ALL; i++) {
        CHECK_ABSOLUTE(network.parameter[i], theta[i], 1e-13);
    }
    feedforward_free(&network);
}

/* The Hessian of linear regression is the mean of (x, 1)(x, 1)', for each output. */
static double largest_curvature(const struct sample_set *set)
{
    enum { SIZE = INPUTS + 1 };
    double A[SIZE * SIZE] = {0}, eigenvalue[SIZE];

    for (int i = 0; i < SAMPLES; i++) {
        double x[SIZE] = {set->X[i * INPUTS], set->X[i * INPUTS + 1], set->X[i * INPUTS + 2], 1};

        for (int j = 0; j < SIZE * SIZE; j++) {
            A[j] += x[j / SIZE] * x[j % SIZE] / SAMPLES;
        }
    }
    CHECK_INT(linear_symmetric_eigen(SIZE, A, eigenvalue, NULL), STATUS_OK);
    return eigenvalue[SIZE - 1];
}

TEST(linear_models_diverge_beyond_the_critical_rate_and_not_below)
{
    struct feedforward_model model = small_model(1);
    struct sample_set set;
    struct examples examples = make_examples(&set, false);

    for (int i = 0; i < 6; i++) {
        double momentum = (double[]){0, 0.5, 0.9}[i / 2], side = i % 2 == 0 ? 1 - 2e-3 : 1 + 2e-3;
        struct momentum_training training = plain(side * 2 * (1 + momentum) / largest_curvature(&set));
        struct momentum_outcome outcome;

        training.momentum = momentum;
        training.epochs = 20000;
        CHECK_INT(momentum_training_trial(&model, &examples, &examples, &training, open_stream(3), &outcome),
                  STATUS_OK);
        CHECK_INT(outcome.diverged, side > 1);
        CHECK(isnan(outcome.end.test_loss) == outcome.diverged);
        CHECK_INT(outcome.steps<training.epochs, side> 1);
    }
}

TEST(losses_and_their_gradients)
{
    struct sample_set set;
    struct examples values = make_examples(&set, false), labels = make_examples(&set, true);
    double F[SAMPLES * OUTPUTS], D[SAMPLES * OUTPUTS], scratch[SAMPLES * OUTPUTS], h = 1e-5;
    struct stream stream = open_stream(4);
    int correct, right = 0;

    stream_normals(&stream, SAMPLES * OUTPUTS, F);
    for (int kind = 0; kind < 3; kind++) {
        const struct examples *examples = kind == 0 ? &values : &labels;
        enum loss loss = kind == 2 ? LOSS_CROSS_ENTROPY : LOSS_SQUARED;

        momentum_loss(loss, SAMPLES, OUTPUTS, F, examples, D, &correct);
        for (int i = 0; i < SAMPLES * OUTPUTS; i++) {
            double at = F[i];

            F[i] = at + h;
            double up = momentum_loss(loss, SAMPLES, OUTPUTS, F, examples, scratch, NULL);
            F[i] = at - h;
            double down = momentum_loss(loss, SAMPLES, OUTPUTS, F, examples, scratch, NULL);
            F[i] = at;
            CHECK_ABSOLUTE(D[i], (up - down) / (2 * h), 1e-10);
        }
    }
    for (int i = 0; i < SAMPLES; i++) {
        right += (F[2 * i + 1] > F[2 * i]) == set.label[i];
    }
    CHECK_INT(correct, right);
    F[0] = 3; // one sample at distance 3 - 1 and 4
    F[1] = 4;
    CHECK_RELATIVE(momentum_loss(LOSS_SQUARED, 1, OUTPUTS, F, &labels, D, NULL), (4 + 16) / 2.0, 1e-15);
}

static void count_epochs(const struct momentum_epoch *epoch, void *context)
{
    int *epochs = context;

    (*epochs)++;
    CHECK_INT(epoch->epoch, *epochs);
    CHECK(isfinite(epoch->test_loss));
}

TEST(minibatches_leave_out_what_fills_none_and_repeat_bit_by_bit)
{
    struct feedforward_model model = small_model(3);
    struct sample_set set;
    struct examples examples = make_examples(&set, true);
    struct momentum_training training = plain(0.01);
    struct momentum_outcome outcome[3];
    struct feedforward network[3];

    training.minibatch = 3;
    training.epochs = 4;
    for (int i = 0; i < 3; i++) {
        int epochs = 0;

        CHECK_INT(feedforward_new(&network[i], &model, open_stream(5)), STATUS_OK);
        CHECK_INT(momentum_training_run(&network[i], &examples, &examples, &training, open_stream(i == 2 ? 9 : 5),
                                        count_epochs, &epochs, &outcome[i]),
                  STATUS_OK);
        CHECK_INT(outcome[i].steps, 8); // 8 samples: two minibatches of 3 an epoch
        CHECK_INT(epochs, 4);
    }
    CHECK(memcmp(network[0].parameter, network[1].parameter, network[0].parameters * sizeof(double)) == 0);
    CHECK(memcmp(network[0].parameter, network[2].parameter, network[0].parameters * sizeof(double)) != 0);
    CHECK_SAME(outcome[0].end.test_loss, outcome[1].end.test_loss);
    CHECK(outcome[0].end.loss < 10 && outcome[0].first_loss > 0);
    for (int i = 0; i < 3; i++) {
        feedforward_free(&network[i]);
    }
}

/* Without a visit the same network comes out, tested once. */
TEST(tests_do_not_change_training)
{
    struct feedforward_model model = small_model(2);
    struct sample_set set;
    struct examples examples = make_examples(&set, true);
    struct momentum_training training = plain(0.05);
    struct momentum_outcome with, without;
    int epochs = 0;
    struct feedforward network;

    training.epochs = 3;
    training.loss = LOSS_CROSS_ENTROPY;
    CHECK_INT(momentum_training_trial(&model, &examples, &examples, &training, open_stream(6), &without), STATUS_OK);
    CHECK_INT(feedforward_new(&network, &model, open_stream(6)), STATUS_OK);
    CHECK_INT(
        momentum_training_run(&network, &examples, &examples, &training, open_stream(6), count_epochs, &epochs, &with),
        STATUS_OK);
    CHECK_SAME(with.end.test_loss, without.end.test_loss);
    CHECK_SAME(with.end.test_accuracy, without.end.test_accuracy);
    feedforward_free(&network);
}

TEST(bad_arguments_are_refused)
{
    struct feedforward_model model = small_model(2);
    struct sample_set set;
    struct examples examples = make_examples(&set, true), values = make_examples(&set, false);
    struct momentum_outcome outcome;
    struct momentum_training bad[8];

    for (int i = 0; i < 8; i++) {
        bad[i] = plain(0.1);
    }
    bad[0].rate = 0;
    bad[1].rate = INFINITY;
    bad[2].momentum = 1;
    bad[3].epochs = 0;
    bad[4].minibatch = SAMPLES + 1;
    bad[5].minibatch = 1; // normalised
    bad[6].explosion = 1;
    bad[7].decay = -1;
    for (int i = 0; i < 8; i++) {
        CHECK_INT(momentum_training_trial(&model, &examples, NULL, &bad[i], open_stream(8), &outcome), STATUS_RANGE);
    }
    bad[0] = plain(0.1);
    bad[0].loss = LOSS_CROSS_ENTROPY;
    CHECK_INT(momentum_training_trial(&model, &values, NULL, &bad[0], open_stream(8), &outcome), STATUS_RANGE);
    set.label[3] = OUTPUTS;
    CHECK_INT(momentum_training_trial(&model, &examples, NULL, &bad[0], open_stream(8), &outcome), STATUS_RANGE);
}
