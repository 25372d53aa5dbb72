// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of drawn networks: what mean-field recursions predict, measured on a batch.
 *
 * One sample of the experiment draws a dense network and m independent inputs, runs the batch through it with frozen statistics, and takes the means over the batch of the products that the
 * recursions are about: of one input with itself, and of different inputs. Statistics of the batch stand for those of the distribution, which costs a bias of order 1/m, and finite widths one of order
 * 1/N; order_experiment_sizes makes the smaller experiments that measure both. */
#ifndef ASSAY_NETWORK_ORDER_EXPERIMENT_H
#define ASSAY_NETWORK_ORDER_EXPERIMENT_H

#include <assay/network/feedforward.h>

/* Laws of one input coordinate, all of mean 0 and variance 1: normal, uniform, a fair sign, an exponential shifted by its mean. */
enum input_law { INPUT_NORMAL, INPUT_UNIFORM, INPUT_SIGNS, INPUT_EXPONENTIAL, INPUT_LAWS };

const char *input_law_name(enum input_law law);
void input_draw(enum input_law law, struct stream *stream, size_t n, double X[]);

/* What is measured at a layer: z and h a unit, delta (of output 0) summed over units; PAIR: of different inputs. Deltas are divided by the read-out's squared length over its mean, which is independent of
 * all else and would only add noise. */
enum order_measure {
    MEASURE_Z,
    MEASURE_Z_PAIR,
    MEASURE_H,
    MEASURE_H_PAIR,
    MEASURE_DELTA,
    MEASURE_DELTA_PAIR,
    ORDER_MEASURES
};

/* Plain data. gamma: that of layers 1..L-1, or NULL for the model's. */
struct order_experiment {
    struct feedforward_model model; // dense layers
    const double *gamma;
    enum input_law law;
    int samples; // m >= 2
};

/* One network and its batch, after a forward pass. The stream draws the network first, then the inputs. Free both. */
enum status order_experiment_forward(const struct order_experiment *experiment, struct stream stream,
                                     struct feedforward *network, struct feedforward_pass *pass);

/* A function of sample_function's shape (evidence/ensemble.h): out[ORDER_MEASURES l + measure], l = 0..L; z and delta of layer 0 and h of layer L are 0. 4 m weights flops. */
enum status order_experiment_draw(struct stream *stream, size_t sample, double out[], const void *experiment);

/* How many outputs that is. */
size_t order_experiment_outputs(const struct order_experiment *experiment);

/* The experiment, and the same at half and at a quarter of its widths, inputs and samples, outputs kept. */
void order_experiment_sizes(const struct order_experiment *experiment, struct order_experiment sizes[3]);

#endif
