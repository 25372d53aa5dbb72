// SPDX-License-Identifier: GPL-3.0-or-later
/* Tangents and Jacobians against finite differences, against backward passes, and against what theory says of their
 * norms. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm_backward.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>
#include <string.h>

enum { DEPTH = 3, INPUTS = 6, OUTPUTS = 8 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/jacobian", 1), 0, sample);
}

/* Unequal widths; the first layer is linear, with or without bias. */
static void small_model(struct layernorm_layer layer[DEPTH], double first_bias, struct layernorm_model *model)
{
    const char *const phi[DEPTH] = {"id", "erf", "tanh"};
    const int width[DEPTH] = {7, 9, OUTPUTS};

    for (int l = 0; l < DEPTH; l++) {
        layer[l] = (struct layernorm_layer){.width = width[l], .weight_sd = 1.2, .bias_sd = l == 0 ? first_bias : 0.3};
        CHECK_INT(activation_find(phi[l], &layer[l].phi), STATUS_OK);
    }
    struct layernorm_network network = {.inputs = INPUTS, .depth = DEPTH, .layer = layer};
    CHECK_INT(layernorm_model_new(model, &network, open_stream(0)), STATUS_OK);
}

/* Keeps the last state's z and tangents. */
struct last {
    double z[OUTPUTS], T[INPUTS * OUTPUTS];
};

static enum status keep_last(const struct layer_state *state, void *context)
{
    struct last *last = context;

    if (state->layer == DEPTH) {
        memcpy(last->z, state->Z, sizeof last->z);
        memcpy(last->T, state->T, (size_t)state->tangents * sizeof last->z);
    }
    return STATUS_OK;
}

static void jacobian_at(const struct layernorm_model *model, const double x[], struct last *last)
{
    double T[INPUTS * INPUTS];

    jacobian_directions(INPUTS, T);
    CHECK_INT(layernorm_model_propagate(model, 1, x, INPUTS, T, keep_last, last), STATUS_OK);
}

TEST(columns_match_central_differences)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct last here, up, down;
    struct stream stream = open_stream(1);
    double x[INPUTS], h = 1e-5;

    small_model(layer, 0.4, &model);
    sphere_uniform(&stream, INPUTS, sqrt(INPUTS), x);
    jacobian_at(&model, x, &here);
    for (int a = 0; a < INPUTS; a++) {
        double was = x[a];

        x[a] = was + h;
        jacobian_at(&model, x, &up);
        x[a] = was - h;
        jacobian_at(&model, x, &down);
        x[a] = was;
        for (int i = 0; i < OUTPUTS; i++) {
            CHECK_ABSOLUTE(here.T[a * OUTPUTS + i], (up.z[i] - down.z[i]) / (2 * h), 1e-8); // h^2 and eps / h
        }
    }
    layernorm_model_free(&model);
}

TEST(rows_match_backward_passes)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct layernorm_trace trace;
    struct last here;
    struct stream stream = open_stream(2);
    double x[INPUTS], dx[INPUTS];

    small_model(layer, 0.4, &model);
    sphere_uniform(&stream, INPUTS, sqrt(INPUTS), x);
    jacobian_at(&model, x, &here);
    layernorm_trace_new(&trace, &model.network, 1);
    layernorm_trace_forward(&trace, &model, 1, x);
    for (int i = 0; i < OUTPUTS; i++) {
        double unit[OUTPUTS] = {0};

        unit[i] = 1;
        layernorm_trace_backward(&trace, &model, unit, &(struct layernorm_gradient){.input = dx});
        for (int a = 0; a < INPUTS; a++) {
            CHECK_ABSOLUTE(here.T[a * OUTPUTS + i], dx[a], 1e-14); // the same products in another order
        }
    }
    layernorm_trace_free(&trace);
    layernorm_model_free(&model);
}

/* J x = 0 without a bias in the first layer, and J'z = 0 always: outputs stay on their sphere. */
TEST(radial_directions_are_annihilated)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct last last;
    struct stream stream = open_stream(3);

    for (int biased = 0; biased <= 1; biased++) {
        double x[INPUTS], Jx[OUTPUTS] = {0};

        small_model(layer, biased ? 0.4 : 0, &model);
        sphere_uniform(&stream, INPUTS, sqrt(INPUTS), x);
        jacobian_at(&model, x, &last);
        for (int a = 0; a < INPUTS; a++) {
            linear_axpy(OUTPUTS, x[a], last.T + a * OUTPUTS, Jx);
            CHECK_ABSOLUTE(linear_dot(OUTPUTS, last.T + a * OUTPUTS, last.z), 0, 1e-13);
        }
        if (biased) {
            CHECK_AT_LEAST(linear_norm(OUTPUTS, Jx), 0.01);
        } else {
            CHECK_ABSOLUTE(linear_norm(OUTPUTS, Jx), 0, 1e-13);
        }
        layernorm_model_free(&model);
    }
}

/* Keeps a batch's last tangents and their mean square. */
struct batch {
    double T[64 * OUTPUTS], directional;
};

static enum status keep_batch(const struct layer_state *state, void *context)
{
    struct batch *batch = context;

    if (state->layer == DEPTH) {
        memcpy(batch->T, state->T, (size_t)(state->samples * state->tangents) * OUTPUTS * sizeof(double));
        batch->directional = jacobian_directional(state);
    }
    return STATUS_OK;
}

TEST(tangents_of_a_batch_are_those_of_its_samples)
{
    enum { B = 3, K = 2 };
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct batch batch;
    struct last last;
    struct stream stream = open_stream(4);
    double X[B * INPUTS], T[B * K * INPUTS], sum = 0;

    small_model(layer, 0.4, &model);
    stream_normals(&stream, B * INPUTS, X);
    stream_normals(&stream, B * K * INPUTS, T);
    layernorm_model_propagate(&model, B, X, K, T, keep_batch, &batch);
    for (int b = 0; b < B; b++) {
        layernorm_model_propagate(&model, 1, X + b * INPUTS, K, T + b * K * INPUTS, keep_last, &last);
        for (int i = 0; i < K * OUTPUTS; i++) {
            CHECK_ABSOLUTE(batch.T[b * K * OUTPUTS + i], last.T[i],
                           1e-14); // products of other sizes may round otherwise
        }
        sum += linear_dot(K * OUTPUTS, last.T, last.T);
    }
    CHECK_RELATIVE(batch.directional, sum / (B * K * OUTPUTS), 1e-13);
    layernorm_model_free(&model);
}

TEST(streaming_tangents_are_the_stored_ones)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct last stored, streamed;
    double x[INPUTS] = {1, -1, 0.5, 2, 0, 1}, T[INPUTS * INPUTS];

    small_model(layer, 0.4, &model);
    jacobian_at(&model, x, &stored);
    jacobian_directions(INPUTS, T);
    layernorm_propagate(&model.network, open_stream(0), 1, x, INPUTS, T, keep_last, &streamed);
    CHECK(memcmp(&stored, &streamed, sizeof stored) == 0);
    layernorm_model_free(&model);
}

static enum status summarise(const struct layer_state *state, void *context)
{
    struct jacobian *jacobian = context;

    return jacobian_of_state(state, &jacobian[state->layer], NULL);
}

TEST(summary_of_a_known_matrix)
{
    const double T[] = {3, 0, 0, 0, 0, 4}; // J' of a map from R^2 to R^3
    struct layer_state state = {.samples = 1, .width = 3, .tangents = 2, .T = T};
    struct jacobian jacobian;
    double s[2];

    CHECK_INT(jacobian_of_state(&state, &jacobian, s), STATUS_OK);
    CHECK_RELATIVE(s[0], 4, 1e-15);
    CHECK_RELATIVE(s[1], 3, 1e-15);
    CHECK_RELATIVE(jacobian.operator_norm, 4 * sqrt(2.0 / 3), 1e-15);
    CHECK_RELATIVE(jacobian.mean_square, 25.0 / 3, 1e-15);
    CHECK_RELATIVE(jacobian.tangent_mean_square, 50.0 / 3, 1e-15);
    CHECK_RELATIVE(jacobian.smallest, 3, 1e-15);
    CHECK_RELATIVE(jacobian.smallest_tangent, 4, 1e-15);
    state.samples = 2;
    CHECK_INT(jacobian_of_state(&state, &jacobian, s), STATUS_RANGE);
    state.samples = 1;
    state.tangents = 0;
    CHECK_INT(jacobian_of_state(&state, &jacobian, NULL), STATUS_RANGE);
}

/* At layer 0 the Jacobian is the identity; above it the radial direction is lost, and the largest singular value is
 * the spectral norm found by power iteration. */
TEST(layer_by_layer_summaries_of_one_pass)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_model model;
    struct jacobian jacobian[DEPTH + 1];
    struct last last;
    struct stream stream = open_stream(5);
    double x[INPUTS], T[INPUTS * INPUTS];

    small_model(layer, 0, &model);
    sphere_uniform(&stream, INPUTS, sqrt(INPUTS), x);
    jacobian_directions(INPUTS, T);
    CHECK_INT(layernorm_model_propagate(&model, 1, x, INPUTS, T, summarise, jacobian), STATUS_OK);
    CHECK_RELATIVE(jacobian[0].smallest, 1, 1e-15);
    CHECK_RELATIVE(jacobian[0].mean_square, 1, 1e-15);
    for (int l = 1; l <= DEPTH; l++) {
        CHECK_ABSOLUTE(jacobian[l].smallest, 0, 1e-13);
        CHECK_AT_LEAST(jacobian[l].smallest_tangent, 1e-3);
        CHECK_AT_MOST(jacobian[l].mean_square, jacobian[l].operator_norm * jacobian[l].operator_norm);
    }
    jacobian_at(&model, x, &last);
    struct value norm = linear_spectral_norm(INPUTS, OUTPUTS, last.T, &stream, 1e-10, 10000);
    CHECK_ABSOLUTE(jacobian[DEPTH].largest, norm.x, value_error(norm) + 1e-13);
    layernorm_model_free(&model);
}

TEST(random_tangents_are_tangent_and_long_enough)
{
    enum { N = 50 };
    struct stream stream = open_stream(6);
    double x[N], v[N];

    sphere_uniform(&stream, N, 3, x);
    propagation_tangent(&stream, N, x, v);
    CHECK_ABSOLUTE(linear_dot(N, x, v), 0, 1e-13);
    CHECK_RELATIVE(linear_dot(N, v, v), N, 1e-14);
}

enum { WIDE = 256, LAYERS = 5, NETWORKS = 12 };

static enum status record_directional(const struct layer_state *state, void *context)
{
    ((double *)context)[state->layer] = jacobian_directional(state);
    return STATUS_OK;
}

/* E |Jv|^2 / N tends to the product of the maps' slopes at 1, here of LAYERS - 1 chaotic erf layers with bias ratio
 * 0.05 behind an embedding of slope 1. Within five standard errors of the mean over networks, and a bias of depth /
 * N. */
TEST(directional_mean_square_tends_to_the_slopes_product)
{
    struct layernorm_layer layer[LAYERS];
    struct layernorm_network network = {.inputs = WIDE, .depth = LAYERS, .layer = layer};
    double slope = 4 / (M_PI * sqrt(5)) / (0.05 + 2 / M_PI * asin(2.0 / 3)), sum = 0, squares = 0;

    CHECK_INT(layernorm_layers(LAYERS, WIDE, "erf", 1, sqrt(0.05), layer), STATUS_OK);
    for (uint32_t s = 0; s < NETWORKS; s++) {
        struct stream inputs = open_stream(100 + s);
        double x[WIDE], v[WIDE], square[LAYERS + 1];

        sphere_uniform(&inputs, WIDE, sqrt(WIDE), x);
        propagation_tangent(&inputs, WIDE, x, v);
        layernorm_propagate(&network, open_stream(200 + s), 1, x, 1, v, record_directional, square);
        CHECK_RELATIVE(square[0], 1, 1e-14);
        sum += square[LAYERS] / NETWORKS;
        squares += square[LAYERS] * square[LAYERS] / NETWORKS;
    }
    double error = sqrt((squares - sum * sum) / (NETWORKS - 1));
    CHECK_ABSOLUTE(sum, pow(slope, LAYERS - 1), 5 * error + (double)LAYERS / WIDE);
}

/* The mean over all directions is what a Jacobian's Frobenius norm gives, and the operator norm is well above it. */
TEST(operator_norm_exceeds_the_mean_over_directions)
{
    enum { N = 64 };
    struct layernorm_layer layer[LAYERS];
    struct layernorm_network network = {.inputs = N, .depth = LAYERS, .layer = layer};
    struct jacobian jacobian[LAYERS + 1];
    struct stream inputs = open_stream(7);
    double x[N], *T = memory_doubles(N * N);

    layernorm_layers(LAYERS, N, "erf", 1, sqrt(0.10485098033620167), layer);
    sphere_uniform(&inputs, N, sqrt(N), x);
    jacobian_directions(N, T);
    CHECK_INT(layernorm_propagate(&network, open_stream(8), 1, x, N, T, summarise, jacobian), STATUS_OK);
    CHECK_ABSOLUTE(jacobian[LAYERS].tangent_mean_square, 1, 5 * sqrt(2.0 * LAYERS / N)); // critical: 1 in the limit
    CHECK_AT_LEAST(jacobian[LAYERS].operator_norm, 3);
    memory_free(T);
}
