// SPDX-License-Identifier: GPL-3.0-or-later
/* Critical learning rates (critical_rates.h) of feed-forward networks trained with momentum on labelled images, beside the rates that bounds on the largest eigenvalue of the Fisher information matrix give:
 *
 *     eta_* = 2 (1 + momentum) / lambda.
 *
 * A program reads images, calls momentum_sweep_new, sets what only it knows, then momentum_sweep_columns, lines, momentum_sweep_draw, its checks. */
#ifndef ASSAY_EXPERIMENT_MOMENTUM_SWEEP_H
#define ASSAY_EXPERIMENT_MOMENTUM_SWEEP_H

#include <assay/experiment/critical_rates.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/network/momentum_training.h>

/* What all networks of one column share, but for the rate. */
struct momentum_column {
    struct feedforward_model model;
    struct momentum_training training;
};

struct momentum_sweep {
    struct images train, test;
    int height, width, channels;    // of an image
    struct momentum_column shared;  // what columns begin with
    struct critical_rates map;      // rows are to be set before the drawing
    struct momentum_column *column; // map.columns of them
    const char *name;               // of what is swept
};

/* Makes a column of what all share, at the value x. */
typedef void momentum_setting(struct claim *claim, double x, struct momentum_column *column);

/* Reads square IDX images of one channel (idx.h) in the directory "data": the first "images" for training, and for tests a sixth as many, but 256 at least and 10000 at most, centred by images_centre. These and the following names are
 * parameters which the program declares. */
void momentum_sweep_read(struct claim *claim, struct momentum_sweep *sweep);

/* Colour images, as many: if "data" is "gaussian", independent standard normals, "side" x "side" x 3, labelled by a random vanilla network of two layers; else CIFAR-10 (cifar.h) in that directory, centred by images_centre. */
void momentum_sweep_read_colour(struct claim *claim, struct momentum_sweep *sweep);

/* Sets what is shared: inputs of the images' shape, relu, no normalisation, no layers yet; "sigma_b2"; squared loss, "epochs", "minibatch", "mu" (momentum), "explosion". Ends the program as a usage error if a minibatch does not fit. */
void momentum_sweep_new(struct claim *claim, struct momentum_sweep *sweep);

/* The layers of a model whose input is set: `layers` - 1 hidden ones of that width and a read-out; or convolutions of channels, 2 channels, 3 channels, ..., kernel 3 and stride 2 without padding, and a read-out. */
void momentum_sweep_dense(struct feedforward_model *model, int layers, int width, int outputs);
void momentum_sweep_convolutions(struct feedforward_model *model, int layers, int channels, int outputs);

/* Makes map (with critical_rates_new's parameters) and columns. name: of what is swept. */
void momentum_sweep_columns(struct claim *claim, struct momentum_sweep *sweep, const char *name, double x0, double x1,
                            bool geometric, momentum_setting *set);

/* log10 eta_* of every column, for one of the bounds below. */
typedef struct value momentum_bound(const struct feedforward_model *model);
void momentum_sweep_line(struct claim *claim, const struct momentum_sweep *sweep, momentum_bound *bound, double line[]);

/* The same for the largest eigenvalue of the matrix itself, with live statistics and all outputs, of the networks that are to be trained, at initialisation: over the first `samples` training images, in the mean over restarts of its
 * logarithm. which: the parameters that count. */
void momentum_sweep_own(struct claim *claim, const struct momentum_sweep *sweep, struct fisher_parameters which,
                        int samples, double line[]);

/* All lines of a sweep of batch-normalised networks, in the order of the enumeration: the bounds below, by name "second moment", "frozen", "frozen, all", "live", and "own", of all parameters over that many samples. */
enum { LINE_SECOND_MOMENT, LINE_FROZEN, LINE_FROZEN_ALL, LINE_LIVE, LINE_OWN, MOMENTUM_LINES };
struct momentum_lines {
    double *log_rate; // MOMENTUM_LINES x columns
    struct rate_line line[MOMENTUM_LINES];
};
void momentum_sweep_lines(struct claim *claim, const struct momentum_sweep *sweep, int samples,
                          struct momentum_lines *lines);
void momentum_lines_free(struct momentum_lines *lines);

/* Trains all networks, by critical_rates_draw. */
void momentum_sweep_draw(struct claim *claim, struct momentum_sweep *sweep);

void momentum_sweep_free(struct momentum_sweep *sweep);

/* ## Bounds, at infinite width and independent inputs (order_parameters.h) */

/* A model as order parameters see it: padding is left out, over_sites and beta are ignored. */
void momentum_sweep_order(const struct feedforward_model *model, struct order_network *network);

/* Statistics taken as constants: the gradients of weights alone, and with biases, gamma and beta. Without batch normalisation the first is that of a vanilla network. */
momentum_bound momentum_bound_frozen, momentum_bound_frozen_all;

/* The first with second moments in place of variances, site counts ignored, sums over sites factorised, and 1 for the read-out's gradients at different sites, as one might have it who sees every layer as
 * dense. */
momentum_bound momentum_bound_second_moment;

/* Gradients through the statistics, all parameters: those next to the output are what is left. */
momentum_bound momentum_bound_live;

#endif
