// SPDX-License-Identifier: GPL-3.0-or-later
/* Fully connected networks without normalisation, with their weights drawn, forward and backward.
 *
 *     h^(l) = sigma_w N^(-1/2) W^(l) phi(h^(l-1)) + sigma_b b^(l) 1',   l = 2..depth,
 *
 * with W and b of independent standard normals and N the width. Inputs enter through the second moments S of h^(1), whose rows are
 * independent N(0, S): what Gaussian weights and biases make of any inputs. The gradient with respect to h^(depth) has independent rows N(0, P)
 * and goes back through the weights that the forward pass used. Arrays are samples x width, as in dense.h. */
#ifndef ASSAY_NETWORK_VANILLA_NETWORK_H
#define ASSAY_NETWORK_VANILLA_NETWORK_H

#include <assay/meanfield/activation.h>
#include <assay/random/stream.h>

/* Plain data; sigma_w, sigma_b >= 0. */
struct vanilla_network {
    int depth, width, samples;
    struct activation phi;
    double sigma_w, sigma_b;
};

/* What a pass leaves behind: arrays of depth + 1, of which the first is unused. */
struct vanilla_record {
    double **h;     // samples x width
    double **delta; // the gradient with respect to h
    double *block;
};

/* Room for a network's passes; STATUS_RANGE unless depth, width and samples are at least 1 and the deviations finite and not negative. */
enum status vanilla_record_new(struct vanilla_record *record, const struct vanilla_network *network);
void vanilla_record_free(struct vanilla_record *record);

/* W^(l) (N x N, standard normals) and b^(l) (N), l = 2..depth: each layer has its place in the stream. */
void vanilla_weights(const struct vanilla_network *network, struct stream stream, int l, double W[], double b[]);

/* Layers l > first from h^(first), which stands in the record. */
void vanilla_forward_from(const struct vanilla_network *network, int first, struct stream stream,
                          struct vanilla_record *record);

/* One network, forward and backward; each W is drawn twice, N^2 normals and 2 N^2 samples flops a time. P NULL: forward only. */
enum status vanilla_pass(const struct vanilla_network *network, const double S[], const double P[],
                         struct stream stream, struct vanilla_record *record);

#endif
