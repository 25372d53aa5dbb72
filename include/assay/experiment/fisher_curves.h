// SPDX-License-Identifier: GPL-3.0-or-later
/* The largest eigenvalue of the Fisher matrix of drawn networks against gamma, and the critical learning rate that belongs to it.
 *
 * Three kinds of networks: vanilla ones, for which gamma has no meaning and only point 0 counts; normalised ones with frozen statistics, each drawn once and scaled to every gamma (fisher_family.h); and normalised ones with live
 * statistics, iterated at every gamma.
 *
 * **Limits.** Means have a bias of order one over the width and, with normalisation, one over the samples. The same networks with half of the width and half of the samples measure it: it is allowed. As the numbers grow with the width they are
 * compared in units of what theory says at either width; the units cancel. */
#ifndef ASSAY_EXPERIMENT_FISHER_CURVES_H
#define ASSAY_EXPERIMENT_FISHER_CURVES_H

#include <assay/evidence/claim.h>
#include <assay/network/fisher_family.h>

enum { FISHER_CURVE_POINTS = 16 };

enum fisher_curve_kind { CURVE_VANILLA, CURVE_FROZEN, CURVE_LIVE };

/* Plain data. The model's own batchnorm and gamma are set by the kind: 1 where the network is drawn. */
struct fisher_curve {
    enum fisher_curve_kind kind;
    struct feedforward_model model; // one output, activation of degree 1, beta and epsilon 0
    int samples, points;            // points <= FISHER_CURVE_POINTS
    double gamma[FISHER_CURVE_POINTS];
    size_t networks; // of full size, at least 2; twice as many of half the size
};

/* gamma[k] from least to most in equal ratios; at least 2 points. */
void fisher_curve_grid(struct fisher_curve *curve, int points, double least, double most);

/* Keeps every second gamma, the first or the last one included. */
void fisher_curve_thin(struct fisher_curve *curve, bool keep_last);

/* What theory says of the bound for a network of that model at that gamma (0: vanilla): the unit. > 0. */
typedef double fisher_unit(const struct feedforward_model *model, enum fisher_curve_kind kind, double gamma,
                           void *context);

/* By point. largest: the mean largest eigenvalue for all parameters, as drawn, with its standard error. bound: the limit of the pair mean of weights' gradients; live: of the squared mean gradient for all parameters. others (frozen): the
 * limit of what all other parameters add to the pair mean. */
struct fisher_curve_numbers {
    struct value largest[FISHER_CURVE_POINTS], bound[FISHER_CURVE_POINTS], others[FISHER_CURVE_POINTS];
};

/* Takes two streams from `stream` on, and a stream of inputs beside each. */
void fisher_curve_measure(struct claim *claim, uint32_t stream, const struct fisher_curve *curve, fisher_unit *unit,
                          void *context, struct fisher_curve_numbers *numbers);

/* The table of such a figure: columns series, gamma, lambda, eta = 2 (1 + mu) / lambda, and their errors; and one row. */
void fisher_curve_columns(struct claim *claim);
void fisher_curve_row(struct claim *claim, const char *series, double gamma, struct value lambda, double mu);

#endif
