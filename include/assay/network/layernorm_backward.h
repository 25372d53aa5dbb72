// SPDX-License-Identifier: GPL-3.0-or-later
/* Gradients of a stored layer-normalised network by backpropagation.
 *
 * A trace keeps what the forward pass computed and the backward pass needs: z^(l), its divisors, phi_l(z^(l-1)) and
 * phi_l'(z^(l-1)). That is 3 samples * (sum of widths) doubles, allocated once and used for any number of passes. */
#ifndef ASSAY_NETWORK_LAYERNORM_BACKWARD_H
#define ASSAY_NETWORK_LAYERNORM_BACKWARD_H

#include <assay/network/layernorm_network.h>

struct layernorm_trace {
    int capacity, samples; // rows allocated, rows of the last pass
    double **output;       // output[l], l = 0..depth: z^(l), samples x N_l
    double **input;        // input[l], l = 1..depth: phi_l(z^(l-1)), samples x N_{l-1}
    double **slope;        // slope[l]: phi_l'(z^(l-1))
    double **rms;          // rms[l]: samples divisors
    double *delta[2];      // the gradient on its way back
    double *block;
};

/* Room for batches of up to capacity rows. */
enum status layernorm_trace_new(struct layernorm_trace *trace, const struct layernorm_network *network, int capacity);
void layernorm_trace_free(struct layernorm_trace *trace);

/* Runs the batch X (samples x inputs, samples <= capacity) and records it. The bits are those of
 * layernorm_model_propagate. */
void layernorm_trace_forward(struct layernorm_trace *trace, const struct layernorm_model *model, int samples,
                             const double X[]);

/* What a backward pass shall deliver; NULL where it is not wanted. */
struct layernorm_gradient {
    double *input;       // samples x N_0: dLoss/dz^(0), all directions (not projected to the sphere)
    double *norm2;       // depth+1: the squared norm of dLoss/dz^(l), summed over the batch, l = 0..depth
    double *parameter;   // in the parameters' order: keep * parameter + factor * dLoss/dparameter
    double factor, keep; // 1 and 0 give the gradient itself; read only if parameter is not NULL
};

/* Backpropagates dOutput = dLoss/dz^(L) (samples x N_L) through the trace's last pass. Twice the forward pass's
 * flops, or as many again without parameter gradients. */
void layernorm_trace_backward(struct layernorm_trace *trace, const struct layernorm_model *model,
                              const double dOutput[], const struct layernorm_gradient *gradient);

#endif
