// SPDX-License-Identifier: GPL-3.0-or-later
/* Layer-normalised networks: the normalisation, streaming against stored passes, gradients against finite
 * differences, the infinite-width limit of the correlations, and descent on the data. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/dense.h>
#include <assay/network/input_descent.h>
#include <assay/network/layernorm.h>
#include <assay/network/layernorm_backward.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH = 3, SAMPLES = 4 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/layernorm_network", 1), 0, sample);
}

static struct layernorm_layer make_layer(int width, const char *phi, double weight_sd, double bias_sd)
{
    struct layernorm_layer layer = {.width = width, .weight_sd = weight_sd, .bias_sd = bias_sd};

    CHECK_INT(activation_find(phi, &layer.phi), STATUS_OK);
    return layer;
}

/* Three layers of unequal widths and smooth activations on six inputs. */
static struct layernorm_network small_network(struct layernorm_layer layer[DEPTH])
{
    layer[0] = make_layer(7, "id", 1.1, 0.2);
    layer[1] = make_layer(5, "erf", 1.3, 0.4);
    layer[2] = make_layer(8, "tanh", 0.9, 0.3);
    return (struct layernorm_network){.inputs = 6, .depth = DEPTH, .layer = layer};
}

TEST(rows_have_rms_one_and_keep_their_direction)
{
    struct stream stream = open_stream(0);
    double Y[3 * 17], Z[3 * 17], rms[3];

    stream_normals_scaled(&stream, 40, 3 * 17, Y);
    layernorm_forward(3, 17, Y, Z, rms);
    for (int i = 0; i < 3; i++) {
        CHECK_RELATIVE(linear_dot(17, Z + i * 17, Z + i * 17), 17, 1e-15 * 17); // a rounding a term
        for (int j = 0; j < 17; j++) {
            CHECK_RELATIVE(Z[i * 17 + j] * rms[i], Y[i * 17 + j], 4e-16);
        }
    }
    layernorm_forward(3, 17, Y, Y, NULL);
    CHECK(memcmp(Y, Z, sizeof Y) == 0);
}

TEST(normalisation_derivative_projects_and_matches_differences)
{
    enum { N = 9 };
    struct stream stream = open_stream(1);
    double y[N], z[N], rms, d[2 * N], e[2 * N], up[N], down[N], h = 1e-5;

    stream_normals(&stream, N, y);
    stream_normals(&stream, N, d);
    memcpy(d + N, y, sizeof y);
    layernorm_forward(1, N, y, z, &rms);
    layernorm_derivative(1, 2, N, z, &rms, d, e);
    for (int j = 0; j < N; j++) {
        up[j] = y[j] + h * d[j];
        down[j] = y[j] - h * d[j];
    }
    layernorm_forward(1, N, up, up, NULL);
    layernorm_forward(1, N, down, down, NULL);
    for (int j = 0; j < N; j++) {
        CHECK_ABSOLUTE(e[j], (up[j] - down[j]) / (2 * h), 1e-9); // h^2 and eps/h
        CHECK_ABSOLUTE(e[N + j], 0, 1e-14);                      // the radial direction
    }
}

TEST(zero_row_is_not_a_number)
{
    double z[2] = {0, 0};

    layernorm_forward(1, 2, z, z, NULL);
    CHECK(isnan(z[0]) && isnan(z[1]));
}

TEST(dense_layer_is_affine_and_accumulates)
{
    double A[] = {1, 2, 3, 4}, W[] = {1, 0, 0, 1, 1, 1}, b[] = {10, 20, 30}, Y[6];
    double dY[] = {1, 0, 0, 0, 1, 1}, dA[4], dW[6] = {NAN, NAN, NAN, NAN, NAN, NAN}, db[3] = {NAN, NAN, NAN};
    const double expected_Y[] = {10.5, 21, 31.5, 11.5, 22, 33.5}, expected_dA[] = {0.5, 0, 0.5, 1};
    const double expected_dW[] = {0.5, 1, 1.5, 2, 1.5, 2};

    dense_forward(2, 2, 3, 0.5, A, W, b, Y);
    dense_backward(2, 2, 3, 0.5, dY, W, dA);
    dense_gradient(2, 2, 3, 0.5, dY, A, 1, 0, dW, db);
    for (int i = 0; i < 6; i++) {
        CHECK_SAME(Y[i], expected_Y[i]);
        CHECK_SAME(dW[i], expected_dW[i]);
    }
    for (int i = 0; i < 4; i++) {
        CHECK_SAME(dA[i], expected_dA[i]);
    }
    dense_gradient(2, 2, 3, 0.5, dY, A, -2, 0.5, dW, db);
    for (int i = 0; i < 6; i++) {
        CHECK_SAME(dW[i], -1.5 * expected_dW[i]);
    }
    for (int j = 0; j < 3; j++) {
        CHECK_SAME(db[j], -1.5);
    }
}

/* Copies z^(l) of every layer, one after another. */
static enum status keep_outputs(const struct layer_state *state, void *context)
{
    double **next = context;
    size_t n = (size_t)state->samples * (size_t)state->width;

    memcpy(*next, state->Z, n * sizeof(double));
    *next += n;
    return STATUS_OK;
}

TEST(streaming_stored_and_traced_passes_give_the_same_bits)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    struct layernorm_model model;
    struct layernorm_trace trace;
    struct stream stream = open_stream(2), inputs = open_stream(3);
    double X[SAMPLES * 6], streamed[SAMPLES * 26], stored[SAMPLES * 26], *next = streamed;

    stream_normals(&inputs, SAMPLES * 6, X);
    CHECK_INT(layernorm_propagate(&network, stream, SAMPLES, X, 0, NULL, keep_outputs, &next), STATUS_OK);
    CHECK_INT(next - streamed, SAMPLES * 26);
    next = stored;
    CHECK_INT(layernorm_model_new(&model, &network, stream), STATUS_OK);
    CHECK_INT(layernorm_model_propagate(&model, SAMPLES, X, 0, NULL, keep_outputs, &next), STATUS_OK);
    CHECK(memcmp(streamed, stored, sizeof stored) == 0);
    CHECK_INT(layernorm_trace_new(&trace, &network, SAMPLES), STATUS_OK);
    layernorm_trace_forward(&trace, &model, SAMPLES, X);
    CHECK(memcmp(trace.output[DEPTH], stored + SAMPLES * 18, SAMPLES * 8 * sizeof(double)) == 0);
    layernorm_trace_free(&trace);
    layernorm_model_free(&model);
}

/* Each output against (2.1) written out entry by entry. */
TEST(forward_pass_is_the_formula)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    struct layernorm_model model;
    struct stream stream = open_stream(4), inputs = open_stream(5);
    double X[6], outputs[26], *next = outputs, *below = outputs, *above = outputs + 6;

    stream_normals(&inputs, 6, X);
    layernorm_model_new(&model, &network, stream);
    layernorm_model_propagate(&model, 1, X, 0, NULL, keep_outputs, &next);
    for (int l = 1; l <= DEPTH; l++) {
        int n = layernorm_width(&network, l), m = layernorm_width(&network, l - 1);
        const double *W = layernorm_weight(&model, l), *b = layernorm_bias(&model, l);
        double y[8], norm2 = 0;

        for (int i = 0; i < n; i++) {
            y[i] = b[i];
            for (int j = 0; j < m; j++) {
                y[i] += W[i * m + j] * activation_value(&layer[l - 1].phi, below[j]) / sqrt(m);
            }
            norm2 += y[i] * y[i];
        }
        for (int i = 0; i < n; i++) {
            CHECK_ABSOLUTE(above[i], sqrt(n) * y[i] / sqrt(norm2), 1e-14); // a few roundings of numbers near 1
        }
        below = above;
        above += n;
    }
    layernorm_model_free(&model);
}

TEST(parameters_have_their_deviations_and_their_places)
{
    enum { WIDTH = 200 };
    struct layernorm_layer layer[2] = {make_layer(WIDTH, "id", 1.5, 0.5), make_layer(WIDTH, "erf", 0, 2)};
    struct layernorm_network network = {.inputs = WIDTH, .depth = 2, .layer = layer};
    struct layernorm_model model;
    struct stream stream = open_stream(6), again = stream;
    double *draws = memory_doubles(2 * WIDTH * (WIDTH + 1)), n = WIDTH;
    bool in_place = true;

    CHECK_INT(layernorm_model_new(&model, &network, stream), STATUS_OK);
    CHECK_INT(layernorm_offset(&network, 3), 2 * WIDTH * (WIDTH + 1));
    CHECK_INT(layernorm_bias(&model, 1) - model.parameter, WIDTH * WIDTH);
    CHECK_INT(layernorm_weight(&model, 2) - model.parameter, WIDTH * (WIDTH + 1));
    stream_normals(&again, 2 * WIDTH * (WIDTH + 1), draws);
    for (int i = 0; i < 2 * WIDTH * (WIDTH + 1); i++) {
        int l = i / (WIDTH * (WIDTH + 1)), bias = i % (WIDTH * (WIDTH + 1)) >= WIDTH * WIDTH;

        in_place = in_place && model.parameter[i] == (bias ? layer[l].bias_sd : layer[l].weight_sd) * draws[i];
    }
    CHECK(in_place);
    double weight = linear_norm(WIDTH * WIDTH, layernorm_weight(&model, 1)),
           bias = linear_norm(WIDTH, layernorm_bias(&model, 1));
    CHECK_RELATIVE(weight * weight / (n * n), 2.25, 5 * sqrt(2) / n); // five standard errors of a mean of n^2 squares
    CHECK_RELATIVE(bias * bias / n, 0.25, 5 * sqrt(2 / n));           // and of n
    CHECK_SAME(linear_norm(WIDTH * WIDTH, layernorm_weight(&model, 2)), 0);
    memory_free(draws);
    layernorm_model_free(&model);
}

/* sum_ij C_ij z_ij, whose gradient in z is C. */
static double linear_loss(struct layernorm_trace *trace, const struct layernorm_model *model, const double X[],
                          const double C[])
{
    int depth = model->network.depth;

    layernorm_trace_forward(trace, model, SAMPLES, X);
    return linear_dot(SAMPLES * layernorm_width(&model->network, depth), C, trace->output[depth]);
}

/* A central difference of the loss in one number. */
static double difference(struct layernorm_trace *trace, const struct layernorm_model *model, const double X[],
                         const double C[], double *at)
{
    double was = *at, h = 1e-5;

    *at = was + h;
    double up = linear_loss(trace, model, X, C);
    *at = was - h;
    double down = linear_loss(trace, model, X, C);
    *at = was;
    return (up - down) / (2 * h);
}

/* h^2 times a third derivative and eps / h times the loss leave 1e-9; 1e-6 of the largest entry is asked. */
TEST(gradients_match_central_differences)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    struct layernorm_model model;
    struct layernorm_trace trace;
    struct stream inputs = open_stream(8);
    double X[SAMPLES * 6], C[SAMPLES * 8], dX[SAMPLES * 6], norm2[DEPTH + 1];

    layernorm_model_new(&model, &network, open_stream(7));
    layernorm_trace_new(&trace, &network, SAMPLES + 1);
    size_t count = layernorm_offset(&network, DEPTH + 1);
    double *gradient = memory_doubles(count);
    stream_normals(&inputs, SAMPLES * 6, X);
    stream_normals(&inputs, SAMPLES * 8, C);
    linear_loss(&trace, &model, X, C);
    layernorm_trace_backward(&trace, &model, C, &(struct layernorm_gradient){dX, norm2, gradient, 1, 0});
    CHECK_RELATIVE(norm2[DEPTH], linear_dot(SAMPLES * 8, C, C), 1e-14);
    CHECK_RELATIVE(norm2[0], linear_dot(SAMPLES * 6, dX, dX), 1e-14);
    for (size_t i = 0; i < count; i++) {
        CHECK_ABSOLUTE(gradient[i], difference(&trace, &model, X, C, &model.parameter[i]), 1e-6);
    }
    for (int i = 0; i < SAMPLES * 6; i++) {
        CHECK_ABSOLUTE(dX[i], difference(&trace, &model, X, C, &X[i]), 1e-6);
    }
    memory_free(gradient);
    layernorm_trace_free(&trace);
    layernorm_model_free(&model);
}

/* The gradients' norms layer by layer are those of the inputs' gradient of the upper part alone. */
TEST(gradient_norms_agree_with_upper_parts)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    struct layernorm_model model;
    struct layernorm_trace trace, upper;
    struct stream inputs = open_stream(8);
    double X[SAMPLES * 6], C[SAMPLES * 8], dX[SAMPLES * 8], norm2[DEPTH + 1];

    layernorm_model_new(&model, &network, open_stream(7));
    layernorm_trace_new(&trace, &network, SAMPLES);
    stream_normals(&inputs, SAMPLES * 6, X);
    stream_normals(&inputs, SAMPLES * 8, C);
    layernorm_trace_forward(&trace, &model, SAMPLES, X);
    layernorm_trace_backward(&trace, &model, C, &(struct layernorm_gradient){.norm2 = norm2});
    for (int l = 1; l < DEPTH; l++) {
        struct layernorm_model part = layernorm_part(&model, l + 1, DEPTH);

        layernorm_trace_new(&upper, &part.network, SAMPLES);
        layernorm_trace_forward(&upper, &part, SAMPLES, trace.output[l]);
        layernorm_trace_backward(&upper, &part, C, &(struct layernorm_gradient){.input = dX});
        int n = SAMPLES * layernorm_width(&network, l);
        CHECK_RELATIVE(norm2[l], linear_dot(n, dX, dX), 1e-14);
        layernorm_trace_free(&upper);
    }
    layernorm_trace_free(&trace);
    layernorm_model_free(&model);
}

/* C[phi|rho] for erf and relu in closed form (arcsine and arc-cosine kernels). */
static double covariance_of(bool erf_like, double rho)
{
    return erf_like ? 2 / M_PI * asin(2 * rho / 3) : (sqrt(1 - rho * rho) + rho * (M_PI - acos(rho))) / (2 * M_PI);
}

/* The mean over networks of each pair's rho_L against the infinite-width map, within five standard errors of that
 * mean and a bias of depth / N. The embedding keeps rho: without bias its map is the identity. */
static void compare_with_limit(const char *phi, double bias_ratio)
{
    enum { WIDTH = 512, LAYERS = 5, NETWORKS = 10, PAIRS = 3 };
    const double rho0[PAIRS] = {-0.5, 0, 0.9};
    struct layernorm_layer layer[LAYERS];
    struct layernorm_network network = {.inputs = WIDTH, .depth = LAYERS, .layer = layer};
    double *X = memory_doubles(2 * PAIRS * WIDTH), gap[(LAYERS + 1) * PAIRS], sum[PAIRS] = {0}, squares[PAIRS] = {0};

    CHECK_INT(layernorm_layers(LAYERS, WIDTH, phi, 1.2, 1.2 * sqrt(bias_ratio), layer), STATUS_OK);
    for (uint32_t s = 0; s < NETWORKS; s++) {
        struct stream inputs = open_stream(100 + s);

        for (int p = 0; p < PAIRS; p++) {
            sphere_pair(&inputs, WIDTH, sqrt(WIDTH), rho0[p], X + 2 * p * WIDTH, X + (2 * p + 1) * WIDTH);
        }
        layernorm_propagate(&network, open_stream(200 + s), 2 * PAIRS, X, 0, NULL, propagation_record_gaps, gap);
        for (int p = 0; p < PAIRS; p++) {
            double g = gap[LAYERS * PAIRS + p];

            CHECK_ABSOLUTE(1 - gap[p], rho0[p], 1e-13); // the inputs' own: a few hundred roundings at random
            sum[p] += g / NETWORKS;
            squares[p] += g * g / NETWORKS;
        }
    }
    for (int p = 0; p < PAIRS; p++) {
        double rho = rho0[p], error = sqrt((squares[p] - sum[p] * sum[p]) / (NETWORKS - 1));

        for (int l = 2; l <= LAYERS; l++) {
            rho = (bias_ratio + covariance_of(strcmp(phi, "erf") == 0, rho)) /
                  (bias_ratio + covariance_of(strcmp(phi, "erf") == 0, 1));
        }
        CHECK_ABSOLUTE(1 - sum[p], rho, 5 * error + (double)LAYERS / WIDTH);
    }
    memory_free(X);
}

TEST(erf_correlations_tend_to_the_map)
{
    compare_with_limit("erf", 0.2);
}

TEST(relu_correlations_tend_to_the_map)
{
    compare_with_limit("relu", 0);
}

/* Pairs start with the cosines asked for, a linear first layer without bias keeps opposites opposite, and the same stream gives the
 * same gaps as inputs and a pass made by hand. */
TEST(pairs_start_at_their_cosines)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    const double cosine[] = {-1, 0.3, 0.999999};
    double gap[(DEPTH + 1) * 3], expected[(DEPTH + 1) * 3], X[6 * 6];
    struct stream stream = open_stream(60), again = open_stream(60);

    layer[0].bias_sd = 0;
    CHECK_INT(layernorm_pairs(&network, &stream, 3, cosine, gap), STATUS_OK);
    for (int p = 0; p < 3; p++) {
        CHECK_ABSOLUTE(gap[p], 1 - cosine[p], 1e-15 * 6);
        CHECK_INT(sphere_pair(&again, 6, sqrt(6), cosine[p], X + 12 * p, X + 12 * p + 6), STATUS_OK);
    }
    CHECK_RELATIVE(gap[3], 2, 1e-15 * 7);
    CHECK_INT(layernorm_propagate(&network, again, 6, X, 0, NULL, propagation_record_gaps, expected), STATUS_OK);
    CHECK(memcmp(gap, expected, sizeof gap) == 0);
    CHECK_INT(layernorm_pairs(&network, &stream, 1, (double[]){1.5}, gap), STATUS_RANGE);
}

TEST(gap_is_accurate_for_nearly_equal_rows)
{
    double x[2] = {1, 1}, y[2] = {1 + 1e-9, 1 - 1e-9};

    CHECK_RELATIVE(propagation_gap(2, x, y), 5e-19, 1e-6); // 1 + 1e-9 is itself rounded to 1e-7 of the difference
    CHECK_SAME(propagation_gap(2, x, x), 0);
}

TEST(bad_networks_are_refused)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    struct stream stream = open_stream(9);
    double X[7] = {1, 2, 3, 4, 5, 6}, T[12] = {0};

    CHECK_INT(layernorm_propagate(&network, stream, 0, X, 0, NULL, propagation_record_gaps, NULL), STATUS_RANGE);
    CHECK_INT(layernorm_propagate(&network, stream, 2, X, -1, T, propagation_record_gaps, NULL), STATUS_RANGE);
    layer[1].width = 0;
    CHECK_INT(layernorm_propagate(&network, stream, 1, X, 0, NULL, propagation_record_gaps, NULL), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "layer 2");
    layer[1].width = 5;
    layer[2].bias_sd = NAN;
    CHECK_INT(layernorm_network_check(&network), STATUS_RANGE);
    network.depth = 0;
    CHECK_INT(layernorm_network_check(&network), STATUS_RANGE);
    CHECK_INT(layernorm_layers(2, 3, "no such function", 1, 0, layer), STATUS_RANGE);
}

static enum status stop_at_layer_one(const struct layer_state *state, void *context)
{
    *(int *)context = state->layer;
    return state->layer == 1 ? status_fail(STATUS_CONVERGENCE, "enough") : STATUS_OK;
}

TEST(visitors_refusal_is_returned)
{
    struct layernorm_layer layer[DEPTH];
    struct layernorm_network network = small_network(layer);
    double X[6] = {1, 2, 3, 4, 5, 6};
    int last = -1;

    CHECK_INT(layernorm_propagate(&network, open_stream(9), 1, X, 0, NULL, stop_at_layer_one, &last),
              STATUS_CONVERGENCE);
    CHECK_INT(last, 1);
}

TEST(descent_lowers_the_correlation_on_the_sphere)
{
    enum { WIDTH = 24, LAYERS = 6 };
    struct layernorm_layer layer[LAYERS];
    struct layernorm_network network = {.inputs = WIDTH, .depth = LAYERS, .layer = layer};
    struct layernorm_model model;
    struct input_descent found, more;
    struct stream inputs = open_stream(11);
    double X[2 * WIDTH], gap[LAYERS + 1];

    layernorm_layers(LAYERS, WIDTH, "relu", sqrt(2), 0, layer);
    layernorm_model_new(&model, &network, open_stream(10));
    sphere_pair(&inputs, WIDTH, 3, -1, X, X + WIDTH);
    CHECK_INT(input_descent(&model, X, 40, &found), STATUS_OK);
    CHECK_AT_LEAST(found.gap, 1.2 * found.start_gap); // antipodal inputs are far from the worst
    CHECK_AT_LEAST(found.length, 40 * 0.003);
    CHECK_INT(found.steps, 40);
    CHECK_AT_MOST(found.length, 40 * 0.3 * sqrt(2)); // steps of at most 0.3 radians, shared by two points
    CHECK_RELATIVE(linear_norm(WIDTH, X), sqrt(WIDTH), 1e-14);
    CHECK_RELATIVE(linear_norm(WIDTH, X + WIDTH), sqrt(WIDTH), 1e-14);
    layernorm_model_propagate(&model, 2, X, 0, NULL, propagation_record_gaps, gap);
    CHECK_SAME(gap[LAYERS], found.gap);
    CHECK_INT(input_descent(&model, X, 40, &more), STATUS_OK);
    CHECK_AT_LEAST(more.gap, found.gap);
    layernorm_model_free(&model);
}

/* A linear network without bias can turn outputs to correlation -1: y = -x does it, and no smaller correlation
 * exists. */
TEST(descent_finds_the_antipodes_of_a_linear_network)
{
    enum { WIDTH = 8 };
    struct layernorm_layer layer = make_layer(WIDTH, "id", 1, 0);
    struct layernorm_network network = {.inputs = WIDTH, .depth = 1, .layer = &layer};
    struct layernorm_model model;
    struct input_descent found;
    struct stream inputs = open_stream(13);
    double X[2 * WIDTH] = {0};

    layernorm_model_new(&model, &network, open_stream(12));
    CHECK_INT(input_descent(&model, X, 5, &found), STATUS_RANGE);
    stream_normals(&inputs, 2 * WIDTH, X);
    CHECK_INT(input_descent(&model, X, 0, &found), STATUS_RANGE);
    CHECK_INT(input_descent(&model, X, 500, &found), STATUS_OK);
    CHECK_ABSOLUTE(found.gap, 2, 1e-4); // quadratic at its top: some last turns of 0.003 radians, squared
    layernorm_model_free(&model);
}
