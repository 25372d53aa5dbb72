// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of convolutional networks, measured on drawn networks and taken to the limit of many channels, samples and inputs.
 *
 * A program declares CONVOLUTION_PARAMETERS, reads them into a struct convolutions, changes what it wants to try, and asks for the mean-field network of the same geometry and for what drawn networks measure. L - 1 convolutions of C, 2 C, 3 C
 * ... channels and a flattening read-out; `pooled` puts a 1 x 1 convolution in its place, whose output is summed over sites.
 *
 * **The limit.** A full-sized experiment has a bias in 1/C, 1/m and 1/inputs. The same at half and a quarter of C and m measures it: it is allowed, or, with normalisation, where it is large, taken off by extrapolation (src). */
#ifndef ASSAY_EXPERIMENT_ORDER_LIMITS_H
#define ASSAY_EXPERIMENT_ORDER_LIMITS_H

#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/order_sample.h>

/* Plain data. pair, across, ratio: as in order_sample.h; gamma 0: without batch normalisation. */
struct convolutions {
    int side, inputs, layers, C, kernel, stride, padding, m, outputs;
    bool pooled, over_sites, gradients; // gradients: f is wanted
    double gamma, ratio, sigma_w2, sigma_b2, pair, across;
    size_t networks;
};

/* Defaults: side at scale smoke and else, inputs, C, kernel, stride and m; few, some, many: networks at the scales smoke, standard and paper. */
#define CONVOLUTIONS_LIKE(small, side, inputs, C, kernel, stride, m, few, some, many)                                  \
    integer_by_scale("side", "side of the input map: 32 for CIFAR-10, 28 for MNIST", small, side, side, 1, 64),        \
        integer("inputs", "channels of the input: 3 for CIFAR-10, 1 for MNIST", inputs, 1, 256),                       \
        integer_by_scale("L", "layers: L - 1 convolutions and the read-out", 3, 4, 4, 2, 6),                           \
        integer("C", "channels of the first layer; layer l has l C", C, 30, 256),                                      \
        integer("kernel", "taps a side", kernel, 1, 7), integer("stride", "of every convolution", stride, 1, 4),       \
        integer("padding", "zeros around every map", 0, 0, 6),                                                         \
        real("sigma_w2", "variance of the weights, times N", 2, 0.1, 10),                                              \
        real("sigma_b2", "variance of the biases", 0.5, 0, 10), integer("m", "samples that a network sees", m, 8, 64), \
        integer_by_scale("networks",                                                                                   \
                         "how many are drawn at full size; at half and a quarter of it twice and four times as many",  \
                         few, some, many, 20, 100000)

/* The paper's own size. */
#define CONVOLUTION_PARAMETERS(m, few, some, many) CONVOLUTIONS_LIKE(16, 32, 3, 30, 3, 2, m, few, some, many)

/* Reads them; gamma too, a further parameter of the program, if it has batch normalisation. Refuses a padding as large as the kernel and kernels that do not fit. */
struct convolutions convolutions_read(struct claim *claim, bool batchnorm);

/* The site-by-site network (not pooled), and what order_maps_find says of it. */
void convolutions_maps(struct claim *claim, const struct convolutions *net, struct order_parameters at[]);

/* The averaged network, right in every option; pooled has across_base 1. */
struct order_network convolutions_averaged(struct claim *claim, const struct convolutions *net);

/* at[0..L] of it, with options changed by the program. */
void convolutions_predict(struct claim *claim, const struct order_network *network, struct order_parameters at[]);

/* at[0..L] as measured: z (1..L), h (0..L-1), delta and f (1..L); s2 is z.same - z.pair. Takes six streams from `stream` on. */
void convolutions_measure(struct claim *claim, uint32_t stream, const struct convolutions *net,
                          struct order_parameters at[]);

/* The same networks with a border of zeros, as wide as is set or else one site (none for kernels of one tap): recursions site by site, and as measured. */
void convolutions_with_border(struct claim *claim, uint32_t stream, const struct convolutions *net,
                              struct order_parameters sites[], struct order_parameters drawn[]);

/* Declares a column of such measurements and one of their errors, NAME_err. */
void drawn_columns(struct claim *claim, const char *name);

/* The triple's three numbers by index, and their names "same", "pair", "across". */
struct value order_triple_get(const struct order_triple *triple, int i);
extern const char *const order_triple_name[3];

#endif
