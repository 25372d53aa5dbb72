// SPDX-License-Identifier: GPL-3.0-or-later
/* Passes through a network, layer by layer.
 *
 * A pass holds one layer's state at a time and shows it to a visitor, which keeps what it needs: deep and wide
 * networks then need memory for one layer only. Beside the activations a pass can carry tangents, that is
 * derivatives of the layer's state along given directions of the input. With the identity as directions the tangents
 * are the Jacobian's columns. */
#ifndef ASSAY_NETWORK_PROPAGATION_H
#define ASSAY_NETWORK_PROPAGATION_H

#include <assay/base/status.h>
#include <assay/random/stream.h>

/* What a visitor sees after each layer. All of it belongs to the pass and is valid during the visit only. */
struct layer_state {
    int layer;         // 0 is the input, depth the output
    int samples;       // B
    int width;         // N_l
    const double *Z;   // B x N_l: z^(l), one sample a row
    const double *rms; // B: what the layer's last normalisation divided each row by; NULL at layer 0
    int tangents;      // k, the directions carried for each sample; 0 if none
    const double *T;   // (B k) x N_l: row b*k+a is the derivative of sample b along its direction a
};

/* Anything but STATUS_OK ends the pass, which returns it. */
typedef enum status layer_visit(const struct layer_state *state, void *context);

/* 1 - cosine of x and y on the sphere |x|^2 = |y|^2 = n, as |x - y|^2 / (2n): no cancellation near cosine 1. */
double propagation_gap(int n, const double x[], const double y[]);

/* T's rows i*rows .. (i+1)*rows-1 times row i of slope, entry by entry: an entrywise function's derivative applied
 * to tangents (rows per sample) or, with rows = 1, to gradients. T is (samples*rows) x width, in place. */
void propagation_scale(int samples, int rows, int width, const double slope[], double T[]);

/* A visitor: the gaps 1 - rho_l of the pairs of rows (0,1), (2,3), ... The context is a double gap[(depth+1) *
 * (B/2)]; that of pair p at layer l goes to gap[l * (B/2) + p]. */
layer_visit propagation_record_gaps;

/* v: a direction tangent to the sphere at x (v'x = 0 up to rounding), |v|^2 = n, otherwise uniform. n >= 2, x not 0. */
void propagation_tangent(struct stream *stream, int n, const double x[], double v[]);

#endif
