// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of infinitely wide networks of dense and convolutional layers, with and without batch normalisation.
 *
 * Layers l = 1..L with weights N(0, sigma_w2 / N_(l-1)), biases N(0, sigma_b2), N_(l-1) = channels_(l-1) taps_l, z^(l) = W^(l) h^(l-1) + b^(l) at every site, h^(l) =
 * phi(z^(l)) or, with batch normalisation, phi(gamma_l (z^(l) - mean) / s), and the last layer linear with one output looked at. Inputs have independent coordinates of mean 0 and variance 1.
 * x and y are independent inputs, alpha and beta different sites, delta the gradient of the output with respect to z:
 *
 *     z.same = E|z(x)|^2 a unit, z.pair = E<z(x), z(y)>, z.across = E<z_alpha(x), z_beta(y)>; the same for h; for delta summed over units, a mean over sites.
 *
 * **Forward.** z = sigma_b2 + sigma_w2 h of the layer below. Without normalisation h is the dual kernel of phi at variance z.same and correlations z.pair / z.same, z.across / z.same; with it h.same = E
 * phi(gamma Z)^2 and h.pair = h.across = (E phi(gamma Z))^2.
 * **Backward.** delta^(l) = sigma_w2 slopes delta^(l+1) times the ratio |K_(l+1)| / |K_l| of site counts, because the sum over sites, not their mean, is what a convolution hands down (a mean over pairs of different sites times the
 * ratio of the numbers of such pairs). Slopes: the dual
 * kernel of phi'; with normalisation gamma^2 E phi'^2 / s^2 and gamma^2 (E phi')^2 / s^2, s^2 = z.same - z.pair, where statistics are taken as constants in the backward pass.
 * **The bound** on the mean largest eigenvalue of the Fisher information matrix is the sum of f_l, weights' gradients only:
 *
 *     f_l = N_(l-1) ((|K_l| - 1) delta.across + delta.pair) ((|K_l| - 1) h.across + h.pair)                          as one factorises it,
 *     f_l = N_(l-1) |K_l| (delta.pair h.pair + (|K_l| - 1) delta.across h.across)                                     pair of sites by pair of sites. */
#ifndef ASSAY_MEANFIELD_ORDER_PARAMETERS_H
#define ASSAY_MEANFIELD_ORDER_PARAMETERS_H

#include <assay/meanfield/activation.h>
#include <stdbool.h>

enum { ORDER_LAYERS = 128 };

/* What the backward recursion divides by: the variance of z (right), or its second moment z.same. */
enum order_denominator { DENOMINATOR_VARIANCE, DENOMINATOR_SECOND_MOMENT };

/* Whether the mean over sites carries the ratio of site counts (right), or is handed down as if every map had as many sites. */
enum order_sites { SITES_COUNTED, SITES_IGNORED };

/* How f_l is put together from its order parameters. */
enum order_bound { BOUND_BY_PAIRS, BOUND_FACTORISED };

/* One layer's output: channels, sites of its map, taps of the kernel that makes it (1 for a dense layer on vectors; as many as the map below has sites for a dense layer that flattens it). */
struct order_layer {
    double channels, sites, taps;
};

/* Plain data. layer[0] is the input (taps unused). gamma[l], l = 1..L-1. */
struct order_network {
    int layers; // L, 1..ORDER_LAYERS
    struct order_layer layer[ORDER_LAYERS + 1];
    struct activation phi;
    bool batchnorm;
    double gamma[ORDER_LAYERS + 1];
    double sigma_w2, sigma_b2; // > 0, >= 0
    enum order_denominator denominator;
    enum order_sites sites;
    enum order_bound bound;
    double
        across_base; // delta.across at layer L: 0 where read-out weights of different sites are independent, as those of a flattening layer
};

struct order_triple {
    struct value same, pair, across;
};

/* At one layer. z: l = 1..L; h: l = 0..L-1; delta and f: l = 1..L. Others are unset. */
struct order_parameters {
    struct order_triple z, h, delta;
    struct value s2; // z.same - z.pair
    struct value f;
};

/* A dense network of L layers of that width: N_0 = inputs, N_1..N_(L-1) = width, N_L = 1, right in every option, gamma_l = gamma, relu. Vanilla unless gamma > 0. */
void order_network_dense(struct order_network *network, int layers, double inputs, double width, double gamma,
                         double sigma_w2, double sigma_b2);

/* at[0..L]. Homogeneous activations: rounding only, a microsecond a layer. Others: quadrature, some 20 ms a layer, 1 ms with normalisation. STATUS_RANGE for arguments out of range, STATUS_CONVERGENCE where a moment is infinite. */
enum status order_parameters_find(const struct order_network *network, struct order_parameters at[]);

/* The sum of f_l over l = 1..L. */
struct value order_parameters_bound(const struct order_network *network, const struct order_parameters at[]);

/* order_parameters_find and order_parameters_bound in one; value_failed with the reason if they fail. */
struct value order_bound(const struct order_network *network);

/* The bound where gradients go through the batch statistics, as in training: means and variances take everything from layers below the last, whose own share is left, N_(L-1) h.pair; with the
 * bias, beta and gamma next to the output (`all`) 1 + sigma_w2 (E phi'(gamma Z))^2 + sigma_w2 (E Z phi'(gamma Z))^2 more. Batch normalisation only. */
struct value order_bound_live(const struct order_network *network, bool all);

/* What biases, beta and gamma add to the bound with frozen statistics: the sum over layers of delta.pair (biases), and of the pair means of the gradients with respect to beta_l and gamma_l, one a
 * channel. Batch normalisation only. */
struct value order_bound_others(const struct order_network *network, const struct order_parameters at[]);

/* ## Site by site: the same network with every site and pair of sites of its own, for any padding
 *
 * A map is square, side x side. A kernel of k x k taps moves by stride over the map, with padding sites of zeros around it; the read-out flattens. Nothing is averaged, so borders are exact, and so is f_l. */
struct order_map {
    int side, kernel, stride, padding; // of the input: side only
    double channels;
};

enum { ORDER_SIDE = 40 }; // the most of a map after the input

struct order_map_network {
    int layers;                             // L - 1 convolutions and a flattening read-out
    struct order_map map[ORDER_LAYERS + 1]; // 0..L-1; sides of 1..L-1 are filled in by order_maps_find
    struct activation phi;
    bool batchnorm;
    double gamma[ORDER_LAYERS + 1];
    double sigma_w2, sigma_b2;
};

/* at[0..L], with means over sites and over pairs of different sites of the exact quantities, and f_l exact. Memory O(sites^2), time O(sites^2 taps) of the largest map after the input: 20 ms for
 * three layers on 32 x 32 inputs and a homogeneous activation; without normalisation every pair of sites costs another one a quadrature or two. STATUS_RANGE if a kernel does not fit, or a side is above
 * ORDER_SIDE. */
enum status order_maps_find(struct order_map_network *network, struct order_parameters at[]);

/* The averaged network of the same geometry, right in every option, with the mean fraction of taps that fall inside the maps left out as the averaged recursions do. */
void order_maps_average(const struct order_map_network *maps, struct order_network *network);

#endif
