// SPDX-License-Identifier: GPL-3.0-or-later
/* Learning grids: gains and medians of a known grid; a grid of tiny networks, drawn, against one of its networks trained alone. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/experiment/learning_grid.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ## A known grid
 * accuracy = (0.1 + part b + 0.02 e (1 - e) + noise) of either score, in training twice the gain by b; e = 1 gains nothing, e = 2 loses. The gain by b wanes to a third at the last of three looks. */

enum { RATES = 3, VALUES = 3, NETWORKS = 4, EPOCHS = 3, OUTPUTS = LEARNING_SCORES * EPOCHS };

static double known(int r, int b, int e, int k, int score, int epoch)
{
    static const double part[EPOCHS] = {0.08, 0.04, 0.02}, noise[NETWORKS] = {0.01, -0.01, 0.03, -0.03};

    return 0.1 * r + 0.1 + (score == LEARNING_TRAIN ? 2 : 1) * part[epoch] * b + 0.02 * e * (1 - e) +
           (b > 0 ? noise[k] : 0);
}

static struct learning_grid known_grid(void)
{
    struct learning_grid grid = {.rates = RATES, .values = VALUES, .networks = NETWORKS, .epochs = EPOCHS};
    double *score = memory_doubles(RATES * VALUES * VALUES * NETWORKS * OUTPUTS);

    grid.score = score;
    for (int i = 0; i < RATES * VALUES * VALUES * NETWORKS * OUTPUTS; i++) {
        int k = i / OUTPUTS % NETWORKS, point = i / OUTPUTS / NETWORKS;

        score[i] = known(point / VALUES / VALUES, point / VALUES % VALUES, point % VALUES, k, i % OUTPUTS / EPOCHS,
                         i % EPOCHS);
    }
    return grid;
}

TEST(gains_of_a_known_grid)
{
    struct learning_grid grid = known_grid();
    struct learning_view beta = {.score = LEARNING_TEST, .axis = LEARNING_BETA},
                         epsilon = {.score = LEARNING_TEST, .axis = LEARNING_EPSILON};
    struct value gain = learning_grid_gain(&grid, beta, LEARNING_EARLY);

    CHECK_RELATIVE(gain.x, 0.06 * 1.5, 1e-12);
    CHECK_RELATIVE(value_standard(gain), 0.0130411939992,
                   1e-6); // twelve gains about three means; Student's t of nine, by mpmath
    CHECK_RELATIVE(learning_grid_gain(&grid, beta, LEARNING_WANING).x, 0.04 * 1.5, 1e-12);
    CHECK_RELATIVE(learning_grid_gain(&grid, epsilon, LEARNING_EARLY).x, -0.02, 1e-12);
    beta.value = 2; // of epsilon, in an excess
    CHECK_RELATIVE(learning_grid_gain(&grid, beta, LEARNING_EXCESS).x, 0.09 + 0.04, 1e-12);
    CHECK_RELATIVE(learning_grid_gain(&grid, beta, LEARNING_HALF_EXCESS).x, 0.045 + 0.04, 1e-12);
    CHECK_RELATIVE(learning_grid_gain(&grid, beta, LEARNING_EARLY).x, 0.12, 1e-12);
    beta.value = 0;
    beta.score = LEARNING_TRAIN;
    CHECK_RELATIVE(learning_grid_gain(&grid, beta, LEARNING_EARLY).x, 0.18, 1e-12);
    memory_free(grid.score);
}

/* The best epsilon is 0 or 1, the best shift 2 but for networks whose noise is greater than its gain: none. */
TEST(accuracies_are_medians_and_the_best_of_them)
{
    struct learning_grid grid = known_grid();
    struct learning_view view = {.score = LEARNING_TEST, .axis = LEARNING_EPSILON};
    struct value plain = learning_grid_accuracy(&grid, view, 0, 1, 2), best;

    CHECK_RELATIVE(plain.x, 0.2 - 0.04, 1e-12);
    CHECK_SAME(value_standard(plain), 0);
    view.best = true;
    best = learning_grid_accuracy(&grid, view, 0, 1, 2);
    CHECK_RELATIVE(best.x, 0.2 + 0.16 - 0.04, 1e-12);
    CHECK_RELATIVE(best.err[SAMPLING], 1.25 * sqrt(0.002 / 3 / 4), 1e-12);
    CHECK_RELATIVE(learning_grid_gain(&grid, view, LEARNING_EARLY).x, -0.02, 1e-12);
    view.axis = LEARNING_BETA;
    CHECK_RELATIVE(learning_grid_accuracy(&grid, view, 2, 0, 1).x, 0.1 + 0.02, 1e-12);
    memory_free(grid.score);
}

/* ## A drawn grid */

enum { COUNT = 48, PIXELS = 6, CLASSES = 2 };

static void write_idx(const char *directory, const char *part, const char *what, int dimensions, size_t n,
                      const unsigned char data[])
{
    const unsigned char header[] = {0, 0, 8,         (unsigned char)dimensions, 0, 0, 0, COUNT, 0, 0, 0, 2, 0,
                                    0, 0, PIXELS / 2};
    char path[256];

    snprintf(path, sizeof path, "%s/%s-%s-idx%d-ubyte", directory, part, what, dimensions);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(header, 1, (size_t)(4 + 4 * dimensions), file) == (size_t)(4 + 4 * dimensions) &&
          fwrite(data, 1, n, file) == n && fclose(file) == 0);
}

/* Noise, and a bright left or right half. */
static void write_images(const char *directory, const char *part, uint32_t sample)
{
    struct stream stream = stream_open(stream_key("test/learning_grid", 1), 0, sample);
    unsigned char pixel[COUNT * PIXELS], label[COUNT];

    for (int i = 0; i < COUNT * PIXELS; i++) {
        label[i / PIXELS] = (unsigned char)(i / PIXELS % CLASSES);
        pixel[i] = (unsigned char)(stream_below(&stream, 200) + (i % 2 == label[i / PIXELS] ? 55 : 0));
    }
    write_idx(directory, part, "images", 3, sizeof pixel, pixel);
    write_idx(directory, part, "labels", 1, sizeof label, label);
}

static struct learning_grid drawn;
static bool cross;

static void draw(struct claim *claim)
{
    learning_grid_require_training(claim, 2);
    learning_grid_new(claim, &drawn, "tanh", cross);
    learning_grid_draw(claim, &drawn);
    learning_grid_write(claim, &drawn, !cross);
    check_at_least(claim, "drawn", exact(2), exact(1));
}

static void run(void)
{
    const char *out = test_directory();
    struct claim_spec spec = {
        .parameters = {text("data", "directory", out), integer("images", "training images", 48, 1, 99),
                       integer("tests", "test images", 40, 1, 99), integer("epochs", "passes", 5, 1, 9),
                       real("rate0", "least rate", 0.1, 0, 1), real("rate1", "greatest rate", 0.4, 0, 1),
                       integer("rates", "rates", 3, 1, 9), real("beta1", "greatest shift", 1, 0, 3),
                       real("epsilon1", "greatest epsilon", 0.5, 0, 3), integer("values", "values", 2, 2, 9),
                       integer("L", "depth", 2, 1, 9), integer("N", "width", 7, 1, 99), integer("B", "batch", 8, 1, 99),
                       integer("networks", "networks", 3, 2, 9)},
        .run = draw,
    };
    char *argv[] = {"claim", "--quiet", "--out", (char *)out, NULL};

    write_images(out, "train", 0);
    write_images(out, "t10k", 1);
    CHECK_INT(claim_main_of(4, argv, &spec, "figures/paper/learning.c", "/* # Learning, tried */\n"), 0);
}

/* Passes of 5 epochs are looked at after 1, 2 and 4; the last of these is that of a network trained for 4 alone. */
TEST(a_network_of_a_grid_is_one_trained_alone)
{
    cross = false;
    run();
    CHECK_INT(drawn.epochs, 3);
    CHECK_RELATIVE(drawn.rate[1], 0.2, 1e-14);
    CHECK_SAME(drawn.axis[LEARNING_EPSILON][1], 0.5);
    for (int network = 0; network < 3; network++) {
        struct batchnorm_model model = drawn.model;
        struct batchnorm_training training = drawn.training;
        struct batchnorm_outcome outcome;
        int point = (1 * 2 + 1) * 2 + 0; // the second rate and shift, epsilon 0

        model.beta = 1;
        training.descent.rate = drawn.rate[1];
        CHECK_INT(training.epochs, 4);
        CHECK_INT(batchnorm_training_trial(&model, &drawn.data.train, &drawn.data.test, &training,
                                           stream_open(stream_key("paper/learning", 1), 0, (uint32_t)network),
                                           &outcome),
                  STATUS_OK);
        CHECK_SAME(drawn.score[(point * 3 + network) * OUTPUTS + LEARNING_TEST * EPOCHS + 2], outcome.test_accuracy);
    }
    learning_grid_free(&drawn);
}

TEST(a_cross_leaves_out_what_has_both)
{
    cross = true;
    run();
    for (int i = 0; i < 3 * 2 * 2 * 3 * OUTPUTS; i++) {
        bool both = i / OUTPUTS / 3 % 4 == 3;

        CHECK(both == (isnan(drawn.score[i]) != 0));
        CHECK(both || (drawn.score[i] >= 0 && drawn.score[i] <= 1));
    }
    learning_grid_free(&drawn);
}
