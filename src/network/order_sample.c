// SPDX-License-Identifier: GPL-3.0-or-later
/* One network's order parameters, by sums over samples and sites. */
#include <assay/base/memory.h>
#include <assay/network/order_sample.h>
#include <math.h>
#include <string.h>

void feedforward_model_convolutions(struct feedforward_model *model, int side, int inputs, int layers, int C,
                                    int kernel, int stride, int padding, int outputs, double gamma, double sigma_w2,
                                    double sigma_b2)
{
    feedforward_model_dense(model, inputs, layers, 1, outputs, gamma, sigma_w2, sigma_b2);
    model->height = model->width = side;
    for (int l = 1; l < layers && l <= FEEDFORWARD_LAYERS; l++) {
        model->layer[l] = (struct feedforward_layer){l * C, kernel, stride, padding};
    }
}

size_t order_sample_numbers(const struct order_sample *sample)
{
    return (size_t)(sample->model.layers + 1) * ORDER_NUMBERS;
}

/* ## Inputs */

static void draw_signs(struct stream *stream, double scale, size_t n, double out[])
{
    for (size_t i = 0; i < n; i++) {
        out[i] = stream_bits(stream) >> 63 ? scale : -scale;
    }
}

static void draw_inputs(const struct order_sample *sample, struct stream *stream, double X[])
{
    int m = sample->samples, sites = sample->model.height * sample->model.width, channels = sample->model.channels;
    size_t size = (size_t)sites * (size_t)channels;

    stream_normals_scaled(stream, sqrt(1 - sample->pair), (size_t)m * size, X);
    if (sample->pair == 0) {
        return;
    }
    double *A = memory_doubles((size_t)channels), *B = memory_doubles(size);

    draw_signs(stream, sqrt(sample->across), (size_t)channels, A);
    draw_signs(stream, sqrt(sample->pair - sample->across), size, B);
    for (size_t i = 0; i < (size_t)m * size; i++) {
        X[i] += A[i % (size_t)channels] + B[i % size];
    }
    memory_free(A);
    memory_free(B);
}

/* ## Gammas by layer */

static void grow_gammas(const struct order_sample *sample, struct feedforward *network)
{
    double gamma = sample->model.gamma;

    for (int l = 1; l < sample->model.layers && sample->ratio != 0; l++, gamma *= sample->ratio) {
        for (size_t i = 0; i < network->count[l][PART_GAMMA]; i++) {
            network->parameter[network->offset[l][PART_GAMMA] + i] = gamma;
        }
    }
}

/* ## Means */

struct three {
    double same, pair, across;
};

static struct three scaled(struct pair_means means, double scale)
{
    return (struct three){scale * means.same, scale * means.pair, isnan(means.across) ? 0 : scale * means.across};
}

/* out += weight (a - noise). */
static void put(struct three a, struct three noise, double weight, double out[])
{
    out[0] += weight * (a.same - noise.same);
    out[1] += weight * (a.pair - noise.pair);
    out[2] += weight * (a.across - noise.across);
}

/* What noise in the kernel q kappa_1(p / q) comes from noise in p and q: kappa_0 and sqrt(1 - c^2) / (2 pi). */
static double noise_of_kernel(double q, double p, double noise_q, double noise_p)
{
    double c = fmax(-1, fmin(1, p / q));

    return (M_PI / 2 + asin(c)) / (2 * M_PI) * noise_p + sqrt(1 - c * c) / (2 * M_PI) * noise_q;
}

/* z's products beyond their mean over this layer's weights and biases, and what noise of h below makes of them. */
static struct three noise_of_z(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                               struct three z, struct three below)
{
    const struct feedforward_model *model = &network->model;
    int sites = feedforward_sites(network, l), columns = convolution_columns(&network->shape[l]);
    double w = model->sigma_w2, b = model->sigma_b2;
    struct three mean = scaled(pair_means_of(pass->samples, sites, columns, pass->patches[l]), w / columns);

    return (struct three){z.same - b - mean.same + w * below.same, z.pair - b - mean.pair + w * below.pair,
                          sites > 1 ? z.across - b - mean.across + w * below.across : 0};
}

/* What that makes of relu's products, to first order. */
static struct three noise_of_h(struct three z, struct three noise)
{
    return (struct three){noise.same / 2, noise_of_kernel(z.same, z.pair, noise.same, noise.pair),
                          noise_of_kernel(z.same, z.across, noise.same, noise.across)};
}

/* <dW f(x), dW f(y)> of inputs x of the first half of the batch and y of the second: two gradients, whatever m. */
static double gradient_pair(const struct feedforward *network, const struct feedforward_pass *pass, int l)
{
    int m = pass->samples, half = m / 2;
    size_t count = network->count[l][PART_WEIGHTS];
    double *first = memory_doubles(count), *second = memory_doubles(count), sum = 0;

    feedforward_gradient_part(network, pass, l, PART_WEIGHTS, 0, half, first);
    feedforward_gradient_part(network, pass, l, PART_WEIGHTS, half, m - half, second);
    for (size_t i = 0; i < count; i++) {
        sum += first[i] * second[i];
    }
    memory_free(first);
    memory_free(second);
    return sum / ((double)half * (m - half));
}

/* noise[l]: of h at layer l. */
static void measure_layer(const struct order_sample *sample, const struct feedforward *network,
                          const struct feedforward_pass *pass, int l, struct three noise[], double out[])
{
    int sites = feedforward_sites(network, l), channels = feedforward_channels(network, l);
    struct three z = scaled(pair_means_of(pass->samples, sites, channels, pass->z[l]), 1.0 / channels), beyond = {0};

    if (sample->controlled) {
        beyond = noise_of_z(network, pass, l, z, noise[l - 1]);
    }
    put(z, beyond, 1, out + Z_SAME);
    if (l == network->model.layers) {
        return;
    }
    if (!network->model.batchnorm && strcmp(network->model.phi.name, "relu") == 0 && z.same > 0) {
        noise[l] = noise_of_h(z, beyond);
    }
    put(scaled(pair_means_of(pass->samples, sites, channels, pass->h[l]), 1.0 / channels), noise[l], 1, out + H_SAME);
}

static void measure_forward(const struct order_sample *sample, const struct feedforward *network,
                            const struct feedforward_pass *pass, struct three noise[], double out[])
{
    struct pair_means inputs =
        pair_means_of(pass->samples, feedforward_sites(network, 0), network->model.channels, pass->h[0]);

    put(scaled(inputs, 1.0 / network->model.channels), noise[0], 1, out + H_SAME);
    for (int l = 1; l <= network->model.layers; l++) {
        measure_layer(sample, network, pass, l, noise, out + l * ORDER_NUMBERS);
    }
}

/* f_l over N_(l-1), with what the noise of h below makes of it taken off. */
static double f_of(const struct feedforward *network, const struct feedforward_pass *pass, int l, struct three delta,
                   struct three noise)
{
    double sites = feedforward_sites(network, l);

    return gradient_pair(network, pass, l) / convolution_columns(&network->shape[l]) -
           sites * (delta.pair * noise.pair + (sites - 1) * delta.across * noise.across);
}

static void measure_backward(const struct order_sample *sample, const struct feedforward *network,
                             struct feedforward_pass *pass, int output, const struct three noise[], double out[])
{
    int L = network->model.layers, channels = feedforward_channels(network, L);
    size_t rows = (size_t)pass->samples * (size_t)feedforward_sites(network, L);
    double *D = memory_doubles(rows * (size_t)channels), weight = 1.0 / sample->outputs;

    for (size_t i = 0; i < rows; i++) {
        D[i * (size_t)channels + (size_t)output] = 1;
    }
    feedforward_backward(network, pass, STATISTICS_FROZEN, D);
    memory_free(D);
    for (int l = 1; l <= L; l++) {
        struct three delta = scaled(pair_means_of(pass->samples, feedforward_sites(network, l),
                                                  feedforward_channels(network, l), pass->delta[l]),
                                    1);
        double *at = out + l * ORDER_NUMBERS;

        put(delta, (struct three){0}, weight, at + DELTA_SAME);
        at[F_PAIR] += !sample->gradients ? 0 : weight * f_of(network, pass, l, delta, noise[l - 1]);
    }
}

/* ## One network */

static void measure(const struct order_sample *sample, const struct feedforward *network, struct feedforward_pass *pass,
                    struct stream *inputs, double out[])
{
    struct three noise[FEEDFORWARD_LAYERS + 1] = {{0}};
    double *X = memory_doubles((size_t)sample->samples * (size_t)feedforward_size(network, 0));

    draw_inputs(sample, inputs, X);
    feedforward_forward(network, pass, X);
    memory_free(X);
    memset(out, 0, order_sample_numbers(sample) * sizeof out[0]);
    measure_forward(sample, network, pass, noise, out);
    for (int k = 0; k < sample->outputs; k++) {
        measure_backward(sample, network, pass, k, noise, out);
    }
}

enum status order_sample_draw(const struct order_sample *sample, struct stream stream, double out[])
{
    struct feedforward network;
    struct feedforward_pass pass;
    struct stream inputs = stream;
    int L = sample->model.layers;

    if (sample->samples < 2 || sample->outputs < 0 ||
        (L >= 1 && L <= FEEDFORWARD_LAYERS && sample->outputs > sample->model.layer[L].outputs) ||
        !(sample->across >= 0 && sample->across <= sample->pair && sample->pair <= 1)) {
        return status_fail(STATUS_RANGE, "order sample: %d samples, %d outputs, correlations %g and %g",
                           sample->samples, sample->outputs, sample->pair, sample->across);
    }
    inputs.stream++;
    enum status status = feedforward_new(&network, &sample->model, stream);
    if (status != STATUS_OK) {
        return status;
    }
    grow_gammas(sample, &network);
    status = feedforward_pass_new(&pass, &network, sample->samples);
    if (status == STATUS_OK) {
        measure(sample, &network, &pass, &inputs, out);
        feedforward_pass_free(&pass);
    }
    feedforward_free(&network);
    return status;
}
