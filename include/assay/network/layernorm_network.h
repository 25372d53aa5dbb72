// SPDX-License-Identifier: GPL-3.0-or-later
/* Fully connected networks with layer normalisation after every affine map.
 *
 * z^(0) = x with |x|^2 = N_0, and for l = 1..L
 *     y^(l) = N_{l-1}^{-1/2} W^(l) phi_l(z^(l-1)) + b^(l),    z^(l) = sqrt(N_l) y^(l) / |y^(l)|,
 * with independent Gaussian entries of standard deviation weight_sd (W) and bias_sd (b). phi_1 is the identity in an
 * "embedding" network (Gradient Explosion and Representation Shrinkage in Infinite Networks, section 2.2): such a
 * network of depth L has L - 1 non-linear layers. The first layer is not special here; give it the activation you
 * mean.
 *
 * Parameters have one order: W^(1) by rows, b^(1), W^(2), ... Parameter number i is draw number i of the network's
 * stream, so a layer's weights can be drawn when they are needed (layernorm_propagate: memory of one layer) or kept
 * (struct layernorm_model), and both give the same bits. */
#ifndef ASSAY_NETWORK_LAYERNORM_NETWORK_H
#define ASSAY_NETWORK_LAYERNORM_NETWORK_H

#include <assay/meanfield/activation.h>
#include <assay/network/propagation.h>

struct layernorm_layer {
    int width;
    struct activation phi; // applied to the layer's input
    double weight_sd, bias_sd;
};

/* Plain data; points at the layers, which must outlive it and all that is made from it. layer[l-1] is layer l. */
struct layernorm_network {
    int inputs, depth;
    const struct layernorm_layer *layer;
};

/* Fills depth equal layers, except that the first applies the identity and has no bias (the embedding). */
enum status layernorm_layers(int depth, int width, const char *activation, double weight_sd, double bias_sd,
                             struct layernorm_layer layer[]);

/* Widths and depth at least 1, deviations finite and not negative. */
enum status layernorm_network_check(const struct layernorm_network *network);

/* N_l, l = 0..depth; and how many parameters stand before those of layer l, l = 1..depth+1 (depth+1: all of them). */
int layernorm_width(const struct layernorm_network *network, int l);
size_t layernorm_offset(const struct layernorm_network *network, int l);

/* Carries X (samples x inputs) and, if tangents > 0, T ((samples*tangents) x inputs) through the network whose
 * weights stream draws, and calls visit for l = 0..depth. For an input off the sphere |x|^2 = inputs the formulas
 * above hold as they stand. Each layer takes N_l N_{l-1} normals and 2 samples (1 + tangents) N_l N_{l-1} flops;
 * memory is one layer's W and the batch. */
enum status layernorm_propagate(const struct layernorm_network *network, struct stream stream, int samples,
                                const double X[], int tangents, const double T[], layer_visit *visit, void *context);

/* Pairs of inputs on the sphere |x|^2 = inputs with the given cosines, drawn from the stream, go through the network whose weights it
 * draws next: gap[l * pairs + p] = 1 - the cosine of pair p after layer l = 0..depth. Cosines in [-1, 1], inputs >= 2. */
enum status layernorm_pairs(const struct layernorm_network *network, struct stream *stream, int pairs,
                            const double cosine[], double gap[]);

/* Draws all parameters, in their order. */
void layernorm_draw(const struct layernorm_network *network, struct stream stream, double parameter[]);

/* A network with its parameters stored. */
struct layernorm_model {
    struct layernorm_network network;
    double *parameter; // layernorm_offset(network, depth + 1) of them
};

/* Draws and stores the parameters that layernorm_propagate would draw. */
enum status layernorm_model_new(struct layernorm_model *model, const struct layernorm_network *network,
                                struct stream stream);
void layernorm_model_free(struct layernorm_model *model);

/* W^(l) (N_l x N_{l-1}) and b^(l), l = 1..depth, to read or to set. */
double *layernorm_weight(const struct layernorm_model *model, int l);
double *layernorm_bias(const struct layernorm_model *model, int l);

/* The layers first..last as a network of their own: a view that shares the parameters; not to be freed. 1 <= first
 * <= last <= depth. */
struct layernorm_model layernorm_part(const struct layernorm_model *model, int first, int last);

/* layernorm_propagate with the stored parameters. */
enum status layernorm_model_propagate(const struct layernorm_model *model, int samples, const double X[], int tangents,
                                      const double T[], layer_visit *visit, void *context);

#endif
