// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch normalisation of a layer: every neuron's numbers over a batch of B samples are shifted to mean 0 and divided by sqrt(variance + epsilon), the
 * variance with 1/B.
 *
 * Arrays are samples x width, as in dense.h; samples = batch * batches, and each group of `batch` rows is normalised by itself. With z = (h
 * - mean) / s, the derivative of z with respect to h is (I - 11'/B - z z'/B) / s for each neuron, symmetric and exact for every epsilon: it carries
 * tangents forward and gradients back. All functions stream along the neurons: 1 to 2 ns a number. */
#ifndef ASSAY_NETWORK_BATCHNORM_LAYER_H
#define ASSAY_NETWORK_BATCHNORM_LAYER_H

/* Z, and inverse[g * width + a] = 1 / sqrt(variance + epsilon) of neuron a over batch g. Z may be H. A neuron that is constant over
 * its batch has no direction: with epsilon = 0 its z is NaN. */
void batchnorm_layer_forward(int batch, int batches, int width, double epsilon, const double H[], double Z[],
                             double inverse[]);

/* E = (D - mean(D) - z mean(z D)) / s, means over each batch. E may be D. */
void batchnorm_layer_derivative(int batch, int batches, int width, const double Z[], const double inverse[],
                                const double D[], double E[]);

#endif
