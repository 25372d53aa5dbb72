// SPDX-License-Identifier: GPL-3.0-or-later
/* Passes through a feed-forward network.
 *
 * A layer is dense on patches: rows are samples and sites, so one matrix product serves all. Batch normalisation takes the same numbers as a matrix samples x (sites channels), with statistics a
 * column each, or as (samples sites) x channels where they go over sites. What carries a tangent forward through it carries a gradient back: its derivative is symmetric. */
#include <assay/base/memory.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/dense.h>
#include <assay/network/feedforward.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

static const double *part_of(const struct feedforward *network, int l, enum feedforward_part part)
{
    return network->parameter + network->offset[l][part];
}

static int rows_of(const struct feedforward *network, const struct feedforward_pass *pass, int l)
{
    return pass->samples * feedforward_sites(network, l);
}

/* ## Normalisation */

/* How many rows share a mean, and how many columns have one of their own. */
struct grouping {
    int rows, columns;
};

static struct grouping grouping_of(const struct feedforward *network, const struct feedforward_pass *pass, int l)
{
    return network->model.over_sites ? (struct grouping){rows_of(network, pass, l), feedforward_channels(network, l)}
                                     : (struct grouping){pass->samples, feedforward_size(network, l)};
}

/* E = D / s, column by column. E may be D. */
static void divide_columns(struct grouping grouping, const double inverse[], const double D[], double E[])
{
    for (ptrdiff_t i = 0; i < grouping.rows; i++) {
        for (int a = 0; a < grouping.columns; a++) {
            E[i * grouping.columns + a] = D[i * grouping.columns + a] * inverse[a];
        }
    }
}

/* E = the derivative of u with respect to z, applied to D: to a tangent as to a gradient. E may be D. */
static void through_normalisation(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                                  enum statistics statistics, const double D[], double E[])
{
    struct grouping grouping = grouping_of(network, pass, l);

    if (statistics == STATISTICS_LIVE) {
        batchnorm_layer_derivative(grouping.rows, 1, grouping.columns, pass->u[l], pass->inverse[l], D, E);
    } else {
        divide_columns(grouping, pass->inverse[l], D, E);
    }
}

/* u with another pass's statistics: its mean is z - u s of any of its rows, here the first. */
static void normalise_given(const struct feedforward *network, struct feedforward_pass *pass, int l,
                            const struct feedforward_pass *given)
{
    struct grouping grouping = grouping_of(network, pass, l);

    memcpy(pass->inverse[l], given->inverse[l], (size_t)grouping.columns * sizeof(double));
    for (ptrdiff_t i = 0; i < grouping.rows; i++) {
        for (int a = 0; a < grouping.columns; a++) {
            double mean = given->z[l][a] - given->u[l][a] / given->inverse[l][a];

            pass->u[l][i * grouping.columns + a] = (pass->z[l][i * grouping.columns + a] - mean) * given->inverse[l][a];
        }
    }
}

static void normalise(const struct feedforward *network, struct feedforward_pass *pass, int l,
                      const struct feedforward_pass *given)
{
    struct grouping grouping = grouping_of(network, pass, l);

    if (given != NULL) {
        normalise_given(network, pass, l, given);
    } else {
        batchnorm_layer_forward(grouping.rows, 1, grouping.columns, network->model.epsilon, pass->z[l], pass->u[l],
                                pass->inverse[l]);
    }
}

/* Y = gamma U + beta, channel by channel. */
static void scale_and_shift(const struct feedforward *network, struct feedforward_pass *pass, int l, double Y[])
{
    const double *gamma = part_of(network, l, PART_GAMMA), *beta = part_of(network, l, PART_BETA);
    int channels = feedforward_channels(network, l), rows = rows_of(network, pass, l);

    for (ptrdiff_t i = 0; i < rows; i++) {
        for (int a = 0; a < channels; a++) {
            Y[i * channels + a] = gamma[a] * pass->u[l][i * channels + a] + beta[a];
        }
    }
}

/* ## Forward */

static void take_patches(const struct feedforward *network, struct feedforward_pass *pass, int l)
{
    if (!convolution_is_identity(&network->shape[l])) {
        convolution_patches(&network->shape[l], pass->samples, pass->h[l - 1], pass->patches[l]);
    }
}

static void forward(const struct feedforward *network, struct feedforward_pass *pass, const double X[],
                    const struct feedforward_pass *given)
{
    const struct feedforward_model *model = &network->model;

    memcpy(pass->h[0], X, (size_t)pass->samples * (size_t)feedforward_size(network, 0) * sizeof X[0]);
    for (int l = 1; l <= model->layers; l++) {
        take_patches(network, pass, l);
        dense_forward(rows_of(network, pass, l), convolution_columns(&network->shape[l]), model->layer[l].outputs, 1,
                      pass->patches[l], part_of(network, l, PART_WEIGHTS), part_of(network, l, PART_BIASES),
                      pass->z[l]);
        if (l == model->layers) {
            break;
        }
        const double *Y = pass->z[l];
        if (model->batchnorm) {
            normalise(network, pass, l, given);
            scale_and_shift(network, pass, l, pass->scratch[0]);
            Y = pass->scratch[0];
        }
        activation_apply(&model->phi, (size_t)pass->samples * (size_t)feedforward_size(network, l), Y, pass->h[l],
                         pass->slope[l]);
    }
}

void feedforward_forward(const struct feedforward *network, struct feedforward_pass *pass, const double X[])
{
    forward(network, pass, X, NULL);
}

void feedforward_forward_given(const struct feedforward *network, struct feedforward_pass *pass, const double X[],
                               const struct feedforward_pass *statistics)
{
    forward(network, pass, X, statistics);
}

enum status feedforward_forward_apart(const struct feedforward *network, struct feedforward_pass *pass, int others,
                                      const double X[])
{
    const double *own = X + (size_t)others * (size_t)feedforward_size(network, 0);
    struct feedforward_pass statistics;

    if (!network->model.batchnorm) {
        feedforward_forward(network, pass, own);
        return STATUS_OK;
    }
    enum status status = feedforward_pass_new(&statistics, network, others);
    if (status == STATUS_OK) {
        feedforward_forward(network, &statistics, X);
        feedforward_forward_given(network, pass, own, &statistics);
        feedforward_pass_free(&statistics);
    }
    return status;
}

/* ## Backward */

/* The gradient with respect to h^(l), from that with respect to z^(l+1). */
static void to_layer_below(const struct feedforward *network, struct feedforward_pass *pass, int l, double D[])
{
    const struct convolution *shape = &network->shape[l + 1];
    bool identity = convolution_is_identity(shape);
    double *P = identity ? D : pass->scratch[1];

    dense_backward(rows_of(network, pass, l + 1), convolution_columns(shape), network->model.layer[l + 1].outputs, 1,
                   pass->delta[l + 1], part_of(network, l + 1, PART_WEIGHTS), P);
    if (!identity) {
        convolution_unpatch(shape, pass->samples, P, D);
    }
}

/* E = gamma D, channel by channel. */
static void times_gamma(const struct feedforward *network, const struct feedforward_pass *pass, int l, const double D[],
                        double E[])
{
    const double *gamma = part_of(network, l, PART_GAMMA);
    int channels = feedforward_channels(network, l), rows = rows_of(network, pass, l);

    for (ptrdiff_t i = 0; i < rows; i++) {
        for (int a = 0; a < channels; a++) {
            E[i * channels + a] = gamma[a] * D[i * channels + a];
        }
    }
}

void feedforward_backward(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                          const double D[])
{
    int L = network->model.layers;

    memcpy(pass->delta[L], D, (size_t)pass->samples * (size_t)feedforward_size(network, L) * sizeof D[0]);
    for (int l = L - 1; l >= 1; l--) {
        size_t size = (size_t)pass->samples * (size_t)feedforward_size(network, l);

        to_layer_below(network, pass, l, pass->pre[l]);
        for (size_t i = 0; i < size; i++) {
            pass->pre[l][i] *= pass->slope[l][i];
        }
        if (network->model.batchnorm) {
            times_gamma(network, pass, l, pass->pre[l], pass->delta[l]);
            through_normalisation(network, pass, l, statistics, pass->delta[l], pass->delta[l]);
        }
    }
}

/* out = the sum over rows of A, or of A times B entry by entry. */
static void sum_rows(int rows, int columns, const double A[], const double B[], double out[])
{
    memset(out, 0, (size_t)columns * sizeof out[0]);
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (int a = 0; a < columns; a++) {
            out[a] += A[i * columns + a] * (B != NULL ? B[i * columns + a] : 1);
        }
    }
}

void feedforward_gradient_part(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                               enum feedforward_part part, int sample, int samples, double out[])
{
    int channels = feedforward_channels(network, l), columns = convolution_columns(&network->shape[l]),
        sites = feedforward_sites(network, l), rows = samples * sites;
    ptrdiff_t first = (ptrdiff_t)sample * sites;

    if (network->count[l][part] == 0) {
        return;
    }
    switch (part) {
    case PART_WEIGHTS:
        linear_multiply(true, false, channels, columns, rows, 1, pass->delta[l] + first * channels,
                        pass->patches[l] + first * columns, 0, out);
        break;
    case PART_BIASES:
        sum_rows(rows, channels, pass->delta[l] + first * channels, NULL, out);
        break;
    case PART_GAMMA:
        sum_rows(rows, channels, pass->pre[l] + first * channels, pass->u[l] + first * channels, out);
        break;
    default:
        sum_rows(rows, channels, pass->pre[l] + first * channels, NULL, out);
    }
}

static void gradient_of_samples(const struct feedforward *network, const struct feedforward_pass *pass, int sample,
                                int samples, double gradient[])
{
    for (int l = 1; l <= network->model.layers; l++) {
        for (int part = 0; part < PARTS; part++) {
            feedforward_gradient_part(network, pass, l, (enum feedforward_part)part, sample, samples,
                                      gradient + network->offset[l][part]);
        }
    }
}

void feedforward_gradient(const struct feedforward *network, const struct feedforward_pass *pass, double gradient[])
{
    gradient_of_samples(network, pass, 0, pass->samples, gradient);
}

void feedforward_gradient_of(const struct feedforward *network, const struct feedforward_pass *pass, int sample,
                             double gradient[])
{
    gradient_of_samples(network, pass, sample, 1, gradient);
}

/* ## Forward derivatives */

/* The tangent of z^(l), in T, from that of h^(l-1), in H (NULL: zero, at the input) and of the parameters V. */
static void tangent_of_z(const struct feedforward *network, struct feedforward_pass *pass, int l, const double H[],
                         const double V[], double T[])
{
    const struct convolution *shape = &network->shape[l];
    int rows = rows_of(network, pass, l), columns = convolution_columns(shape),
        outputs = network->model.layer[l].outputs;
    const double *P = H;

    dense_forward(rows, columns, outputs, 1, pass->patches[l], V + network->offset[l][PART_WEIGHTS],
                  V + network->offset[l][PART_BIASES], T);
    if (H == NULL) {
        return;
    }
    if (!convolution_is_identity(shape)) {
        convolution_patches(shape, pass->samples, H, pass->scratch[2]);
        P = pass->scratch[2];
    }
    linear_multiply(false, true, rows, outputs, columns, 1, P, part_of(network, l, PART_WEIGHTS), 1, T);
}

/* The tangent of h^(l) in the place of that of z^(l). */
static void tangent_of_h(const struct feedforward *network, struct feedforward_pass *pass, int l,
                         enum statistics statistics, const double V[], double T[])
{
    int channels = feedforward_channels(network, l);
    size_t size = (size_t)pass->samples * (size_t)feedforward_size(network, l);

    if (network->model.batchnorm) {
        const double *gamma = V + network->offset[l][PART_GAMMA], *beta = V + network->offset[l][PART_BETA];
        int rows = rows_of(network, pass, l);

        through_normalisation(network, pass, l, statistics, T, T);
        times_gamma(network, pass, l, T, T);
        for (ptrdiff_t i = 0; i < rows; i++) {
            for (int a = 0; a < channels; a++) {
                T[i * channels + a] += gamma[a] * pass->u[l][i * channels + a] + beta[a];
            }
        }
    }
    for (size_t i = 0; i < size; i++) {
        T[i] *= pass->slope[l][i];
    }
}

void feedforward_tangent(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                         const double V[], double T[])
{
    int L = network->model.layers;
    double *H = NULL;

    for (int l = 1; l < L; l++) {
        double *next = pass->scratch[l % 2];

        tangent_of_z(network, pass, l, H, V, next);
        tangent_of_h(network, pass, l, statistics, V, next);
        H = next;
    }
    tangent_of_z(network, pass, L, H, V, T);
}

/* ## Pair means */

/* |sum over rows of A|^2 for rows `stride` apart. */
static double square_of_sum(int rows, ptrdiff_t stride, int channels, const double A[], double sum[])
{
    double square = 0;

    memset(sum, 0, (size_t)channels * sizeof sum[0]);
    for (ptrdiff_t i = 0; i < rows; i++) {
        for (int a = 0; a < channels; a++) {
            sum[a] += A[i * stride + a];
        }
    }
    for (int a = 0; a < channels; a++) {
        square += sum[a] * sum[a];
    }
    return square;
}

struct pair_means pair_means_of(int samples, int sites, int channels, const double A[])
{
    double *sum = memory_doubles((size_t)channels), m = samples, k = sites;
    ptrdiff_t size = (ptrdiff_t)sites * channels;
    double all = square_of_sum(samples * sites, channels, channels, A, sum), same = 0, sample = 0, site = 0;

    for (ptrdiff_t i = 0; i < samples; i++) {
        sample += square_of_sum(sites, channels, channels, A + i * size, sum);
        for (ptrdiff_t j = 0; j < size; j++) {
            same += A[i * size + j] * A[i * size + j];
        }
    }
    for (ptrdiff_t j = 0; j < sites; j++) {
        site += square_of_sum(samples, size, channels, A + j * channels, sum);
    }
    memory_free(sum);
    return (struct pair_means){
        .same = same / (m * k),
        .pair = samples > 1 ? (site - same) / (m * (m - 1) * k) : NAN,
        .across = samples > 1 && sites > 1 ? (all - sample - site + same) / (m * (m - 1) * k * (k - 1)) : NAN};
}
