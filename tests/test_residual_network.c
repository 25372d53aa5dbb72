// SPDX-License-Identifier: GPL-3.0-or-later
/* Residual networks: the formula written out, tangents against finite differences, the infinite-width map of the
 * correlations. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/jacobian.h>
#include <assay/network/residual_network.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 6, DEPTH = 2 };

static struct stream open_stream(uint32_t sample)
{
    return stream_open(stream_key("test/residual_network", 1), 0, sample);
}

static struct residual_network small_network(struct residual_block block[DEPTH])
{
    block[0] = (struct residual_block){.hidden = 9, .branch_sd = 0.7};
    block[1] = (struct residual_block){.hidden = 4, .branch_sd = 1.3};
    CHECK_INT(activation_find("erf", &block[0].phi), STATUS_OK);
    CHECK_INT(activation_find("tanh", &block[1].phi), STATUS_OK);
    return (struct residual_network){.width = WIDTH, .depth = DEPTH, .block = block};
}

struct last {
    double z[WIDTH], T[WIDTH * WIDTH];
};

static enum status keep_last(const struct layer_state *state, void *context)
{
    struct last *last = context;

    memcpy(last->z, state->Z, sizeof last->z);
    if (state->tangents > 0) {
        memcpy(last->T, state->T, sizeof last->T);
    }
    return STATUS_OK;
}

/* One block, entry by entry; U and V as the stream draws them. */
static void block_by_hand(const struct residual_block *block, struct stream *stream, double z[WIDTH])
{
    double U[9 * WIDTH], V[9 * WIDTH], Y[9], norm2 = 0, t[WIDTH], total = 0;
    int m = block->hidden;

    stream_normals(stream, (size_t)(m * WIDTH), U);
    stream_normals_scaled(stream, block->branch_sd, (size_t)(m * WIDTH), V);
    for (int i = 0; i < m; i++) {
        Y[i] = linear_dot(WIDTH, U + i * WIDTH, z);
        norm2 += Y[i] * Y[i];
    }
    for (int i = 0; i < WIDTH; i++) {
        t[i] = z[i];
        for (int j = 0; j < m; j++) {
            t[i] += V[i * m + j] * activation_value(&block->phi, sqrt(m) * Y[j] / sqrt(norm2)) / sqrt(m);
        }
        total += t[i] * t[i];
    }
    for (int i = 0; i < WIDTH; i++) {
        z[i] = sqrt(WIDTH) * t[i] / sqrt(total);
    }
}

TEST(forward_pass_is_the_formula)
{
    struct residual_block block[DEPTH];
    struct residual_network network = small_network(block);
    struct stream stream = open_stream(0), by_hand = stream, inputs = open_stream(1);
    struct last last;
    double z[WIDTH];

    sphere_uniform(&inputs, WIDTH, sqrt(WIDTH), z);
    CHECK_INT(residual_propagate(&network, stream, 1, z, 0, NULL, keep_last, &last), STATUS_OK);
    block_by_hand(&block[0], &by_hand, z);
    block_by_hand(&block[1], &by_hand, z);
    for (int i = 0; i < WIDTH; i++) {
        CHECK_ABSOLUTE(last.z[i], z[i], 1e-14); // a few roundings of numbers near 1
    }
    CHECK_RELATIVE(linear_dot(WIDTH, last.z, last.z), WIDTH, 1e-14);
}

TEST(jacobian_matches_central_differences)
{
    struct residual_block block[DEPTH];
    struct residual_network network = small_network(block);
    struct stream stream = open_stream(2), inputs = open_stream(3);
    struct last here, up, down;
    double x[WIDTH], T[WIDTH * WIDTH], h = 1e-5;

    sphere_uniform(&inputs, WIDTH, sqrt(WIDTH), x);
    jacobian_directions(WIDTH, T);
    CHECK_INT(residual_propagate(&network, stream, 1, x, WIDTH, T, keep_last, &here), STATUS_OK);
    for (int a = 0; a < WIDTH; a++) {
        double was = x[a];

        x[a] = was + h;
        residual_propagate(&network, stream, 1, x, 0, NULL, keep_last, &up);
        x[a] = was - h;
        residual_propagate(&network, stream, 1, x, 0, NULL, keep_last, &down);
        x[a] = was;
        for (int i = 0; i < WIDTH; i++) {
            CHECK_ABSOLUTE(here.T[a * WIDTH + i], (up.z[i] - down.z[i]) / (2 * h), 1e-8); // h^2 and eps / h
        }
        CHECK_ABSOLUTE(linear_dot(WIDTH, here.T + a * WIDTH, here.z), 0, 1e-13);
    }
}

TEST(no_branch_is_the_identity)
{
    struct residual_block block[DEPTH];
    struct residual_network network = small_network(block);
    struct stream inputs = open_stream(4);
    struct last last;
    double x[WIDTH];

    block[0].branch_sd = block[1].branch_sd = 0;
    sphere_uniform(&inputs, WIDTH, sqrt(WIDTH), x);
    residual_propagate(&network, open_stream(5), 1, x, 0, NULL, keep_last, &last);
    for (int i = 0; i < WIDTH; i++) {
        CHECK_ABSOLUTE(last.z[i], x[i], 1e-15);
    }
}

/* rho -> (rho + s C[rho]) / (1 + s C[1]) with the arc-cosine kernel; five standard errors of the mean over networks,
 * and a bias of depth / N. */
TEST(relu_correlations_tend_to_the_map)
{
    enum { N = 400, LAYERS = 3, NETWORKS = 10 };
    struct residual_block block[LAYERS];
    struct residual_network network = {.width = N, .depth = LAYERS, .block = block};
    double *X = memory_doubles(2 * N), gap[LAYERS + 1], sum = 0, squares = 0, rho = 0.2, s = 0.5;

    for (int l = 0; l < LAYERS; l++) {
        block[l] = (struct residual_block){.hidden = N, .branch_sd = sqrt(s)};
        activation_find("relu", &block[l].phi);
        rho = (rho + s * (sqrt(1 - rho * rho) + rho * (M_PI - acos(rho))) / (2 * M_PI)) / (1 + s / 2);
    }
    for (uint32_t i = 0; i < NETWORKS; i++) {
        struct stream inputs = open_stream(100 + i);

        sphere_pair(&inputs, N, sqrt(N), 0.2, X, X + N);
        residual_propagate(&network, open_stream(200 + i), 2, X, 0, NULL, propagation_record_gaps, gap);
        sum += (1 - gap[LAYERS]) / NETWORKS;
        squares += (1 - gap[LAYERS]) * (1 - gap[LAYERS]) / NETWORKS;
    }
    CHECK_ABSOLUTE(sum, rho, 5 * sqrt((squares - sum * sum) / (NETWORKS - 1)) + (double)LAYERS / N);
    memory_free(X);
}

TEST(bad_networks_are_refused)
{
    struct residual_block block[DEPTH];
    struct residual_network network = small_network(block);
    struct last last;
    double x[WIDTH] = {1};

    CHECK_INT(residual_propagate(&network, open_stream(0), 0, x, 0, NULL, keep_last, &last), STATUS_RANGE);
    block[1].hidden = 0;
    CHECK_INT(residual_propagate(&network, open_stream(0), 1, x, 0, NULL, keep_last, &last), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "block 2");
    block[1].hidden = 4;
    block[1].branch_sd = -1;
    CHECK_INT(residual_network_check(&network), STATUS_RANGE);
    network.width = 0;
    CHECK_INT(residual_network_check(&network), STATUS_RANGE);
}
