// SPDX-License-Identifier: GPL-3.0-or-later
/* Training by stochastic gradient descent with momentum.
 *
 * v <- momentum v - rate g, parameter <- parameter + v, g the gradient of a minibatch's mean loss. The parameters
 * are W and b as layernorm_network.h scales them, with N^{-1/2} outside W: a rate of order N here is of order 1 in
 * the parameterisation without that factor. The same arguments give the same bits with single-threaded BLAS. */
#ifndef ASSAY_NETWORK_TRAINING_H
#define ASSAY_NETWORK_TRAINING_H

#include <assay/network/classifier.h>
#include <stdbool.h>

struct training {
    int epochs, minibatch;
    double rate, momentum; // rate > 0, 0 <= momentum < 1
    double decay;          // the rate's factor from epoch to epoch, in (0, 1]; 1: constant
};

/* One epoch's outcome. */
struct training_epoch {
    int epoch; // from 1
    double rate;
    double loss;                     // the mean of the minibatches' losses, each before its step
    double test_loss, test_accuracy; // after the epoch; NaN without a test set
};

/* Called after each epoch; false ends the training. */
typedef bool training_visit(const struct training_epoch *epoch, void *context);

/* Trains the classifier in place. Each epoch takes the training set in a new order drawn from stream; samples that
 * fill no minibatch sit out that epoch. test and visit may be NULL. STATUS_CONVERGENCE, naming epoch and minibatch,
 * as soon as a loss is not finite. */
enum status training_run(struct classifier *classifier, const struct images *train, const struct images *test,
                         const struct training *training, struct stream stream, training_visit *visit, void *context);

#endif
