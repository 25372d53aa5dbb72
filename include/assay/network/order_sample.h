// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of one random network, as pair means over a batch: what meanfield/order_parameters.h says of infinite width, measured at finite.
 *
 * An input is x_alpha = sqrt(across) A + sqrt(pair - across) B_alpha + sqrt(1 - pair) X_alpha(x), X_alpha(x) standard normal, A and B_alpha random signs in every channel: mean products are 1 of an
 * input with itself, `pair` of two inputs at the same site, `across` of two inputs at different sites. 0 and 0: independent coordinates.
 * **Noise taken off.** Given h of the layer below, the mean of z's products over a layer's weights and biases is known from their variances alone. What a draw has beyond it has mean zero, and so has any multiple of it:
 * `controlled` takes it off z, and off h and f what it makes of them to first order (relu without normalisation). Means keep their limits; delta is left as it is.
 * The output looked at is a channel of the last layer, summed over the layer's sites: a flattening layer has one site, a convolution that is summed pools. Statistics are frozen in the backward pass. */
#ifndef ASSAY_NETWORK_ORDER_SAMPLE_H
#define ASSAY_NETWORK_ORDER_SAMPLE_H

#include <assay/network/feedforward.h>

/* Plain data. outputs: over how many channels of the last layer delta and f are averaged; 0: forward only. 0 <= across <= pair <= 1. gamma_l = gamma ratio^(l-1), gamma and every other number the model's; a ratio of 0 stands for 1. */
struct order_sample {
    struct feedforward_model model;
    int samples, outputs;
    double pair, across, ratio;
    bool controlled, gradients; // gradients: f is wanted
};

/* What is measured of a layer: means a unit of z (layers 1..L), h (0..L-1) and, summed over units, delta (1..L); and the mean product of an input's gradient with respect to W^(l), from the first half of the batch, and another's, from the second, over the columns of W: f_l / N_(l-1)
 * (1..L). */
enum order_number {
    Z_SAME,
    Z_PAIR,
    Z_ACROSS,
    H_SAME,
    H_PAIR,
    H_ACROSS,
    DELTA_SAME,
    DELTA_PAIR,
    DELTA_ACROSS,
    F_PAIR,
    ORDER_NUMBERS
};

/* How many numbers a sample has: ORDER_NUMBERS for each of the layers 0..L; number n of layer l stands at l ORDER_NUMBERS + n. */
size_t order_sample_numbers(const struct order_sample *sample);

/* Draws a network and inputs from the stream (and from the stream numbered one more, which nothing else may use) and measures. 0 where a number has no meaning: layers that lack it, across where there is one site. STATUS_RANGE as
 * feedforward_new and feedforward_pass_new, for samples < 2 and outputs the network lacks. Flops: 2 + 8 outputs times samples sites weights a layer. */
enum status order_sample_draw(const struct order_sample *sample, struct stream stream, double out[]);

/* The model of a relu network with L - 1 convolutions of `kernel` taps a side, of C, 2 C, 3 C ... channels, on side x side x inputs, and a dense layer with `outputs` outputs; batch normalisation with that gamma if it is > 0. */
void feedforward_model_convolutions(struct feedforward_model *model, int side, int inputs, int layers, int C,
                                    int kernel, int stride, int padding, int outputs, double gamma, double sigma_w2,
                                    double sigma_b2);

#endif
