// SPDX-License-Identifier: GPL-3.0-or-later
/* Forward passes of residual networks, one block's weights at a time.
 *
 * A block's branch starts with a normalised dense layer, as in layernorm_network.c, but adds its result to what came
 * in: the sum is accumulated into Z by the product itself. Tangents take the same path, each linear step by its
 * derivative. */
#include <assay/base/memory.h>
#include <assay/network/dense.h>
#include <assay/network/layernorm.h>
#include <assay/network/residual_network.h>
#include <assay/numerics/linear.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* One pass: the stream Z and its tangents T at width n; the branch H, its slopes and its tangents at the hidden
 * width. */
struct pass {
    int samples, tangents;
    double *Z, *T, *rms;
    double *H, *phi, *slope, *hidden_rms, *hidden_T;
    double *weights;          // U, then V
    struct layer_state state; // what the visitor sees
};

enum status residual_network_check(const struct residual_network *network)
{
    if (network->width < 1 || network->depth < 1) {
        return status_fail(STATUS_RANGE, "residual network: width and depth must be at least 1, %d and %d given",
                           network->width, network->depth);
    }
    for (int l = 1; l <= network->depth; l++) {
        const struct residual_block *block = &network->block[l - 1];

        if (block->hidden < 1 || !(block->branch_sd >= 0 && isfinite(block->branch_sd))) {
            return status_fail(STATUS_RANGE, "residual network: block %d has hidden width %d, standard deviation %g", l,
                               block->hidden, block->branch_sd);
        }
    }
    return STATUS_OK;
}

/* The branch up to phi: H = normalised Z U', phi(H), and the tangents of phi(H). */
static void branch(struct pass *pass, const struct residual_block *block, int width, const double U[])
{
    int m = block->hidden, B = pass->samples, rows = pass->tangents;

    dense_forward(B, width, m, 1 / sqrt(width), pass->Z, U, NULL, pass->H);
    layernorm_forward(B, m, pass->H, pass->H, pass->hidden_rms);
    activation_apply(&block->phi, (size_t)B * (size_t)m, pass->H, pass->phi, rows > 0 ? pass->slope : NULL);
    if (rows == 0) {
        return;
    }
    dense_forward(B * rows, width, m, 1 / sqrt(width), pass->T, U, NULL, pass->hidden_T);
    layernorm_derivative(B, rows, m, pass->H, pass->hidden_rms, pass->hidden_T, pass->hidden_T);
    propagation_scale(B, rows, m, pass->slope, pass->hidden_T);
}

static void advance(struct pass *pass, const struct residual_block *block, int n, struct stream *stream)
{
    int m = block->hidden, B = pass->samples, rows = pass->tangents;
    size_t entries = (size_t)n * (size_t)m;
    double *U = pass->weights, *V = U + entries, scale = 1 / sqrt(m);

    stream_normals(stream, entries, U);
    stream_normals_scaled(stream, block->branch_sd, entries, V);
    branch(pass, block, n, U);
    linear_multiply(false, true, B, n, m, scale, pass->phi, V, 1, pass->Z);
    layernorm_forward(B, n, pass->Z, pass->Z, pass->rms);
    if (rows > 0) {
        linear_multiply(false, true, B * rows, n, m, scale, pass->hidden_T, V, 1, pass->T);
        layernorm_derivative(B, rows, n, pass->Z, pass->rms, pass->T, pass->T);
    }
}

static double *pass_open(struct pass *pass, size_t n, size_t m)
{
    size_t B = (size_t)pass->samples, k = (size_t)pass->tangents;
    double *block = memory_doubles(B * ((1 + k) * n + (3 + k) * m + 2) + 2 * n * m);

    pass->Z = block;
    pass->T = pass->Z + B * n;
    pass->rms = pass->T + B * k * n;
    pass->hidden_rms = pass->rms + B;
    pass->H = pass->hidden_rms + B;
    pass->phi = pass->H + B * m;
    pass->slope = pass->phi + B * m;
    pass->hidden_T = pass->slope + B * m;
    pass->weights = pass->hidden_T + B * k * m;
    return block;
}

enum status residual_propagate(const struct residual_network *network, struct stream stream, int samples,
                               const double X[], int tangents, const double T[], layer_visit *visit, void *context)
{
    enum status status = residual_network_check(network);
    size_t n = (size_t)network->width, hidden = 0;

    if (status != STATUS_OK) {
        return status;
    }
    if (samples < 1 || tangents < 0 || (int64_t)samples * (tangents + 1LL) > INT_MAX) {
        return status_fail(STATUS_RANGE, "residual propagate: %d samples with %d tangents each", samples, tangents);
    }
    for (int l = 0; l < network->depth; l++) {
        size_t m = (size_t)network->block[l].hidden;
        hidden = m > hidden ? m : hidden;
    }
    struct pass pass = {.samples = samples, .tangents = tangents};
    double *block = pass_open(&pass, n, hidden);

    memcpy(pass.Z, X, (size_t)samples * n * sizeof X[0]);
    pass.state = (struct layer_state){.samples = samples, .width = network->width, .Z = pass.Z, .tangents = tangents};
    if (tangents > 0) {
        memcpy(pass.T, T, (size_t)samples * (size_t)tangents * n * sizeof T[0]);
        pass.state.T = pass.T;
    }
    status = visit(&pass.state, context);
    for (int l = 1; status == STATUS_OK && l <= network->depth; l++) {
        advance(&pass, &network->block[l - 1], network->width, &stream);
        pass.state.layer = l;
        pass.state.rms = pass.rms;
        status = visit(&pass.state, context);
    }
    memory_free(block);
    return status;
}
