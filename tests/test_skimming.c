// SPDX-License-Identifier: GPL-3.0-or-later
/* What is shared and what is new; a linear block is its own linearisation; the tangent of a smooth one; refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/skimming.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 7, WIDTH = 12, DEPTH = 8, FIRST = 3, LAST = 6, SKIMMED = DEPTH - (LAST - FIRST), CLASSES = 3 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/skimming", 1), 0, sample);
}

struct pair {
    struct layernorm_layer layer[DEPTH], fewer[SKIMMED];
    struct classifier full, skimmed;
};

static void make_pair(struct pair *pair, int kinds, const char *const activation[])
{
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = pair->layer};

    CHECK_INT(skimming_alternate(DEPTH, WIDTH, kinds, activation, pair->layer), STATUS_OK);
    CHECK_INT(classifier_new(&pair->full, &network, CLASSES, 1, open_stream(1)), STATUS_OK);
    CHECK_INT(skimming_classifier(&pair->skimmed, &pair->full, FIRST, LAST, pair->fewer, open_stream(2)), STATUS_OK);
}

static void free_pair(struct pair *pair)
{
    classifier_free(&pair->full);
    classifier_free(&pair->skimmed);
}

static enum status keep_last(const struct layer_state *state, void *context)
{
    memcpy(context, state->Z, (size_t)state->samples * (size_t)state->width * sizeof state->Z[0]);
    return STATUS_OK;
}

TEST(layers_alternate_and_are_critical)
{
    static const char *const names[] = {"relu", "erf"};
    struct layernorm_layer layer[DEPTH];

    CHECK_INT(skimming_alternate(DEPTH, WIDTH, 2, names, layer), STATUS_OK);
    CHECK_TEXT(layer[0].phi.name, "id");
    CHECK_SAME(layer[0].bias_sd, 0);
    for (int l = 1; l < DEPTH; l++) {
        struct correlation_map map;

        CHECK_TEXT(layer[l].phi.name, names[(l - 1) % 2]);
        CHECK_INT(layer[l].width, WIDTH);
        correlation_map_layer(&map, &layer[l].phi, layer[l].bias_sd * layer[l].bias_sd);
        CHECK_RELATIVE(correlation_map_slope(&map, 1), 1, 1e-14); // a few roundings
    }
    CHECK_INT(skimming_alternate(DEPTH, WIDTH, 1, (const char *const[]){"nonsense"}, layer), STATUS_RANGE);
    CHECK_INT(skimming_alternate(DEPTH, WIDTH, 1, (const char *const[]){"bump"}, layer), STATUS_RANGE);
}

TEST(all_but_the_block_is_shared)
{
    struct pair pair;

    make_pair(&pair, 2, (const char *const[]){"relu", "erf"});
    const struct layernorm_network *full = &pair.full.model.network, *skimmed = &pair.skimmed.model.network;
    CHECK_INT(skimmed->depth, SKIMMED);
    for (int l = 1; l <= DEPTH; l++) {
        int k = skimming_layer(FIRST, LAST, l);
        size_t n = layernorm_offset(full, l + 1) - layernorm_offset(full, l);

        CHECK_INT(k, l < FIRST ? l : l > LAST ? l - 3 : 0);
        if (k > 0) {
            CHECK_TEXT(skimmed->layer[k - 1].phi.name, full->layer[l - 1].phi.name);
            CHECK(memcmp(layernorm_weight(&pair.full.model, l), layernorm_weight(&pair.skimmed.model, k),
                         n * sizeof(double)) == 0);
        }
    }
    CHECK(memcmp(classifier_readout(&pair.full), classifier_readout(&pair.skimmed),
                 CLASSES * (WIDTH + 1) * sizeof(double)) == 0);
    CHECK_TEXT(skimmed->layer[FIRST - 1].phi.name, "id");
    double norm = linear_norm(WIDTH * WIDTH, layernorm_weight(&pair.skimmed.model, FIRST));
    CHECK_ABSOLUTE(norm / WIDTH, 1, 4 / sqrt(2.0 * WIDTH * WIDTH)); // unit normals, four deviations
    CHECK_SAME(linear_norm(WIDTH, layernorm_bias(&pair.skimmed.model, FIRST)), 0);
    free_pair(&pair);
}

/* The identity in every layer, no biases: the block is linear up to a normalisation that the next one repeats. */
TEST(a_linear_block_is_its_own_linearisation)
{
    enum { SAMPLES = 5 };
    struct pair pair;
    double X[SAMPLES * INPUTS], z[SAMPLES * WIDTH], y[SAMPLES * WIDTH];
    struct stream stream = open_stream(3);

    make_pair(&pair, 1, (const char *const[]){"id"});
    stream_normals(&stream, SAMPLES * INPUTS, X);
    CHECK_INT(skimming_linearise(&pair.skimmed, &pair.full, FIRST, LAST, 1, X), STATUS_OK);
    CHECK_INT(layernorm_model_propagate(&pair.full.model, SAMPLES, X, 0, NULL, keep_last, z), STATUS_OK);
    CHECK_INT(layernorm_model_propagate(&pair.skimmed.model, SAMPLES, X, 0, NULL, keep_last, y), STATUS_OK);
    for (int i = 0; i < WIDTH; i++) {
        CHECK_ABSOLUTE(y[i], z[i], 1e-12); // at the point itself; entries of order 1, few roundings each
    }
    free_pair(&pair);
}

/* Away from the point by h the outputs differ by h^2 times a curvature: halving h divides the error by four. */
TEST(linearisation_is_a_tangent)
{
    struct pair pair;
    double X[3 * INPUTS], z[3 * WIDTH], y[3 * WIDTH], error[3], direction[INPUTS];
    struct stream stream = open_stream(4);

    make_pair(&pair, 1, (const char *const[]){"erf"});
    stream_normals(&stream, INPUTS, X);
    stream_normals(&stream, INPUTS, direction);
    for (int k = 1; k < 3; k++) {
        memcpy(X + (ptrdiff_t)k * INPUTS, X, sizeof direction);
        linear_axpy(INPUTS, k == 1 ? 2e-3 : 1e-3, direction, X + (ptrdiff_t)k * INPUTS);
    }
    CHECK_INT(skimming_linearise(&pair.skimmed, &pair.full, FIRST, LAST, 1, X), STATUS_OK);
    layernorm_model_propagate(&pair.full.model, 3, X, 0, NULL, keep_last, z);
    layernorm_model_propagate(&pair.skimmed.model, 3, X, 0, NULL, keep_last, y);
    for (int k = 0; k < 3; k++) {
        linear_axpy(WIDTH, -1, y + (ptrdiff_t)k * WIDTH, z + (ptrdiff_t)k * WIDTH);
        error[k] = linear_norm(WIDTH, z + (ptrdiff_t)k * WIDTH);
    }
    CHECK_AT_MOST(error[0], 1e-12);
    CHECK_RELATIVE(error[1] / error[2], 4, 0.02); // the next order is 1e-3 of this one
    CHECK_AT_LEAST(error[1], 1e-8);               // and there is something to divide
    free_pair(&pair);
}

/* With the block at the very start, its input is the network's. */
TEST(the_first_layers_can_be_skimmed)
{
    struct pair pair;
    struct classifier skimmed;
    struct layernorm_layer layer[DEPTH];
    double X[INPUTS], z[WIDTH], y[WIDTH];
    struct stream stream = open_stream(5);

    make_pair(&pair, 1, (const char *const[]){"erf"});
    stream_normals(&stream, INPUTS, X);
    CHECK_INT(skimming_classifier(&skimmed, &pair.full, 1, DEPTH, layer, open_stream(6)), STATUS_OK);
    CHECK_INT(skimming_linearise(&skimmed, &pair.full, 1, DEPTH, 1, X), STATUS_OK);
    layernorm_model_propagate(&pair.full.model, 1, X, 0, NULL, keep_last, z);
    layernorm_model_propagate(&skimmed.model, 1, X, 0, NULL, keep_last, y);
    for (int i = 0; i < WIDTH; i++) {
        CHECK_ABSOLUTE(y[i], z[i], 1e-12);
    }
    classifier_free(&skimmed);
    free_pair(&pair);
}

TEST(blocks_outside_the_network_are_refused)
{
    static const int blocks[][2] = {{0, 2}, {3, 2}, {5, DEPTH + 1}};
    struct pair pair;
    struct classifier skimmed;
    struct layernorm_layer layer[DEPTH];

    make_pair(&pair, 1, (const char *const[]){"erf"});
    for (int i = 0; i < 3; i++) {
        CHECK_INT(skimming_classifier(&skimmed, &pair.full, blocks[i][0], blocks[i][1], layer, open_stream(2)),
                  STATUS_RANGE);
    }
    free_pair(&pair);
}
