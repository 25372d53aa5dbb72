// SPDX-License-Identifier: GPL-3.0-or-later
/* Feed-forward networks of dense and convolutional layers with batch normalisation: forward, backward and forward-mode derivatives with respect to every parameter.
 *
 *     z^(l) = W^(l) patches(h^(l-1)) + b^(l),  l = 1..L;     u^(l) = (z^(l) - mean) / sqrt(variance + epsilon),  h^(l) = phi(gamma^(l) u^(l) + beta^(l)),  l < L;     output = z^(L).
 *
 * Without batch normalisation h^(l) = phi(z^(l)). Weights are drawn N(0, sigma_w2 / columns), biases N(0, sigma_b2), gamma and beta constant. Arrays are samples x height x width x channels (convolution.h).
 *
 * **Statistics** are those of the batch at hand, for each channel and site, or for each channel over all sites. In derivatives they are FROZEN, constants as if given from outside, or LIVE: gradients
 * go through them, as in training. With frozen statistics an output depends on its own sample only.
 *
 * All parameters lie in one block: for each layer W (outputs x columns), b (outputs), and for l < L with batch normalisation gamma (outputs) and beta (outputs). */
#ifndef ASSAY_NETWORK_FEEDFORWARD_H
#define ASSAY_NETWORK_FEEDFORWARD_H

#include <assay/meanfield/activation.h>
#include <assay/network/convolution.h>
#include <assay/random/stream.h>
#include <stddef.h>

enum { FEEDFORWARD_LAYERS = 64 };

enum statistics { STATISTICS_FROZEN, STATISTICS_LIVE };

/* Plain data. kernel 0: a dense layer on the flattened map. */
struct feedforward_layer {
    int outputs, kernel, stride, padding;
};

struct feedforward_model {
    int height, width, channels;                            // of the input; a vector is 1 x 1 x features
    int layers;                                             // L
    struct feedforward_layer layer[FEEDFORWARD_LAYERS + 1]; // 1..L
    struct activation phi;
    bool batchnorm, over_sites; // over_sites: one mean and variance a channel
    double gamma, beta, epsilon;
    double sigma_w2, sigma_b2;
};

/* A dense model: inputs, L - 1 hidden layers of that width, outputs; relu, batch normalisation with that gamma if it is > 0, epsilon 0. */
void feedforward_model_dense(struct feedforward_model *model, int inputs, int layers, int width, int outputs,
                             double gamma, double sigma_w2, double sigma_b2);

enum feedforward_part { PART_WEIGHTS, PART_BIASES, PART_GAMMA, PART_BETA, PARTS };

struct feedforward {
    struct feedforward_model model;
    struct convolution shape[FEEDFORWARD_LAYERS + 1]; // what layer l does to h^(l-1)
    size_t offset[FEEDFORWARD_LAYERS + 1][PARTS];     // where a part begins in the block
    size_t count[FEEDFORWARD_LAYERS + 1][PARTS];      // 0 where there is none
    size_t parameters;
    double *parameter;
};

/* Draws a network. STATUS_RANGE for sizes below 1, layers beyond FEEDFORWARD_LAYERS, kernels that do not fit, variances or epsilon negative or not finite. */
enum status feedforward_new(struct feedforward *network, const struct feedforward_model *model, struct stream stream);
void feedforward_free(struct feedforward *network);

/* Sites and channels of layer l's output, 0 the input; their product is its size. */
int feedforward_sites(const struct feedforward *network, int l);
int feedforward_channels(const struct feedforward *network, int l);
int feedforward_size(const struct feedforward *network, int l);

/* Room for passes over that many samples, and what a pass leaves behind. Arrays by layer, samples x size. */
struct feedforward_pass {
    int samples;
    double *h[FEEDFORWARD_LAYERS + 1];       // 0..L-1; h[0] a copy of the input
    double *patches[FEEDFORWARD_LAYERS + 1]; // 1..L, of h[l-1]; h[l-1] itself where those are the same
    double *z[FEEDFORWARD_LAYERS + 1];       // 1..L; z[L] is the output
    double *u[FEEDFORWARD_LAYERS + 1];       // 1..L-1; z[l] itself without batch normalisation
    double *slope[FEEDFORWARD_LAYERS + 1];   // 1..L-1: phi'
    double *inverse[FEEDFORWARD_LAYERS +
                    1]; // 1..L-1: 1 / sqrt(variance + epsilon), size numbers, or channels with over_sites
    double *pre[FEEDFORWARD_LAYERS + 1];   // after a backward pass, 1..L-1: the gradient with respect to gamma u + beta
    double *delta[FEEDFORWARD_LAYERS + 1]; // after a backward pass, 1..L: the gradient with respect to z
    double *scratch[3];                    // room for the largest layer's values or patches
};

/* STATUS_RANGE unless samples >= 1, and >= 2 with batch normalisation. */
enum status feedforward_pass_new(struct feedforward_pass *pass, const struct feedforward *network, int samples);
void feedforward_pass_free(struct feedforward_pass *pass);

/* Outputs of X (samples x size of the input): in pass->z[L]. 2 samples sites weights flops a layer. */
void feedforward_forward(const struct feedforward *network, struct feedforward_pass *pass, const double X[]);

/* The same, normalised by the statistics of another pass of a network of the same model. */
void feedforward_forward_given(const struct feedforward *network, struct feedforward_pass *pass, const double X[],
                               const struct feedforward_pass *statistics);

/* The same for a pass whose inputs stand in X behind `others` more (at least 2), of which the statistics are taken: inputs that their own statistics know nothing of. Without batch normalisation the others count for nothing. */
enum status feedforward_forward_apart(const struct feedforward *network, struct feedforward_pass *pass, int others,
                                      const double X[]);

/* pre and delta of sum_ik D_ik output_ik, D samples x size of the output. With frozen statistics and D = 1 in one column the rows are every sample's own delta. Twice the cost of a forward pass, without gradients. */
void feedforward_backward(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                          const double D[]);

/* The gradient with respect to all parameters that belongs to the last backward pass: of all samples together, or of one sample's row alone, which is that sample's share. */
void feedforward_gradient(const struct feedforward *network, const struct feedforward_pass *pass, double gradient[]);
void feedforward_gradient_of(const struct feedforward *network, const struct feedforward_pass *pass, int sample,
                             double gradient[]);

/* One layer's part of the gradient of `samples` samples from one on: count[l][part] numbers; nothing is written where there are none. */
void feedforward_gradient_part(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                               enum feedforward_part part, int sample, int samples, double out[]);

/* T (samples x size of the output) = the derivative of the outputs along V (parameters numbers), after a forward pass. Twice the cost of a forward pass. */
void feedforward_tangent(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                         const double V[], double T[]);

/* ## Pair means: order parameters of a batch
 * A is samples x sites x channels. Sums over channels of products of A with itself: mean over samples and sites, over pairs of different samples at the same site, over pairs of different samples at different sites (NaN where there are none). O(samples sites channels). */
struct pair_means {
    double same, pair, across;
};
struct pair_means pair_means_of(int samples, int sites, int channels, const double A[]);

#endif
